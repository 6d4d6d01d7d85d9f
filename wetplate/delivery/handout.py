"""Which address to hand out for an image. Pure, but for the rows it is given.

Here: the choice between the file made ahead, the transform, the negotiated and the signed address. Not here:
spelling them (`urls`), signing (`signing`).

Rules:
1. A file made ahead comes first, where one of exactly this width and format stands and nothing else is asked.
2. What is not public is handed out signed, or not at all; what was taken down, not at all.
3. A signed address names its format, whatever else is wished for.
4. Without a width: the widest that stands, else the widest that does not enlarge.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from wetplate.delivery.standing import Standing
from wetplate.delivery.urls import Address, Auto, OnDemand, Published, Signed
from wetplate.derivatives.transform import WIDTHS, Shape, meant_shape
from wetplate.errors import ImageGone, NotServed
from wetplate.publication.states import State

Sign = Callable[[OnDemand], Signed]


class File(Protocol):
    """What is asked of a derivative's row."""

    name: str
    width: int
    format: str


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: `how` is the transform's text but for width and format (`crop4x5_qhigh`)."""

    width: int | None
    format: str
    how: str = ""
    auto: bool = False


def address(wish: Wish, stands: Standing, width: int, files: Sequence[File], sign: Sign | None) -> Address:
    """The address that gives what is wished for, of an image `width` wide with these files made ahead.

    Raises ImageGone, NotServed (not public, and no `sign`), TransformRefused.
    """
    _admit(stands, signed=sign is not None)
    ahead = _ahead(wish, files) if sign is None else None
    if ahead:
        return Published(stands.image, ahead.name)
    shape = _shape(wish, width)
    target = OnDemand(stands.image, stands.version, shape.to(wish.format))
    if sign:
        return sign(target)
    return Auto(stands.image, stands.version, shape) if wish.auto else target


def _admit(stands: Standing, *, signed: bool) -> None:
    if stands.state == State.WITHDRAWN:
        raise ImageGone(f"image {stands.image[:12]} was taken down; reinstate and publish it first")
    if not stands.state.public and not signed:
        raise NotServed(
            f"image {stands.image[:12]} is {stands.state}, so strangers get nothing; publish it, "
            "or hand out a signed address: --sign 5m"
        )


def _ahead(wish: Wish, files: Sequence[File]) -> File | None:
    """The file made ahead that is exactly what is wished for."""
    if wish.how or wish.auto:
        return None
    fitting = [file for file in files if file.format == wish.format and wish.width in (None, file.width)]
    return max(fitting, key=lambda file: file.width, default=None)


def _shape(wish: Wish, width: int) -> Shape:
    widest = max((offered for offered in WIDTHS if offered <= width), default=WIDTHS[0])
    shape = meant_shape(f"w{widest}{wish.how and '_' + wish.how}")
    return replace(shape, width=widest if wish.width is None else wish.width)
