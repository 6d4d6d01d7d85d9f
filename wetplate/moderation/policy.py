"""Policies: which detectors must speak, where their scores fall, which words in a prompt matter.

Here: reading and checking versioned TOML files (policies/<name>.toml). Not here: applying them (`bands`,
`prompts`), keeping what has judged (`policies`).

Rules:
1. Below `approve` a label lets a picture pass, from `reject` on it may be rejected, between them a person
   looks.
2. Thresholds belong to a detector and a label; a label nobody mapped is never ignored: it means review.
3. A label means a slug of the taxonomy whose version the policy names.
4. Nothing is rejected by itself unless `auto_reject` is on, the detector cites a calibration record of the
   very revision that speaks, and that record stands in the catalog (`calibration`) and covers the label at
   that threshold. NudeNet may never cite one.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from wetplate.errors import ModerationError
from wetplate.moderation import pii, taxonomy
from wetplate.moderation.checked import Table
from wetplate.moderation.taxonomy import Taxonomy

FOLDER = Path(__file__).parent / "policies"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
VERSION = 2
KINDS = ("surface", "nudenet", "transformers", "faces", "text")
ENGINES = ("rapidocr", "tesseract")  # that a detector of kind text reads with
ACTIONS = ("block", "review_output", "note")


@dataclass(frozen=True)
class Label:
    """Where a label's scores fall: below `approve` pass, from `reject` on reject, between them review."""

    slug: str
    approve: float
    reject: float


@dataclass(frozen=True)
class Calibration:
    """The record a policy cites for automatic rejects: its SHA-256, detector revision, who signed it."""

    record: str
    revision: str
    signed_by: str


@dataclass(frozen=True)
class Record:
    """A calibration record that stands in the catalog.

    `reject_from` gives, by label, the lowest threshold from which rejecting was measured to be precise
    enough.
    """

    detector: str
    revision: str
    reject_from: Mapping[str, float]


@dataclass(frozen=True)
class Detector:
    """One detector: its kind, its labels, labels known to be harmless, seconds allowed per picture.

    `model` and `revision` are those of kind transformers; of kind faces a YuNet file and its SHA-256, or
    nothing; of kind text `model` is the engine that reads and `names` the words that count as names.
    """

    name: str
    kind: str
    labels: Mapping[str, Label]
    harmless: frozenset[str]
    seconds: float
    model: str
    revision: str
    calibration: Calibration | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class PromptRule:
    """Words that matter: any of `terms`, and with `beside` any of those too; `allow` excuses phrases.

    `personal` are kinds of personal data (`pii`) that matter wherever they stand.
    """

    name: str
    slug: str
    action: str
    terms: tuple[str, ...]
    beside: tuple[str, ...]
    allow: tuple[str, ...]
    personal: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """A checked policy, the text of its file and the SHA-256 of it."""

    name: str
    version: int
    sha256: str
    auto_reject: bool
    audit_sample: int
    required: tuple[str, ...]
    detectors: Mapping[str, Detector]
    prompt_rules: tuple[PromptRule, ...]
    taxonomy: Taxonomy = field(default_factory=taxonomy.load)
    body: str = field(default="", repr=False)

    def label(self, detector: str, label: str) -> Label | None:
        """What the policy says of a detector's label, if it says anything."""
        known = self.detectors.get(detector)
        return known.labels.get(label) if known else None


def load(name: str, folder: Path = FOLDER) -> Policy:
    """The policy of this name. Raises ModerationError with file, key and what was expected."""
    file = folder / f"{name}.toml"
    if not NAME.match(name) or not file.is_file():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.toml"))) or "none"
        raise ModerationError(f"no moderation policy {name!r}; known: {known}")
    return parse(name, file.read_bytes(), str(file))


def parse(name: str, body: bytes, where: str = "policy") -> Policy:
    """The policy with this text. Raises ModerationError with `where`, key and what was expected."""
    try:
        text = body.decode()
        table = Table(where, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModerationError(f"{where}: no TOML: {error}") from error
    policy = replace(_policy(table, name), sha256=hashlib.sha256(body).hexdigest(), body=text)
    _agree(table, policy)
    return policy


def _policy(table: Table, name: str) -> Policy:
    if table.take("version", int) != VERSION:
        raise table.refuse("version", f"expected {VERSION}, the form this code reads")
    slugs = _taxonomy(table)
    policy = Policy(
        name=name,
        version=VERSION,
        sha256="",
        auto_reject=table.take("auto_reject", bool, False),
        audit_sample=table.take("audit_sample", int, 20),
        required=table.words("required"),
        detectors={name: _detector(name, part, slugs) for name, part in table.tables("detectors")},
        prompt_rules=tuple(_prompt_rule(part, slugs) for _, part in table.tables("prompt_rules")),
        taxonomy=slugs,
    )
    table.done()
    return policy


def _taxonomy(table: Table) -> Taxonomy:
    try:
        return taxonomy.load(table.take("taxonomy", str))
    except ModerationError as refusal:
        raise table.refuse("taxonomy", str(refusal)) from refusal


def _agree(table: Table, policy: Policy) -> None:
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


def _detector(name: str, table: Table, slugs: Taxonomy) -> Detector:
    detector = Detector(
        name=name,
        kind=table.take("kind", str),
        labels={label: _label(part, slugs) for label, part in table.tables("labels")},
        harmless=frozenset(table.words("harmless", [])),
        seconds=float(table.take("seconds", (int, float), 20)),
        model=table.take("model", str, ""),
        revision=table.take("revision", str, ""),
        calibration=_calibration(table.optional("calibration")),
        names=table.words("names", []),
    )
    table.done()
    if detector.kind not in KINDS:
        raise table.refuse("kind", f"expected one of {', '.join(KINDS)}")
    _model(table, detector)
    if detector.kind == "nudenet" and detector.calibration:
        raise table.refuse("calibration", "NudeNet's scores never reject by themselves")
    if not 0 < detector.seconds <= 600:
        raise table.refuse("seconds", "expected more than 0, at most 600 per picture")
    both = sorted(detector.harmless & set(detector.labels))
    if both:
        raise table.refuse("harmless", f"{both[0]!r} has thresholds too")
    return detector


def _model(table: Table, detector: Detector) -> None:
    """Which kinds name a model, and how."""
    kind, pair = detector.kind, (bool(detector.model), bool(detector.revision))
    if kind == "text":
        if detector.revision or detector.model not in ("", *ENGINES):
            engines = " or ".join(ENGINES)
            raise table.refuse("model", f"kind text reads with {engines}, and pins no revision")
    elif kind == "faces":
        if pair[0] != pair[1] or (pair[1] and not re.fullmatch(r"[0-9a-f]{64}", detector.revision)):
            raise table.refuse("model", "expected a YuNet ONNX file and its SHA-256 as revision, or neither")
    elif pair != (kind == "transformers",) * 2:
        raise table.refuse(
            "model", "model and revision belong to kind transformers, and both are needed there"
        )
    if detector.names and kind != "text":
        raise table.refuse("names", "only kind text reads")


def _label(table: Table, slugs: Taxonomy) -> Label:
    slug = table.take("slug", str)
    approve, reject = (float(table.take(key, (int, float), 1.01)) for key in ("approve", "reject"))
    table.done()
    _known(table, slug, slugs)
    if not 0 < approve <= reject <= 1.01:
        raise table.refuse("approve", f"expected 0 < approve <= reject, got {approve} and {reject}")
    return Label(slug, approve, reject)


def _calibration(table: Table | None) -> Calibration | None:
    if table is None:
        return None
    cited = Calibration(*(table.take(key, str) for key in ("record", "revision", "signed_by")))
    table.done()
    if not re.fullmatch(r"[0-9a-f]{64}", cited.record):
        raise table.refuse("record", "expected the SHA-256 of the calibration record")
    return cited


def _prompt_rule(table: Table, slugs: Taxonomy) -> PromptRule:
    rule = PromptRule(
        name=table.take("name", str),
        slug=table.take("slug", str),
        action=table.take("action", str),
        terms=table.words("terms", []),
        beside=table.words("beside", []),
        allow=table.words("allow", []),
        personal=table.words("personal", []),
    )
    table.done()
    if not rule.terms and not rule.personal:
        raise table.refuse("terms", "expected a list of words, or `personal` with kinds of personal data")
    if unknown := sorted(set(rule.personal) - set(pii.KINDS)):
        raise table.refuse("personal", f"{unknown[0]!r} is unknown; known: {', '.join(pii.KINDS)}")
    if rule.action not in ACTIONS:
        raise table.refuse("action", f"expected one of {', '.join(ACTIONS)}")
    _known(table, rule.slug, slugs)
    return rule


def _known(table: Table, slug: str, slugs: Taxonomy) -> None:
    if slug not in slugs.slugs:
        known = ", ".join(slugs.slugs)
        raise table.refuse("slug", f"{slug!r} is not in taxonomy {slugs.version}; known: {known}")
