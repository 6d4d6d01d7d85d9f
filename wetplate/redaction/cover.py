"""Covering: rectangles of a picture filled with one colour. No I/O.

Rules:
1. Filled solid, never blurred or coarsened: both can be undone.
2. Filled with a colour that does not depend on what it covers.
3. A region is padded before it is filled, for detectors box tightly, and clipped to the picture.
4. Covering what is covered changes nothing, in whichever order.
"""

from collections.abc import Sequence

import numpy as np

from wetplate.errors import RedactionError
from wetplate.imaging.pixels import Pixels, checked, opaque

Region = tuple[int, int, int, int]  # x, y, width, height in pixels of the whole picture

FILL = (128, 128, 128)
PADDING = 0.08  # of a region's sides, at each end
LEAST = 2  # pixels of padding
MOST = 100  # regions
LARGEST = 0.9  # share of the picture


def cover(pixels: Pixels, regions: Sequence[Region]) -> Pixels:
    """A copy of the picture, (H, W, 3), with the regions padded, clipped, filled. Raises RedactionError."""
    height, width = checked(pixels).shape[:2]
    return fill(pixels, areas(regions, width, height))


def fill(pixels: Pixels, covered: Sequence[Region]) -> Pixels:
    """A copy of the picture, (H, W, 3), with exactly these areas filled."""
    covering = opaque(pixels).copy()
    for x, y, width, height in covered:
        covering[y : y + height, x : x + width] = FILL
    return covering


def areas(regions: Sequence[Region], width: int, height: int) -> list[Region]:
    """What covering these regions fills in a picture of this size, sorted. Raises RedactionError."""
    if not 1 <= len(regions) <= MOST:
        raise RedactionError(f"{len(regions)} regions; expected 1 to {MOST}")
    found = {_area(_checked(region, width, height), width, height) for region in regions}
    kept = sorted(area for area in found if not any(_within(area, other) for other in found - {area}))
    if (share := _share(kept, width, height)) > LARGEST:
        raise RedactionError(f"the regions cover {share:.0%} of the picture; reject it instead")
    return kept


def _checked(region: Sequence[int], width: int, height: int) -> Region:
    if len(region) != 4 or any(type(number) is not int for number in region):
        raise RedactionError(f"{region!r} is no region: expected x, y, width and height as whole pixels")
    x, y, wide, tall = region
    if wide < 1 or tall < 1 or x >= width or y >= height or x + wide <= 0 or y + tall <= 0:
        raise RedactionError(f"region {wide}x{tall} at {x},{y} covers nothing of {width}x{height} pixels")
    return x, y, wide, tall


def _area(region: Region, width: int, height: int) -> Region:
    (left, right), (top, bottom) = (
        _padded(*ends) for ends in ((region[0], region[2], width), (region[1], region[3], height))
    )
    return left, top, right - left, bottom - top


def _padded(start: int, length: int, limit: int) -> tuple[int, int]:
    by = max(LEAST, round(length * PADDING))
    return max(0, start - by), min(limit, start + length + by)


def _within(area: Region, other: Region) -> bool:
    x, y, wide, tall = area
    left, top, width, height = other
    return left <= x and top <= y and x + wide <= left + width and y + tall <= top + height


def _share(covered: Sequence[Region], width: int, height: int) -> float:
    """Share of the picture that is covered, overlaps counted once."""
    mask = np.zeros((height, width), bool)
    for x, y, wide, tall in covered:
        mask[y : y + tall, x : x + wide] = True
    return float(mask.mean())
