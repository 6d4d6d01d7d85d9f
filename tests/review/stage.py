"""A console with something in every queue, and a real server of it.

`stage(database)` fills a catalog by the real verbs; `running(stage)` serves it as `wetplate review serve`.
"""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import uvicorn
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.publication.images import family, published
from tests.review.people import HASHER, WRAPPING, console_settings
from wetplate.cli.review_serve import server
from wetplate.generation import catalog as paintings
from wetplate.generation.fake import RUNTIME
from wetplate.generation.painter import Painting
from wetplate.imaging.pixels import Pixels
from wetplate.moderation import catalog, tasks
from wetplate.moderation.judge import Judged
from wetplate.moderation.signals import Signal
from wetplate.publication.notices import catalog as notices
from wetplate.publication.notices.locate import Where
from wetplate.recipes.catalog import register
from wetplate.recipes.family import expand
from wetplate.retention.personal import Wrapping
from wetplate.review import appeals
from wetplate.review.access import Person, Role
from wetplate.review.app import Console, app
from wetplate.settings import Reviewing
from wetplate.similarity import catalog as looks
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects

SLUG = "sneakers"
HOSTILE = """<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>'"&"""
ATTRIBUTES = {"lace": ["white", "black", "red", "blue"], "sole": ["gum", "white", "navy"]}
NUDE = Signal("nudenet", "3.4.2", "BELLY_EXPOSED", 0.62, None, (0, 0, 0, 0), "sexual/suggestive", 0.4, 1.01)
FACE = Signal("faces", "cascade-4", "FACE", 0.91, None, (0, 0, 0, 0), "privacy/face", 0.3, 1.01)
FINE = Signal("surface", "1", "EMPTY", 0.71, None, None, "quality/blank", 0.97, 1.01)
FAILED = Signal("nudenet", "3.4.2", "", None, "the process did not answer within 20 s")


@dataclass
class Stage:
    """The catalog, and the tasks in it by name."""

    database: Engine
    objects: MemoryObjects
    side: int
    tasks: dict[str, int] = field(default_factory=dict)
    recipes: list[str] = field(default_factory=list)
    notice: str = ""
    image: str = ""

    def task(self, session: Session, queue: str, subject: str) -> int:
        found = tasks.of(session, queue, subject)
        assert found is not None, f"nothing of {subject[:12]} is open in {queue}"
        return found.id


def stage(database: Engine, side: int = 64) -> Stage:
    """Two to review, one of each other kind, one notice about a published image."""
    made = Stage(database, MemoryObjects(), side)
    with transaction(database) as session:
        _paint(session, made)
        _judge(session, made)
        made.image = published(session, made.objects)
        _complain(session, made)
    return made


@contextmanager
def running(made: Stage, **settings: Any) -> Iterator[str]:
    """The console on a real uvicorn; gives its URL."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(console(made, url=url, **settings), **{**server(), "factory": False})
    running = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: running.run([listening]), daemon=True)
    thread.start()
    began = time.monotonic()
    while not running.started:
        assert time.monotonic() - began < 20, "uvicorn did not start"
        time.sleep(0.005)
    try:
        yield url
    finally:
        running.should_exit = True
        thread.join(20)
        listening.close()


def console(made: Stage, every: float = 0.1, wrapping: Wrapping = WRAPPING, **settings: Any) -> Console:
    """The real application; decisions count quickly."""
    how: Reviewing = console_settings(**settings)
    return app(made.database, made.objects, how, wrapping, hasher=HASHER, every=every)


def _paint(session: Session, made: Stage) -> None:
    known = family(SLUG, attributes=ATTRIBUTES, recipe=_recipe(made.side))
    register(session, known)
    for number, recipe in enumerate(expand(known)[:8]):
        pixels = shoe(made.side, number)
        painting = Painting(recipe, pixels, replace(RUNTIME, painter="diffusers"), {"unet": "ab" * 32}, 0.5)
        row = paintings.keep(session, made.objects, painting, run_id="run-1")
        looks.keep(session, recipe.id, row.sha256, pixels)
        made.recipes.append(recipe.id)


def _recipe(side: int) -> dict[str, Any]:
    recipe = family().recipe
    told = {
        "prompt": "a red sneaker with {lace} laces and {sole} sole on white, topless, " + HOSTILE,
        "negative_prompt": "people, text, " + HOSTILE,
        "alt": "sneaker with {lace} laces and {sole} sole",
        "width": side,
        "height": side,
    }
    return {**vars(recipe), **told, "seed": vars(recipe.seed)}


def _judge(session: Session, made: Stage) -> None:
    """0, 1: to review; 2: a face, sensitive; 3: quarantine; 4: audit; 5: second; 6: an appeal; 7: late."""
    reason = "prompt rule nudity: 'topless' (sexual/nudity, review_output)"
    scale = made.side / 512
    nude, face = _placed(NUDE, (180, 200, 120, 90), scale), _placed(FACE, (60, 40, 110, 130), scale)
    nude_words = ("nudenet: BELLY_EXPOSED 0.62, approved only below 0.40 (sexual/suggestive)", reason)
    said: Sequence[dict[str, Any]] = (
        {"signals": (FINE, nude), "reasons": nude_words, "slugs": ("sexual/suggestive",)},
        {"signals": (FINE, FAILED), "reasons": ("nudenet: the process did not answer within 20 s",)},
        {
            "signals": (FINE, nude, face),
            "reasons": (*nude_words, "faces: FACE 0.91, approved only below 0.30 (privacy/face)"),
            "slugs": ("privacy/face", "sexual/nudity"),
            "sensitive": True,
        },
        {"signals": (FINE, nude), "slugs": ("minor_safety",), "sensitive": True, "restricted": True},
        {"signals": (FINE,), "reasons": ("audit sample: 40 of 1000 are looked at",), "audit": True},
        {"signals": (FINE,), "slugs": ("ip/logo",)},
        {"signals": (FINE, nude), "verdict": "reject", "slugs": ("quality/garbled",)},
        {"signals": (FINE,), "reasons": ("nudenet: required, but it said nothing",)},
    )
    names = ("plain", "failed", "face", "sealed", "audit", "second", "appeal", "late")
    queues = ("review", "review", "review", "escalated", "audit", "review", "", "review")
    for recipe_id, more, name, queue in zip(made.recipes, said, names, queues, strict=True):
        _said(session, recipe_id, more)
        if queue:
            made.tasks[name] = made.task(session, queue, recipe_id)
    made.tasks["appeal"] = appeals.appeal(
        session, made.recipes[6], "policy", "The laces are black, not navy."
    ).id
    tasks.get(session, made.tasks["late"]).due_at = now() - timedelta(hours=3)
    _second(session, made)


def _said(session: Session, recipe_id: str, more: dict[str, Any]) -> None:
    sha = session.get_one(paintings.PaintingRow, recipe_id).sha256
    plain = {
        "verdict": "review",
        "reasons": (),
        "signals": (),
        "policy": "product-2",
        "policy_sha256": "5" * 64,
    }
    catalog.record(session, [Judged(recipe_id, sha, **{**plain, **more})], SLUG)


def _second(session: Session, made: Stage) -> None:
    """A task in the second queue, as if somebody had decided first."""
    review = tasks.get(session, made.tasks["second"])
    tasks.close(session, review.subject, "review")
    opened = tasks.open(
        session,
        queue="second",
        subject=review.subject,
        object_sha256=review.object_sha256,
        family=SLUG,
        slugs=review.slugs,
        due_at=now() + timedelta(hours=12),
    )
    made.tasks["second"] = opened.id


def _complain(session: Session, made: Stage) -> None:
    said = {
        "reason": f"It shows my mark. {HOSTILE}",
        "name": f"Somebody {HOSTILE}",
        "email": "somebody@example.org",
        "good_faith": True,
    }
    where = Where(urls=(f"https://images.example/images/{made.image}/{HOSTILE}",))
    filed = notices.file(session, WRAPPING, kind="dsa", said=said, where=where, actor="form", channel="form")
    made.notice = filed.notice.id
    made.tasks["takedown"] = made.task(session, "takedown", f"notice:{made.notice}")


def _placed(signal: Signal, region: tuple[int, ...], scale: float) -> Signal:
    x, y, width, height = (max(1, round(each * scale)) for each in region)
    return replace(signal, region=(x, y, width, height))


def shoe(side: int, number: int) -> Pixels:
    """Something like a shoe on white, in another colour each time."""
    y, x = np.mgrid[0:side, 0:side] / side
    picture = np.full((side, side, 3), 246, np.float64) - (y * 20)[..., None]
    body = ((x - 0.45) / 0.36) ** 2 + ((y - 0.6) / 0.17) ** 2 < 1
    sole = (np.abs(y - 0.76) < 0.05) & (np.abs(x - 0.5) < 0.4)
    hues = ((176, 40, 32), (52, 92, 160), (32, 120, 84), (120, 60, 130))
    picture[body] = np.array(hues[number % 4]) + ((x + y) * 40)[body][:, None]
    picture[sole] = (220, 190 - 20 * (number % 3), 150)
    for lace in range(4):
        picture[(np.abs(y - (0.5 + 0.02 * lace)) < 0.008) & (np.abs(x - 0.4 - 0.03 * lace) < 0.07)] = 250
    return np.clip(picture, 0, 255).astype(np.uint8)


def somebody(role: Role, id: str = "r-0000feed") -> Person:
    return Person(id, role, "token")
