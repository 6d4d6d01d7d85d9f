"""Moderation: milliseconds a picture takes each detector, and how fast 100,000 verdicts are derived again.

`python -m bench.moderation`. The detectors are those of the policy `product`, asked one picture at a time as
the pipeline does; the pictures are photographs of scikit-image's own data, upscaled where they are small.
"""

import hashlib
import json
import os
import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import Engine, text

from bench.scratch import scratch
from wetplate.moderation import policies, sampling
from wetplate.moderation.bands import decide
from wetplate.moderation.detectors import open_classifiers
from wetplate.moderation.heard import as_signal
from wetplate.moderation.judge import measured
from wetplate.moderation.policy import load
from wetplate.moderation.replay import replay
from wetplate.moderation.signals import Classifier, Signal
from wetplate.moderation.tables import SignalRow
from wetplate.storage.database import engine, transaction

SIZES = (256, 512, 1024)
VERDICTS = 100_000


def main() -> None:
    """Print both."""
    detect()
    derive()


def detect() -> None:
    """CPU milliseconds of each detector, its process included: of the photographs the median, after one."""
    print("detector" + 29 * " " + "".join(f"{size:>6} px" for size in SIZES) + "   CPU ms a picture, median")
    with open_classifiers(load("product")) as classifiers:
        for each in classifiers:
            took = [_median(each, photographs(size)) for size in SIZES]
            print(
                f"{each.name:12} {each.revision[:22]:24}" + "".join(f"{ms:9.1f}" for ms in took), flush=True
            )


def _median(classifier: Classifier, pictures: list[NDArray[np.uint8]]) -> float:
    return statistics.median([_once(classifier, picture) for picture in [pictures[0], *pictures]][1:])


def _once(classifier: Classifier, picture: NDArray[np.uint8]) -> float:
    began = _cpu()
    (said,) = classifier.classify([picture])
    assert all(signal.error is None for signal in said), said
    return 1000 * (_cpu() - began)


def _cpu() -> float:
    """CPU seconds of this process and of its children, which NudeNet is."""
    spent = time.process_time()
    for children in Path("/proc/self/task").glob("*/children"):
        for child in children.read_text().split():
            fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
            spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def photographs(size: int) -> list[NDArray[np.uint8]]:
    """A person, a coffee cup, a cat, a rocket: squares of this size."""
    import skimage.data

    data: Any = skimage.data
    found = []
    for photograph in (data.astronaut(), data.coffee(), data.chelsea(), data.rocket()):
        side = min(photograph.shape[:2])
        square = Image.fromarray(photograph[:side, :side]).resize((size, size), Image.Resampling.LANCZOS)
        found.append(np.asarray(square))
    return found


def derive() -> None:
    """Verdicts derived again a second, and what that takes of memory beyond the first thousand."""
    with filled() as owner, transaction(owner) as session:
        began, count, first = time.process_time(), 0, 0.0
        for each in replay(session):
            assert not each.differences, each
            assert not each.why_not, each
            count += 1
            first = first or (_memory() if count == 2_000 else 0.0)
        seconds = time.process_time() - began
        print(
            f"\nreplay: {count:,} verdicts in {seconds:.1f} s of CPU, {count / seconds:,.0f} a second; ",
            end="",
        )
        print(f"{_memory() - first:.0f} MiB more at its end than after 2,000")
        began = time.perf_counter()
        print(sampling.audit(session), f"in {1000 * (time.perf_counter() - began):.0f} ms")


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


FILL = """
INSERT INTO families (slug, title, digest, definition, registered_at) VALUES ('f', 'f', 'd', '{}', now());
INSERT INTO recipes (id, family, kind, position, variant, body, current, at)
  SELECT encode(sha256(('r' || i)::bytea), 'hex'), 'f', 'generation', i, '{}', CAST(:body AS jsonb), true,
         now() FROM generate_series(1, :verdicts) i;
INSERT INTO signals (recipe_id, object_sha256, detector, revision, label, score, slug, approve, reject, at)
  SELECT id, id, s.detector, '1', s.label, s.score, s.slug, s.approve, s.reject, now() FROM recipes,
    jsonb_to_recordset(CAST(:signals AS jsonb)) AS s(
      detector text, label text, score float8, slug text, approve float8, reject float8);
INSERT INTO verdicts (stream, position, body, previous, hash, at, object_sha256, verdict, decided_by, policy,
                      policy_sha256, reasons, evidence, slugs, restricted, audit)
  SELECT recipe_id, 0, '', '', '', now(), object_sha256, 'review', 'policy', 'product', :policy,
         CAST(:reasons AS jsonb), jsonb_agg(id ORDER BY id), CAST(:slugs AS jsonb), false, false
  FROM signals GROUP BY recipe_id, object_sha256;
"""
PROMPT = "product photo of a rumba shoe, red laces, white sole, on white paper, soft light, gun metal eyelets"


@contextmanager
def filled() -> Iterator[Engine]:
    """A scratch Postgres with one verdict of the shipped policy on each of many pictures."""
    policy = load("product")
    said = [("surface", "EMPTY", 0.7), ("surface", "NOISE", 0.05), ("nudenet", "BELLY_EXPOSED", 0.5)]
    said += [("faces", "", 0.0), ("text", "", 0.0)]
    heard = [measured(Signal(name, "1", label, score), policy) for name, label, score in said]
    rows = [SignalRow(**{**vars(signal), "region": None}) for signal in heard]
    decision = decide([as_signal(row) for row in rows], [], policy, hashlib.sha256(b"").hexdigest())
    columns = ("detector", "label", "score", "slug", "approve", "reject")
    given = {
        "verdicts": VERDICTS,
        "body": json.dumps({"prompt": PROMPT}),
        "signals": json.dumps([{name: getattr(signal, name) for name in columns} for signal in heard]),
        "policy": policy.sha256,
        "reasons": json.dumps(decision.reasons),
        "slugs": json.dumps(decision.slugs),
    }
    with scratch() as (server, _):
        owner = engine(server.url("owner"))
        with transaction(owner) as session:
            policies.keep(session, policy)
            for statement in FILL.split(";\n"):
                if statement.strip():
                    session.execute(text(statement), given)
        with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
        yield owner
        owner.dispose()


if __name__ == "__main__":
    main()
