"""What a family's files weigh and how they look, told from their rows, in a table and in a plot."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets.figures import looks
from tests.derivatives.images import flat_picture, image
from tests.publication import images
from wetplate.delivery import preview
from wetplate.derivatives import catalog
from wetplate.derivatives.derive import derive
from wetplate.derivatives.measured import measured, points
from wetplate.derivatives.profiles import load
from wetplate.imaging.codec import decode
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

SOCIAL = load("social-feed")


def test_files_are_summed_by_width_and_format(session: Session, objects: MemoryObjects) -> None:
    assert measured(session, "boots", SOCIAL.name) == points(session, "boots", SOCIAL.name) == []
    shaded, flat = image(session, objects, 1, size=64), image(session, objects, 2, flat_picture(64))
    scored = derive(session, objects, FakeSigner(), shaded.id, SOCIAL)
    plain = derive(session, objects, FakeSigner(), flat.id, SOCIAL)
    rows = {row.format: row for row in measured(session, "boots", SOCIAL.name)}
    assert {name: (row.files, row.scored) for name, row in rows.items()} == {
        "avif": (1, 1), "jpeg": (1, 1), "png": (1, 0), "webp": (2, 1),
    }  # fmt: skip
    assert sum(row.bytes for row in rows.values()) == sum(file.bytes for file in (*scored, *plain))
    webp = next(file for file in scored if file.format == "webp")
    assert (rows["webp"].score_mean, rows["webp"].score_lowest) == (webp.score, webp.score)
    assert (rows["webp"].quality_least, rows["webp"].quality_most) == (webp.quality, webp.quality)
    assert rows["webp"].tries == webp.tries
    assert (rows["png"].score_mean, rows["png"].tries, rows["png"].quality_most) == (None, None, None)
    assert {(p.format, p.bytes, p.score) for p in points(session, "boots", SOCIAL.name)} == {
        (file.format, file.bytes, file.score) for file in scored
    }


def test_only_files_in_force_of_that_family_and_profile(session: Session, objects: MemoryObjects) -> None:
    row = image(session, objects, 1, size=64)
    derive(session, objects, FakeSigner(), row.id, SOCIAL)
    derive(session, objects, FakeSigner(), row.id, replace(SOCIAL, name="other", targets={}))
    assert {each.files for each in measured(session, "boots", SOCIAL.name)} == {1}
    assert measured(session, "hats", SOCIAL.name) == []
    assert points(session, "boots", "other") == []
    catalog.withdraw(session, row.id)
    assert measured(session, "boots", SOCIAL.name) == points(session, "boots", SOCIAL.name) == []


def test_a_person_sees_numbers_table_and_plot(database: Engine, objects: MemoryObjects) -> None:
    with transaction(database) as session:
        derive(session, objects, FakeSigner(), images.recorded(session, objects), SOCIAL)
    figures = looks(database, "boots", SOCIAL.name)
    with transaction(database) as session:
        rows = measured(session, "boots", SOCIAL.name)
    assert figures["bytes_total"].value == sum(row.bytes for row in rows)
    assert figures["score_lowest"].value == pytest.approx(
        min(row.score_lowest or 0 for row in rows), abs=0.01
    )
    assert figures["score_mean"].value >= figures["score_lowest"].value > 0
    assert "| 128 | avif | 1 |" in figures["sizes_and_scores"].value
    address = figures["score_plot"].value
    assert address in figures["scores"].value
    assert "base64" not in str(figures)

    client = TestClient(preview.app(database, objects))
    answer = client.get(address[address.index("/families/") :])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "no-store"
    assert decode(answer.content).shape == (400, 640, 3)
    assert client.get("/families/none/scores.png").status_code == 404
    assert "/families/boots/scores.png" in client.get("/").text


def test_where_nothing_was_scored_no_score_is_shown(database: Engine) -> None:
    assert set(looks(database, "boots", "social-feed")) == {
        "bytes_total", "sizes_and_scores", "score_plot", "scores",
    }  # fmt: skip
