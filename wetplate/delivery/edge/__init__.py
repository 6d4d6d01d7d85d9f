"""The edge: a real HTTP cache in front of the origin, and the rules it keeps, written in its own language."""
