"""The life of a product image, from recipe to published file. Never imports Dagster."""
