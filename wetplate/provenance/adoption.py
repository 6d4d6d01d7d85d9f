"""Adopting pictures from outside: the only writer of originals rows.

Here: taking one file in. Not here: finding it (`arrivals`), judging, admitting and deriving, which treat it
like any other painting; its record (`catalog`) and its credentials (`credentials`), which read what is
written here.

Rules:
1. The file is kept as it came, byte for byte, in the private area; what is shown is made from its pixels.
2. Credentials it brings are kept, also invalid ones, and travel with everything made from it.
3. What it is, in IPTC's words, comes from valid credentials, else from its XMP mark, else from whoever adopts
   it, who must say so then; that nobody but he says so is on record.
4. What is not known is named (`unknown`), never filled in.
5. Adopting the same bytes again changes nothing. Object first, then rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.canonical.catalog import alone
from wetplate.errors import InfotextError, ProvenanceError
from wetplate.generation.catalog import keep_pixels
from wetplate.imaging.codec import decode
from wetplate.imaging.formats import MEDIA_TYPES, sniff
from wetplate.imaging.pixels import Pixels
from wetplate.provenance.arrivals import Arrival
from wetplate.provenance.claim import Parent
from wetplate.provenance.credentials import MANIFEST
from wetplate.provenance.disclosure import GENERATIVE
from wetplate.provenance.metadata import SOURCE_TYPES, VOCABULARY, mark, source_type_uri
from wetplate.provenance.signing import Credentials, Signer
from wetplate.provenance.tables import OriginalRow
from wetplate.recipes import originals
from wetplate.recipes.catalog import ORIGINAL, enter
from wetplate.recipes.family import Family
from wetplate.recipes.infotext import carriers
from wetplate.recipes.tables import RecipeRow
from wetplate.storage.objects import Objects, sha256

PAINTER = "adoption"
#: Fields of the record that a picture made by a model has, and one that was not.
MODEL = (
    "model_id",
    "model_revision",
    "model_files",
    "prompt",
    "negative_prompt",
    "seed",
    "runtime",
    "run_id",
)
MOMENT = "painted_at"
SEEDS = range(2**63)


@dataclass(frozen=True)
class Adopted:
    """One file taken in: its recipe, whether it is new here, and what is and is not known of it."""

    name: str
    recipe_id: str
    sha256: str
    new: bool
    variant: Mapping[str, str]
    source_type: str
    credentials: str
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Examined:
    """What a file tells by itself."""

    media_type: str
    source_type: str
    credentials: str
    infotext: Mapping[str, Any] | None
    unknown: tuple[str, ...]


def adopt(
    session: Session,
    objects: Objects,
    signer: Signer,
    family: Family,
    arrival: Arrival,
    source_type: str | None = None,
    *,
    dry_run: bool = False,
) -> Adopted:
    """Take one file into the family, unless it is there; `dry_run`: only say what would become of it.

    Raises ProvenanceError, ImageError, Blocked, StorageError.
    """
    digest = sha256(arrival.body)
    alone(session, f"adopt {family.slug} {digest}")
    if (row := _standing(session, family.slug, digest)) is not None:
        known = session.get_one(RecipeRow, row.recipe_id).variant, row.source_type, row.credentials
        return Adopted(arrival.name, row.recipe_id, digest, False, *known, tuple(row.unknown))
    pixels = decode(arrival.body)
    seen = examine(signer, family, arrival, source_type)
    recipe_id = "" if dry_run else _kept(session, objects, signer, family, arrival, digest, seen, pixels)
    told = arrival.variant, seen.source_type, seen.credentials
    return Adopted(arrival.name, recipe_id, digest, True, *told, seen.unknown)


def _kept(
    session: Session,
    objects: Objects,
    signer: Signer,
    family: Family,
    arrival: Arrival,
    digest: str,
    seen: Examined,
    pixels: Pixels,
) -> str:
    """The recipe id of the file, kept: objects, recipe, painting, row."""
    head = objects.put(originals.key(digest), arrival.body, content_type=seen.media_type)
    manifest = _manifest(objects, signer, arrival.body, seen, digest)
    recipe_id = _recipe(session, family, arrival, digest, seen, manifest)
    keep_pixels(session, objects, recipe_id, pixels, PAINTER)
    values = {
        "recipe_id": recipe_id,
        "sha256": digest,
        "key": head.key,
        "bytes": head.size,
        "media_type": seen.media_type,
        "name": arrival.name,
        "source_type": seen.source_type,
        "credentials": seen.credentials,
        "manifest_key": manifest,
        "infotext": seen.infotext,
        "unknown": list(seen.unknown),
    }
    session.execute(insert(OriginalRow).values(values))
    return recipe_id


def examine(signer: Signer, family: Family, arrival: Arrival, source_type: str | None) -> Examined:
    """What the file tells, with `source_type` for one that does not say what it is. Writes nothing.

    Raises ProvenanceError, ImageError.
    """
    media_type = MEDIA_TYPES[sniff(arrival.body)]
    said = signer.read(arrival.body, media_type)
    found = _source_type(arrival.body, said)
    if found is None and source_type is None:
        raise ProvenanceError(
            f"{arrival.name}: neither credentials nor XMP say what it is; say so for all such files with "
            "--source-type"
        )
    infotext = _infotext(arrival.body)
    whole = source_type_uri(found or source_type or "").removeprefix(VOCABULARY)
    unknown = _unknown(family, arrival, infotext, whole, by_word=found is None)
    return Examined(media_type, whole, _worth(said), infotext, tuple(unknown))


def _standing(session: Session, family: str, digest: str) -> OriginalRow | None:
    same = select(OriginalRow).join(RecipeRow, RecipeRow.id == OriginalRow.recipe_id)
    return session.scalars(same.where(RecipeRow.family == family, OriginalRow.sha256 == digest)).first()


def _recipe(
    session: Session, family: Family, arrival: Arrival, digest: str, seen: Examined, manifest: str | None
) -> str:
    """The prompt stands in the recipe, where moderation reads it."""
    prompt = seen.infotext["prompt"] if seen.infotext else ""
    told = {"object_sha256": digest, "media_type": seen.media_type, "source_type": seen.source_type}
    body = {**told, "manifest": manifest is not None, "prompt": prompt}
    return enter(session, family.slug, ORIGINAL, arrival.variant, body)


def _manifest(objects: Objects, signer: Signer, body: bytes, seen: Examined, digest: str) -> str | None:
    """Keep the credentials by themselves as well; gives where. Unreadable ones stay in the file only."""
    if seen.credentials == "none":
        return None
    try:
        manifest = signer.parent(body, seen.media_type, Parent("original", seen.media_type, digest)).manifest
    except ProvenanceError:
        return None
    key = originals.manifest_key(digest)
    return objects.put(key, manifest, content_type=MANIFEST).key if manifest is not None else None


def _source_type(body: bytes, said: Credentials | None) -> str | None:
    """What the file is by its own word: by credentials that hold, else by its mark."""
    if said is not None and said.valid and said.source_type in SOURCE_TYPES:
        return said.source_type
    found = mark(body)
    return found if found in SOURCE_TYPES else None


def _worth(said: Credentials | None) -> str:
    if said is None:
        return "none"
    return "trusted" if said.valid and said.trusted else "valid" if said.valid else "invalid"


def _infotext(body: bytes) -> dict[str, Any] | None:
    """What a generator wrote into the file, as text that can be stored; None if it wrote nothing readable."""
    try:
        found = carriers.read(body)
    except InfotextError:
        return None
    parameters = {_stored(name): _stored(value) for name, value in found.parameters.items()}
    return {
        "prompt": _stored(found.prompt),
        "negative_prompt": _stored(found.negative_prompt),
        "parameters": parameters,
        "seed": _seed(parameters.get("Seed", "")),
    }


def _seed(text: str) -> int | None:
    seed = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    return seed if seed in SEEDS else None


def _stored(text: str) -> str:
    """Without what Postgres cannot hold: NUL and half surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _unknown(
    family: Family, arrival: Arrival, infotext: Mapping[str, Any] | None, source_type: str, *, by_word: bool
) -> list[str]:
    """What the record will not know."""
    known = {
        name for name in ("prompt", "negative_prompt", "seed") if infotext and infotext[name] is not None
    }
    missing = [name for name in MODEL if name not in known] if source_type in GENERATIVE or infotext else []
    variant = [f"variant.{name}" for name in family.attributes if name not in arrival.variant]
    return [*missing, MOMENT, *(["source_type"] if by_word else []), *variant]
