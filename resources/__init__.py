"""The outside, as Dagster configures it: one file per outside system; each gives the plain domain object."""
