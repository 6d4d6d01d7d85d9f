"""Agreement: how far people agree with each other, and how often they overrule a machine or a person. Pure.

Cohen's kappa is agreement beyond chance: 1 is always, 0 is as often as by drawing lots, below 0 is less than
that. It says nothing when everybody always gives the same answer (None).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """How many of how many."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """None of nothing."""
        return self.hits / self.of if self.of else None


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of (first, second) answers about the same things; None if chance explains everything."""
    if not pairs:
        return None
    number = len(pairs)
    observed = sum(first == second for first, second in pairs) / number
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    expected = sum(firsts[each] * seconds[each] for each in firsts) / number**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def rates(told: Iterable[tuple[str, bool]]) -> Mapping[str, Rate]:
    """By name, how many of its answers were hits; in order of name."""
    hits, of = Counter[str](), Counter[str]()
    for name, hit in told:
        of[name] += 1
        hits[name] += hit
    return {name: Rate(hits[name], of[name]) for name in sorted(of)}
