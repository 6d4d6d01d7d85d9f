"""The infotext value, and how strict and lenient differ.

Here: the value and the one place that refuses in strict mode. Not here: any grammar.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wetplate.errors import InfotextError

LONGEST = 1 << 20


@dataclass(frozen=True)
class Infotext:
    """What a text says of a picture. `parameters` has A1111's key names and the values as written."""

    prompt: str
    negative_prompt: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def judged(infotext: Infotext, *, strict: bool) -> Infotext:
    """The infotext; in strict mode only if nothing was assumed and nothing dropped. Raises InfotextError."""
    remarks = [*infotext.assumed, *(f"lost: {what}" for what in infotext.dropped)]
    if strict and remarks:
        more = f"; and {len(remarks) - 3} more" if remarks[3:] else ""
        raise InfotextError(f"not a strict infotext: {'; '.join(remarks[:3])}{more}")
    return infotext


def shown(text: object, longest: int = 60) -> str:
    """Foreign text as one short quoted line."""
    line = repr(text)
    return line if len(line) <= longest else f"{line[: longest - 3]}..."
