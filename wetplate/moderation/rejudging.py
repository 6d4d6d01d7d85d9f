"""Rejudging: which families hold judgements that a changed policy or detector has made stale. Reads only.

Here: the question. Not here: judging (`judge`), which of a family's pictures (`catalog.unjudged`,
`.unscored`).

Rules:
1. Stale is what the machine judged under another text of the family's policy, or what a detector in its
   present revision has not looked at. What was never judged is no matter of rejudging.
2. A detector that failed on a picture has looked at it: it is asked again whenever the family is judged,
   but its failing alone brings no run about.
3. A person's verdict stands; only the detectors' signals are added to it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from wetplate.errors import ModerationError
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import policy as files
from wetplate.moderation.catalog import by_person, is_last, seen
from wetplate.moderation.detectors import revisions
from wetplate.moderation.policy import Policy
from wetplate.moderation.tables import VerdictRow
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.retention import restricted


@dataclass(frozen=True)
class Stale:
    """Families to be judged again, each with the rules it is to be judged by: a digest of policy and
    revisions.

    `refusals` say why some could not be asked about.
    """

    families: Mapping[str, str]
    refusals: Sequence[str]


def stale(session: Session, *, limit: int, turn: str = "") -> Stale:
    """At most so many families with stale judgements; their order is another one each `turn`."""
    found, refusals = dict[str, str](), list[str]()
    for name, families in _policies(session).items():
        try:
            policy = files.load(name)
        except ModerationError as refusal:
            refusals.append(str(refusal))
            continue
        now = revisions(policy)
        slugs = session.scalars(_stale(policy, now, families, turn).limit(limit - len(found)))
        found |= dict.fromkeys(slugs, _digest(policy, now))
    return Stale(found, refusals)


def _digest(policy: Policy, revisions: Mapping[str, str]) -> str:
    said = json.dumps([policy.sha256, dict(revisions)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _stale(policy: Policy, now: Mapping[str, str], families: Sequence[str], turn: str) -> Select[str]:
    last = aliased(VerdictRow)
    unseen = [~seen(name, revision, failed=True) for name, revision in now.items()]
    judged_so = or_(last.policy_sha256 != policy.sha256, *unseen)
    return (
        select(RecipeRow.family)
        .join(PaintingRow, PaintingRow.recipe_id == RecipeRow.id)
        .join(last, and_(is_last(last), last.object_sha256 == PaintingRow.sha256))
        .where(RecipeRow.family.in_(families), RecipeRow.current, ~restricted.apart(PaintingRow.key))
        .where(or_(and_(~by_person(), judged_so), and_(by_person(), or_(false(), *unseen))))
        .group_by(RecipeRow.family)
        .order_by(func.md5(RecipeRow.family + turn))
    )


def _policies(session: Session) -> dict[str, list[str]]:
    """The families of each policy."""
    name = FamilyRow.definition["moderation"]["policy"].astext
    found = dict[str, list[str]]()
    for slug, policy in session.execute(select(FamilyRow.slug, name).order_by(FamilyRow.slug)):
        found.setdefault(policy or "", []).append(slug)
    return found
