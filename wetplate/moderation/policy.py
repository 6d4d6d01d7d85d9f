"""Policies: which detectors must speak, where their scores fall, which words in a prompt matter.

Here: reading and checking versioned TOML files (policies/<name>.toml). Not here: applying them (`bands`,
`prompts`).

Rules:
1. Below `approve` a label lets a picture pass, from `reject` on it may be rejected, between them a person
   looks.
2. Thresholds belong to a detector and a label; a label nobody mapped is never ignored: it means review.
3. Nothing is rejected by itself unless `auto_reject` is on and the detector cites a calibration record of the
   very revision that speaks. NudeNet may never cite one.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wetplate.errors import ModerationError
from wetplate.moderation.taxonomy import SLUGS

FOLDER = Path(__file__).parent / "policies"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
VERSION = 1
KINDS = ("surface", "nudenet", "transformers")
ACTIONS = ("block", "review_output", "note")


@dataclass(frozen=True)
class Label:
    """Where a label's scores fall: below `approve` pass, from `reject` on reject, between them review."""

    slug: str
    approve: float
    reject: float


@dataclass(frozen=True)
class Calibration:
    """The record that allows automatic rejects: SHA-256 of the record, detector revision, who signed it."""

    record: str
    revision: str
    signed_by: str


@dataclass(frozen=True)
class Detector:
    """One detector: its kind, its labels, labels known to be harmless, seconds allowed per picture."""

    name: str
    kind: str
    labels: Mapping[str, Label]
    harmless: frozenset[str]
    seconds: float
    model: str
    revision: str
    calibration: Calibration | None


@dataclass(frozen=True)
class PromptRule:
    """Words that matter: any of `terms`, and with `beside` any of those too; `allow` excuses phrases."""

    name: str
    slug: str
    action: str
    terms: tuple[str, ...]
    beside: tuple[str, ...]
    allow: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """A checked policy and the SHA-256 of its file."""

    name: str
    version: int
    sha256: str
    auto_reject: bool
    audit_sample: int
    required: tuple[str, ...]
    detectors: Mapping[str, Detector]
    prompt_rules: tuple[PromptRule, ...]


def load(name: str, folder: Path = FOLDER) -> Policy:
    """The policy of this name. Raises ModerationError with file, key and what was expected."""
    file = folder / f"{name}.toml"
    if not NAME.match(name) or not file.is_file():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.toml"))) or "none"
        raise ModerationError(f"no moderation policy {name!r}; known: {known}")
    body = file.read_bytes()
    try:
        table = tomllib.loads(body.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModerationError(f"{file}: no TOML: {error}") from error
    return _policy(_Table(str(file), table), name, hashlib.sha256(body).hexdigest())


class _Table:
    """A TOML table whose every reading is checked; `done` refuses what nobody read."""

    def __init__(self, where: str, body: Mapping[str, Any]) -> None:
        self.where, self._body, self._read = where, body, set[str]()

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        self._read.add(key)
        value = self._body.get(key, default)
        wrong = isinstance(value, bool) and kind is not bool
        if value is None or wrong or not isinstance(value, kind):
            raise self.refuse(key, f"expected {_kind_name(kind)}")
        return value

    def words(self, key: str, default: Any = None) -> tuple[str, ...]:
        values = self.take(key, list, default)
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise self.refuse(key, "expected a list of words")
        return tuple(values)

    def tables(self, key: str) -> "list[tuple[str, _Table]]":
        value = self.take(key, (dict, list), {})
        named = value.items() if isinstance(value, dict) else ((str(n), part) for n, part in enumerate(value))
        return [(name, self.inner(f"{key}.{name}", part)) for name, part in named]

    def optional(self, key: str) -> "_Table | None":
        self._read.add(key)
        return self.inner(key, self._body[key]) if key in self._body else None

    def inner(self, key: str, body: Any) -> "_Table":
        if not isinstance(body, dict):
            raise self.refuse(key, "expected a table")
        return _Table(f"{self.where}: {key}", body)

    def done(self) -> None:
        unknown = sorted(set(self._body) - self._read)
        if unknown:
            raise self.refuse(unknown[0], f"unknown key; known: {', '.join(sorted(self._read))}")

    def refuse(self, key: str, expected: str) -> ModerationError:
        return ModerationError(f"{self.where}: {key}: {expected}")


def _policy(table: _Table, name: str, sha256: str) -> Policy:
    if table.take("version", int) != VERSION:
        raise table.refuse("version", f"expected {VERSION}, the form this code reads")
    policy = Policy(
        name=name,
        version=VERSION,
        sha256=sha256,
        auto_reject=table.take("auto_reject", bool, False),
        audit_sample=table.take("audit_sample", int, 20),
        required=table.words("required"),
        detectors={name: _detector(name, part) for name, part in table.tables("detectors")},
        prompt_rules=tuple(_prompt_rule(part) for _, part in table.tables("prompt_rules")),
    )
    table.done()
    _agree(table, policy)
    return policy


def _agree(table: _Table, policy: Policy) -> None:
    """What no single key can say."""
    if not 0 <= policy.audit_sample <= 1000:
        raise table.refuse("audit_sample", "expected 0 to 1000 per mille of what is approved")
    for name in policy.required:
        if name not in policy.detectors:
            raise table.refuse("required", f"{name!r} is no detector of this policy")
    calibrated = [d.name for d in policy.detectors.values() if d.calibration]
    if policy.auto_reject and not calibrated:
        raise table.refuse(
            "auto_reject", "needs a detector with a [calibration] record; keep it false until then"
        )
    names = [rule.name for rule in policy.prompt_rules]
    if len(set(names)) != len(names):
        raise table.refuse("prompt_rules", "two rules carry one name")


def _detector(name: str, table: _Table) -> Detector:
    detector = Detector(
        name=name,
        kind=table.take("kind", str),
        labels={label: _label(part) for label, part in table.tables("labels")},
        harmless=frozenset(table.words("harmless", [])),
        seconds=float(table.take("seconds", (int, float), 20)),
        model=table.take("model", str, ""),
        revision=table.take("revision", str, ""),
        calibration=_calibration(table.optional("calibration")),
    )
    table.done()
    if detector.kind not in KINDS:
        raise table.refuse("kind", f"expected one of {', '.join(KINDS)}")
    wanted = detector.kind == "transformers"
    if bool(detector.model) != wanted or bool(detector.revision) != wanted:
        raise table.refuse(
            "model", "model and revision belong to kind transformers, and both are needed there"
        )
    if detector.kind == "nudenet" and detector.calibration:
        raise table.refuse("calibration", "NudeNet's scores never reject by themselves")
    if not 0 < detector.seconds <= 600:
        raise table.refuse("seconds", "expected more than 0, at most 600 per picture")
    both = sorted(detector.harmless & set(detector.labels))
    if both:
        raise table.refuse("harmless", f"{both[0]!r} has thresholds too")
    return detector


def _label(table: _Table) -> Label:
    slug = table.take("slug", str)
    approve, reject = (float(table.take(key, (int, float), 1.01)) for key in ("approve", "reject"))
    table.done()
    if slug not in SLUGS:
        raise table.refuse("slug", f"{slug!r} is not in the taxonomy; known: {', '.join(SLUGS)}")
    if not 0 < approve <= reject <= 1.01:
        raise table.refuse("approve", f"expected 0 < approve <= reject, got {approve} and {reject}")
    return Label(slug, approve, reject)


def _calibration(table: _Table | None) -> Calibration | None:
    if table is None:
        return None
    cited = Calibration(*(table.take(key, str) for key in ("record", "revision", "signed_by")))
    table.done()
    if not re.fullmatch(r"[0-9a-f]{64}", cited.record):
        raise table.refuse("record", "expected the SHA-256 of the calibration record")
    return cited


def _prompt_rule(table: _Table) -> PromptRule:
    rule = PromptRule(
        name=table.take("name", str),
        slug=table.take("slug", str),
        action=table.take("action", str),
        terms=table.words("terms"),
        beside=table.words("beside", []),
        allow=table.words("allow", []),
    )
    table.done()
    if rule.action not in ACTIONS:
        raise table.refuse("action", f"expected one of {', '.join(ACTIONS)}")
    if rule.slug not in SLUGS:
        raise table.refuse("slug", f"{rule.slug!r} is not in the taxonomy; known: {', '.join(SLUGS)}")
    return rule


def _kind_name(kind: type | tuple[type, ...]) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list"}
    return " or ".join(names.get(part, "a table") for part in (kind if isinstance(kind, tuple) else (kind,)))
