"""How often a picture that was passed on is still found by its look. `python -m bench.similarity [STEP]`.

The catalog holds the Rumba's 128 originals, which differ in colours and lacing only, and the photographs of
scikit-image that its package carries. Every STEP-th picture (4 by default) is changed in each way; the table
says how often it was found, how often another was named in its place, and how often several were as close.
Then: pictures that are not in the catalog, what a search costs, and what it costs to compare a family with
everything that is blocked.
"""

import io
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image, ImageEnhance, ImageOps

from bench.scratch import scratch
from families.rumba.studio import write
from wetplate.imaging.decode import decode
from wetplate.imaging.pixels import Pixels, opaque
from wetplate.publication.identification.answer import MARGIN
from wetplate.similarity import blocklist
from wetplate.similarity.look import Look, bits, delta, look, near, same
from wetplate.storage.database import catalog_url, engine, transaction

ORIGINALS = Path("families/rumba/originals")
PHOTOS = ("astronaut", "cat", "coffee", "rocket", "colorwheel", "brick", "grass", "camera", "page", "moon")
KEPT_BACK = ("hubble_deep_field", "immunohistochemistry", "retina", "coins", "text")
Change = Callable[[Image.Image], Image.Image]


def photo(name: str) -> Image.Image | None:
    """One photograph, if the package carries it; it fetches nothing."""
    try:
        pixels = getattr(skimage.data, name)()
    except Exception:  # what has to be fetched is not here
        return None
    return Image.fromarray(pixels).convert("RGB")


def coded(format: str, quality: int, width: int) -> Change:
    """Made smaller and saved in this format."""

    def change(picture: Image.Image) -> Image.Image:
        small = picture.resize((width, max(1, round(picture.height * width / picture.width))))
        file = io.BytesIO()
        small.save(file, format, quality=quality)
        return Image.open(io.BytesIO(file.getvalue())).convert("RGB")

    return change


def cropped(share: float) -> Change:
    def change(picture: Image.Image) -> Image.Image:
        x, y = round(picture.width * share / 2), round(picture.height * share / 2)
        return picture.crop((x, y, picture.width - x, picture.height - y))

    return change


def framed(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, picture.width // 10, (255, 255, 255))


CHANGES: dict[str, Change] = {
    "JPEG 85, full size": coded("JPEG", 85, 512),
    "JPEG 75, 320 px": coded("JPEG", 75, 320),
    "JPEG 40, 200 px": coded("JPEG", 40, 200),
    "JPEG 30, 96 px": coded("JPEG", 30, 96),
    "WebP 80, 320 px": coded("WEBP", 80, 320),
    "WebP 30, 160 px": coded("WEBP", 30, 160),
    "AVIF 60, 320 px": coded("AVIF", 60, 320),
    "AVIF 30, 160 px": coded("AVIF", 30, 160),
    "JPEG 75 twice, 320 then 240 px": lambda picture: coded("JPEG", 75, 240)(coded("JPEG", 75, 320)(picture)),
    "brighter by 5 %": lambda picture: ImageEnhance.Brightness(picture).enhance(1.05),
    "colours 20 % stronger": lambda picture: ImageEnhance.Color(picture).enhance(1.2),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "cropped by 2 %": cropped(0.02),
    "cropped by 5 %": cropped(0.05),
    "cropped by 10 %": cropped(0.10),
    "framed": framed,
    "mirrored": ImageOps.mirror,
}


def catalog() -> Iterator[Image.Image]:
    if not ORIGINALS.is_dir():
        write(ORIGINALS)
    for file in sorted(ORIGINALS.glob("*.png")):
        yield Image.fromarray(opaque(decode(file.read_bytes())))
    yield from (picture for picture in map(photo, PHOTOS) if picture is not None)


def found(seen: Look, kept: list[Look]) -> list[tuple[float, int]]:
    """(colour distance, number) of the pictures that count as the same, the closest first."""
    apart = ((bits(seen, each), delta(seen, each), number) for number, each in enumerate(kept))
    return sorted((colours, number) for differ, colours, number in apart if same(differ, colours))


def main(step: int) -> None:
    pictures = list(catalog())
    kept = [look(pixels(picture)) for picture in pictures]
    asked = range(0, len(pictures), step)
    print(f"{len(pictures)} pictures in the catalog, {len(asked)} changed in each way\n")
    print("| changed | found | another named | several as close |")
    print("|---|--:|--:|--:|")
    for says, change in CHANGES.items():
        answers = [(number, found(look(pixels(change(pictures[number]))), kept)) for number in asked]
        right = sum(bool(close) and close[0][1] == number for number, close in answers)
        wrong = sum(bool(close) and close[0][1] != number for number, close in answers)
        open_ = sum(len(close) > 1 and close[1][0] - close[0][0] <= MARGIN for _, close in answers)
        print(f"| {says} | {right / len(asked):.1%} | {wrong / len(asked):.1%} | {open_ / len(asked):.1%} |")
    strangers = [picture for picture in map(photo, KEPT_BACK) if picture is not None]
    named = sum(bool(found(look(pixels(picture)), kept)) for picture in strangers)
    print(f"\n{len(strangers)} photographs that are not in the catalog: {named} taken for one that is")
    costs(pictures[0], kept)
    blocked(10_000, 128)


def costs(picture: Image.Image, kept: list[Look]) -> None:
    began = time.process_time()
    for _ in range(50):
        seen = look(pixels(picture))
    took = (time.process_time() - began) * 20
    siblings = sum(near(bits(seen, each), delta(seen, each)) for each in kept)
    print(f"one look at {picture.width} px: {took:.2f} CPU ms; {siblings} of the catalog are near the first")


def blocked(blocks: int, pictures: int) -> None:
    """As moderation does before it judges a family: the blocks are read once, all pictures compared."""
    random = np.random.default_rng(1)
    drawn = random.integers(-(1 << 63), (1 << 63) - 1, blocks + pictures)
    seen = [Look(int(phash), random.bytes(192)) for phash in drawn]
    with scratch() as (_, now), transaction(engine(catalog_url(now))) as session:
        for number, each in enumerate(seen[:blocks]):
            blocklist.block_look(session, each, f"notice:{number}", "copyright", "person:bench")
        began, wall = time.process_time(), time.perf_counter()
        blocklist.resembling(session, seen[blocks:])
        took, passed = time.process_time() - began, time.perf_counter() - wall
    print(
        f"{pictures} pictures beside {blocks:,} blocked looks: {took * 1e3:.0f} CPU ms, {passed * 1e3:.0f} ms"
    )


def pixels(picture: Image.Image) -> Pixels:
    return np.asarray(picture)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
