"""Envelopes open for whoever knows the key, and for the kind of document that was signed."""

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetplate.attestation.dsse import IN_TOTO, envelope, opened, pae
from wetplate.attestation.keys import fresh
from wetplate.errors import AttestationError

KEY, OTHER = fresh(), fresh()


def test_the_encoding_is_that_of_the_specification() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


@settings(max_examples=10)
@given(st.binary(max_size=50))
def test_what_was_put_in_comes_out(body: bytes) -> None:
    made = envelope(KEY, IN_TOTO, body)
    assert opened([OTHER, KEY.verifier()], made, payload_type=IN_TOTO) == body
    assert made["signatures"][0]["keyid"] == KEY.id


@pytest.mark.parametrize(
    "changed",
    [
        {"payloadType": "text/plain"},
        {"payload": base64.b64encode(b"other").decode()},
        {"signatures": []},
        {"signatures": [{"keyid": KEY.id, "sig": base64.b64encode(b"x" * 70).decode()}]},
    ],
)
def test_a_changed_envelope_does_not_open(changed: dict[str, Any]) -> None:
    with pytest.raises(AttestationError, match="not what was signed"):
        opened([KEY], {**envelope(KEY, IN_TOTO, b"{}"), **changed})


def test_the_name_of_the_key_decides_nothing() -> None:
    made = envelope(KEY, IN_TOTO, b"{}")
    made["signatures"][0]["keyid"] = OTHER.id
    assert opened([KEY], made) == b"{}"
    with pytest.raises(AttestationError):
        opened([OTHER], made)


def test_another_kind_is_refused() -> None:
    with pytest.raises(AttestationError, match="not 'text/plain'"):
        opened([KEY], envelope(KEY, IN_TOTO, b"{}"), payload_type="text/plain")


@pytest.mark.parametrize("broken", [{}, {"payloadType": "a", "payload": "!", "signatures": []},
                                    {"payloadType": "a", "payload": "", "signatures": ["x"]},
                                    {"payloadType": "a", "payload": "", "signatures": None}])  # fmt: skip
def test_what_is_no_envelope_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(AttestationError, match="no DSSE envelope"):
        opened([KEY], broken)
