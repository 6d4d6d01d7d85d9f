"""Making a derivative set: ours beside the loop a first script would write. `python -m bench.encoding`.

Both make the files of profile `social-feed` (AVIF, WebP, JPEG at every width not above its own), at fixed
qualities, of the same 512 px picture; what a search for quality costs is told by `bench.quality`. The plain
loop opens the PNG for each file and saves with Pillow's defaults at the same quality numbers. Sizes differ,
since presets differ: both sums of bytes are printed.
"""

import io
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image

from wetplate.derivatives.derive import files
from wetplate.derivatives.plan import plan
from wetplate.derivatives.profiles import load
from wetplate.imaging.codec import PNG, Encoding, decode, encode
from wetplate.provenance.metadata import xmp_packet

FORMATS = {"avif": 62, "webp": 80, "jpeg": 80}
PROFILE = replace(
    load("social-feed"),
    targets={},
    formats={name: Encoding(name, quality) for name, quality in FORMATS.items()},
)
SOURCE = "trainedAlgorithmicMedia"


def picture(size: int) -> bytes:
    """A PNG with gradients, edges and some texture."""
    y, x = np.mgrid[0:size, 0:size] / size
    rings = np.sin(60 * np.hypot(x - 0.5, y - 0.4)) > 0.6
    grain = np.random.default_rng(7).normal(0, 3, (size, size, 1))
    pixels = np.stack([200 * x + 40, 180 * y + 50, np.where(rings, 60, 200)], axis=-1) + grain
    return encode(np.clip(pixels, 0, 255).astype(np.uint8), PNG)


def ours(body: bytes) -> int:
    """Decode once, resize once a width, encode, mark; gives the bytes."""
    pixels = decode(body)
    height, width = pixels.shape[:2]
    wanted = plan(PROFILE, width, height, flat=False, transparent=False)
    return sum(len(made.body) for _, made in files(pixels, wanted, xmp_packet(SOURCE)))


def plain(body: bytes) -> int:
    """Open, resize and save for each file."""
    total = 0
    for width in (128, 192, 320, 512):
        for name, quality in FORMATS.items():
            with Image.open(io.BytesIO(body)) as opened:
                out = io.BytesIO()
                opened.resize((width, width), Image.Resampling.LANCZOS).save(out, name, quality=quality)
                total += len(out.getvalue())
    return total


def cpu_ms(call: Callable[[bytes], int], body: bytes, rounds: int = 9) -> tuple[float, int]:
    """Least CPU milliseconds (all threads) of the rounds, and the bytes."""
    took = []
    for _ in range(rounds):
        began = time.process_time()
        made = call(body)
        took.append(time.process_time() - began)
    return 1000 * min(took), made


def main() -> None:
    """Print CPU ms of a set and the ratio."""
    body = picture(512)
    theirs, their_bytes = cpu_ms(plain, body)
    mine, my_bytes = cpu_ms(ours, body)
    print(f"plain Pillow loop {theirs:6.0f} CPU ms {their_bytes:8,} bytes")
    print(f"wetplate          {mine:6.0f} CPU ms {my_bytes:8,} bytes   {mine / theirs:4.2f} x")


if __name__ == "__main__":
    main()
