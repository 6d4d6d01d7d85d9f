"""Recipes: what makes an image again, the families they come from, and the texts that carry them."""
