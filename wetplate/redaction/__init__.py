"""Redaction: regions of a picture covered for good; what was covered is kept out of reach, then deleted."""
