"""What a storefront's browser or build runs: a loader for Next/Image and a `<picture>` helper.

Here: JavaScript without dependencies, and its serving under names that carry its hash. Not here: pages
(`gallery`), the manifest that the helper reads (the origin's).
"""
