"""Sampling: how often the machine approves what a person would not, from the decided audit samples.

Here: counting what was drawn and decided, the estimate with its interval. Not here: which images are drawn
(`bands.audited`, by hash), which work that makes (`worklist`).

Rules:
1. An image is in the sample because its hash says so, after the machine would have approved it; so the
   share of decided samples that a person rejected estimates the share of all automatic approvals, without
   bias.
2. A person's last word on the same bytes counts; samples that wait are told apart and not guessed.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from wetplate.moderation.intervals import wilson

#: Rows older than the column `audit` say it in their reasons.
DRAWN = """
WITH drawn AS (
    SELECT DISTINCT v.stream, v.object_sha256 FROM verdicts v
    WHERE v.decided_by = 'policy' AND v.verdict = 'review'
        AND coalesce(v.audit, v.reasons::text LIKE '%"audit sample: %')
        AND (CAST(:family AS text) IS NULL
            OR v.stream IN (SELECT id FROM recipes WHERE family = CAST(:family AS text)))
), said AS (
    SELECT d.stream, (
        SELECT p.verdict FROM verdicts p
        WHERE p.stream = d.stream AND p.object_sha256 = d.object_sha256 AND p.decided_by <> 'policy'
            AND p.verdict IN ('approve', 'reject')
        ORDER BY p.position DESC LIMIT 1
    ) AS verdict FROM drawn d
)
SELECT count(*), count(verdict), count(*) FILTER (WHERE verdict = 'reject') FROM said
"""


@dataclass(frozen=True)
class Audit:
    """How many images were drawn, how many of them a person decided on, how many of those were rejected."""

    drawn: int
    decided: int
    rejected: int

    @property
    def share(self) -> float | None:
        """The estimated share of automatic approvals that a person would reject; None before any decision."""
        return self.rejected / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval (Wilson)."""
        return wilson(self.rejected, self.decided)

    def __str__(self) -> str:
        low, high = self.interval
        said = f"{self.rejected} of {self.decided} decided audit samples were wrongly approved"
        return f"{said}: {low:.1%} to {high:.1%} at 95 %; {self.drawn - self.decided} wait"


def audit(session: Session, family: str | None = None) -> Audit:
    """The audit samples of a family, or of all."""
    return Audit(*session.execute(text(DRAWN), {"family": family}).one())
