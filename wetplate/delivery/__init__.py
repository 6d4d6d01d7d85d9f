"""Delivery: what answers a URL. Never imports Dagster or a GPU stack."""
