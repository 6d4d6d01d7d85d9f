"""The audit trail: inserts into chains, sealing and checking a million rows, personal fields. `python -m
bench.audit [ROWS]`.

Runs on a Postgres of its own, durable as delivered. Eight processes insert, each into streams of its own.
"""

import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from bench.scratch import scratch
from wetplate.attestation.keys import Key, fresh
from wetplate.audit.export import export
from wetplate.audit.sealing import seal
from wetplate.audit.verify import verify
from wetplate.retention import personal
from wetplate.retention.personal import Wrapping
from wetplate.review.tables import AccessRow
from wetplate.storage.database import engine, transaction
from wetplate.storage.memory import MemoryObjects

WRITERS, SECONDS, STREAM = 8, 6.0, 10

#: One more row for each of so many streams, chained as `Chained.append` chains.
FILL = """
INSERT INTO accesses (stream, position, body, previous, hash, at, actor, what, why)
SELECT stream, :position, body, previous,
       encode(sha256(convert_to(concat_ws(E'\\n', previous, stream, :position, body), 'UTF8')), 'hex'),
       CAST(:at AS timestamptz), 'person:p1', 'canonical', 'case 1'
  FROM (SELECT s.stream, coalesce(a.hash, repeat('0', 64)) AS previous, CAST(:body AS text) AS body
          FROM (SELECT 'stream-' || i AS stream FROM generate_series(1, :streams) i) s
          LEFT JOIN accesses a ON a.stream = s.stream AND a.position = :position - 1) fresh
"""
PEER = "CREATE TABLE bare (LIKE accesses INCLUDING ALL); GRANT INSERT ON bare TO app"
BARE = """
INSERT INTO bare (stream, position, body, previous, hash, at, actor, what, why)
VALUES (%s, %s, %s, %s, %s, %s, 'person:p1', 'canonical', 'case 1')
"""
AT = "2026-01-01T00:00:00.000001+00:00"
BODY = f'{{"actor":"person:p1","at":"{AT}","what":"canonical","why":"case 1"}}'


def write(url: str, writer: int, each: int = 1) -> int:
    """Append for some seconds, `each` rows a transaction; how many rows that were."""
    database, count, end = engine(url), 0, time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        with transaction(database) as session:
            for stream in range(each):
                name = f"writer-{writer}-{stream}-{count // (STREAM * each)}"
                AccessRow.append(session, name, actor="person:p1", what="canonical", why="case 1")
        count += each
    return count


def bare(url: str, writer: int) -> int:
    """The peer: the same row without a chain, psycopg alone, a transaction a row."""
    count, end = 0, time.perf_counter() + SECONDS
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        while time.perf_counter() < end:
            connection.execute(BARE, (f"bare-{writer}", count, BODY, "0" * 64, "0" * 64, AT))
            count += 1
    return count


def writers(url: str) -> None:
    """Rows a second of all writers together, after a first round that only warms up."""
    with multiprocessing.get_context("spawn").Pool(WRITERS) as pool:
        pool.starmap(write, [(url, WRITERS + number) for number in range(WRITERS)])
        ours = pool.starmap(write, [(url, number) for number in range(WRITERS)])
        many = pool.starmap(write, [(url, 2 * WRITERS + number, STREAM) for number in range(WRITERS)])
        peer = pool.starmap(bare, [(url, number) for number in range(WRITERS)])
    for name, counts in (("one", ours), ("ten", many), ("one, psycopg without a chain", peer)):
        print(f"inserts, {WRITERS} writers, a transaction of {name}: {sum(counts) / SECONDS:,.0f} /s")


def fill(owner: Engine, rows: int) -> None:
    """So many rows in streams of ten."""
    with owner.begin() as connection:
        for position in range(STREAM):
            told = {"position": position, "streams": rows // STREAM, "body": BODY, "at": AT}
            connection.execute(text(FILL), told)
    with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))


def timed(name: str, act: Callable[[], object]) -> None:
    begun = time.perf_counter()
    told = act()
    print(f"{name:<48} {time.perf_counter() - begun:8.2f} s   {told}")


def checked(database: Engine, objects: MemoryObjects, key: Key) -> str:
    with Session(database) as session:
        report = verify(session, objects, [key])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"{sum(report.rows.values()):,} rows, {report.count} findings, {memory} MiB resident at most"


def exported(database: Engine, folder: Path, key: Key) -> str:
    with Session(database) as session:
        return f"{export(session, folder, [key]):,} rows"


def script(folder: Path) -> str:
    done = subprocess.run([sys.executable, "-I", "-S", folder / "verify.py"], capture_output=True, check=True)
    return done.stdout.decode().splitlines()[-1]


def fields(database: Engine) -> None:
    """Sealing and opening by themselves, then kept and read, a transaction a subject of three fields."""
    key, sealed, count = b"k" * 32, b"", 20_000
    begun = time.perf_counter()
    for _ in range(count):
        sealed = personal.seal(key, b"place", b"somebody@example.org")
    middle = time.perf_counter()
    for _ in range(count):
        personal.open_sealed((key,), b"place", sealed)
    end = time.perf_counter()
    print(f"seal / open a field: {count / (middle - begun):,.0f} / {count / (end - middle):,.0f} /s")
    wrapping, told = Wrapping((key,)), {"name": "A", "email": "b@example.org", "signature": "A"}
    begun = time.perf_counter()
    for number in range(300):
        with transaction(database) as session:
            personal.keep(session, wrapping, f"notice:{number}", told)
    print(f"keep a subject of three fields, committed: {300 / (time.perf_counter() - begun):,.0f} /s")


def main(rows: int) -> None:
    with scratch() as (server, _), TemporaryDirectory() as folder:
        app, owner, objects, key = (
            engine(server.url("app")),
            engine(server.url("owner")),
            MemoryObjects(),
            fresh(),
        )
        with owner.begin() as connection:
            connection.execute(text(PEER))
        writers(server.url("app"))
        fields(app)
        fill(owner, rows)
        timed("seal, first head", lambda: seal(app, objects, key))
        write(server.url("app"), 1000)
        timed("seal some more", lambda: seal(app, objects, key))
        timed("seal nothing", lambda: seal(app, objects, key))
        timed("wetplate audit verify", lambda: checked(app, objects, key))
        timed("wetplate audit export", lambda: exported(app, Path(folder) / "trail", key))
        timed("python3 verify.py", lambda: script(Path(folder) / "trail"))
        app.dispose()
        owner.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
