"""The quality a file needs: the smallest file that looks as good as its profile wants.

Here: the search and the judge. Not here: which files (`plan`), targets (`profiles`), the metric itself
(`imaging.ssimulacra2`).

Rules:
1. The answer follows from the arguments alone: the search begins at the template's own quality, never at what
   was found for other images. Scores do not rise evenly with quality (a higher one may look up to 3 points
   worse), so a search that began elsewhere could end elsewhere, and the same picture would get other bytes
   after another history. From fixed beginnings it takes 2 to 3 encodings.
2. It ends at a file that reaches the target by no more than NEAR, or whose next lower quality fails, after
   MOST encodings at the latest; of the files that reached the target the smallest is taken.
3. Each codec has a ceiling. Where halved chroma does not reach the target under its own, full chroma takes
   fewer bytes, and is tried where the format has it. Above the other ceilings further bytes hardly show: out
   of reach there, the ceiling's file is taken, and its score tells.
4. The judge sees the decoded file beside the picture it was made from, at the file's size. The metric's
   weights stay with their scales, so that 80 means the same at 128 and at 640 px; a side under 128 px is
   mirrored up to that. A picture with transparency is laid on white and on black: the lower score counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from wetplate.imaging.codec import Encoding, decode, encode
from wetplate.imaging.pixels import Pixels, transparent
from wetplate.imaging.ssimulacra2 import SCORER as METRIC
from wetplate.imaging.ssimulacra2 import Reference

SCORER = f"{METRIC}, weights by scale"
FLOOR = 10
NEAR = 0.75
MOST = 6
LEAST_SIDE = 128
SLOPE = 0.5  # points per step of quality, until two scores tell better
STEPS_PER_POINT = 1.6  # how far off a search begins for another target than 80

#: Quality that gave 80 to half of 35 pictures (photographs, product shots; 128 to 320 px), and the ceiling.
CODECS = {
    ("avif", "4:2:0"): (67, 74),
    ("avif", "4:4:4"): (65, 92),
    ("jpeg", "4:2:0"): (83, 87),
    ("jpeg", "4:4:4"): (76, 96),
    ("webp", "4:2:0"): (82, 94),
}
HALVED = {("avif", "4:2:0"), ("jpeg", "4:2:0")}


@dataclass(frozen=True)
class Found:
    """A file, its quality, how it scored (null: nobody looked) and how many were encoded for it."""

    body: bytes
    quality: int | None
    score: float | None = None
    tries: int = 1


class Judge:
    """Scores files against the picture they were made from."""

    def __init__(self, pixels: Pixels) -> None:
        self.grounds = (255, 0) if transparent(pixels) else (255,)
        self._references = [Reference(_seen(pixels, ground), by_scale=True) for ground in self.grounds]

    def score(self, body: bytes) -> float:
        """SSIMULACRA2 of the file; 100 is equal. Raises ImageError."""
        return self.compared(decode(body))

    def compared(self, pixels: Pixels) -> float:
        """SSIMULACRA2 of a picture of the same size. Raises ImageError."""
        pairs = zip(self._references, self.grounds, strict=True)
        return min(reference.score(_seen(pixels, ground)) for reference, ground in pairs)


def find(
    pixels: Pixels, encoding: Encoding, target: float, *, xmp: bytes = b"", judge: Judge | None = None
) -> Found:
    """The smallest file of a lossy encoding that scores `target`; the search begins at its quality.

    `judge` is the picture's, where the caller has it already. Raises ImageError.
    """
    judge = judge or Judge(pixels)
    found = _search(pixels, encoding, target, judge, xmp)
    if found.score is None or found.score >= target or (encoding.format, encoding.subsampling) not in HALVED:
        return found
    full = replace(encoding, subsampling="4:4:4", quality=start(encoding.format, "4:4:4", target))
    better = _search(pixels, full, target, judge, xmp)
    return replace(better, tries=found.tries + better.tries)


def start(format: str, subsampling: str, target: float) -> int:
    """Where a search for this target may well begin."""
    usual, ceiling = _codec(format, subsampling)
    return _within(round(usual + STEPS_PER_POINT * (target - 80)), ceiling)


def following(scores: Mapping[int, float], target: float, ceiling: int) -> int | None:
    """The quality to try after these (quality to score, at least one); None when the search is over."""
    enough = [quality for quality, score in scores.items() if score >= target]
    if not enough and max(scores) == ceiling:
        return None
    if not enough:
        return ceiling if len(scores) >= MOST - 1 else min(_towards(scores, max(scores), target), ceiling)
    best = min(enough)
    below = max((quality for quality in scores if quality < best), default=FLOOR - 1)
    if scores[best] <= target + NEAR or len(scores) >= MOST or below == best - 1:
        return None
    return min(max(_towards(scores, best, target), below + 1), best - 1)


def _towards(scores: Mapping[int, float], known: int, target: float) -> int:
    """Where the score should lie just above the target.

    On the line through a known point and the next lower one, or else the next higher.
    """
    others = sorted(scores.keys() - {known}, key=lambda quality: (quality > known, abs(quality - known)))
    rise = (scores[others[0]] - scores[known]) / (others[0] - known) if others else SLOPE
    steps = round((target + NEAR / 2 - scores[known]) / max(rise, SLOPE / 4))
    return known + (steps or (1 if scores[known] < target else -1))


def _search(pixels: Pixels, encoding: Encoding, target: float, judge: Judge, xmp: bytes) -> Found:
    files: dict[int, bytes] = {}
    scores: dict[int, float] = {}
    _, ceiling = _codec(encoding.format, encoding.subsampling)
    quality: int | None = _within(encoding.quality or ceiling, ceiling)
    while quality is not None:
        files[quality] = encode(pixels, replace(encoding, quality=quality), xmp)
        scores[quality] = judge.score(files[quality])
        quality = following(scores, target, ceiling)
    enough = [quality for quality, score in scores.items() if score >= target] or [max(scores)]
    best = min(enough, key=lambda quality: (len(files[quality]), quality))
    return Found(files[best], best, scores[best], len(files))


def _codec(format: str, subsampling: str) -> tuple[int, int]:
    return CODECS[format, "4:2:0" if format == "webp" else subsampling]


def _within(quality: int, ceiling: int) -> int:
    return min(max(quality, FLOOR), ceiling)


def _seen(pixels: Pixels, ground: int) -> Pixels:
    """On a ground of this grey, mirrored until no side is under LEAST_SIDE."""
    colours = pixels[..., :3]
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:].astype(np.float32) / 255
        colours = np.rint(colours * alpha + ground * (1 - alpha)).astype(np.uint8)
    lacks = [max(0, LEAST_SIDE - side) for side in colours.shape[:2]]
    return np.pad(colours, (*((0, lack) for lack in lacks), (0, 0)), "symmetric") if any(lacks) else colours
