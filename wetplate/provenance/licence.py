"""What a licence lets us do. Pure.

Here: reading SPDX expressions and deciding whether a channel may carry the image. Not here: where licences
are kept.

Rules:
1. An expression names SPDX ids or `LicenseRef-*` (OpenRAIL licences are not on the SPDX list); nothing else
   is one.
2. NONE and NOASSERTION name no licence: nothing may be published under them, in any channel.
3. A commercial channel needs `commercial_use = "yes"`. "no" and "unknown" block it.
4. It is blocked as well when every choice the expression leaves includes a non-commercial licence, whatever
   `commercial_use` says.
5. The licence of each adapter counts as much as the model's; one that nobody stated is none.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from license_expression import AND, ExpressionError, LicenseWithExceptionSymbol, get_spdx_licensing

from wetplate.errors import LicenceRefused
from wetplate.recipes.definition import Family

COMMERCIAL_USE = ("yes", "no", "unknown")
CHANNELS = ("commercial", "non-commercial")
_REFERENCE = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+\Z")
_NON_COMMERCIAL = re.compile(r"(^|-)NC(-|$)|non-?commercial|research-only", re.IGNORECASE)


@dataclass(frozen=True)
class Licence:
    """A licence as a family states it; `restrictions` are what else it forbids, in words."""

    expression: str
    commercial_use: str
    restrictions: tuple[str, ...] = ()


def normalised(expression: str) -> str:
    """The expression in SPDX's own spelling. Raises LicenceRefused for what is none."""
    return str(_parsed(expression).render())


def allows(expression: str, commercial_use: str, channel: str, adapters: Iterable[Licence] = ()) -> None:
    """Return if the channel may carry an image under this licence.

    Raises LicenceRefused, saying what to do.
    """
    if channel not in CHANNELS:
        raise LicenceRefused(
            f"channel {channel!r} is unknown; publication.channel is one of {', '.join(CHANNELS)}"
        )
    for licence in (Licence(expression, commercial_use), *adapters):
        _allow(licence, channel)


def permit(family: Family) -> None:
    """Return if the family's channel may carry its images under its licence and those of its adapters.

    Raises LicenceRefused.
    """
    stated = ((adapter, family.licence_of(adapter)) for adapter in family.model.adapters)
    adapters = [Licence(said.expression, said.commercial_use) for _, said in stated if said]
    if unstated := [each.id for each in family.model.adapters if family.licence_of(each) is None]:
        raise LicenceRefused(
            f"adapter {unstated[0]} states no licence; read it and write expression, commercial_use and "
            "restrictions under [model.adapters.licence] in the family file"
        )
    allows(family.licence.expression, family.licence.commercial_use, family.publication.channel, adapters)


def _allow(licence: Licence, channel: str) -> None:
    parsed = _parsed(licence.expression)
    if licence.commercial_use not in COMMERCIAL_USE:
        raise LicenceRefused(
            f"commercial_use {licence.commercial_use!r} is unknown; licence.commercial_use is one of "
            f"{', '.join(COMMERCIAL_USE)}"
        )
    if channel != "commercial":
        return
    if licence.commercial_use != "yes":
        raise LicenceRefused(
            f"{licence.expression}: commercial use is {licence.commercial_use!r}, the channel is commercial. "
            'Read the licence and set licence.commercial_use = "yes" if it allows this, or publish in a '
            "non-commercial channel"
        )
    if not _commercial(parsed):
        raise LicenceRefused(
            f'{licence.expression} is non-commercial by its own name, whatever commercial_use = "yes" says. '
            "Correct the family's licence, use another model, or publish in a non-commercial channel"
        )


def _commercial(node: Any) -> bool:
    """Whether some choice the expression leaves is free of non-commercial licences."""
    if node.isliteral:
        return not _NON_COMMERCIAL.search(str(node.render()))
    return (all if isinstance(node, AND) else any)(_commercial(part) for part in node.args)


def _parsed(expression: str) -> Any:
    try:
        parsed = _spdx().parse(expression)
    except (ExpressionError, AttributeError, ValueError) as error:
        raise LicenceRefused(
            f"{expression!r} is no SPDX expression ({error}); see https://spdx.org/licenses"
        ) from error
    if parsed is None:
        raise LicenceRefused("no licence is named; write an SPDX expression or LicenseRef-<name>")
    for symbol, exception in _symbols(parsed):
        known = _spdx().known_symbols.get(symbol.key)
        if not (_REFERENCE.match(symbol.key) if known is None else known.is_exception == exception):
            raise LicenceRefused(
                f"{symbol.key!r} is no SPDX licence id here; see https://spdx.org/licenses, or write "
                "LicenseRef-<name> for a licence that is not on that list"
            )
    return parsed


def _symbols(node: Any) -> Iterator[tuple[Any, bool]]:
    """Each licence id the expression names, and whether it stands where an exception belongs."""
    if isinstance(node, LicenseWithExceptionSymbol):
        yield from ((node.license_symbol, False), (node.exception_symbol, True))
    elif node.isliteral:
        yield node, False
    else:
        for part in node.args:
            yield from _symbols(part)


@cache
def _spdx() -> Any:
    return get_spdx_licensing()
