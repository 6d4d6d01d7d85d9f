"""Pictures from outside, as a DAM would hand them over, and how they go through the house."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical.admission import admit, unadmitted
from wetplate.generation.tables import PaintingRow
from wetplate.provenance import catalog
from wetplate.provenance.c2pa_signer import C2paSigner
from wetplate.provenance.certificates import made_chain
from wetplate.provenance.claim import Claim
from wetplate.provenance.metadata import xmp_packet
from wetplate.settings import settings
from wetplate.storage.objects import Objects

INFOTEXT = "a secret pumpkin shoe\nNegative prompt: mud\nSteps: 4, Sampler: DDIM, CFG scale: 2, Seed: 77"


@cache
def ours() -> C2paSigner:
    """The house's own signer; its chain is made once."""
    return C2paSigner(made_chain(Path(settings().var) / "certs")[0])


@cache
def theirs(folder: Path) -> C2paSigner:
    """Somebody else's signer, whom we have no reason to trust."""
    return C2paSigner(made_chain(folder / "theirs")[0])


def picture(seed: int, format: str, size: int = 64, **options: Any) -> bytes:
    """A small picture of coarse blocks."""
    blocks = np.random.default_rng(seed).integers(0, 255, (size // 8, size // 8, 3), dtype=np.uint8)
    target = io.BytesIO()
    Image.fromarray(blocks.repeat(8, 0).repeat(8, 1)).save(target, format, **options)
    return target.getvalue()


def flat(size: int = 64) -> bytes:
    """A drawing."""
    target = io.BytesIO()
    drawn = Image.new("RGB", (size, size), "white")
    drawn.paste("red", (16, 16, 40, 40))
    drawn.save(target, "PNG")
    return target.getvalue()


def captured(seed: int, signer: C2paSigner, media_type: str = "image/jpeg") -> bytes:
    """A photograph with its camera's credentials."""
    claim = Claim("ab" * 16, "cd" * 32, "digitalCapture")
    return signer.sign(picture(seed, media_type.removeprefix("image/").upper()), media_type, claim).body


def told(text: str = INFOTEXT, seed: int = 3) -> bytes:
    """A PNG into which a generator wrote what it did."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", text)
    return picture(seed, "PNG", pnginfo=info)


def marked(seed: int) -> bytes:
    """A WebP with an XMP mark."""
    return picture(seed, "WEBP", xmp=xmp_packet("digitalCreation"), lossless=True)


def approved(session: Session, objects: Objects, slug: str = "boots") -> list[str]:
    """Everything that waits in the family, approved by a person, admitted and recorded."""
    ours = PaintingRow.runtime["painter"].as_string() == "adoption"
    for painting in session.scalars(select(PaintingRow).where(ours)):
        images.verdict(session, painting.recipe_id, painting.sha256, "approve")
    for judged in unadmitted(session, slug):
        admit(session, objects, judged)
    waiting = catalog.unrecorded(session, slug)
    for canonical_id in waiting:
        catalog.record(session, canonical_id, images.family(slug))
    return waiting
