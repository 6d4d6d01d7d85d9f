"""The catalog with 100,000 images: how long the questions of sensors and schedules take. `python -m
bench.catalog`.

Fills a scratch database of a Postgres of its own (no object store: the questions read rows only), half of
one hundred families finished, one stale, the rest waiting for review here and there.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from bench.scratch import scratch
from wetplate.moderation import queue
from wetplate.publication.progress import progress, stale
from wetplate.storage import outbox
from wetplate.storage.database import engine, transaction

FAMILIES, IMAGES = 100, 100_000

FILL = """
INSERT INTO families (slug, title, digest, definition, registered_at)
  SELECT 'family-' || f, 'f', 'd', '{}', now() FROM generate_series(1, :families) f;
INSERT INTO recipes (id, family, position, variant, body, kind, current, at)
  SELECT encode(sha256(('r' || i)::bytea), 'hex'), 'family-' || (1 + i % :families), i, '{}', '{}', true,
         now() FROM generate_series(1, :images) i;
INSERT INTO paintings (recipe_id, sha256, key, bytes, runtime, model_files, seconds, run_id, at)
  SELECT id, encode(sha256(id::bytea), 'hex'), 'paintings/' || id, 1, '{}', '{}', 1, 'run', now() FROM recipes
  WHERE position <> 1;
INSERT INTO verdicts (stream, position, body, previous, hash, at, object_sha256, verdict, decided_by, policy,
                      policy_sha256, reasons)
  SELECT recipe_id, 0, '', '', '', now(), sha256,
         CASE WHEN hashtext(recipe_id) % 50 = 0 THEN 'review' ELSE 'approve' END, 'policy', 'p', 'p', '[]'
  FROM paintings;
INSERT INTO canonical_images (id, recipe_id, family, object_sha256, key, bytes, width, height, pixel_sha256,
                              phash, at)
  SELECT p.sha256, p.recipe_id, r.family, p.sha256, 'canonical/' || p.sha256, 1, 1, 1, '', '', now()
  FROM paintings p JOIN recipes r ON r.id = p.recipe_id
  JOIN verdicts v ON v.stream = p.recipe_id WHERE v.verdict = 'approve';
INSERT INTO publications (canonical_id, family, profile, state, version, at)
  SELECT id, family, 'social-feed', 'published', 1, now() FROM canonical_images;
INSERT INTO outbox (topic, key, family, payload, at, handled_at)
  SELECT 'image.published', id, family, '{}', now(), NULL FROM canonical_images;
INSERT INTO outbox (topic, key, family, payload, at, handled_at)
  SELECT 'review.decided', id, family, '{}', now(), now() FROM canonical_images LIMIT 5000;
"""


@contextmanager
def filled() -> Iterator[Engine]:
    """A scratch Postgres holding the images."""
    with scratch() as (server, _):
        owner = engine(server.url("owner"))
        with owner.begin() as connection:
            for statement in FILL.split(";"):
                if statement.strip():
                    connection.execute(text(statement), {"families": FAMILIES, "images": IMAGES})
        with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
        yield owner
        owner.dispose()


QUESTIONS: dict[str, Callable[[Session], object]] = {
    "sensor: events after the cursor, one topic": lambda s: outbox.after(s, 90_000, ("review.decided",)),
    "sensor: nothing new": lambda s: outbox.after(s, 10**9, ("review.decided",)),
    "sensor: leftovers": lambda s: outbox.unhandled(s),
    "schedule: stale families (all of them)": lambda s: stale(s, limit=50),
    "metadata: progress of one family": lambda s: progress(s, ["family-7"]),
    "review: what waits in one family": lambda s: queue.waiting(s, "family-7"),
}


def main() -> None:
    """Print the median of seven calls of each question."""
    with filled() as owner:
        for name, ask in QUESTIONS.items():
            took = []
            for _ in range(7):
                with transaction(owner) as session:
                    began = time.perf_counter()
                    ask(session)
                    took.append(time.perf_counter() - began)
            print(f"{name:46} {1000 * statistics.median(took):8.1f} ms")


if __name__ == "__main__":
    main()
