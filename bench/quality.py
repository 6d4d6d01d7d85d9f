"""What a score costs, and what searching for quality costs and saves. `python -m bench.quality [STEP]`.

1. CPU ms of one SSIMULACRA2, ours beside the Python package `ssimulacra2` 0.3.0, and how far both differ.
2. The derivative set of the Rumba's originals (every STEP-th, 1 by default) under `social-feed`: quality
   searched for, beside fixed qualities.
3. Bytes of the lowest fixed quality (of either chroma, whichever is smaller) at which the images score as
   much in the mean, and at which none scores less than the search's worst.
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

from families.rumba.studio import write
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
Judged = list[tuple[Pixels, Judge]]


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
    """Every step-th original of the Rumba, rendered first where they are not yet."""
    if not ORIGINALS.is_dir():
        write(ORIGINALS)
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


def fixed_for(judged: Judged, format: str, least: float, mean: float) -> tuple[int, str]:
    """Bytes and name of the cheapest fixed encoding whose scores are not below these; 100 if none reaches."""
    chromas = ("4:2:0",) if format == "webp" else ("4:2:0", "4:4:4")
    return min(_lowest(judged, Encoding(format, 100, subsampling=chroma), least, mean) for chroma in chromas)


def _lowest(judged: Judged, encoding: Encoding, least: float, mean: float) -> tuple[int, str]:
    low, high = 10, 100
    while low < high:
        middle = (low + high) // 2
        enough = _reaches(judged, replace(encoding, quality=middle), least, mean)
        low, high = (low, middle) if enough else (middle + 1, high)
    chosen = replace(encoding, quality=high)
    return sum(len(encode(pixels, chosen)) for pixels, _ in judged), f"{high} {encoding.subsampling}"


def _reaches(judged: Judged, encoding: Encoding, least: float, mean: float) -> bool:
    scores = []
    for pixels, judge in judged:
        scores.append(judge.score(encode(pixels, encoding)))
        if scores[-1] < least:
            return False
    return bool(np.mean(scores) >= mean)


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
    print("| file | quality | score: mean, least | tries | bytes | fixed, equal mean | fixed, equal least |")
    print("|---|---|---|--:|--:|---|---|")
    sums = np.zeros(3, int)
    for (width, format), group in sorted(searched.items()):
        scores = [file.score or 0 for file in group]
        hardest_first = np.argsort([-(file.quality or 0) for file in group], kind="stable")
        small = [downscale(pictures[number], width) for number in hardest_first]
        judged = [(one, Judge(one)) for one in small]
        mine = sum(len(file.body) for file in group)
        even = fixed_for(judged, format, -1000, float(np.mean(scores)))
        worst = fixed_for(judged, format, min(scores), -1000)
        sums += (mine, even[0], worst[0])
        qualities = [file.quality or 0 for file in group]
        print(
            f"| {width} {format} | {min(qualities)}–{max(qualities)} "
            f"| {np.mean(scores):.1f}, {min(scores):.1f} "
            f"| {np.mean([file.tries for file in group]):.2f} | {mine:,} | {told(mine, even)} "
            f"| {told(mine, worst)} |",
            flush=True,
        )
    mine, in_mean, in_least = map(int, sums)
    print(f"| all | | | | {mine:,} | {told(mine, (in_mean, 'all'))} | {told(mine, (in_least, 'all'))} |")


def told(mine: int, fixed: tuple[int, str]) -> str:
    """`62 4:2:0: 120,000 (+3%)`: how much more or less the fixed quality takes."""
    return f"{fixed[1]}: {fixed[0]:,} ({fixed[0] / mine - 1:+.0%})"


def main() -> None:
    scores()
    search(int(sys.argv[1]) if len(sys.argv) > 1 else 1)


if __name__ == "__main__":
    main()
