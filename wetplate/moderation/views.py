"""Views: what a detector is shown of a picture, the whole frame and overlapping tiles.

A detector shrinks what it gets to a few hundred pixels and so misses what is small. A picture of SPLIT pixels
or more on both sides is therefore shown five times: whole, and as four tiles that overlap, so that nothing is
cut at a seam. Never thumbnails, never contact sheets.
"""

import numpy as np
from numpy.typing import NDArray

SPLIT = 512
SHARE = 0.6  # of each side that a tile covers; two tiles overlap by a fifth


def views(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The whole (H, W, 3) picture first, then its tiles if it is large enough."""
    height, width = picture.shape[:2]
    if min(height, width) < SPLIT:
        return [picture]
    tall, wide = round(height * SHARE), round(width * SHARE)
    corners = [(y, x) for y in (0, height - tall) for x in (0, width - wide)]
    return [picture, *(picture[y : y + tall, x : x + wide] for y, x in corners)]
