"""Reasons: what may be decided in which queue, and the closed lists of why. Pure.

Rules:
1. Every decision names a reason of its list, so that decisions can be counted; `other` needs a note.
2. The lists are only added to. What moderation can say of an image are the slugs of its taxonomy; of a
   notice, the grounds its statement of reasons may rest on, and no other.
3. In the appeal queue `uphold` grants the appeal: what it asks for happens. In the takedown queue it upholds
   the notice: the images go.
"""

from collections.abc import Mapping
from types import MappingProxyType

from wetplate.errors import ModerationError
from wetplate.moderation import tasks
from wetplate.moderation.queue import APPROVING
from wetplate.moderation.taxonomy import SLUGS
from wetplate.publication.notices.grounds import GROUNDS, REFUSALS

APPROVE, REJECT, REDACT, ESCALATE, SKIP = "approve", "reject", "redact", "escalate", "skip"
UPHOLD, PARTIAL, REFUSE = "uphold", "partial", "refuse"
OF_IMAGES = (APPROVE, REJECT, REDACT, ESCALATE, SKIP)
OF_NOTICES = (UPHOLD, PARTIAL, REFUSE, SKIP)
OF_APPEALS = (UPHOLD, REFUSE, SKIP)
NOTICE = "notice:"
OTHER: Mapping[str, str] = {"other": "say it in the note"}
COVERABLE = ("privacy/", "likeness/", "ip/")
SKIPPING: Mapping[str, str] = {
    "unsure": "somebody else will see it better",
    "know-them": "I know who or what this is about",
    "not-now": "I would rather not look at this now",
}
ESCALATING: Mapping[str, str] = {
    "unsure": "I cannot decide this",
    "policy-unclear": "the policy does not say",
    "legal": "somebody has to look at the law",
    "zero-tolerance": "this must not be seen by more people than needed",
}
GRANTING: Mapping[str, str] = {
    "mistake": "the first decision was wrong",
    "new-evidence": "what was not known then changes it",
    "counter-notice": "the counter-notice holds",
}
STANDING: Mapping[str, str] = {
    "stands": "the first decision was right",
    "incomplete": "the appeal does not say what would be wrong",
}


def reasons(queue: str, decision: str, subject: str = "", origin: str = "") -> Mapping[str, str]:
    """Reason codes and their sentences, in the order they are offered. Raises ModerationError.

    `origin` is the queue in whose words a second opinion is given.
    """
    if decision not in decisions(queue, subject, origin):
        known = ", ".join(decisions(queue, subject, origin))
        raise ModerationError(f"{decision!r} cannot be decided in the queue {queue}; known: {known}")
    words = origin or queue
    legal = decision in (UPHOLD, PARTIAL, REFUSE) and words != tasks.APPEAL
    return MappingProxyType({**_codes(words, decision), **({} if legal else OTHER)})


def decisions(queue: str, subject: str = "", origin: str = "") -> tuple[str, ...]:
    """What can be decided in this queue about an image or, if that is the subject, a notice."""
    if queue not in tasks.QUEUES:
        raise ModerationError(f"{queue!r} is no queue; known: {', '.join(tasks.QUEUES)}")
    if queue == tasks.TAKEDOWN or subject.startswith(NOTICE):
        return OF_APPEALS if (origin or queue) == tasks.APPEAL else OF_NOTICES
    without = {tasks.SECOND: (REDACT,), tasks.ESCALATED: (ESCALATE,), tasks.APPEAL: (ESCALATE,)}.get(
        queue, ()
    )
    return tuple(each for each in OF_IMAGES if each not in without)


def _codes(queue: str, decision: str) -> Mapping[str, str]:
    if queue == tasks.APPEAL and decision == UPHOLD:
        return GRANTING
    if queue == tasks.APPEAL and decision == REFUSE:
        return STANDING
    upholding = {code: ground.rests_on for code, ground in GROUNDS.items()}
    coverable = {slug: says for slug, says in SLUGS.items() if slug.startswith(COVERABLE)}
    return {
        APPROVE: APPROVING,
        REJECT: SLUGS,
        REDACT: coverable,
        ESCALATE: ESCALATING,
        SKIP: SKIPPING,
        UPHOLD: upholding,
        PARTIAL: upholding,
        REFUSE: REFUSALS,
    }[decision]
