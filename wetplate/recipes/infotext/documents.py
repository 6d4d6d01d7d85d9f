"""JSON documents inside images: untrusted, so read within limits.

Here: from text to a mapping, and numbers as infotexts write them. Not here: what any document means.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from wetplate.errors import InfotextError

LONGEST = 1 << 22


def document(text: str, what: str) -> Mapping[str, Any]:
    """The JSON object a text holds; `what` is how messages call it. Raises InfotextError."""
    if len(text) > LONGEST:
        raise InfotextError(f"{what}: longer than {LONGEST} characters")
    try:
        body = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InfotextError(f"{what}: malformed JSON: {str(error).splitlines()[0]}") from error
    if not isinstance(body, dict):
        raise InfotextError(f"{what}: expected a JSON object, not {type(body).__name__}")
    return body


def number(value: object) -> str | None:
    """A JSON number as infotexts write it (7.0 is "7"); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return f"{Decimal(str(value)).normalize():f}" if isinstance(value, float) else str(value)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
