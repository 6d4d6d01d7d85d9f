"""What a notice must say, by kind, and by when it is answered. Pure: tables and what is read from them.

Here: fields with the article that asks for them, what of them is missing, times. Not here: rows (`catalog`),
where a picture stands (`locate`).

Sources: Regulation (EU) 2022/2065 (Digital Services Act), Article 16(2); 17 U.S.C. 512(c)(3)(A) and (g)(3).
A notice that lacks something is received all the same: the record says what is missing, a person decides.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from wetplate.errors import NoticeError


class Kind(StrEnum):
    """Under which law somebody complains."""

    DMCA = "dmca"
    DSA = "dsa"
    OTHER = "other"


@dataclass(frozen=True)
class Field:
    """Something a notice says: what a form asks, how long it may be, whether it is about a person.

    `ticked` fields are statements that are made or not made, `words` free text, which may name anybody.
    """

    asks: str
    longest: int = 200
    personal: bool = False
    ticked: bool = False
    words: bool = False


FIELDS: Mapping[str, Field] = {
    "reason": Field("Why the picture should not be shown", 5_000, words=True),
    "law": Field("The law or right you rely on", 500, words=True),
    "work": Field("The work or right that is infringed, and where it can be seen", 2_000, words=True),
    "name": Field("Your name", personal=True),
    "email": Field("Your e-mail address", personal=True),
    "address": Field("Your postal address", 500, personal=True),
    "telephone": Field("Your telephone number", 50, personal=True),
    "signature": Field("Your full name, as a signature", personal=True),
    "good_faith": Field("I believe in good faith that this use is not allowed", ticked=True),
    "accurate": Field("What I say here is accurate and complete", ticked=True),
    "authorised": Field("Under penalty of perjury: I own the right, or may act for who owns it", ticked=True),
    "minor": Field("It is about the sexual abuse of children; I may stay unnamed", ticked=True),
}

REQUIRED: Mapping[Kind, Mapping[str, str]] = {
    Kind.DSA: {
        "reason": "Article 16(2)(a) DSA",
        "where": "Article 16(2)(b) DSA",
        "name": "Article 16(2)(c) DSA",
        "email": "Article 16(2)(c) DSA",
        "good_faith": "Article 16(2)(d) DSA",
    },
    Kind.DMCA: {
        "signature": "17 U.S.C. 512(c)(3)(A)(i)",
        "work": "17 U.S.C. 512(c)(3)(A)(ii)",
        "where": "17 U.S.C. 512(c)(3)(A)(iii)",
        "name": "17 U.S.C. 512(c)(3)(A)(iv)",
        "email": "17 U.S.C. 512(c)(3)(A)(iv)",
        "address": "17 U.S.C. 512(c)(3)(A)(iv)",
        "good_faith": "17 U.S.C. 512(c)(3)(A)(v)",
        "accurate": "17 U.S.C. 512(c)(3)(A)(vi)",
        "authorised": "17 U.S.C. 512(c)(3)(A)(vi)",
    },
    Kind.OTHER: {"reason": "so that somebody can decide", "where": "so that the picture can be found"},
}
UNNAMED = frozenset({"name", "email"})  # Article 16(2)(c): not asked where it is about abuse of children

COUNTER: Mapping[str, str] = {
    "name": "17 U.S.C. 512(g)(3)(D)",
    "address": "17 U.S.C. 512(g)(3)(D)",
    "telephone": "17 U.S.C. 512(g)(3)(D)",
    "signature": "17 U.S.C. 512(g)(3)(A)",
    "mistake": "17 U.S.C. 512(g)(3)(C)",
    "jurisdiction": "17 U.S.C. 512(g)(3)(D)",
}
COUNTER_FIELDS: Mapping[str, Field] = {
    **{name: FIELDS[name] for name in ("name", "email", "address", "telephone", "signature", "reason")},
    "mistake": Field("Under penalty of perjury: it was taken down by mistake", ticked=True),
    "jurisdiction": Field("I accept the court's jurisdiction and service of process", ticked=True),
}

#: Within which somebody decides; the law says "timely" (16(6) DSA) and "expeditiously" (512(c)(1)(C)).
DECIDED_WITHIN: Mapping[Kind, timedelta] = {
    Kind.DMCA: timedelta(hours=24),
    Kind.DSA: timedelta(hours=24),
    Kind.OTHER: timedelta(hours=72),
}
URGENT = timedelta(hours=1)
ACKNOWLEDGED_WITHIN = timedelta(hours=24)
APPEAL_WITHIN = timedelta(days=183)  # Article 20(1) DSA: at least six months
APPEAL_DECIDED_WITHIN = timedelta(days=7)


def kind(text: str) -> Kind:
    """The kind of this name. Raises NoticeError."""
    try:
        return Kind(text)
    except ValueError as error:
        raise NoticeError(f"{text[:40]!r} is no kind of notice: expected {', '.join(Kind)}") from error


def checked(said: Mapping[str, object], fields: Mapping[str, Field] = FIELDS) -> dict[str, str | bool]:
    """What was said, trimmed, without what was left empty. Raises NoticeError for what is no such field."""
    if unknown := sorted(set(said) - set(fields)):
        raise NoticeError(f"{unknown[0][:40]!r} is no field of a notice; known: {', '.join(fields)}")
    found = {name: _checked(name, fields[name], value) for name, value in said.items()}
    return {name: value for name, value in found.items() if value}


def missing(kind: Kind, said: Mapping[str, object], located: Collection[object]) -> dict[str, str]:
    """What the law asks for and the notice does not say: field and article."""
    has = {name for name, value in said.items() if value} | ({"where"} if located else set())
    spared = UNNAMED if said.get("minor") else frozenset()
    return {name: law for name, law in REQUIRED[kind].items() if name not in has | spared}


def lacking(said: Mapping[str, object]) -> dict[str, str]:
    """The same of a counter-notice."""
    return {name: law for name, law in COUNTER.items() if not said.get(name)}


def apart(
    said: Mapping[str, str | bool],
) -> tuple[dict[str, str], dict[str, str], dict[str, str | bool]]:
    """The personal fields, the free words, and the rest."""
    known = {name: {**FIELDS, **COUNTER_FIELDS}[name] for name in said}
    personal = {name: str(said[name]) for name, field in known.items() if field.personal}
    words = {name: str(said[name]) for name, field in known.items() if field.words}
    return personal, words, {name: value for name, value in said.items() if name not in personal | words}


def zero_tolerance(said: Mapping[str, object]) -> bool:
    """Whether nobody is to see what it is about, unless they have to decide on it."""
    return bool(said.get("minor"))


def decided_within(kind: Kind, said: Mapping[str, object]) -> timedelta:
    """How long until somebody must have decided."""
    return URGENT if said.get("minor") else DECIDED_WITHIN[kind]


def _checked(name: str, field: Field, value: object) -> str | bool:
    if field.ticked:
        return value is True or (isinstance(value, str) and value.lower() in ("on", "yes", "true", "1"))
    if not isinstance(value, str):
        raise NoticeError(f"{name}: expected text")
    text = "".join(letter for letter in value if letter.isprintable() or letter in "\n\t").strip()
    if len(text) > field.longest:
        raise NoticeError(f"{name} has {len(text)} characters; {field.longest} at most")
    return text
