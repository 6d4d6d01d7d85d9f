"""E-mail addresses and telephone numbers, cut from words that stay for good. Pure.

For the few words that are recorded as they are: why somebody looked, held, erased, took down or wants a
second look. People are told to name nobody there; this is for when they forget. It knows shapes, not names.
All other words are sealed (`words`).
"""

import re
from typing import Final

#: Telephone numbers begin with + or 0, so that dates and case numbers stay.
CONTACT: Final = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w/.-])(?<!notice:)(?:\+|\(?0)\d[\d ()/.-]{5,}\d(?!\w)"
)


def scrubbed(text: str) -> str:
    """The text without e-mail addresses and telephone numbers."""
    return CONTACT.sub("[removed]", text)
