"""What a visit found, added up. Pure.

Here: the report and its figures. Not here: how it is shown (`cli.probe`, `assets.checks`).

Rule: a figure of nothing is None, never 0: no hit ratio of no requests, no median of no answers.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from statistics import fmean
from typing import Any

from wetplate.delivery.probe.exchange import Expected, Got
from wetplate.publication.findings import Finding

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
HITS = ("edge", "memory")


@dataclass(frozen=True)
class Visit:
    """One request, its answer, and what is wrong with it."""

    expected: Expected
    got: Got
    findings: Sequence[Finding]

    @property
    def warm(self) -> bool | None:
        """Whether a cache had it; None if it cannot be told."""
        return self.got.tier in HITS if self.got.tier else None


@dataclass(frozen=True)
class Report:
    """One visit of a family at an address."""

    url: str
    family: str
    visits: Sequence[Visit]
    elsewhere: Sequence[Finding] = ()

    @property
    def findings(self) -> list[Finding]:
        """Everything that is wrong."""
        return [*self.elsewhere, *(finding for visit in self.visits for finding in visit.findings)]

    @property
    def reached(self) -> bool:
        """Whether anybody answered at all."""
        return bool(self.visits)

    @property
    def pictures(self) -> list[Visit]:
        """The answers that are pictures."""
        return [visit for visit in self.visits if visit.expected.kind.picture and visit.got.status == 200]

    @property
    def hit_ratio(self) -> float | None:
        """Share of the pictures that the edge or the origin's memory had."""
        told = [visit.warm for visit in self.pictures if visit.warm is not None]
        return sum(told) / len(told) if told else None

    @property
    def tiers(self) -> Mapping[str, int]:
        """How many pictures came from where."""
        return dict(Counter(visit.got.tier or "unknown" for visit in self.pictures).most_common())

    def milliseconds(self, *, warm: bool) -> Mapping[str, float | None]:
        """Median, p95 and p99 of the pictures that a cache had, or of the others."""
        taken = sorted(1000 * visit.got.seconds for visit in self.pictures if bool(visit.warm) is warm)
        return {name: quantile(taken, share) for name, share in QUANTILES.items()}

    @property
    def bytes_by_format(self) -> Mapping[str, float]:
        """Mean size of the pictures of each format, in bytes."""
        sizes: dict[str, list[int]] = defaultdict(list)
        for visit in self.pictures:
            sizes[visit.got.header("content-type").removeprefix("image/")].append(len(visit.got.body))
        return {name: fmean(found) for name, found in sorted(sizes.items())}

    def told(self) -> dict[str, Any]:
        """For machines."""
        return {
            "url": self.url,
            "family": self.family,
            "reached": self.reached,
            "requests": len(self.visits),
            "hit_ratio": self.hit_ratio,
            "tiers": self.tiers,
            "milliseconds": {"hit": self.milliseconds(warm=True), "cold": self.milliseconds(warm=False)},
            "bytes_by_format": self.bytes_by_format,
            "findings": [asdict(finding) for finding in self.findings],
        }


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share does not exceed (nearest rank)."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None
