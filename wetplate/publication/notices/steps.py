"""The states of a notice and the steps between them. Pure: no I/O, no clock, no rows.

Rules:
1. Every step leads from one state to one other; a step that the state does not allow is NoticeStep.
2. What a decision leads to depends on it alone: upheld and partial take images down, rejected gives back what
   was withdrawn meanwhile. Both are executed, verified and told before the notice is closed.
3. Withdrawing for the time being is open from the first moment: to be safe comes before to be right.
4. A counter-notice answers a takedown, once. It leads to reinstatement when its time is over, or the
   notice is closed for good when a suit was notified.
5. An appeal is decided by somebody who decided nothing about the notice before. There is one appeal.
6. Duplicate and abusive notices end before anything was decided; what was withdrawn for them must be decided.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from wetplate.errors import NoticeStep


class State(StrEnum):
    """Where a notice stands."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    TRIAGED = "triaged"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"
    EXECUTED = "executed"
    VERIFIED = "verified"
    NOTIFIED = "notified"
    COUNTERED = "countered"
    APPEALED = "appealed"
    REVERSED = "reversed"
    REINSTATED = "reinstated"
    CLOSED = "closed"
    DUPLICATE = "duplicate"
    ABUSIVE = "abusive"

    @property
    def meaning(self) -> str:
        """What is true of the images in this state, in a sentence for whoever complained."""
        return _MEANING[self]

    @property
    def over(self) -> bool:
        """Whether nobody has to do anything any more."""
        return self in (State.CLOSED, State.DUPLICATE, State.ABUSIVE)

    @property
    def undecided(self) -> bool:
        """Whether a first decision is still to be made."""
        return self in UNDECIDED


class Step(StrEnum):
    """What can be done to a notice."""

    ACKNOWLEDGE = "acknowledge"
    TRIAGE = "triage"
    WITHDRAW = "withdraw"
    DECIDE = "decide"
    EXECUTE = "execute"
    VERIFY = "verify"
    NOTIFY = "notify"
    COUNTER = "counter"
    SUE = "sue"
    APPEAL = "appeal"
    CONFIRM = "confirm"
    REVERSE = "reverse"
    REINSTATE = "reinstate"
    CLOSE = "close"
    DUPLICATE = "duplicate"
    ABUSIVE = "abusive"


class Outcome(StrEnum):
    """What was decided."""

    UPHELD = "upheld"
    PARTIAL = "partial"
    REJECTED = "rejected"

    @property
    def takes_down(self) -> bool:
        """Whether images go."""
        return self is not Outcome.REJECTED


UNDECIDED = frozenset({State.RECEIVED, State.ACKNOWLEDGED, State.TRIAGED, State.WITHDRAWN})
_EARLY = {Step.DUPLICATE: State.DUPLICATE, Step.ABUSIVE: State.ABUSIVE, Step.WITHDRAW: State.WITHDRAWN}
_ANSWERED = {Step.COUNTER: State.COUNTERED, Step.APPEAL: State.APPEALED}

LEGAL: Mapping[State, Mapping[Step, State]] = {
    State.RECEIVED: {Step.ACKNOWLEDGE: State.ACKNOWLEDGED, **_EARLY},
    State.ACKNOWLEDGED: {Step.TRIAGE: State.TRIAGED, **_EARLY},
    State.TRIAGED: {Step.DECIDE: State.DECIDED, **_EARLY},
    State.WITHDRAWN: {Step.DECIDE: State.DECIDED},
    State.DECIDED: {Step.EXECUTE: State.EXECUTED},
    State.EXECUTED: {Step.VERIFY: State.VERIFIED},
    State.VERIFIED: {Step.NOTIFY: State.NOTIFIED},
    State.NOTIFIED: {Step.CLOSE: State.CLOSED, **_ANSWERED},
    State.CLOSED: {**_ANSWERED},
    State.COUNTERED: {Step.SUE: State.CLOSED, Step.REINSTATE: State.REINSTATED},
    State.APPEALED: {Step.CONFIRM: State.NOTIFIED, Step.REVERSE: State.REVERSED},
    State.REVERSED: {Step.REINSTATE: State.REINSTATED, Step.DECIDE: State.DECIDED},
    State.REINSTATED: {Step.CLOSE: State.CLOSED},
    State.DUPLICATE: {},
    State.ABUSIVE: {},
}


@dataclass(frozen=True)
class Standing:
    """What a step looks at: state, what was decided, whether it was countered or appealed before."""

    state: State
    outcome: Outcome | None = None
    countered: bool = False
    appealed: bool = False


def after(standing: Standing, step: Step) -> State:
    """The state the step leads to. Raises NoticeStep, which says what is allowed."""
    allowed = steps(standing)
    if step not in allowed:
        raise NoticeStep(
            f"the notice is {standing.state}{_decided(standing)}, so {step} is refused; it allows "
            f"{', '.join(allowed) or 'nothing more'}"
        )
    return LEGAL[standing.state][step]


def steps(standing: Standing) -> list[Step]:
    """What can be done now."""
    return [step for step in LEGAL[standing.state] if _makes_sense(standing, step)]


def topic(state: State) -> str:
    """What is told when a notice comes into this state."""
    return f"notice.{state}"


def second(actor: str, first: Collection[str]) -> None:
    """Return if this person may decide the appeal. Raises NoticeStep."""
    if actor in first:
        raise NoticeStep(
            f"whoever decided about it before ({actor}) does not decide the appeal; somebody else does"
        )


def _makes_sense(standing: Standing, step: Step) -> bool:
    down = standing.outcome is not None and standing.outcome.takes_down
    closed = standing.state is State.CLOSED and standing.outcome is None
    match step:
        case Step.COUNTER:
            return down and not standing.countered
        case Step.APPEAL:
            return not standing.appealed and not closed
        case Step.REINSTATE:
            return down
        case Step.DECIDE if standing.state is State.REVERSED:
            return not down
    return True


def _decided(standing: Standing) -> str:
    return f" ({standing.outcome})" if standing.outcome else ""


_MEANING = {
    State.RECEIVED: "The notice is in the record; nobody has looked at it yet.",
    State.ACKNOWLEDGED: "A receipt was given; nobody has looked at it yet.",
    State.TRIAGED: "Somebody is looking at it.",
    State.WITHDRAWN: "The images are not shown while it is being decided.",
    State.DECIDED: "It is decided; the decision is being carried out.",
    State.EXECUTED: "The decision is carried out; caches are being told.",
    State.VERIFIED: "Seen from outside: the decision holds everywhere.",
    State.NOTIFIED: "The reasons can be read; an appeal is open.",
    State.COUNTERED: "Somebody objected under penalty of perjury; without a suit, the images come back.",
    State.APPEALED: "Somebody else is looking at it again.",
    State.REVERSED: "The appeal was granted; what follows from it is being carried out.",
    State.REINSTATED: "The images may be published again, in a new version.",
    State.CLOSED: "It is closed.",
    State.DUPLICATE: "The same was reported before; that notice is the one that counts.",
    State.ABUSIVE: "It was not taken up: it is no complaint about a picture.",
}
