"""Second review: when one person's decision is not enough, and what follows from two. Pure.

Rules:
1. Two people are needed to approve what a calibrated detector rejected, to overturn another person's verdict,
   to approve what the taxonomy tolerates never, and to give back what a notice has hidden or taken down. Of a
   notice's appeal the first is whoever made the decision, and the second whoever decides the appeal.
2. The first decision is recorded and changes nothing for the better: the verdict stays `review`. The second
   person is not shown it, and is neither the first nor the one who would be overturned.
3. If both decide the same, that is in force. If not, a senior reviewer who is neither of them decides alone.
4. Sending something up the ladder (`escalate`) is no decision on it and needs no second person.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from wetplate.moderation.bands import APPROVE, REJECT
from wetplate.moderation.judge import POLICY
from wetplate.moderation.tasks import ESCALATED, SECOND, TAKEDOWN
from wetplate.review.reasons import ESCALATE, REDACT, REFUSE

GIVES_BACK = {(TAKEDOWN, REFUSE)}


class Effect(StrEnum):
    """What a decision leads to."""

    IN_FORCE = "in-force"
    SECOND = "second"
    ESCALATED = "escalated"


@dataclass(frozen=True)
class First:
    """A decision that waits for a second person: its row, who, in which queue, what."""

    id: int
    reviewer: str
    queue: str
    decision: str


@dataclass(frozen=True)
class Standing:
    """What a decision meets.

    Attributes:
        verdict, decided_by: in force before it (`policy` or `person:<id>`), "" if none.
        restricted: the subject is in quarantine.
        withdrawn: images are down because of the notice, so that they could be given back.
        first: a decision that waits for this one.
    """

    verdict: str = ""
    decided_by: str = ""
    restricted: bool = False
    withdrawn: bool = False
    first: First | None = None


def overturned(standing: Standing, decision: str, actor: str) -> str:
    """Whose verdict the decision would overturn: `policy` or `person:<id>`; "" if nobody's or one's own."""
    decided = REJECT if decision == REDACT else decision
    against = standing.verdict in (APPROVE, REJECT) and decided in (APPROVE, REJECT)
    if not against or decided == standing.verdict or standing.decided_by == actor:
        return ""
    return standing.decided_by


def needs_second(queue: str, decision: str, standing: Standing, actor: str) -> bool:
    """Whether one person's word is not enough."""
    whose = overturned(standing, decision, actor)
    return (
        (decision == APPROVE and (standing.restricted or whose == POLICY))
        or (whose not in ("", POLICY))
        or (standing.withdrawn and (queue, decision) in GIVES_BACK)
    )


def follows(queue: str, decision: str, standing: Standing, actor: str) -> Effect:
    """What the decision of this person in this queue leads to."""
    if decision == ESCALATE:
        return Effect.ESCALATED
    if queue == SECOND and standing.first is not None:
        return Effect.IN_FORCE if standing.first.decision == decision else Effect.ESCALATED
    if queue == ESCALATED and standing.first is not None:
        return Effect.IN_FORCE
    return Effect.SECOND if needs_second(queue, decision, standing, actor) else Effect.IN_FORCE


def excluded(standing: Standing, decision: str, reviewer: str) -> Collection[str]:
    """Who may not be the next to decide: whoever has, and whose verdict is in question."""
    names = {reviewer}
    if standing.first is not None:
        names.add(standing.first.reviewer)
    whose = overturned(standing, decision, f"person:{reviewer}")
    if whose.startswith("person:"):
        names.add(whose.removeprefix("person:"))
    return sorted(names)
