"""Redaction: regions of pixels are covered, and a new picture takes the place of the old one."""
