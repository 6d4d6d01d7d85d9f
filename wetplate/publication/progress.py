"""Where a family stands: one count per stage, and which families have work left. Reads only.

Canonicals are found by the judged bytes, so that a recipe whose picture equals another's counts as done too.

Every figure is counted from the rows of the stages, never kept; both questions are one indexed query each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Progress:
    """Counts of one family's current recipes; `bytes` are those of the derivatives that stand."""

    family: str
    variants: int
    painted: int
    approved: int
    review: int
    rejected: int
    admitted: int
    recorded: int
    published: int
    withdrawn: int
    derivatives: int
    bytes: int


IN_FORCE = """
    SELECT DISTINCT ON (stream) stream AS recipe_id, object_sha256, verdict
    FROM verdicts WHERE stream IN (SELECT id FROM recipes WHERE current AND family = ANY(:families))
    ORDER BY stream, position DESC
"""

COUNTS = f"""
WITH in_force AS ({IN_FORCE}),
files AS (
    SELECT c.family, count(*) AS n, sum(d.bytes) AS bytes FROM derivatives d
    JOIN canonical_images c ON c.id = d.canonical_id
    WHERE c.family = ANY(:families) AND d.withdrawn_at IS NULL GROUP BY c.family
)
SELECT r.family, count(*) AS variants, count(p.recipe_id) AS painted,
    count(*) FILTER (WHERE v.verdict = 'approve') AS approved,
    count(*) FILTER (WHERE v.verdict = 'review') AS review,
    count(*) FILTER (WHERE v.verdict = 'reject') AS rejected,
    count(c.id) AS admitted, count(o.canonical_id) AS recorded,
    count(*) FILTER (WHERE u.state = 'published') AS published,
    count(*) FILTER (WHERE u.state = 'withdrawn') AS withdrawn,
    coalesce(max(f.n), 0) AS derivatives, coalesce(max(f.bytes), 0) AS bytes
FROM recipes r
LEFT JOIN paintings p ON p.recipe_id = r.id
LEFT JOIN in_force v ON v.recipe_id = r.id AND v.object_sha256 = p.sha256
LEFT JOIN canonical_images c ON c.object_sha256 = p.sha256
LEFT JOIN provenance o ON o.canonical_id = c.id
LEFT JOIN publications u ON u.canonical_id = c.id
LEFT JOIN files f ON f.family = r.family
WHERE r.current AND r.family = ANY(:families)
GROUP BY r.family ORDER BY r.family
"""

STALE = """
WITH in_force AS (
    SELECT DISTINCT ON (stream) stream, object_sha256, verdict FROM verdicts ORDER BY stream, position DESC
)
SELECT r.family FROM recipes r
LEFT JOIN paintings p ON p.recipe_id = r.id
LEFT JOIN in_force v ON v.stream = r.id AND v.object_sha256 = p.sha256
LEFT JOIN canonical_images c ON c.object_sha256 = p.sha256
LEFT JOIN publications u ON u.canonical_id = c.id
WHERE r.current AND (
    p.recipe_id IS NULL OR v.verdict IS NULL
    OR (v.verdict = 'approve' AND (u.state IS NULL OR u.state = 'draft'))
    OR (v.verdict <> 'approve' AND u.state = 'published')
) GROUP BY r.family ORDER BY md5(r.family || :night) LIMIT :limit
"""


def progress(session: Session, families: Sequence[str]) -> list[Progress]:
    """Where these families stand, in slug order."""
    rows = session.execute(text(COUNTS), {"families": list(families)}).mappings()
    return [Progress(**{**row, "bytes": int(row["bytes"])}) for row in rows]


def registered(session: Session) -> list[str]:
    """Slugs of every family in the catalog."""
    return list(session.scalars(text("SELECT slug FROM families ORDER BY slug")))


def stale(session: Session, *, limit: int, night: str = "") -> list[str]:
    """Families with work left: unpainted, unjudged, approved but not out, out but no longer approved.

    Their order is another one each `night`, so that families which stay stale never keep the others waiting.
    """
    return list(session.scalars(text(STALE), {"limit": limit, "night": night}))
