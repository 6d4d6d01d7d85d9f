"""Only ES256, only by a key we named, only of the kind that was asked for."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws as library
from joserfc.jwk import OctKey

from wetplate.attestation.jws import jwks, sign, verify
from wetplate.attestation.keys import fresh
from wetplate.errors import AttestationError

KEY, OTHER = fresh(), fresh()
TOKEN = sign(KEY, {"a": 1}, "test+jws")


def coded(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_what_was_signed_is_read() -> None:
    assert verify([OTHER, KEY.verifier()], TOKEN, typ="test+jws") == {"a": 1}
    assert verify([KEY], TOKEN) == {"a": 1}


def test_the_set_of_keys_is_public() -> None:
    (told,) = jwks([KEY])["keys"]
    assert told["kid"] == KEY.id
    assert (told["kty"], told["crv"], told["alg"], told["use"]) == ("EC", "P-256", "ES256", "sig")
    assert "d" not in told


@pytest.mark.parametrize("part", [0, 1, 2])
def test_any_changed_part_is_refused(part: int) -> None:
    parts = TOKEN.split(".")
    parts[part] = parts[part][:-5] + ("A" if parts[part][-5] != "A" else "B") + parts[part][-4:]
    with pytest.raises(AttestationError):
        verify([KEY], ".".join(parts))


def test_another_kind_is_refused() -> None:
    with pytest.raises(AttestationError, match=r"kind 'test\+jws', not 'other\+jws'"):
        verify([KEY], TOKEN, typ="other+jws")


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(AttestationError, match="key we do not know"):
        verify([OTHER], TOKEN)
    with pytest.raises(AttestationError, match="key we do not know"):
        verify([], TOKEN)


def test_a_token_that_names_its_own_algorithm_or_key_is_refused() -> None:
    """The classics: `none`, HMAC with our public key as secret, a key that comes along."""
    payload = TOKEN.split(".")[1]
    none = f"{coded({'alg': 'none', 'kid': KEY.id, 'typ': 'test+jws'})}.{payload}."
    secret = OctKey.import_key(KEY.verifier().jwk.as_dict(private=False)["x"] * 2)
    hmac = library.serialize_compact(
        {"alg": "HS256", "kid": KEY.id}, urlsafe_b64decode(payload + "=="), secret, algorithms=["HS256"]
    )
    along = {"alg": "ES256", "jwk": OTHER.jwk.as_dict(private=False), "kid": KEY.id}
    brought = library.serialize_compact(along, b'{"a":1}', OTHER.jwk, algorithms=["ES256"])
    critical = f"{coded({'alg': 'ES256', 'kid': KEY.id, 'crit': ['exp']})}.{payload}.{TOKEN.split('.')[2]}"
    for token in (none, hmac, brought, critical):
        with pytest.raises(AttestationError):
            verify([KEY], token)


@settings(max_examples=25)
@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{0,20}){2}", fullmatch=True))
def test_whatever_is_no_token_is_refused_in_words(text: str) -> None:
    with pytest.raises(AttestationError):
        verify([KEY], text)


def test_what_is_no_object_or_too_long_or_unsigned_is_refused() -> None:
    header = {"alg": "ES256", "kid": KEY.id}
    listed = library.serialize_compact(header, b"[1]", KEY.jwk, algorithms=["ES256"])
    with pytest.raises(AttestationError, match="JSON object"):
        verify([KEY], listed)
    with pytest.raises(AttestationError, match="at most"):
        sign(KEY, {"a": "x" * 100_000}, "test+jws")
    with pytest.raises(AttestationError, match="no private half"):
        sign(KEY.verifier(), {}, "test+jws")
