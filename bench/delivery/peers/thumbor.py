"""thumbor 7.8 in a virtual environment of its own, its defaults unless said, under a memory limit.

Without the limit one address (`/unsafe/100000x100000/…`) takes the whole machine.
"""

import base64
import hashlib
import hmac
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.delivery.installing import THUMBOR, folder, python
from bench.delivery.peers.peer import Peer, Signed, Spelling
from bench.delivery.processes import GIB, free_port, serving

KEY = "a key of the benchmark"
SPELLING = Spelling(
    plain="/unsafe/{width}x0/filters:format({format})/{picture}",
    negotiated="/unsafe/{width}x0/{picture}",
    unknown="/unsafe/{width}x0/filters:format({format})/{picture}?cb=1",
    twice="/unsafe/{width}x0/filters:format({format}):format(webp)/{picture}",
    orders=(
        "/unsafe/{width}x0/filters:format({format}):quality(80)/{picture}",
        "/unsafe/{width}x0/filters:quality(80):format({format})/{picture}",
    ),
    encoded="/unsafe/%36%34%30x0/filters:format({format})/{picture}",
    quality="/unsafe/{width}x0/filters:format({format}):quality({quality})/{picture}",
    meant=frozenset({"-1", "0"}),  # turned over; as wide as it is
)
VARIANTS = tuple(f"/unsafe/{width}x0/filters:format(webp)/portrait-0.png" for width in range(20, 170))


@contextmanager
def running(
    pictures: Path,
    *,
    name: str = "thumbor",
    stored: bool = False,
    speed: int | None = None,
    signed: bool = False,
    address_space: int = GIB,
) -> Iterator[Peer]:
    """One process, as it starts by default; `stored` keeps results, `speed` is AVIF_SPEED. Raises Absent."""
    home = python("thumbor", THUMBOR).parent
    port, here = free_port(), folder() / "servers"
    here.mkdir(exist_ok=True)
    configuration, results = here / f"{name}.conf", here / f"{name}-results"
    shutil.rmtree(results, ignore_errors=True)
    configuration.write_text(_configuration(pictures, results, stored, speed, signed))
    command = [
        str(home / "thumbor"),
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "-c",
        str(configuration),
        "-l",
        "error",
    ]
    with serving(name, command, port, folder=here, address_space=address_space) as server:
        yield Peer(name, server, SPELLING, signed=SIGNED if signed else None, variants=VARIANTS)


def _signed(picture: str, width: int) -> str:
    """The signed path of a picture as AVIF."""
    path = f"{width}x0/filters:format(avif)/{picture}"
    mac = hmac.new(KEY.encode(), path.encode(), hashlib.sha1).digest()
    return f"/{base64.urlsafe_b64encode(mac).decode()}/{path}"


SIGNED = Signed(_signed, lambda path: path.split("/")[1], SPELLING.plain)


def _configuration(pictures: Path, results: Path, stored: bool, speed: int | None, signed: bool) -> str:
    lines = [
        "LOADER = 'thumbor.loaders.file_loader'",
        f"FILE_LOADER_ROOT_PATH = {str(pictures)!r}",
        "STORAGE = 'thumbor.storages.no_storage'",
        f"SECURITY_KEY = {KEY!r}",
        f"ALLOW_UNSAFE_URL = {not signed}",
        "AUTO_WEBP = True",
        "AUTO_AVIF = True",
    ]
    if stored:
        lines += [
            "RESULT_STORAGE = 'thumbor.result_storages.file_storage'",
            "RESULT_STORAGE_STORES_UNSAFE = True",
            f"RESULT_STORAGE_FILE_STORAGE_ROOT_PATH = {str(results)!r}",
        ]
    if speed is not None:
        lines.append(f"AVIF_SPEED = {speed}")
    return "\n".join([*lines, ""])
