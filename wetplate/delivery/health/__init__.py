"""How the origin is: what it knows of itself (checks), what the catalog knows (catalog), and who may ask."""
