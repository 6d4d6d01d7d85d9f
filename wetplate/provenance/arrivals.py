"""Files that arrive from outside: which of a folder are pictures, and which variant each shows.

Here: looking into the folder, the words beside a picture. Not here: taking it in (`adoption`).

Rules:
1. Nothing outside the folder is read: no links, no folders inside it, nothing hidden. What is no picture by
   its name is left alone.
2. A variant is what somebody wrote down (`NAME.json` beside the picture, or its line in `variants.csv`), else
   what the file's name says: an attribute of which exactly one value stands in it. What neither tells is left
   out, never guessed.
3. What is written down must be the family's: an unknown attribute or value refuses the picture.
4. A file name is text by a stranger: it is kept on one line, without control characters, and names nothing.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wetplate.errors import ProvenanceError
from wetplate.imaging.limits import LIMITS
from wetplate.recipes.family import Family

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".avif")
TABLE = "variants.csv"
LONGEST = 120
LARGEST_TEXT = 1 << 20
Variants = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Arrival:
    """A picture as it lies outside; `name` is safe to show, `variant` what is known of it."""

    name: str
    body: bytes
    variant: Mapping[str, str]


def pictures(folder: Path) -> list[Path]:
    """The folder's pictures by their names, in order. Raises ProvenanceError when there is no folder."""
    if not folder.is_dir():
        raise ProvenanceError(f"{folder}: no such folder; name one with pictures in it")
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in PICTURES
        and not file.name.startswith(".")
        and not file.is_symlink()
        and file.is_file()
    )


def table(folder: Path) -> Variants:
    """What `variants.csv` says by file name, in its column `file`. Raises ProvenanceError."""
    file = folder / TABLE
    if not file.is_file() or file.is_symlink():
        return {}
    lines = csv.DictReader(io.StringIO(_text(file), newline=""))
    if "file" not in (lines.fieldnames or ()):
        raise ProvenanceError(f"{TABLE}: expected a first line that names the columns, `file` among them")
    return {line.pop("file"): {name: said for name, said in line.items() if name and said} for line in lines}


def arrived(file: Path, family: Family, listed: Variants) -> Arrival:
    """The picture with its variant. Raises ProvenanceError."""
    beside = file.with_suffix(".json")
    if beside.is_file() and not beside.is_symlink():
        said = _written_down(beside)
    else:
        said = dict(listed.get(file.name, {}))
    variant = checked(family, said, file) if said else told(family, file.stem)
    return Arrival(plain(file.name), _body(file), variant)


def checked(family: Family, said: Mapping[str, Any], file: Path) -> dict[str, str]:
    """What was written down, if the family knows it, in the family's order. Raises ProvenanceError."""
    for name, value in said.items():
        if value not in family.attributes.get(name, ()):
            known = ", ".join(family.attributes.get(name, family.attributes))
            raise ProvenanceError(
                f"{plain(file.name)}: {plain(str(name))} = {plain(str(value))!r} is nothing that family "
                f"{family.slug!r} has; expected one of {known}"
            )
    return {name: said[name] for name in family.attributes if name in said}


def told(family: Family, stem: str) -> dict[str, str]:
    """What a file's name says: each attribute of which exactly one value stands in it. Pure.

    Words belong to the longest value they spell; words that two attributes could mean tell of neither.
    """
    values = {name: {_words(value): value for value in values} for name, values in family.attributes.items()}
    found: dict[str, set[str]] = {name: set() for name in values}
    for said in _spelled(_words(stem).split(), {words for known in values.values() for words in known}):
        owners = [name for name, known in values.items() if said in known]
        for name in owners:
            found[name] |= {said} if len(owners) == 1 else {said, ""}
    return {name: values[name][said.pop()] for name, said in found.items() if len(said) == 1}


def plain(name: str) -> str:
    """A stranger's text on one line, without what controls a terminal or turns letters round. Pure."""
    shown = "".join("\ufffd" if unicodedata.category(sign).startswith("C") else sign for sign in name)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _spelled(words: list[str], values: Collection[str]) -> Iterator[str]:
    """The values that stand in these words, one after the other, the longest there is each time."""
    at = 0
    while at < len(words):
        ends = range(len(words), at, -1)
        end = next((end for end in ends if " ".join(words[at:end]) in values), None)
        if end is not None:
            yield " ".join(words[at:end])
        at = end or at + 1


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold().replace("_", " ")))


def _written_down(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(_text(file))
    except (ValueError, RecursionError) as error:
        raise ProvenanceError(f"{plain(file.name)}: no JSON ({error})") from error
    variant = said.get("variant", said) if isinstance(said, dict) else None
    if not isinstance(variant, dict) or not all(isinstance(value, str) for value in variant.values()):
        raise ProvenanceError(f"{plain(file.name)}: expected an object of attributes and their values")
    return variant


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_TEXT:
            raise ProvenanceError(f"{plain(file.name)}: more than {LARGEST_TEXT:,} bytes; split the folder")
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProvenanceError(f"{plain(file.name)}: cannot be read as UTF-8: {error}") from error


def _body(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(LIMITS.size + 1)  # one more than allowed: decoding refuses it
    except OSError as error:
        raise ProvenanceError(f"{plain(file.name)}: cannot be read: {error.strerror}") from error


def each(folder: Path, family: Family) -> Iterator[tuple[str, Arrival | ProvenanceError]]:
    """Every picture of the folder by its safe name, or why it cannot be taken in. Raises ProvenanceError."""
    listed = table(folder)
    for file in pictures(folder):
        try:
            yield plain(file.name), arrived(file, family, listed)
        except ProvenanceError as refusal:
            yield plain(file.name), refusal
