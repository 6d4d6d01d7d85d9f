"""What our own house tells a probe beforehand: which families are out, what was withdrawn. Reads only.

Here: two questions. Not here: asking from outside (`visit`), which needs none of this.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from wetplate.delivery import urls
from wetplate.delivery.urls import Published

OUT = """
SELECT family FROM publications WHERE state = 'published'
GROUP BY family ORDER BY md5(family || :tick) LIMIT :limit
"""

GONE = """
SELECT d.canonical_id, min(d.name) AS name FROM publications u
JOIN derivatives d ON d.canonical_id = u.canonical_id
WHERE u.state = 'withdrawn' AND u.family = :family
GROUP BY d.canonical_id, u.at ORDER BY u.at DESC LIMIT :limit
"""


def out(session: Session, *, tick: str, limit: int) -> list[str]:
    """Families with something published, in another order each tick, so that all have their turn."""
    return list(session.scalars(text(OUT), {"tick": tick, "limit": limit}))


def gone(session: Session, family: str, *, limit: int = 3) -> list[str]:
    """Addresses of the family's latest withdrawn images: each must be refused as gone."""
    rows = session.execute(text(GONE), {"family": family, "limit": limit})
    return [urls.write(Published(row.canonical_id, row.name)) for row in rows]
