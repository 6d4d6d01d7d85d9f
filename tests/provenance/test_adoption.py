"""Adopting a folder: good files come in whole, bad ones are named, and what came in goes all the way out."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.provenance import outside
from tests.publication import images
from wetplate.cli.adopt import taken_in
from wetplate.delivery import manifest
from wetplate.derivatives.derive import derive
from wetplate.derivatives.profiles import Credentials
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import ImageError, ProvenanceError
from wetplate.generation.catalog import unpainted
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.provenance import catalog
from wetplate.provenance.adoption import adopt
from wetplate.provenance.arrivals import Arrival
from wetplate.provenance.metadata import mark
from wetplate.provenance.tables import OriginalRow
from wetplate.publication import moves
from wetplate.publication.dossier import dossier
from wetplate.publication.snippet import snippet
from wetplate.publication.verify import verify
from wetplate.recipes.catalog import recipes_of, register
from wetplate.recipes.tables import RecipeRow
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256
from wetplate.storage.sweep import referenced

HOSTILE = "<script>\u202egnp.x.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a DAM hands over: four good pictures, three bad ones, and things that are none."""
    made = tmp_path / "dam"
    made.mkdir()
    files = {
        "red-lace.jpg": outside.captured(1, outside.theirs(tmp_path)),
        "shot_0001.webp": outside.marked(2),
        HOSTILE: outside.told(),
        "plain.avif": outside.picture(4, "AVIF"),
        "cut.png": outside.picture(5, "PNG")[:200],
        "wrong.png": outside.picture(6, "PNG"),
        "letter.jpg": b"Dear Sirs",
        "notes.txt": b"not a picture",
        ".hidden.png": outside.picture(7, "PNG"),
    }
    for name, body in files.items():
        (made / name).write_bytes(body)
    (made / "link.png").symlink_to(made / "wrong.png")
    (made / "wrong.json").write_text(json.dumps({"variant": {"lace": "purple"}}))
    with (made / "variants.csv").open("w", newline="") as table:
        csv.writer(table).writerows([["file", "lace"], ["shot_0001.webp", "black"]])
    return made


def test_a_folder_is_taken_in_and_the_rest_is_named(
    database: Engine, objects: MemoryObjects, folder: Path
) -> None:
    family = images.family()
    with transaction(database) as session:
        register(session, family)
    taken, refused = taken_in(database, objects, outside.ours(), family, folder, None, dry_run=True)
    assert (len(taken), len(refused), list(objects.list())) == (2, 5, [])
    taken, refused = taken_in(database, objects, outside.ours(), family, folder, "trainedAlgorithmicMedia")
    by_name = {each.name: each for each in taken}
    photo, drawn, generated, plain = (
        by_name[name] for name in ("red-lace.jpg", "shot_0001.webp", "<script>\ufffdgnp.x.png", "plain.avif")
    )
    assert (photo.variant, drawn.variant, plain.variant) == ({"lace": "red"}, {"lace": "black"}, {})
    assert [each.source_type for each in (photo, drawn, generated, plain)] == [
        *("digitalCapture", "digitalCreation", "trainedAlgorithmicMedia", "trainedAlgorithmicMedia")
    ]  # fmt: skip
    assert [each.credentials for each in (photo, drawn, plain)] == ["valid", "none", "none"]
    assert photo.unknown == ("painted_at",)
    assert {"prompt", "seed", "model_id", "source_type", "variant.lace"} <= set(plain.unknown)
    assert not {"prompt", "seed"} & set(generated.unknown)
    assert sorted(refused) == ["cut.png", "letter.jpg", "wrong.png"]
    assert "lace = 'purple'" in refused["wrong.png"]
    again, _ = taken_in(database, objects, outside.ours(), family, folder, "print")
    assert [(each.recipe_id, each.new) for each in again] == [(each.recipe_id, False) for each in taken]
    with transaction(database) as session:
        row = session.get_one(OriginalRow, photo.recipe_id)
        assert objects.get(row.key) == (folder / "red-lace.jpg").read_bytes()
        assert row.key == f"originals/{sha256(objects.get(row.key))}"
        kept = {entry.key for entry in objects.list()}
        assert referenced(session, kept) == kept
        assert len(session.scalars(select(OriginalRow)).all()) == 4


def test_what_was_adopted_goes_all_the_way_out(
    session: Session, objects: MemoryObjects, tmp_path: Path
) -> None:
    """A photograph with a stranger's credentials, and one of which little is known, judged like any other."""
    family, signer = images.family(), outside.ours()
    register(session, family)
    camera = outside.captured(1, outside.theirs(tmp_path))
    for name, body, variant, source_type in (
        ("a", camera, {"lace": "red"}, None),
        ("b", outside.told(), {}, "trainedAlgorithmicMedia"),
    ):
        adopt(session, objects, signer, family, Arrival(name, body, variant), source_type)
    assert len(unpainted(session, "boots")) == len(recipes_of(session, "boots")) == 3
    photo, generated = outside.approved(session, objects)
    assert catalog.recorded(session, photo).ingredient_key == f"originals/{sha256(camera)}.c2pa"
    private = catalog.recorded(session, generated)
    assert (private.prompt, private.seed, private.model_id) == ("a secret pumpkin shoe", 77, None)
    for canonical_id, mode in ((photo, "short"), (generated, "sidecar")):
        derive(session, objects, signer, canonical_id, replace(images.FIXED, credentials=Credentials(mode)))
        moves.publish(session, canonical_id, "test")
    files = session.scalars(select(DerivativeRow)).all()
    assert {file.credentials for file in files} == {"full", "sidecar"}  # short would drop the camera's
    for file in files:
        body = objects.get(file.key)
        beside = objects.get(file.manifest_key) if file.manifest_key else None
        said = signer.read(body, MEDIA_TYPES[file.format], beside)
        assert said is not None
        assert (said.valid, said.trusted, said.problems) == (True, True, ())
        assert said.manifests == (3 if file.canonical_id == photo else 2)
        assert said.claim is not None
        assert said.claim.actions[0] == "opened"
        assert mark(body) == said.source_type == catalog.recorded(session, file.canonical_id).source_type
        assert b"pumpkin" not in body + (beside or b"")
    page = manifest.page(session, "boots")
    assert [image["variant"] for image in page["images"]] == [{"lace": "red"}, {}]
    assert [image["alt"] for image in page["images"]] == ["boot with red laces", "Boots"]
    assert [image["ai_disclosure"]["need"] for image in page["images"]] == ["none", "recommended"]
    assert 'alt="Boots"' in snippet(session, generated)
    assert dossier(session, generated)["recipe"]["kind"] == "original"
    assert verify(session, objects, read=signer.read, sample=None) == []
    objects.delete(f"originals/{sha256(camera)}")
    assert [found.rule for found in verify(session, objects)] == ["original_objects"]


def test_what_it_is_must_be_said_by_somebody(
    session: Session, objects: MemoryObjects, tmp_path: Path
) -> None:
    family = images.family()
    register(session, family)
    arrival = Arrival("x.png", outside.picture(1, "PNG"), {})
    with pytest.raises(ProvenanceError, match=r"x\.png: .* --source-type"):
        adopt(session, objects, outside.ours(), family, arrival)
    with pytest.raises(ProvenanceError, match="no digital source type"):
        adopt(session, objects, outside.ours(), family, arrival, "photo")
    broken = outside.captured(2, outside.theirs(tmp_path), "image/png")
    moved = Arrival("y.png", broken[:-60] + bytes(40) + broken[-20:], {})
    with pytest.raises((ProvenanceError, ImageError)):
        adopt(session, objects, outside.ours(), family, moved)


def test_credentials_that_do_not_hold_are_kept_and_not_believed(
    session: Session, objects: MemoryObjects, tmp_path: Path
) -> None:
    """A photograph's credentials over another picture: kept as they came, worth nothing."""
    family, theirs = images.family(), outside.theirs(tmp_path)
    register(session, family)
    one, other = outside.captured(1, theirs), outside.picture(9, "JPEG")
    cut = one.index(b"\xff\xeb")
    end = one.index(b"\xff\xdb")
    body = other[:2] + one[cut:end] + other[2:]
    adopted = adopt(session, objects, outside.ours(), family, Arrival("z.jpg", body, {}), "digitalCapture")
    assert adopted.credentials == "invalid"
    assert "source_type" in adopted.unknown
    (image,) = outside.approved(session, objects)
    made = derive(session, objects, outside.ours(), image, replace(images.FIXED, widths=(64,)))
    for file in made:
        beside = objects.get(file.manifest_key) if file.manifest_key else None
        said = outside.ours().read(objects.get(file.key), MEDIA_TYPES[file.format], beside)
        assert said is not None
        assert (said.valid, said.manifests) == (True, 3)


def test_the_same_bytes_in_two_families_are_two_recipes(session: Session, objects: MemoryObjects) -> None:
    body = outside.picture(1, "PNG")
    for slug in ("boots", "clogs"):
        family = images.family(slug)
        register(session, family)
        for _ in range(2):
            adopt(session, objects, outside.ours(), family, Arrival("a.png", body, {}), "print")
    assert len(session.scalars(select(OriginalRow)).all()) == 2
    assert len({row.sha256 for row in session.scalars(select(PaintingRow))}) == 1
    kinds = [row.kind for row in session.scalars(select(RecipeRow)) if row.kind != "generation"]
    assert kinds == ["original", "original"]
