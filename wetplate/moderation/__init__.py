"""Moderation: what a machine sees, what a policy makes of it, what a person decides. Fail closed throughout."""
