"""What a stranger can make the catalog do: everything is found by an index, and looks are sought seldom."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.event import listen, remove
from sqlalchemy.orm import Session

from wetplate.publication.identification.answer import answer
from wetplate.publication.identification.inspection import Inspection
from wetplate.publication.notices.locate import LOOKS, Upload, Where, located
from wetplate.similarity.look import Look
from wetplate.storage.cluster import Server

IMAGES = 5_000
BOOT = "lpad(to_hex(n), 64, '0')"
FILL = f"""
    SET session_replication_role = replica;  -- asks for no foreign key
    INSERT INTO families VALUES ('boots', 'Boots', '', '{{}}', now());
    INSERT INTO recipes (id, family, kind, position, variant, body, current, at)
    SELECT {BOOT}, 'boots', 'redaction', n, '{{}}', jsonb_build_object('of', md5(n::text)), true, now()
      FROM generate_series(1, {IMAGES}) AS n;
    INSERT INTO fingerprints SELECT {BOOT}, {BOOT}, {BOOT}, n % 7, '{192 * "0"}', now()
      FROM generate_series(1, {IMAGES}) AS n;
    INSERT INTO canonical_images
      (id, recipe_id, family, object_sha256, key, bytes, width, height, pixel_sha256, phash, at)
    SELECT {BOOT}, {BOOT}, 'boots', {BOOT}, '', 1, 1, 1, {BOOT}, '', now()
      FROM generate_series(1, {IMAGES}) AS n;
    INSERT INTO derivatives
      (canonical_id, profile, width, height, format, lossless, sha256, name, key, bytes, credentials, at)
    SELECT {BOOT}, 'p', 1, 1, 'avif', false, {BOOT}, {BOOT}, '', 1, 'full', now()
      FROM generate_series(1, {IMAGES}) AS n;
    INSERT INTO transforms
      (canonical_id, version, transform, tier, width, height, format, sha256, name, key, bytes, credentials,
       at)
    SELECT {BOOT}, 1, '', 'fast', 1, 1, 'avif', {BOOT}, {BOOT}, '', 1, 'full', now()
      FROM generate_series(1, {IMAGES}) AS n;
    INSERT INTO moves (stream, position, body, previous, hash, at, move, from_state, to_state, actor, reason)
    SELECT {BOOT}, 1, '', '', '', now(), 'withdraw', '', '', '', '' FROM generate_series(1, {IMAGES}) AS n;
    ANALYZE;
"""
SEEN = Look(3, b"0" * 192)
DIGESTS = [f"{n:064x}" for n in range(1, 13)]
SCANNED = re.compile(r"Seq Scan on (\w+)")
#: Empty here, and asked by their keys.
LEFT_OUT = {"provenance", "publications"}


@pytest.fixture
def full(postgres_server: Server, database_name: str, database: Engine) -> Iterator[Session]:
    """5,000 images in every table that is asked."""
    with postgres_server.connect(database_name) as connection:
        connection.execute(FILL.encode())
    with Session(database) as session:
        yield session


def scanned(session: Session, call: Callable[[Session], object]) -> Counter[str]:
    """Which tables the queries of this call read from end to end, and how often."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    connection = session.connection()
    listen(connection, "before_cursor_execute", note)
    call(session)
    remove(connection, "before_cursor_execute", note)
    plans = [connection.exec_driver_sql(f"EXPLAIN {query}", given).scalars() for query, given in asked]
    read = Counter(table for plan in plans for table in SCANNED.findall("\n".join(plan)))
    return Counter({table: times for table, times in read.items() if table not in LEFT_OUT})


def test_a_stranger_makes_nothing_be_scanned_but_looks_and_those_seldom(full: Session) -> None:
    upload = Upload(DIGESTS[0], DIGESTS[0], SEEN)
    urls = [f"https://mirror.example/{digest[:16]}-640.avif" for digest in DIGESTS[:5]]
    notice = Where(urls, DIGESTS[5:], upload)
    assert scanned(full, lambda session: located(session, notice)) == {"fingerprints": LOOKS}
    picture = Inspection("ff" * 32, 1, 1, "ff" * 32, SEEN)
    assert scanned(full, lambda session: answer(session, picture, stranger=True)) == {"fingerprints": 1}
