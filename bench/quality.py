"""What a score costs, and what searching for quality costs and saves. `python -m bench.quality [STEP]`.

1. CPU ms of one SSIMULACRA2, ours beside the Python package `ssimulacra2` 0.3.0, and how far both differ.
2. The derivative set of the Rumba's originals (every STEP-th, 1 by default) under `social-feed`: quality
   searched for, beside fixed qualities.
3. Bytes at equal least score: the lowest fixed quality at which no image scores less than the search's worst.
"""

import io
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from wetplate.derivatives.derive import files
from wetplate.derivatives.plan import Wanted, plan
from wetplate.derivatives.profiles import Profile, load
from wetplate.derivatives.quality import Found, Judge
from wetplate.imaging.codec import PNG, Encoding, decode, encode
from wetplate.imaging.pixels import Pixels, opaque
from wetplate.imaging.resize import downscale
from wetplate.imaging.ssimulacra2 import Reference

ORIGINALS = Path("families/rumba/originals")
FIXED = {"avif": 62, "webp": 80, "jpeg": 80}
Made = dict[tuple[int, str], list[Found]]


def cpu_ms(call: Callable[[], object], rounds: int) -> float:
    """Least CPU milliseconds (all threads) of the rounds."""
    took = []
    for _ in range(rounds):
        began = time.process_time()
        call()
        took.append(time.process_time() - began)
    return 1000 * min(took)


def scores() -> None:
    """One score, at three sizes, of a product shot scaled up and coded as JPEG."""
    from ssimulacra2 import compute_ssimulacra2

    def theirs(one: Pixels, other: Pixels) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(compute_ssimulacra2(*(io.BytesIO(encode(each, PNG)) for each in (one, other))))

    print("|   px | package ms | ours, first | ours, each further | times faster | scores differ |")
    print("|-----:|-----------:|------------:|-------------------:|-------------:|--------------:|")
    for side in (256, 512, 1024):
        one = np.asarray(Image.fromarray(next(originals(128))).resize((side, side), Image.Resampling.BICUBIC))
        other = decode(encode(one, Encoding("jpeg", 70)))
        reference = Reference(one)
        package = cpu_ms(lambda: theirs(one, other), 2)  # noqa: B023
        first = cpu_ms(lambda: Reference(one).score(other), 7)  # noqa: B023
        further = cpu_ms(lambda: reference.score(other), 7)  # noqa: B023
        apart = abs(theirs(one, other) - reference.score(other))
        print(
            f"| {side:4} | {package:10.0f} | {first:11.1f} | {further:18.1f} "
            f"| {package / further:12.0f} | {apart:13.4f} |"
        )


def originals(step: int) -> Iterator[Pixels]:
    """Every step-th original of the Rumba."""
    for file in sorted(ORIGINALS.glob("*.png"))[::step]:
        yield opaque(decode(file.read_bytes()))


def made(profile: Profile, pictures: list[Pixels]) -> tuple[Made, float]:
    """Every file of every picture, and CPU ms per picture."""
    found: Made = {}
    began = time.process_time()
    for pixels in pictures:
        for each, file in files(pixels, wanted(profile, pixels), b""):
            found.setdefault((each.width, each.encoding.format), []).append(file)
    return found, 1000 * (time.process_time() - began) / len(pictures)


def wanted(profile: Profile, pixels: Pixels) -> list[Wanted]:
    return plan(profile, pixels.shape[1], pixels.shape[0], False, False)


def total(found: Made) -> int:
    return sum(len(file.body) for group in found.values() for file in group)


def least_fixed(references: list[tuple[Pixels, Judge]], format: str, score: float) -> tuple[int, int]:
    """The lowest quality, and its bytes, at which every picture scores this much; 100 if none does."""
    low, high, size = 10, 100, 0
    while low < high:
        middle = (low + high) // 2
        enough, bytes_ = judged(references, Encoding(format, middle), score)
        low, high, size = (low, middle, bytes_) if enough else (middle + 1, high, size)
    return high, size or judged(references, Encoding(format, high), -1000)[1]


def judged(references: list[tuple[Pixels, Judge]], encoding: Encoding, score: float) -> tuple[bool, int]:
    """Whether every picture scores this much, and the bytes."""
    size = 0
    for pixels, judge in references:
        body = encode(pixels, encoding)
        size += len(body)
        if judge.score(body) < score:
            return False, 0
    return True, size


def search(step: int) -> None:
    """Searched beside fixed qualities, then beside the fixed quality that the worst picture needs."""
    pictures = list(originals(step))
    social = load("social-feed")
    fixed = replace(social, targets={}, formats={name: Encoding(name, q) for name, q in FIXED.items()})
    searched, with_search = made(social, pictures)
    plain, without = made(fixed, pictures)
    every = [file for group in searched.values() for file in group]
    tries = np.mean([file.tries for file in every])
    print(f"\n{len(pictures)} images, {len(every)} files, CPU ms an image:")
    print(f"fixed {FIXED}: {without:.0f} ms, {total(plain):,} bytes")
    print(f"searched: {with_search:.0f} ms, {total(searched):,} bytes, {tries:.2f} tries\n")
    print(
        "| file | quality | score: mean | least | tries | bytes | least fixed quality | its bytes | saved |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    all_mine = all_theirs = 0
    for (width, format), group in sorted(searched.items()):
        small = [downscale(pixels, width) for pixels in pictures]
        least = min(file.score or 0 for file in group)
        quality, theirs = least_fixed([(one, Judge(one)) for one in small], format, least)
        mine = sum(len(file.body) for file in group)
        qualities = [file.quality or 0 for file in group]
        all_mine, all_theirs = all_mine + mine, all_theirs + theirs
        print(
            f"| {width} {format} | {min(qualities)}–{max(qualities)} "
            f"| {np.mean([file.score or 0 for file in group]):.1f} | {least:.1f} "
            f"| {np.mean([file.tries for file in group]):.2f} | {mine:,} | {quality} | {theirs:,} "
            f"| {1 - mine / theirs:.0%} |"
        )
    saved = f"{1 - all_mine / all_theirs:.0%} saved"
    print(f"\nat equal least score: {all_mine:,} bytes searched, {all_theirs:,} fixed: {saved}")


def main() -> None:
    scores()
    search(int(sys.argv[1]) if len(sys.argv) > 1 else 1)


if __name__ == "__main__":
    main()
