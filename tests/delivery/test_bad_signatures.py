"""Bad input over HTTP, 1 to 9 of the list of 46: signatures. The others: `test_bad_requests`."""

import ast
import base64
import time

import pytest

from tests.delivery.house import RING
from tests.delivery.wire import SIGNED, Wire, parts, signed
from wetplate.delivery.signing import KeyRing
from wetplate.settings import ROOT

pytestmark = pytest.mark.xdist_group("origin")


def test_01_no_signature(wire: Wire, draft: str) -> None:
    for path in (f"/signed/{draft}/v1/{SIGNED}", f"/signed//{draft}/v1/{SIGNED}", "/signed/", "/signed"):
        assert wire.status(path) in (400, 403, 404)
    refusal = wire.ask(f"/signed/{draft}/v1/{SIGNED}")
    assert (refusal.status, refusal.headers["cache-control"]) == (403, "private, no-store")


def test_02_the_signature_of_another_image(wire: Wire, image: str, draft: str) -> None:
    assert wire.status(signed(image).replace(image, draft)) == 403
    assert wire.status(signed(draft)) == 200


def test_03_truncated_and_trailing_bits(wire: Wire, draft: str) -> None:
    key, expires, mac, rest = parts(signed(draft))
    for cut in (mac[:-1], mac[:20], mac[0], mac + "A", mac + "="):
        assert wire.status(f"/signed/{key}.{expires}.{cut}/{rest}") == 403
    assert wire.status(f"/signed/{key}.{expires}./{rest}") in (400, 403)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same = alphabet[alphabet.index(mac[-1]) ^ 1]
    decoded = [base64.urlsafe_b64decode(text + "=") for text in (mac, mac[:-1] + same)]
    assert decoded[0] == decoded[1]
    assert wire.status(f"/signed/{key}.{expires}.{mac[:-1]}{same}/{rest}") == 403


def test_04_a_valid_signature_repeated_in_the_path(wire: Wire, draft: str) -> None:
    key, expires, mac, rest = parts(signed(draft))
    token = f"{key}.{expires}.{mac}"
    for tail in (f"{token}/{token}/{rest}", f"{token}/{rest}/{token}", f"x/{token}/{rest}"):
        path = f"/signed/{tail}"
        assert wire.status(path) == 403
    assert wire.status(f"/images/{token}/{rest}") in (400, 404)


def test_05_one_spelling_of_base64(wire: Wire, draft: str) -> None:
    expires = int(time.time()) + 60
    path = next(
        path
        for more in range(600)
        if "-" in parts(path := signed(draft, expires=expires + more))[2] or "_" in parts(path)[2]
    )
    key, until, mac, rest = parts(path)
    for other in (
        mac.replace("-", "+").replace("_", "/"),
        mac.replace("-", "%2B").replace("_", "%2F"),
        mac + "=",
        mac + "%3D",
    ):
        if other != mac:
            assert wire.status(f"/signed/{key}.{until}.{other}/{rest}") in (400, 403)
    assert wire.status(path) == 200


def test_06_expiries(wire: Wire, draft: str) -> None:
    now = int(time.time())
    expired = wire.ask(signed(draft, expires=now - 1))
    assert (expired.status, b'"reason": "expired"' in expired.body) == (403, True)
    assert wire.status(signed(draft, expires=now * 1000)) == 403
    key, _, mac, rest = parts(signed(draft))
    for wrong in ("-1", "0", "1" + "0" * 20, "1e9", " 1", "٣"):
        assert wire.status(f"/signed/{key}.{wrong}.{mac}/{rest}") in (400, 403)


def test_07_signed_for_another_width(wire: Wire, draft: str) -> None:
    path = signed(draft, text="w320.webp")
    assert wire.status(path.replace("w320", "w384")) == 403
    assert wire.status(path.replace("w320", "w321")) == 403
    assert wire.status(path.replace("/v1/", "/v2/")) == 403


def test_08_comparison_takes_constant_time() -> None:
    tree = ast.parse((ROOT / "wetplate/delivery/signing.py").read_text())
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert "hmac.compare_digest" in calls
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert not [each for each in compared if "mac" in each]


def test_09_old_keys_only_while_in_the_ring(wire: Wire, draft: str) -> None:
    old = KeyRing(RING.secrets, "old")
    retired = KeyRing({"gone": b"a key that was retired"}, "gone")
    assert wire.status(signed(draft, ring=old)) == 200
    assert b"unknown_key" in wire.ask(signed(draft, ring=retired)).body
