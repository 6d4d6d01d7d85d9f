"""An image's life in nine calls, without Dagster and without a GPU. As a program it can be killed on the way.

`python -m tests.lifecycle.walk DSN STORE FAMILIES SLUG [POINT NUMBER]`: POINT is `put:<key prefix>` or
`commit`; the process kills itself with SIGKILL at the NUMBER-th such moment, just after it.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from tests.lifecycle.stand_ins import Painter, harmless
from tests.moderation.people import decide
from wetplate.canonical.admission import admit, unadmitted
from wetplate.derivatives import profiles
from wetplate.derivatives.derive import derive, underived
from wetplate.generation import budget
from wetplate.generation import catalog as paintings
from wetplate.moderation import catalog as verdicts
from wetplate.moderation import policies, queue
from wetplate.moderation.judge import judge
from wetplate.provenance import catalog as provenance
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.publication import moves
from wetplate.recipes import catalog as recipes
from wetplate.recipes.family import find
from wetplate.storage.database import engine, transaction
from wetplate.storage.local import LocalObjects
from wetplate.storage.objects import Head, Objects


def walk(database: Engine, objects: Objects, root: Path, slug: str, open_classifiers: Any = harmless) -> None:
    """Take a family from its file to its publications; run again, it does only what is missing."""
    # 1. recipes: the family file becomes recipes.
    with transaction(database) as session:
        recipes.register(session, find(root, slug))
        family = recipes.family_of(session, slug)
        missing = paintings.unpainted(session, slug)
        granted = budget.grant(session, slug, len(missing), family.budget)
    # 2. generation: recipes become paintings, within the budget.
    for painting in Painter().paint(missing[:granted]):
        with transaction(database) as session:
            paintings.keep(session, objects, painting, run_id="walk")
    # 3. moderation: every painting gets a verdict.
    with transaction(database) as session:
        policy = policies.enter(session, family.moderation.policy)
    with open_classifiers(policy) as classifiers, transaction(database) as session:
        waiting = verdicts.unjudged(session, slug, policy, classifiers)
        verdicts.record(session, judge(verdicts.pending(objects, waiting), classifiers, policy), slug)
    # 4. canonical: what is approved becomes immutable.
    with transaction(database) as session:
        approved = unadmitted(session, slug)
    for judged in approved:
        with transaction(database) as session:
            admit(session, objects, judged)
    # 6. provenance: where it comes from.
    with transaction(database) as session:
        for canonical_id in provenance.unrecorded(session, slug):
            provenance.record(session, canonical_id, family)
    # 7. derivatives: what may leave, marked and signed.
    profile = profiles.load(family.publication.profile)
    with transaction(database) as session:
        bare = underived(session, slug, profile)
    for canonical_id in bare:
        with transaction(database) as session:
            derive(session, objects, FakeSigner(), canonical_id, profile)
    # 8. publication: out.
    with transaction(database) as session:
        ready = moves.unpublished(session, slug)
    for canonical_id in ready:
        with transaction(database) as session:
            moves.publish(session, canonical_id, "walk")


def approve_all(database: Engine, slug: str) -> int:
    """A person approves everything that waits (the audit sample too)."""
    with transaction(database) as session:
        waiting = queue.waiting(session, slug)
        for image in waiting:
            decide(session, image.recipe_id, "approve", "tester", "looks-right")
    return len(waiting)


def killer(number: int) -> Callable[..., None]:
    """Counts, and kills this process at that number."""
    left = [number]

    def strike(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return strike


class Fragile:
    """A store in front of another that is killed just after putting some object."""

    def __init__(self, inner: Objects, prefix: str, strike: Callable[..., None]) -> None:
        self._inner, self._prefix, self._strike = inner, prefix, strike

    def put(self, key: str, body: bytes, *, content_type: str) -> Head:
        head = self._inner.put(key, body, content_type=content_type)
        if key.startswith(self._prefix):
            self._strike()
        return head

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def main(dsn: str, store: str, families: str, slug: str, point: str = "", number: str = "0") -> None:
    objects: Any = LocalObjects(Path(store), Path(store + ".key"))
    strike = killer(int(number))
    if point == "commit":
        event.listen(Session, "after_commit", strike)
    elif point.startswith("put:"):
        objects = Fragile(objects, point.removeprefix("put:"), strike)
    walk(engine(dsn), objects, Path(families), slug)


if __name__ == "__main__":
    main(*sys.argv[1:])
