"""A photograph with a face and an address: found, covered, looked at again and clean, and out it goes.

The real detectors, on a photograph of scikit-image's own; the rest of an image's life as ever.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical.admission import admit, unadmitted
from wetplate.derivatives.derive import derive
from wetplate.generation import catalog as paintings
from wetplate.generation.fake import RUNTIME
from wetplate.generation.painter import Painting
from wetplate.moderation import catalog, queue
from wetplate.moderation.detectors import open_classifiers
from wetplate.moderation.judge import Judged, judge
from wetplate.moderation.policy import Policy, load
from wetplate.moderation.signals import Classifier
from wetplate.provenance import catalog as provenance
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication import decisions, moves
from wetplate.publication.verify import verify
from wetplate.recipes.catalog import register
from wetplate.redaction.redact import redact
from wetplate.storage.memory import MemoryObjects

data = pytest.importorskip("skimage.data")
SLUG = images.family().slug


def photograph() -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """An astronaut, with an address written below her."""
    picture = Image.fromarray(data.astronaut()[4:260, 104:360])
    below = ImageDraw.Draw(picture)
    below.rectangle((0, 226, 256, 256), fill=(245, 245, 240))
    below.text((8, 228), "jane.doe@example.com", fill=(20, 20, 30), font=ImageFont.load_default(20))
    return np.asarray(picture)


def privacy() -> Policy:
    """The product policy's detectors of faces and text, and nobody else's opinion."""
    policy = load("product")
    ours = {name: policy.detectors[name] for name in ("surface", "faces", "text")}
    return replace(policy, detectors=ours, required=tuple(ours), audit_sample=0, prompt_rules=())


def judged(
    session: Session, objects: MemoryObjects, classifiers: Sequence[Classifier], policy: Policy
) -> Judged:
    """The one picture of the family that waits for a verdict, judged."""
    (waiting,) = catalog.pending(objects, catalog.unjudged(session, SLUG, policy))
    (verdict,) = judge([waiting], classifiers, policy)
    catalog.record(session, [verdict], SLUG)
    return verdict


@pytest.mark.xdist_group("ocr")
def test_found_covered_clean_approved_and_published(session: Session, objects: MemoryObjects) -> None:
    family, policy = images.family(), privacy()
    register(session, family)
    painter = replace(RUNTIME, painter="stand-in")
    kept = paintings.keep(
        session,
        objects,
        Painting(images.recipe(), photograph(), painter, {"unet": "ab" * 32}, 0.1),
        run_id="run",
    )
    with open_classifiers(policy) as classifiers:
        doubt = judged(session, objects, classifiers, policy)
        assert doubt.verdict == "review"
        found = {signal.label: signal.region for signal in doubt.signals if signal.region}
        assert set(found) == {"FACE", "TEXT_EMAIL"}
        new = redact(
            session, objects, kept.recipe_id, kept.sha256, list(found.values()), "person:p", "privacy/face"
        )
        queue.put(session, kept.recipe_id, kept.sha256, "reject", "person:p", ("redacted",))
        clean = judged(session, objects, classifiers, policy)
    assert (clean.recipe_id, clean.verdict) == (new, "approve")
    assert not [signal for signal in clean.signals if signal.region or signal.error]

    (approved,) = unadmitted(session, SLUG)
    image = admit(session, objects, approved)
    provenance.record(session, image.id, family)
    assert session.get_one(ProvenanceRow, image.id).derived_from == kept.recipe_id
    derive(session, objects, images.SIGNER, image.id, images.FIXED)
    moves.publish(session, image.id, "test")
    assert decisions.settle(session, SLUG) == 1
    assert verify(session, objects, quick=True) == []
    assert {entry.key.split("/")[0] for entry in objects.list()} == {
        "paintings",
        "canonical",
        "derivatives",
        "restricted",
    }
