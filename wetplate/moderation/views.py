"""Views: what a detector is shown of a picture, the whole frame and overlapping tiles.

A detector shrinks what it gets to a few hundred pixels and so misses what is small. A picture of SPLIT pixels
or more on both sides is therefore shown five times: whole, and as four tiles that overlap, so that nothing is
cut at a seam. Never thumbnails, never contact sheets. What is found in a tile is told in pixels of the whole.
"""

import math

import numpy as np
from numpy.typing import NDArray

SPLIT = 512
SHARE = 0.6  # of each side that a tile covers; two tiles overlap by a fifth

Region = tuple[int, int, int, int]


def views(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The whole (H, W, 3) picture first, then its tiles if it is large enough."""
    height, width = picture.shape[:2]
    return [picture[y : y + h, x : x + w] for x, y, w, h in boxes(width, height)]


def boxes(width: int, height: int) -> list[Region]:
    """Where each view lies: x, y, width and height in pixels of the whole, in the order of `views`."""
    whole = (0, 0, width, height)
    if min(height, width) < SPLIT:
        return [whole]
    tall, wide = round(height * SHARE), round(width * SHARE)
    corners = [(x, y) for y in (0, height - tall) for x in (0, width - wide)]
    return [whole, *((x, y, wide, tall) for x, y in corners)]


def placed(x: float, y: float, width: float, height: float, box: Region) -> Region:
    """A region found in the view at `box`, in pixels of the whole picture, cut at the view's edges."""
    left, top = max(0, math.floor(x)), max(0, math.floor(y))
    right, bottom = min(box[2], math.ceil(x + width)), min(box[3], math.ceil(y + height))
    return box[0] + left, box[1] + top, max(0, right - left), max(0, bottom - top)
