"""The history of one image as values: what every export is written from. Values only.

Here: the shapes. Not here: reading them from the stages' rows (`publication.lineage`, which may know them
all), writing them (`export`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Made:
    """Bytes that came to be: their SHA-256 and when; `name` where they have one."""

    sha256: str
    at: datetime
    name: str = ""
    media_type: str = "image/png"
    about: str = ""


@dataclass(frozen=True)
class Judged:
    """A verdict on bytes; `by` is `policy` or `person:<pseudonym>`."""

    sha256: str
    at: datetime
    verdict: str
    by: str
    policy: str
    reasons: Sequence[str]


@dataclass(frozen=True)
class Moved:
    """A step of the publication."""

    at: datetime
    move: str
    to: str
    actor: str
    reason: str


@dataclass(frozen=True)
class History:
    """Everything that happened to one image, oldest first.

    `kind` is that of its recipe; `record` the private record, `salt` what opens its commitment. `original` is
    the file it came in; `before` the recipe of the picture that was redacted.
    """

    kind: str
    recipe: str
    public_id: str
    salt: str
    commitment: str
    record: Mapping[str, Any]
    painting: Made
    canonical: Made
    files: Sequence[Made]
    judged: Sequence[Judged]
    moved: Sequence[Moved]
    original: Made | None = None
    before: str | None = None
