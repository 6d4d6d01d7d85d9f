"""Our own encoders as stacks: the tier that answers requests, and the one that Dagster makes.

The picture is decoded once, each width resized once, each file encoded, by the product's own functions and
in the tiers' own encodings; only the quality is the plan's.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bench.delivery.stacks import Key, Plan
from wetplate.derivatives import tiers
from wetplate.derivatives.transform import Transform
from wetplate.imaging.codec import decode
from wetplate.imaging.encode import Encoding, encode
from wetplate.imaging.resize import downscale


def made(encoding: Callable[[Transform], Encoding], png: bytes, plan: Plan) -> dict[Key, bytes]:
    """The files of the plan."""
    pixels, sizes, files = decode(png), {}, {}
    for (width, format), quality in plan.items():
        if width not in sizes:
            sizes[width] = downscale(pixels, width)
        chosen = replace(encoding(Transform(width, format)), quality=quality)
        files[width, format] = encode(sizes[width], chosen)
    return files


def fast(transform: Transform) -> Encoding:
    """How the origin codes it while somebody waits."""
    return tiers.fast(transform, transform.width)


TIERS = {
    "wetplate, fast tier": partial(made, fast),
    "wetplate, production tier": partial(made, tiers.production),
}
