"""The one partition dimension: a product family. An image is a row, never a partition."""

import dagster as dg

from wetplate.recipes.family import checked_slug

families = dg.DynamicPartitionsDefinition(name="family")


def add(instance: dg.DagsterInstance, slug: str) -> None:
    """Add a family's partition. The only place that does: Dagster itself checks no key.

    Raises FamilyError.
    """
    instance.add_dynamic_partitions("family", [checked_slug(slug)])


def request(slugs: list[str]) -> dg.AddDynamicPartitionsRequest:
    """The same for a sensor's result."""
    return families.build_add_request([checked_slug(slug) for slug in slugs])
