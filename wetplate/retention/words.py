"""Free words of people: sealed apart; rows name them by a hash that says nothing once they are erased.

Here: sealing and reading. Not here: who may read, the few words that stay as they are (`contacts`).

Rules:
1. A row carries a reference: the SHA-256 of a random salt and the words. Salt and words lie among the
   personal fields of their subject: `notice:<id>` for what is said and written about a notice,
   `decision:<task>` for a reviewer's note. While they are there the reference proves them word for word; once
   they are erased nobody can try out names against it.
2. Words are never kept in the clear: without a key to seal them with they are refused.
3. A subject that was erased takes no words again: they are dropped, and the row says nothing.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from wetplate.errors import Erased, RetentionError
from wetplate.retention import personal
from wetplate.retention.personal import Wrapping
from wetplate.storage.objects import sha256

SEALED: Final = "[sealed]"
ERASED: Final = "[erased]"
REFERENCE: Final = re.compile(r"sha256:[0-9a-f]{64}")
SALT: Final = 32  # hex digits


def keep(session: Session, wrapping: Wrapping | None, subject: str, text: str) -> str:
    """Seal the words; their reference, empty for none. Raises RetentionError without a key."""
    if not text.strip():
        return ""
    if wrapping is None:
        raise RetentionError("words of people are sealed or not kept at all, and there is no key for it")
    salted = secrets.token_hex(SALT // 2) + text
    reference = f"sha256:{sha256(salted.encode())}"
    try:
        personal.keep(session, wrapping, subject, {reference: salted})
    except Erased:
        return ""
    return reference


def kept(
    session: Session, wrapping: Wrapping | None, subject: str, said: Mapping[str, str]
) -> dict[str, str]:
    """Several fields of words, as references."""
    return {name: keep(session, wrapping, subject, text) for name, text in said.items()}


def read(session: Session, wrapping: Wrapping | None, subject: str, reference: str) -> str:
    """The words; SEALED without a key, ERASED once they are. What is no reference is given as it is.

    Raises RetentionError when what lies there is not what the row names.
    """
    if not referred(reference):
        return reference
    if wrapping is None:
        return SEALED
    try:
        salted = personal.read(session, wrapping, subject).get(reference)
    except Erased:
        salted = None
    if salted is None:
        return ERASED
    if f"sha256:{sha256(salted.encode())}" != reference:
        raise RetentionError(f"{subject}: the words under {reference} are not those that were recorded")
    return salted[SALT:]


def shown(
    session: Session, wrapping: Wrapping | None, subject: str, details: Mapping[str, Any]
) -> dict[str, Any]:
    """The details of a row, also nested ones, with the words in place of their references."""

    def told(value: Any) -> Any:
        if isinstance(value, Mapping):
            return shown(session, wrapping, subject, value)
        return read(session, wrapping, subject, value) if referred(value) else value

    return {name: told(value) for name, value in details.items()}


def referred(value: object) -> bool:
    """Whether it is a reference to sealed words."""
    return isinstance(value, str) and REFERENCE.fullmatch(value) is not None


def reference(value: str) -> str:
    """The value, if a row may carry it: a reference or nothing. Raises RetentionError for plain words."""
    if value and not referred(value):
        raise RetentionError("a record takes the reference of sealed words, not the words themselves")
    return value
