"""Files made on demand are kept to the same invariants as those made ahead."""

import numpy as np
from sqlalchemy import Engine, select

from tests.publication.images import PROMPT, published
from wetplate.derivatives import ondemand
from wetplate.derivatives.asked import Asked, Finished
from wetplate.derivatives.tables import TransformRow
from wetplate.derivatives.transform import read
from wetplate.imaging.codec import PNG, encode
from wetplate.provenance.metadata import xmp_packet
from wetplate.publication import moves, takedown
from wetplate.publication.verify import verify
from wetplate.storage import outbox
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256


def test_transforms_are_kept_true(database: Engine, objects: MemoryObjects) -> None:
    body = encode(np.full((96, 96, 3), 77, np.uint8), PNG, xmp_packet())
    with transaction(database) as session:
        image = published(session, objects)
        asked = Asked(image, "boots", 1, read("w96.png"))
        ondemand.keep(session, objects, asked, Finished(body, sha256(body), 96, 96, None))
        outbox.handle(session, [event.id for event in outbox.unhandled(session)])
    with transaction(database) as session:
        row = session.scalars(select(TransformRow)).one()
        assert verify(session, objects) == []
        objects.delete(row.key)
        assert [each.rule for each in verify(session, objects)] == ["derivative_objects"]
        assert [each.rule for each in verify(session, objects, quick=True)] == ["derivative_objects"]
        leak = encode(
            np.full((96, 96, 3), 77, np.uint8), PNG, xmp_packet()[:-8] + f"{PROMPT}, white laces".encode()
        )
        objects.put(row.key, leak, content_type="image/png")
        assert {each.rule for each in verify(session, objects)} == {"derivative_objects", "public_texts"}
        objects.delete(row.key)
        objects.put(row.key, body, content_type="image/png")
    with transaction(database) as session:
        moves.take_down(session, image, "tester", "trademark")
    with transaction(database) as session:
        assert row.key in {each.subject for each in verify(session, objects, rules=["withdrawn_unreachable"])}
        takedown.execute(session, objects, image)
        assert verify(session, objects) == []
        assert list(objects.list("transforms/")) == []
