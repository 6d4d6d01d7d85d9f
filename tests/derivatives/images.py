"""Canonical images ready to be derived."""

import numpy as np
from sqlalchemy.orm import Session

from tests.canonical.paintings import PROMPT, judged, painted, picture
from wetplate.canonical.admission import admit
from wetplate.canonical.tables import CanonicalRow
from wetplate.provenance.tables import ProvenanceRow
from wetplate.storage.database import now
from wetplate.storage.objects import Objects


def image(
    session: Session, objects: Objects, number: int = 1, pixels: np.ndarray | None = None, size: int = 200
) -> CanonicalRow:
    """An admitted image with its provenance."""
    pixels = picture(number, size) if pixels is None else pixels
    row = admit(session, objects, judged(session, painted(session, objects, number, pixels)))
    recorded = {"model_id": "families/test/model", "model_revision": "sha256:" + "0" * 64, "model_files": {}}
    licence = {"licence": "Apache-2.0", "restrictions": [], "commercial_use": "yes"}
    session.add(
        ProvenanceRow(
            canonical_id=row.id, public_id=f"{number:032x}", salt="ab" * 32, prompt=f"{PROMPT} {number}",
            negative_prompt="", parameters={}, seed=number, runtime={"painter": "fake"}, run_id="run",
            painted_at=now(), source_type="trainedAlgorithmicMedia", **recorded, **licence,
        )
    )  # fmt: skip
    session.flush()
    return row


def flat_picture(size: int = 200) -> np.ndarray:
    """A drawing: a red square on white."""
    drawn = np.full((size, size, 3), 255, np.uint8)
    drawn[size // 4 : size // 2, size // 4 : size // 2] = (200, 30, 40)
    return drawn


def clear_picture(size: int = 200) -> np.ndarray:
    """A shaded picture cut out of its ground."""
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    alpha = np.clip((0.45 - np.hypot(x, y)) * 2000, 0, 255).astype(np.uint8)
    return np.dstack([picture(5, size), alpha])
