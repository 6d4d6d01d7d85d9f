"""What viewers are told of how a picture came about: the only writer of disclosure rows.

Here: the decision in force, what is proposed while nobody has decided, and saying otherwise. Not here: the
marks inside files, which every file carries whatever is said here (`metadata`, `claim`); showing it
(delivery). What the law asks for and what of it is covered: docs/disclosure.md.

Rules:
1. Nobody has to decide before anything is shown: what a model made, wholly or partly, is `recommended` to be
   disclosed from the start. Only a person raises that to `required` or lowers it to `none`.
2. `required` is proposed where something that exists is shown: the picture may pass for a photograph of it.
3. Saying is appending: what was in force before stays on record, with who said it.
4. The words are shown to strangers: one plain line, no markup, no control characters.
"""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.canonical.catalog import alone
from wetplate.errors import ProvenanceError
from wetplate.provenance.metadata import SOURCE_TYPES, TRAINED
from wetplate.provenance.tables import DisclosureRow, ProvenanceRow
from wetplate.storage.chain import latest

NEEDS = ("required", "recommended", "none")
DEPICTS = ("product", "place", "person", "event")
LONGEST = 200
#: What is said of a source type while nobody has found better words.
WORDS = {
    TRAINED: "Made by a generative model",
    "compositeWithTrainedAlgorithmicMedia": "Partly made by a generative model",
    "algorithmicMedia": "Made by an algorithm",
    "compositeSynthetic": "Composed with synthetic parts",
    "digitalCapture": "Photographed",
    "humanEdits": "Photographed and edited by a person",
    "computationalCapture": "Photographed, computed from several exposures",
    "algorithmicallyEnhanced": "Photographed and enhanced by an algorithm",
    "composite": "Composed of several pictures",
    "compositeCapture": "Composed of photographs",
    "digitalCreation": "Made by a person with digital tools",
    "dataDrivenMedia": "Made from data",
    "virtualRecording": "Recorded from a virtual scene",
    "screenCapture": "Recorded from a screen",
    "negativeFilm": "Photographed on film",
    "positiveFilm": "Photographed on film",
    "print": "Scanned from a print",
}
#: What a model made wholly or partly.
GENERATIVE = frozenset({TRAINED, "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"})


@dataclass(frozen=True)
class Disclosure:
    """Whether viewers are told (`need`), what existing things are shown, and in which words.

    `said`: a person decided so; else it is what is proposed.
    """

    need: str
    text: str
    depicts: tuple[str, ...] = ()
    said: bool = False


def proposed(source_type: str, depicts: Collection[str] = ()) -> Disclosure:
    """What holds while nobody has decided, and what a form is filled with. Pure."""
    need = "none"
    if source_type in GENERATIVE:
        need = "required" if depicts else "recommended"
    return Disclosure(need, WORDS.get(source_type, ""), tuple(depicts))


def say(
    session: Session, canonical_id: str, need: str, depicts: Iterable[str], words: str, actor: str
) -> DisclosureRow:
    """Decide for one image; empty words mean those of its source type. Raises ProvenanceError.

    Saying again what is in force writes nothing.
    """
    shown = sorted(set(depicts))
    text = _line(words) or WORDS.get(_source_type(session, canonical_id), "")
    if need not in NEEDS or not set(shown) <= set(DEPICTS):
        raise ProvenanceError(
            f"need {need!r} showing {', '.join(shown) or 'nothing'}: need is one of {', '.join(NEEDS)}, "
            f"what is shown of {', '.join(DEPICTS)}"
        )
    alone(session, f"disclose {canonical_id}")
    last = _rows(session, [canonical_id]).get(canonical_id)
    if last is not None and (last.need, last.depicts, last.words) == (need, shown, text):
        return last
    return DisclosureRow.append(session, canonical_id, need=need, depicts=shown, words=text, actor=actor)


def of(session: Session, canonical_id: str) -> Disclosure:
    """What is in force for one image. Raises ProvenanceError when it has no record."""
    source_type = _source_type(session, canonical_id)
    return decided(session, [canonical_id]).get(canonical_id, proposed(source_type))


def decided(session: Session, images: Collection[str]) -> dict[str, Disclosure]:
    """What people decided, by image; images without a decision are left out."""
    return {
        image: Disclosure(row.need, row.words, tuple(row.depicts), said=True)
        for image, row in _rows(session, images).items()
    }


def _rows(session: Session, images: Collection[str]) -> dict[str, DisclosureRow]:
    if not images:
        return {}
    last = latest(DisclosureRow)
    here = (DisclosureRow.stream == last.c.stream, DisclosureRow.position == last.c.position)
    query = select(DisclosureRow).join(last, here[0] & here[1]).where(DisclosureRow.stream.in_(images))
    return {row.stream: row for row in session.scalars(query)}


def _source_type(session: Session, canonical_id: str) -> str:
    row = session.get(ProvenanceRow, canonical_id)
    if row is None or row.source_type not in SOURCE_TYPES:
        raise ProvenanceError(f"image {canonical_id[:12]} has no record; materialise `provenance` first")
    return row.source_type


def _line(words: str) -> str:
    """The words on one line. Raises ProvenanceError for what is none."""
    text = " ".join(words.split())
    if len(text) > LONGEST or any(unicodedata.category(sign).startswith("C") for sign in text):
        raise ProvenanceError(f"a disclosure is one plain line of at most {LONGEST} characters")
    return text
