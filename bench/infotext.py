"""Reading infotext: our reader beside sd-parsers on the same PNG files. `python -m bench.infotext`."""

import io
import statistics
import time
from collections.abc import Callable

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sd_parsers import ParserManager

from wetplate.recipes.infotext.carriers import read

TEXT = (
    "product photo of a Rumba sneaker, red laces, blue sole, studio light, (sharp:1.2)\n"
    "Negative prompt: blurry, lowres\n"
    "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 1985738629, Size: 512x512, "
    'Model hash: 7460a6fa12, Model: rumba, Lora hashes: "laces: 0a1b2c3d4e5f", Version: v1.10.1'
)


def picture() -> bytes:
    """A small PNG that carries the text as A1111 writes it."""
    info, out = PngInfo(), io.BytesIO()
    info.add_text("parameters", TEXT)
    Image.new("RGB", (64, 64), (200, 180, 90)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def milliseconds(call: Callable[[], object], rounds: int = 300) -> float:
    """Median of the calls."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)


def main() -> None:
    """Print milliseconds a file and the ratio."""
    body, manager = picture(), ParserManager()
    theirs = milliseconds(lambda: manager.parse(io.BytesIO(body)))
    ours = milliseconds(lambda: read(body))
    print(f"sd-parsers {theirs:6.3f} ms   wetplate {ours:6.3f} ms   {ours / theirs:4.2f} x")


if __name__ == "__main__":
    main()
