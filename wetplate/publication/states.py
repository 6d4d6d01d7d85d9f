"""The states of a publication and the moves between them. Pure: no I/O, no clock, no rows.

Rules:
1. An image without a publication row is a draft.
2. A move whose target is where the image stands already is no move: nothing is written, nothing is told.
3. Whatever state the image is in, it can be taken down. Nothing but `reinstate` leaves `withdrawn`.
4. `reinstate` leads to `draft`, never to `published`: the image passes every gate again and its files are
   made anew, because what was deleted is never un-deleted.
5. Taking down raises the security version, so that no URL signed or cached before works after.
6. `publish` passes every gate each time, wherever it comes from: verdict in force, licence, `ready`.
7. A takedown and a reinstatement give a reason from a closed list.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from wetplate.errors import (
    DryRunImage,
    NeverPublished,
    NotWithdrawn,
    TakedownPending,
    UnknownReason,
    Unready,
    WithdrawnImage,
)


class State(StrEnum):
    """Where a publication stands. `true_of_the_bytes` says what that means."""

    DRAFT = "draft"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"

    @property
    def true_of_the_bytes(self) -> str:
        """What holds for the image's files in this state."""
        return _TRUE[self]

    @property
    def public(self) -> bool:
        """Whether anybody outside may get the files."""
        return self in (State.PUBLISHED, State.SUPERSEDED)


_TRUE = {
    State.DRAFT: "Nothing has left: files may be in the store or in the making; nobody outside may get them.",
    State.PUBLISHED: "Every planned file is in the store, signed and approved; anybody may get it.",
    State.HIDDEN: "Taken off offer by choice: the files stay in the store and are not handed out.",
    State.SUPERSEDED: "Another image is shown instead: the files stay, and old addresses still get them.",
    State.WITHDRAWN: "Taken down: no file may be got; the store's copies go, canonical and rows stay.",
}


class Move(StrEnum):
    """What can be done to a publication."""

    PUBLISH = "publish"
    UNPUBLISH = "unpublish"
    SUPERSEDE = "supersede"
    TAKE_DOWN = "take_down"
    REINSTATE = "reinstate"


TARGET = {
    Move.PUBLISH: State.PUBLISHED,
    Move.UNPUBLISH: State.HIDDEN,
    Move.SUPERSEDE: State.SUPERSEDED,
    Move.TAKE_DOWN: State.WITHDRAWN,
    Move.REINSTATE: State.DRAFT,
}
LEGAL = {
    State.DRAFT: {Move.PUBLISH, Move.TAKE_DOWN},
    State.PUBLISHED: {Move.UNPUBLISH, Move.SUPERSEDE, Move.TAKE_DOWN},
    State.HIDDEN: {Move.PUBLISH, Move.TAKE_DOWN},
    State.SUPERSEDED: {Move.PUBLISH, Move.UNPUBLISH, Move.TAKE_DOWN},
    State.WITHDRAWN: {Move.REINSTATE},
}
TOPIC = {
    Move.PUBLISH: "image.published",
    Move.UNPUBLISH: "image.unpublished",
    Move.SUPERSEDE: "image.superseded",
    Move.TAKE_DOWN: "image.withdrawn",
    Move.REINSTATE: "image.reinstated",
}
REASONS = {
    Move.TAKE_DOWN: {
        "copyright": "somebody's copyright or a comparable right",
        "trademark": "a brand or a protected design",
        "privacy": "a person or personal data can be recognised",
        "safety": "harmful, unlawful or not fit for the audience",
        "misleading": "shows the product as it is not",
        "quality": "flawed picture",
        "court-order": "a court or an authority ordered it",
        "verdict": "the verdict in force no longer approves these bytes",
    },
    Move.REINSTATE: {
        "mistake": "taken down in error",
        "appeal": "an appeal was upheld",
        "rights-cleared": "the right was obtained or the complaint withdrawn",
        "counter-notice": "a counter-notice went unanswered in its time",
        "approved-again": "a person approved these bytes again",
    },
}


def after(state: State, move: Move) -> State:
    """The state the move leads to; the same state when there is nothing to do.

    Raises WithdrawnImage, NeverPublished, NotWithdrawn: the three ways in which a move can be illegal.
    """
    target = TARGET[move]
    if state == target or move in LEGAL[state]:
        return target
    if state == State.WITHDRAWN:
        raise WithdrawnImage(f"the image was taken down, so {move} is refused; reinstate it first")
    if move == Move.REINSTATE:
        raise NotWithdrawn(f"the image is {state}, not withdrawn: there is nothing to reinstate")
    raise NeverPublished(f"the image is {state}, so there is nothing to {move}; only what is public can be")


def raises_version(move: Move) -> bool:
    """Whether addresses signed before the move must stop working."""
    return move == Move.TAKE_DOWN


def reason(move: Move, code: str) -> str:
    """The code, if the move's closed list has it. Raises UnknownReason, listing the codes."""
    if code not in REASONS[move]:
        raise UnknownReason(f"{code!r} is no reason to {move}; choose one of {', '.join(REASONS[move])}")
    return code


@dataclass(frozen=True)
class Standing:
    """What `ready` looks at; `missing` names what is not made yet.

    Verdict and licence have gates of their own.
    """

    painter: str
    recorded: bool
    missing: Collection[str]


def ready(standing: Standing) -> None:
    """Return if the image may be published. Raises DryRunImage, Unready."""
    if standing.painter == "fake":
        raise DryRunImage("painted by the fake painter in a dry run; paint it with a model to let it leave")
    if not standing.recorded:
        raise Unready("no provenance is recorded; materialise `provenance` first")
    if standing.missing:
        raise Unready(f"not made yet: {', '.join(sorted(standing.missing))}; materialise `derivatives` first")


def executed(*, pending: bool) -> None:
    """Return if a takedown reached the store, so that reinstating cannot race it. Raises TakedownPending."""
    if pending:
        raise TakedownPending(
            "the takedown has not reached the object store yet; run `wetplate takedown` again, then reinstate"
        )
