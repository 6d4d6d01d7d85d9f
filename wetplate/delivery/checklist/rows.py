"""What the catalog and the store say. Reads only; each piece of evidence carries the query it was asked.

Here: one function per piece. Not here: anything asked over HTTP (`outside`).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from wetplate.delivery import urls
from wetplate.delivery.checklist.answers import Evidence, found
from wetplate.delivery.urls import Published
from wetplate.derivatives import plan, profiles
from wetplate.errors import WetplateError
from wetplate.publication.states import State
from wetplate.storage.objects import Objects, sha256

PUBLIC = ", ".join(f"'{state}'" for state in State if state.public)
OUT = f"FROM publications u WHERE u.family = :family AND u.state IN ({PUBLIC})"
SAMPLE = 3

RECORDED = f"""
    SELECT count(*) AS images, count(c.id) AS canonical, count(p.canonical_id) AS recorded
      FROM publications u LEFT JOIN canonical_images c ON c.id = u.canonical_id
      LEFT JOIN provenance p ON p.canonical_id = u.canonical_id
     WHERE u.family = :family AND u.state IN ({PUBLIC})
"""
REFUSED = """
    SELECT count(*) AS guarded FROM pg_trigger WHERE tgname = 'append_only' AND tgenabled = 'A'
       AND tgrelid IN ('canonical_images'::regclass, 'provenance'::regclass)
"""
CANONICALS = f"""
    SELECT c.id, c.key FROM canonical_images c WHERE c.id IN (SELECT u.canonical_id {OUT})
     ORDER BY random() LIMIT {SAMPLE}
"""
FILES = f"""
    SELECT c.id, c.width, u.profile, array_agg(DISTINCT d.width) AS widths,
           count(DISTINCT d.format) AS formats
      FROM publications u JOIN canonical_images c ON c.id = u.canonical_id
      LEFT JOIN derivatives d ON d.canonical_id = c.id AND d.profile = u.profile AND d.withdrawn_at IS NULL
     WHERE u.family = :family AND u.state IN ({PUBLIC}) GROUP BY c.id, c.width, u.profile
"""
IN_FORCE = """
    SELECT DISTINCT ON (v.stream) v.stream, v.object_sha256, v.verdict FROM verdicts v
      JOIN recipes r ON r.id = v.stream WHERE r.family = :family ORDER BY v.stream, v.position DESC
"""
APPROVED = f"""
    SELECT count(*) AS images, count(*) FILTER (WHERE v.verdict = 'approve') AS approved
      FROM publications u JOIN canonical_images c ON c.id = u.canonical_id
      LEFT JOIN ({IN_FORCE}) v ON v.object_sha256 = c.object_sha256 AND v.stream = c.recipe_id
     WHERE u.family = :family AND u.state IN ({PUBLIC})
"""
JUDGED = """
    SELECT count(*) FILTER (WHERE v.decided_by = 'policy') AS automatic,
           count(*) FILTER (WHERE v.decided_by LIKE 'person:%') AS people,
           count(*) FILTER (WHERE v.at > now() - interval '1 day') AS today
      FROM verdicts v JOIN recipes r ON r.id = v.stream WHERE r.family = :family
"""
WAITING = f"""
    SELECT count(*) AS ambiguous, count(t.id) AS before_people,
           (SELECT count(*) FROM tasks JOIN recipes r ON r.id = subject WHERE r.family = :family) AS ever
      FROM ({IN_FORCE}) v
      LEFT JOIN LATERAL (
        SELECT id FROM tasks WHERE subject = v.stream AND closed_at IS NULL LIMIT 1
      ) t ON true
     WHERE v.verdict = 'review'
"""
HOOKS = """
    SELECT count(*) FILTER (WHERE handled_at IS NOT NULL) AS done,
           count(*) FILTER (WHERE handled_at IS NULL AND at < now() - interval '30 minutes') AS late
      FROM outbox WHERE topic IN ('review.decided', 'notice.decided', 'image.withdrawn', 'image.reinstated')
"""
OWED = """
    SELECT count(*) FILTER (WHERE settled_at IS NOT NULL) AS settled,
           count(*) FILTER (WHERE settled_at IS NULL AND at < now() - interval '30 minutes') AS owed
      FROM purges
"""
UNPUBLISHED = f"""
    SELECT d.canonical_id, min(d.name) AS name FROM derivatives d
      JOIN canonical_images c ON c.id = d.canonical_id LEFT JOIN publications u ON u.canonical_id = c.id
     WHERE c.family = :family AND coalesce(u.state, 'draft') NOT IN ({PUBLIC})
     GROUP BY d.canonical_id LIMIT {SAMPLE}
"""


def recorded(session: Session, family: str) -> Evidence:
    """Every public image has its canonical row and its provenance row."""
    row = _one(session, RECORDED, family)
    came = f"{row['images']} public images, {row['canonical']} canonical, {row['recorded']} with provenance"
    return found(RECORDED, came, _all(row, "images", "canonical", "recorded"))


def refused(session: Session, family: str) -> Evidence:
    """The database refuses to change either."""
    guarded = _one(session, REFUSED, family)["guarded"]
    return found(REFUSED, f"{guarded} of 2 tables refuse every change", guarded == 2)


def immutable(session: Session, objects: Objects, family: str) -> Evidence:
    """The id is that of the very bytes, of some of them, read from the store."""
    rows = session.execute(text(CANONICALS), {"family": family}).all()
    right = [row.id for row in rows if _digest(objects, row.key) == row.id]
    asked = "SHA-256 of the stored bytes of " + (", ".join(row.key for row in rows) or "no object")
    whole = len(right) == len(rows) if rows else None
    return found(asked, f"{len(right)} of {len(rows)} are the image's id", whole)


def sizes(session: Session, family: str) -> Evidence:
    """Every public image has every width its profile names, in two formats at least."""
    rows = session.execute(text(FILES), {"family": family}).mappings().all()
    lacking = [row["id"][:12] for row in rows if not _sized(row)]
    named = {row["profile"]: _widths(row["profile"]) for row in rows}
    came = f"{len(rows) - len(lacking)} of {len(rows)} images have every width of {named or 'no profile'}"
    missing = f"; not {', '.join(lacking[:SAMPLE])}" if lacking else ""
    return found(FILES, came + missing, not lacking if rows else None)


def approved(session: Session, family: str) -> Evidence:
    """Every public image has an approving verdict in force for its bytes."""
    row = _one(session, APPROVED, family)
    came = f"{row['approved']} of {row['images']} public images are approved in force"
    return found(APPROVED, came, _all(row, "images", "approved"))


def judged(session: Session, family: str) -> Evidence:
    """The policy decides by itself."""
    row = _one(session, JUDGED, family)
    came = f"{row['automatic']} verdicts by policy, {row['people']} by people, {row['today']} in the last day"
    return found(JUDGED, came, row["automatic"] > 0 or None)


def ambiguous(session: Session, family: str) -> Evidence:
    """What the policy leaves open lies before people."""
    row = _one(session, WAITING, family)
    came = f"{row['ambiguous']} images are to be reviewed, {row['before_people']} of them have an open task; "
    came += f"{row['ever']} tasks were ever opened"
    return found(WAITING, came, _none_left(row["ambiguous"] - row["before_people"], row["ever"]))


def hooks(session: Session, family: str) -> Evidence:
    """What was decided and taken down was carried out."""
    row = _one(session, HOOKS, family)
    came = f"{row['done']} events carried out, {row['late']} late"
    return found(HOOKS, came, _none_left(row["late"], row["done"]))


def owed(session: Session, family: str) -> Evidence:
    """No cache has been left without its purge."""
    row = _one(session, OWED, family)
    came = f"{row['settled']} purges settled, {row['owed']} owed for more than half an hour"
    return found(OWED, came, _none_left(row["owed"], row["settled"]))


def unpublished(session: Session, family: str) -> list[str]:
    """Addresses that nobody outside may get."""
    rows = session.execute(text(UNPUBLISHED), {"family": family})
    return [urls.write(Published(row.canonical_id, row.name)) for row in rows]


def public(session: Session, family: str) -> set[str]:
    """Ids of what anybody may get."""
    return set(session.scalars(text(f"SELECT u.canonical_id {OUT}"), {"family": family}))


def _one(session: Session, query: str, family: str) -> Mapping[str, Any]:
    given = {"family": family} if ":family" in query else {}
    return dict(session.execute(text(query), given).mappings().one())


def _all(row: Mapping[str, Any], whole: str, *parts: str) -> bool | None:
    return all(row[part] == row[whole] for part in parts) if row[whole] else None


def _none_left(left: int, done: int) -> bool | None:
    """Nothing is left to do, of something: where nothing ever was done there is nothing to look at yet."""
    return left == 0 if left or done else None


def _digest(objects: Objects, key: str) -> str:
    try:
        return sha256(objects.get(key))
    except WetplateError:
        return ""


def _sized(row: RowMapping) -> bool:
    wanted = plan.widths(profiles.load(row["profile"]), row["width"])
    return row["formats"] >= 2 and set(wanted) <= set(row["widths"])


def _widths(profile: str) -> list[int]:
    return list(profiles.load(profile).widths)
