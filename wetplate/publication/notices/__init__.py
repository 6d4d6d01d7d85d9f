"""Notices: complaints that ask for a takedown, from receipt to reinstatement or close."""
