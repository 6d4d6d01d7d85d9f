"""`/verify`: anybody may ask whose picture a file is."""
