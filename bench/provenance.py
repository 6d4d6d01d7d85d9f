"""Signing: milliseconds and bytes per format and mode, and what reading costs. `python -m bench.provenance`.

The picture is 1024 px of gradients, edges and grain at the qualities of `bench.encoding`; the chain is a test
chain, ES256, without a timestamp authority. A full file and a side-car name the canonical, whose credentials
are read once and given to each.
"""

import io
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypeVar

from PIL import Image

from bench.encoding import FORMATS, PROFILE, SOURCE, picture
from wetplate.imaging.codec import PNG, decode, encode
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.provenance.c2pa_signer import C2paSigner
from wetplate.provenance.certificates import made_chain
from wetplate.provenance.claim import Claim, Parent
from wetplate.provenance.metadata import xmp_packet

SIZE, TIMES = 1024, 25
CLAIM = Claim("ab" * 16, "cd" * 32, oversight="prompt_guided")
NAMED = Parent("canonical", MEDIA_TYPES["png"], "xmp:iid:" + "ab" * 16)
Given = TypeVar("Given")
MODES = ("full", "short", "sidecar")


def timed(call: Callable[[], Given]) -> tuple[float, Given]:
    """Median milliseconds of a call, and what it gave."""
    taken = []
    for _ in range(TIMES):
        began = perf_counter()
        given = call()
        taken.append(1000 * (perf_counter() - began))
    return median(taken), given


def files(canonical: bytes) -> dict[str, bytes]:
    """The picture in each format, marked and unsigned."""
    pixels, packet = decode(canonical), xmp_packet(SOURCE)
    return {"png": encode(pixels, PNG, packet)} | {
        name: encode(pixels, PROFILE.formats[name], packet) for name in FORMATS
    }


def measured(signer: C2paSigner, parent: Parent, name: str, body: bytes) -> None:
    """A line per mode."""
    media_type = MEDIA_TYPES[name]
    for mode in MODES:
        claim = CLAIM if mode == "short" else CLAIM.opening()
        done = claim.after(resized=True, transcoded=name != "png")
        sign = partial(signer.sidecar if mode == "sidecar" else signer.sign, body, media_type, done)
        signing, signed = timed(partial(sign, None if mode == "short" else parent))
        beside = signed.manifest if mode == "sidecar" else None
        reading, said = timed(partial(signer.read, signed.body, media_type, beside))
        added = f"{len(signed.body) - len(body):,}" + (f" + {len(beside):,} beside" if beside else "")
        state = "trusted" if said and said.trusted else "broken"
        print(f"{name:5} {mode:8} {len(body):>10,} {added:>20} {signing:8.1f} {reading:8.1f}  {state}")


def main() -> None:
    """Sign and read each format in each mode; then what a plain re-save leaves."""
    png, canonical = MEDIA_TYPES["png"], picture(SIZE)
    with tempfile.TemporaryDirectory() as folder:
        signer = C2paSigner(made_chain(Path(folder) / "certs")[0])
        once, own = timed(partial(signer.sidecar, canonical, png, CLAIM))
        reading, parent = timed(partial(signer.parent, canonical, png, NAMED, own.manifest))
        print(f"canonical {len(canonical):,} bytes: signed once in {once:.1f} ms,", end=" ")
        print(f"{len(own.manifest):,} bytes beside it; read once per derivation in {reading:.1f} ms")
        print(f"{'':14} {'bytes':>10} {'added':>20} {'sign ms':>8} {'read ms':>8}")
        made = files(canonical)
        for name, body in made.items():
            measured(signer, parent, name, body)
        saved = io.BytesIO()
        signed = signer.sign(made["jpeg"], MEDIA_TYPES["jpeg"], CLAIM).body
        Image.open(io.BytesIO(signed)).save(saved, "JPEG")
        print("opened and saved again by Pillow:", signer.read(saved.getvalue(), MEDIA_TYPES["jpeg"]))


if __name__ == "__main__":
    main()
