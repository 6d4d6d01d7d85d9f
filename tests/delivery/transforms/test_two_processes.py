"""Sixty cold requests over two server processes make one file."""

import json
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.publication.images import published
from wetplate.derivatives.tables import TransformRow
from wetplate.storage.database import transaction
from wetplate.storage.local import LocalObjects
from wetplate.storage.outbox import Event

SERVER = """
import asyncio, json, sys
from dataclasses import replace
from pathlib import Path
from wetplate.delivery.transforms.service import Transforms
from wetplate.derivatives.transform import read
from wetplate.settings import serving
from wetplate.storage.database import engine
from wetplate.storage.local import LocalObjects

async def main(url, folder, image):
    objects = LocalObjects(Path(folder), Path(folder).parent / "secret")
    door = Transforms(engine(url), objects, replace(serving(), workers=1))
    await door.start()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    asked = read("w96.avif")
    got = await asyncio.gather(*(door.rendered(image, "boots", 1, asked) for _ in range(30)))
    print(json.dumps([(each.cache, each.sha256) for each in got]), flush=True)
    await door.stop()

if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
"""


def test_sixty_cold_requests_over_two_processes_make_one(database: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    with transaction(database) as session:
        image = published(session, LocalObjects(folder, tmp_path / "secret"))
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, str(script), url, str(folder), image]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    servers = [subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "."}, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for server in servers:
        assert server.stdout.readline() == "ready\n"
    for server in servers:
        server.stdin.write("go\n")
        server.stdin.flush()
    answers = [json.loads(server.communicate(timeout=30)[0]) for server in servers]
    assert [server.returncode for server in servers] == [0, 0]
    got = [tuple(each) for answer in answers for each in answer]
    assert len(got) == 60
    assert len({digest for _, digest in got}) == 1
    assert [cache for cache, _ in got].count("miss") == 1
    with Session(database) as session:
        assert session.scalar(select(func.count()).select_from(TransformRow)) == 1
        told = select(func.count()).select_from(Event).where(Event.topic == "transform.requested")
        assert session.scalar(told) == 1
