"""Every invariant of catalog and store, checked. Reads only.

Here: choosing and running the rules. Not here: the rules (`invariants`, `object_invariants`), printing (the
command line). The rules that need an object's bytes read each object once.
"""

from collections.abc import Callable, Collection
from datetime import timedelta

from sqlalchemy.orm import Session

from wetplate.errors import PublicationError
from wetplate.publication import invariants, object_invariants, signatures
from wetplate.publication.findings import Finding, Scope
from wetplate.publication.signatures import SAMPLE, Read
from wetplate.storage.objects import Objects

__all__ = ["NAMES", "Finding", "verify"]

ROW_RULES = {rule.__name__: rule for rule in (*invariants.RULES, *object_invariants.RULES)}
FILE_RULES = {rule.__name__: rule for rule in object_invariants.FILE_RULES}
NAMES = (*ROW_RULES, *FILE_RULES, signatures.NAME)


def verify(
    session: Session,
    objects: Objects,
    *,
    family: str | None = None,
    rules: Collection[str] = NAMES,
    quick: bool = False,
    read: Read | None = None,
    sample: int | None = SAMPLE,
    grace: timedelta = timedelta(0),
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> list[Finding]:
    """What is broken, by rule; empty is good.

    `quick` believes the store's own digests and opens no object. `read` is a signer's, to judge the
    signatures of `sample` files by (None: of all); without it they are not looked at. `grace` leaves out
    events younger than that.
    Raises PublicationError for a rule that does not exist.
    """
    if unknown := set(rules) - set(NAMES):
        raise PublicationError(f"no such rule: {', '.join(sorted(unknown))}; choose among {', '.join(NAMES)}")
    scope = Scope(session, objects, family, quick, grace, tick)
    found = [finding for name, rule in ROW_RULES.items() if name in rules for finding in rule(scope)]
    chosen = [rule for name, rule in FILE_RULES.items() if name in rules]
    found += object_invariants.files(scope, chosen) if chosen else []
    if read is not None and not quick and signatures.NAME in rules:
        found += signatures.signatures(scope, read, sample)
    return found
