"""A small house to deliver from: a real Postgres, a local store, pictures published by the real verbs.

A picture's canonical is put as it is, so that hostile bytes stand there too: the origin must survive what
it was told to be a canonical. Only pictures asked for with `derived` get their real files; the others have
stand-ins in their places, since publication wants them there and nothing here asks for them.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bench.delivery.peers.peer import PICTURE
from bench.scratch import scratch
from wetplate.canonical import admission
from wetplate.canonical import catalog as canonicals
from wetplate.derivatives import catalog as files
from wetplate.derivatives.derive import derive
from wetplate.derivatives.derive import key as derivative_key
from wetplate.derivatives.plan import absent
from wetplate.derivatives.profiles import load
from wetplate.generation import catalog as paintings
from wetplate.generation.fake import RUNTIME, waves
from wetplate.generation.painter import Painting
from wetplate.imaging.codec import PNG, encode
from wetplate.moderation import catalog as verdicts
from wetplate.moderation.judge import Judged
from wetplate.provenance import catalog as provenance
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.publication import moves
from wetplate.recipes.catalog import register
from wetplate.recipes.family import Family, expand
from wetplate.recipes.familyfile import parsed
from wetplate.recipes.recipe import Recipe
from wetplate.settings import Settings
from wetplate.storage.database import engine, transaction
from wetplate.storage.objects import Objects, sha256
from wetplate.storage.stores import open_objects

SLUG, PROFILE = "bench", "social-feed"
ROOM = 200
DRAFT = "draft.png"  # the same picture as PICTURE, never published


@dataclass
class House:
    """Where our origin lives: `ids` are canonical ids by our name for the picture, in the order of coming."""

    settings: Settings
    database: Engine
    objects: Objects
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What leads a server of ours here."""
        return {"WETPLATE_VAR": str(self.settings.var)}

    @property
    def words(self) -> Mapping[str, str]:
        """Our addresses' words for the pictures."""
        return {name: f"{canonical_id}/v1" for name, canonical_id in self.ids.items()}

    def publish(
        self, name: str, body: bytes, size: tuple[int, int] = (1024, 1024), *, derived: bool = False
    ) -> str:
        """The canonical id of a published image that holds exactly these bytes."""
        canonical_id = self.draft(name, body, size)
        with transaction(self.database) as session:
            if derived:
                derive(session, self.objects, FakeSigner(), canonical_id, load(PROFILE))
            else:
                self._stand_in(session, canonical_id, size)
        with transaction(self.database) as session:
            moves.publish(session, canonical_id, "bench")
        return canonical_id

    def draft(self, name: str, body: bytes, size: tuple[int, int] = (1024, 1024)) -> str:
        """The same, with provenance but not published."""
        recipe = _recipes()[len(self.ids)]
        with transaction(self.database) as session:
            canonical_id = _admitted(session, self.objects, recipe, body, size)
            provenance.record(session, canonical_id, _family())
        self.ids[name] = canonical_id
        return canonical_id

    def file(self, name: str, width: int, format: str) -> str:
        """The address of a published file of a picture that was derived."""
        image = self.ids[name]
        with transaction(self.database) as session:
            rows = files.standing(session, image)
        found = next(row.name for row in rows if (row.width, row.format) == (width, format))
        return f"/images/{image}/{found}"

    def _stand_in(self, session: Session, canonical_id: str, size: tuple[int, int]) -> None:
        """Rows and one small object for every file that the profile wants."""
        body = encode(waves(canonical_id, 8, 8), PNG)
        name = f"{sha256(body)[:16]}-8.png"
        head = self.objects.put(derivative_key(canonical_id, name), body, content_type="image/png")
        row: dict[str, Any] = {"canonical_id": canonical_id, "profile": PROFILE, "height": 8, "name": name}
        row |= {"sha256": head.sha256, "key": head.key, "bytes": head.size, "credentials": "embedded"}
        for wanted in absent(load(PROFILE), *size, ()):
            width, format, lossless = wanted.mark
            files.add(session, row | {"width": width, "format": format, "lossless": lossless})
        files.keep_placeholder(session, canonical_id, "", "#808080")


@contextmanager
def house() -> Iterator[House]:
    """A house with its family registered and no pictures yet; gone afterwards."""
    with scratch() as (server, now):
        database = engine(server.url("app"))
        with transaction(database) as session:
            register(session, _family())
        try:
            yield House(now, database, open_objects(f"file://{now.var / 'objects'}", now))
        finally:
            database.dispose()


def _admitted(session: Session, objects: Objects, recipe: Recipe, body: bytes, size: tuple[int, int]) -> str:
    """A painting approved by a person, and a canonical of these bytes."""
    pixels = waves(recipe.id, 64, 64)
    told = Painting(recipe, pixels, replace(RUNTIME, painter="diffusers"), {"unet": "ab" * 32}, 0.5)
    painting = paintings.keep(session, objects, told, run_id="bench")
    judged = Judged(recipe.id, painting.sha256, "approve", ("bench",), (), "bench", "0" * 64, "person:bench")
    verdicts.append(session, judged, SLUG)
    head = objects.put(admission.key(sha256(body)), body, content_type="image/png")
    values: dict[str, Any] = {"id": head.sha256, "key": head.key, "bytes": head.size, "family": SLUG}
    values |= {"recipe_id": recipe.id, "object_sha256": painting.sha256, "width": size[0], "height": size[1]}
    row, _ = canonicals.add(session, values | {"pixel_sha256": head.sha256, "phash": "0" * 16})
    return row.id


def _family() -> Family:
    recipe = {
        "prompt": "a picture, {look}",
        "negative_prompt": "",
        "alt": "picture {look}",
        "sampler": "DDIM",
    }
    recipe |= {"steps": 1, "guidance": "1", "width": 64, "height": 64}  # type: ignore[dict-item]
    return parsed(
        "bench",
        SLUG,
        {
            "title": "Bench",
            "attributes": {"look": [f"look-{number}" for number in range(ROOM)]},
            "recipe": {**recipe, "seed": {"rule": "fixed", "value": 1}},
            "model": {"id": "families/bench/model", "revision": "sha256:" + "0" * 64},
            "licence": {"expression": "Apache-2.0", "commercial_use": "yes", "restrictions": []},
            "publication": {"profile": PROFILE, "channel": "commercial"},
            "moderation": {"policy": "product"},
            "budget": {"images_per_day": ROOM, "device_seconds_per_day": ROOM},
        },
    )


def _recipes() -> list[Recipe]:
    return expand(_family())


def furnish(house: House, pictures: Path) -> None:
    """Publish every file of the folder under its name, PICTURE with real derivatives; one more is a draft."""
    for path in sorted(pictures.iterdir()):
        if not path.is_symlink():
            house.publish(path.name, path.read_bytes(), _size(path), derived=path.name == PICTURE)
    house.draft(DRAFT, (pictures / PICTURE).read_bytes() + b"\n")


def _size(path: Path) -> tuple[int, int]:
    """What the header claims; that of any picture where nothing can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as opened:
                return opened.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 1024, 1024
