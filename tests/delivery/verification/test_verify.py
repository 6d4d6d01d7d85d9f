"""Anybody asks whose picture a file is: over HTTP, of a real origin with real workers."""

import io
import json
import socket
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.delivery.house import House
from wetplate.imaging.encode import Encoding, encode
from wetplate.imaging.pixels import Pixels
from wetplate.provenance.metadata import xmp_packet

pytestmark = pytest.mark.xdist_group("origin")
JPEG = Encoding("jpeg", quality=80)
NOISE = np.random.default_rng(7).integers(0, 255, (64, 64, 3), np.uint8)


def ask(house: House, body: bytes, kind: str = "application/octet-stream", **headers: str) -> httpx.Response:
    return house.client.post("/verify", content=body, headers={"Content-Type": kind, **headers})


def again(body: bytes, width: int) -> bytes:
    """The picture as somebody else would pass it on."""
    picture: Pixels = np.asarray(Image.open(io.BytesIO(body)).convert("RGB").resize((width, width)))
    return encode(picture, JPEG)


def test_a_file_of_ours_and_what_others_make_of_it(origin_house: House) -> None:
    body = origin_house.client.get(origin_house.path("jpeg")).content
    said = ask(origin_house, body)
    assert (said.status_code, said.headers["cache-control"]) == (200, "private, no-store")
    told = said.json()
    assert (told["answer"], told["by"], told["image"]) == ("ours", "file", origin_house.image)
    assert told["provenance"] == f"/provenance/{told['public_id']}"
    passed_on = ask(origin_house, again(body, 96)).json()
    assert (passed_on["by"], passed_on["image"]) == ("look", origin_house.image)


def test_by_digest(origin_house: House) -> None:
    known = ask(origin_house, json.dumps({"sha256": origin_house.image}).encode(), "application/json")
    assert known.json()["answer"] == "ours"


def test_of_others(origin_house: House) -> None:
    assert ask(origin_house, encode(NOISE, JPEG, xmp_packet())).json()["answer"] == "ai_generated"
    assert ask(origin_house, encode(NOISE, JPEG)).json()["answer"] == "unknown"


def test_a_draft_is_nobodys_business(origin_house: House) -> None:
    asked = json.dumps({"sha256": origin_house.draft}).encode()
    assert ask(origin_house, asked, "application/json").json()["answer"] == "unknown"


def test_a_person_sends_a_form_and_reads_a_page(origin_house: House) -> None:
    page = origin_house.client.get("/verify")
    assert "form-action 'self'" in page.headers["content-security-policy"]
    file = {"file": ("<script>.jpg", encode(NOISE, JPEG, xmp_packet()), "image/jpeg")}
    found = origin_house.client.post("/verify", files=file, headers={"Accept": "text/html"})
    assert found.headers["content-type"].startswith("text/html")
    assert "Not ours, and made by a machine" in found.text
    assert "<script>." not in found.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 415),
        (encode(NOISE, JPEG)[:-40], "image/jpeg", 422),
        (b"", "image/png", 415),
        (b"{}", "application/json", 400),
        (b'{"sha256": "../../etc/passwd"}', "application/json", 400),
        (b"[" * 4000, "application/json", 400),
        (b" " * 5000, "application/json", 413),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x", 400),
        (b"nonsense", "multipart/form-data", 400),
        (b"a=b", "application/x-www-form-urlencoded", 400),
    ],
)
def test_bad_uploads(origin_house: House, body: bytes, kind: str, status: int) -> None:
    said = ask(origin_house, body, kind)
    assert (said.status_code, said.headers["content-type"]) == (status, "application/problem+json")


def test_too_long_is_refused_unread(origin_house: House) -> None:
    host = urlsplit(origin_house.url)
    with socket.create_connection((host.hostname, host.port), 10) as line:
        line.sendall(b"POST /verify HTTP/1.1\r\nHost: a\r\nContent-Length: 1099511627776\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")
