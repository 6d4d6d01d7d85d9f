"""Moderation: what a machine sees, what a policy makes of it, what a person decides. Doubt fails closed."""
