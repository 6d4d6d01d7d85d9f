"""What strangers hand in at `/verify` and `/notices/` to do harm: bombs, two files in one, text that acts.

Each is answered or refused in so many words, nothing of it comes back as anything but text, and the origin
goes on. What such files do to a decoder is in `test_bad_images`.
"""

import json
import logging
import struct
from itertools import count
from typing import Any

import httpx
import pytest

from tests.delivery import bad_images as bad
from tests.delivery.house import WRAPPING, House
from tests.delivery.wire import Wire
from tests.imaging.test_decode import chunk, png
from wetplate.publication.notices import catalog
from wetplate.storage.database import transaction

pytestmark = pytest.mark.xdist_group("origin")
SOMEBODY = count(1)
LINES = "x\r\nSet-Cookie: owned=1\r\n\r\nHTTP/1.1 200 OWNED"
NAME = '"><script>alert(1)</script>.png'
HARMFUL = {
    "pixels": bad.one_bit_bomb(),
    "sides": png(60_000, 60_000, chunk(b"IDAT", bytes(43))),
    "text": bad.with_chunk(b"zTXt", b"parameters\0\0" + bad.inflating()),
    "profile": bad.with_chunk(b"iCCP", b"icc\0\0" + bad.inflating()),
    "rows": png(100, 100, chunk(b"IDAT", bad.inflating())),
    "credentials": bad.with_chunk(b"caBX", struct.pack(">I4s", 2**31, b"jumb") + bytes(2**20)),
    "frames": bad.apng(10_000),
}
TWO_IN_ONE = {
    "behind": bad.good() + bad.HTML,
    "comment": bad.with_chunk(b"tEXt", b"Comment\0" + bad.HTML),
    "archive": bad.good("JPEG") + b"PK\x03\x04" + bad.HTML + b"PK\x05\x06" + bytes(18),
    "webp": bad.with_webp_chunk(b"HTML", bad.HTML),
    "infotext": bad.with_chunk(b"tEXt", b"parameters\0" + bad.HTML + b"\nSteps: 1, Seed: 1"),
}
NO_PICTURE = {
    "html": bad.HTML + bad.good(),
    "gif": b"GIF89a/*" + bad.HTML,
    "svg": b"<svg onload='x()'/>",
}


@pytest.fixture
def somebody() -> dict[str, str]:
    """Headers of a client that nobody has heard of before."""
    return {"X-Forwarded-For": f"203.0.113.{next(SOMEBODY)}"}


def both(house: House, body: bytes, headers: dict[str, str]) -> list[httpx.Response]:
    """The file at both doors, by a program and by a browser."""
    page, post = {**headers, "Accept": "text/html"}, house.client.post
    handed = {"upload": (NAME, body, "image/png")}
    return [
        post("/verify", content=body, headers={**headers, "Content-Type": "application/octet-stream"}),
        post("/verify", files={"file": (NAME, body, "image/png")}, headers=page),
        post("/notices/", data={"kind": "other", "reason": "mine"}, files=handed, headers=page),
    ]


def inert(answer: httpx.Response) -> None:
    """Nothing that was handed in acts in what is answered."""
    assert b"<script>alert" not in answer.content
    assert answer.headers["x-content-type-options"] == "nosniff"
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("kind", HARMFUL)
def test_bombs_are_answered_or_refused(kind: str, origin_house: House, somebody: dict[str, str]) -> None:
    for answer in both(origin_house, HARMFUL[kind], somebody):
        assert answer.status_code in (200, 303, 413, 415, 422), answer.text
        inert(answer)
    assert origin_house.client.get(origin_house.path()).status_code == 200


@pytest.mark.parametrize("kind", TWO_IN_ONE)
def test_two_files_in_one_are_a_picture_at_most(
    kind: str, origin_house: House, somebody: dict[str, str]
) -> None:
    for answer in both(origin_house, TWO_IN_ONE[kind], somebody):
        assert answer.status_code in (200, 303, 415, 422), answer.text
        inert(answer)


@pytest.mark.parametrize("kind", NO_PICTURE)
def test_what_is_no_picture_is_refused(kind: str, origin_house: House, somebody: dict[str, str]) -> None:
    for answer in both(origin_house, NO_PICTURE[kind], somebody):
        assert answer.status_code == 415
        inert(answer)


@pytest.mark.parametrize("field", ["kind", "reason", "name", "url", "hash", "work"])
def test_lines_in_a_field_become_neither_headers_nor_lines_of_a_log(
    field: str, origin_house: House, somebody: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    said: dict[str, Any] = {"kind": "other", "reason": "mine", "url": ["/x"]}
    said[field] = [LINES] if field in ("url", "hash") else LINES
    with caplog.at_level(logging.DEBUG):
        answer = origin_house.client.post("/notices/", json=said, headers=somebody)
        if answer.status_code == 201:
            answer = origin_house.client.get(answer.headers["location"])
    assert answer.status_code in (200, 400)
    assert "set-cookie" not in answer.headers
    assert "\nSet-Cookie" not in answer.text
    assert [record for record in caplog.records if "\nSet-Cookie" in record.getMessage()] == []


def test_lines_in_a_file_name_neither(
    origin_house: House, somebody: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a%0d%0aSet-Cookie: o=1\nOWNED"\r\n'
        b"Content-Type: image/png\r\n\r\n" + bad.good() + b"\r\n--x--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x", **somebody}
    with caplog.at_level(logging.DEBUG):
        answer = origin_house.client.post("/verify", content=body, headers=kind)
    assert answer.status_code in (200, 400)
    assert "OWNED" not in answer.text + caplog.text
    assert "set-cookie" not in answer.headers


TRICKS = (
    "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc%2fpasswd", "..%5c..%5cx", "%00", "x/../y",
    "%c0%ae/x", "%0d%0aSet-Cookie:%20owned=1", "%3Cscript%3Ealert(1)%3C/script%3E", "'%20OR%201=1--",
    "a" * 3000,
)  # fmt: skip


@pytest.mark.parametrize("text", TRICKS)
def test_no_path_leads_astray(text: str, wire: Wire) -> None:
    doors = ("/notices/", "/notices/00ff/", "/provenance/", "/verify/", "/.well-known/", "/gallery/boots/")
    for path in (*(door + text for door in doors), f"/provenance/{text}.jws"):
        said = wire.ask(path)
        assert said.status in (308, 400, 404, 405, 414), path
        assert b"root:" not in said.body
        assert b"<script>alert" not in said.body
        assert "set-cookie" not in {name.lower() for name in said.headers}
        assert wire.ask(path, "Content-Length: 0", method="POST").status in (400, 403, 404, 405, 414, 415)


def test_what_was_handed_in_is_kept_as_text(origin_house: House, somebody: dict[str, str]) -> None:
    """Hostile text is no reason to refuse a complaint: it is received word for word."""
    said = {"kind": "other", "url": [origin_house.path()], "reason": NAME}
    told = origin_house.client.post("/notices/", content=json.dumps(said), headers={
        **somebody, "Content-Type": "application/json"}).json()  # fmt: skip
    with transaction(origin_house.database) as session:
        assert catalog.said(session, WRAPPING, catalog.find(session, told["id"]))["reason"] == NAME
