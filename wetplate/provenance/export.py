"""Writing an image's history for others: W3C PROV-JSON, an in-toto statement, the whole private record. Pure.

Rules:
1. PROV and in-toto carry no prompt, no seed and no name: they may be handed to an auditor. Who decided
   appears as a pseudonym that belongs to this image only. The record carries everything, and the salt that
   opens the commitment which travels with public files: for where a dispute is decided.
2. The same history gives the same bytes.
3. Subjects of the statement are the canonical and its files, by digest; materials are what it was made with:
   each file of the model, and the original or the picture before its redaction.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

from wetplate.attestation import dsse
from wetplate.attestation.keys import Key
from wetplate.provenance.history import History, Made
from wetplate.provenance.metadata import source_type_uri

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "urn:wetplate:predicate:image-provenance:v1"
PREFIXES: Final = {
    name: f"urn:wetplate:{name}:"
    for name in (
        *("original", "painting", "canonical", "derivative", "weights", "recipe"),
        *("activity", "model", "person", "software", "attribute"),
    )
}
SOFTWARE: Final = "software:wetplate"

Values = dict[str, Any]


def record(history: History) -> Values:
    """Everything that is known. Private."""
    return json.loads(json.dumps(asdict(history), default=_plain))  # type: ignore[no-any-return]


def prov(history: History) -> Values:
    """The history as W3C PROV-JSON (member submission of 2013)."""
    said = _Prov(history)
    said.made()
    said.judged()
    said.published()
    return {"prefix": dict(PREFIXES), **said.all}


def statement(history: History) -> Values:
    """The history as an in-toto statement, version 1."""
    model = history.record.get("model_id")
    return {
        "_type": STATEMENT,
        "subject": [_subject(made) for made in (history.canonical, *history.files)],
        "predicateType": PREDICATE,
        "predicate": {
            "publicId": history.public_id,
            "commitment": history.commitment,
            "recipe": {"kind": history.kind, "id": history.recipe},
            "builder": {"id": SOFTWARE, "version": version("wetplate")},
            "digitalSourceType": source_type_uri(history.record["source_type"]),
            "model": None if model is None else {"id": model, "revision": history.record["model_revision"]},
            "licence": history.record["licence"],
            "materials": list(_materials(history)),
            "verdicts": [
                {
                    "at": _time(each.at),
                    "verdict": each.verdict,
                    "by": who(history, each.by),
                    "policy": each.policy,
                    "digest": {"sha256": each.sha256},
                }
                for each in history.judged
            ],
            "publications": [
                {"at": _time(each.at), "move": each.move, "state": each.to} for each in history.moved
            ],
        },
    }


def envelope(history: History, key: Key) -> Values:
    """The statement, signed: a DSSE envelope. Raises AttestationError."""
    body = json.dumps(statement(history), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return dsse.envelope(key, dsse.IN_TOTO, body.encode())


def who(history: History, name: str) -> str:
    """Whoever decided: software by its word, a person by a pseudonym of this image's."""
    if not name.startswith("person:"):
        return SOFTWARE
    secret = bytes.fromhex(history.salt)
    return f"person:{hmac.new(secret, name.encode(), hashlib.sha256).hexdigest()[:16]}"


class _Prov:
    """Gathers the relations; ids of relations are counted."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.all: dict[str, Values] = {"entity": {}, "activity": {}, "agent": {}}

    def made(self) -> None:
        """How the canonical and its files came to be."""
        known, canonical = self.history, self.entity(self.history.canonical, "canonical")
        painting = self.entity(known.painting, "painting")
        self.generated(painting, self.activity(known.kind, known.painting.at), known.painting.at)
        self.relate("wasAssociatedWith", activity=f"activity:{known.kind}", agent=self.agent(SOFTWARE))
        for name, digest in sorted((known.record.get("model_files") or {}).items()):
            self.used(known.kind, self.digest(digest, "weights", name))
        if model := known.record.get("model_id"):
            agent = self.agent(f"model:{hashlib.sha256(model.encode()).hexdigest()[:16]}", model)
            self.relate("wasAssociatedWith", activity=f"activity:{known.kind}", agent=agent)
        if known.original:
            original = self.entity(known.original, "original")
            self.used(known.kind, original)
            self.relate("wasDerivedFrom", generatedEntity=painting, usedEntity=original)
        if known.before:
            self.all["entity"][f"recipe:{known.before}"] = {"prov:type": "picture before redaction"}
            self.relate("wasDerivedFrom", generatedEntity=painting, usedEntity=f"recipe:{known.before}")
        self.generated(canonical, self.activity("admission", known.canonical.at), known.canonical.at)
        self.relate("wasDerivedFrom", generatedEntity=canonical, usedEntity=painting)
        for file in known.files:
            entity = self.entity(file, "derivative")
            self.generated(entity, self.activity("derivation"), file.at)
            self.relate("wasDerivedFrom", generatedEntity=entity, usedEntity=canonical)

    def judged(self) -> None:
        """Who decided what about which bytes."""
        for number, each in enumerate(self.history.judged):
            name = f"moderation-{number}"
            self.activity(name, each.at, {"attribute:verdict": each.verdict, "attribute:policy": each.policy})
            self.used(name, self.digest(each.sha256, "painting"))
            agent = self.agent(who(self.history, each.by))
            self.relate("wasAssociatedWith", activity=f"activity:{name}", agent=agent)

    def published(self) -> None:
        """When it was let out and taken back."""
        for number, each in enumerate(self.history.moved):
            name = f"publication-{number}"
            self.activity(name, each.at, {"attribute:move": each.move, "attribute:state": each.to})
            self.used(name, self.entity(self.history.canonical, "canonical"))
            self.relate("wasAssociatedWith", activity=f"activity:{name}", agent=self.agent(SOFTWARE))

    def entity(self, made: Made, type: str) -> str:
        """An entity named by what it is and its digest: a canonical has the bytes of its painting."""
        return self.digest(made.sha256, type, made.name, made.media_type)

    def digest(self, sha256: str, type: str, name: str = "", media_type: str = "") -> str:
        said = {"prov:type": type, "prov:label": name, "attribute:mediaType": media_type}
        named = {key: value for key, value in said.items() if value}
        self.all["entity"].setdefault(f"{type}:{sha256}", named)
        return f"{type}:{sha256}"

    def activity(self, name: str, at: datetime | None = None, said: Mapping[str, str] | None = None) -> str:
        ended = {"prov:endTime": _time(at)} if at else {}
        self.all["activity"].setdefault(f"activity:{name}", {**ended, **(said or {})})
        return f"activity:{name}"

    def agent(self, id: str, label: str = "") -> str:
        type = "prov:Person" if id.startswith("person:") else "prov:SoftwareAgent"
        said: Values = {"prov:type": {"$": type, "type": "prov:QUALIFIED_NAME"}}
        self.all["agent"].setdefault(id, {**said, **({"prov:label": label} if label else {})})
        return id

    def generated(self, entity: str, activity: str, at: datetime) -> None:
        self.relate("wasGeneratedBy", entity=entity, activity=activity, time=_time(at))

    def used(self, activity: str, entity: str) -> None:
        self.relate("used", activity=f"activity:{activity}", entity=entity)

    def relate(self, kind: str, **said: str) -> None:
        """One relation."""
        relations = self.all.setdefault(kind, {})
        relations[f"_:{kind}{len(relations)}"] = {f"prov:{key}": value for key, value in said.items()}


def _subject(made: Made) -> Values:
    return {"name": made.name or "canonical", "digest": {"sha256": made.sha256}}


def _materials(history: History) -> Iterator[Values]:
    model = history.record.get("model_id")
    for name, digest in sorted((history.record.get("model_files") or {}).items()):
        yield {"uri": f"model:{model}#{name}", "digest": {"sha256": digest}}
    if history.original:
        yield {"uri": "original", "digest": {"sha256": history.original.sha256}}
    if history.before:
        yield {"uri": "before-redaction", "digest": {"recipe": history.before}}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _plain(value: object) -> str:
    return _time(value) if isinstance(value, datetime) else str(value)
