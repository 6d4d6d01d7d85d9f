"""Signatures: for one request, for a short time, by a key of the ring."""

import inspect
from base64 import urlsafe_b64decode
from dataclasses import replace
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.delivery.addresses import IMAGE, on_demand
from wetplate.delivery import signing
from wetplate.delivery.signing import LONGEST, KeyRing, expiry, sign, verify
from wetplate.delivery.urls import OnDemand, Signed, parse, write
from wetplate.derivatives.transform import Transform
from wetplate.errors import AddressRefused, NotServed, SettingError, SignatureRefused

NOW = 1_700_000_000
OLD, NEW = b"o" * 32, b"n" * 32
RING = KeyRing({"k2": NEW, "k1": OLD}, "k2")
TARGET = OnDemand(IMAGE, 1, Transform(320, "avif"))
METHODS = ["GET", "HEAD"]
URL64 = ascii_letters + digits + "-_"


def refused(ring: KeyRing, signed: Signed, **said: object) -> str:
    with pytest.raises(SignatureRefused) as refusal:
        verify(ring, signed, **{"now": NOW, **said})  # type: ignore[arg-type]
    return refusal.value.reason


@given(on_demand, st.integers(1, LONGEST), st.sampled_from(METHODS), st.sampled_from(METHODS))
def test_what_was_signed_verifies(target: OnDemand, seconds: int, signed_for: str, asked: str) -> None:
    signed = sign(RING, target, expires=expiry(NOW, seconds), method=signed_for)
    assert verify(RING, parse(write(signed)), now=NOW, method=asked) == seconds  # type: ignore[arg-type]


def test_no_single_edit_of_a_signed_address_verifies() -> None:
    path = write(sign(RING, TARGET, expires=NOW + 60))
    edits = {path[:at] + sign + path[at + 1 :] for at in range(len(path)) for sign in URL64 + ".+/="}
    edits |= {path[:at] + path[at + 1 :] for at in range(len(path))}
    edits |= {path[:at] + sign + path[at:] for at in range(len(path) + 1) for sign in "a0A_-./="}
    edits |= {path[:at] + path[at + 1] + path[at] + path[at + 2 :] for at in range(len(path) - 1)}
    for edit in edits - {path}:
        with pytest.raises((SignatureRefused, AddressRefused, NotServed)):
            verify(RING, parse(edit), now=NOW)  # type: ignore[arg-type]
    assert verify(RING, parse(path), now=NOW) == 60  # type: ignore[arg-type]


def test_a_signature_is_for_one_image_transform_version_expiry_and_key() -> None:
    signed = sign(RING, TARGET, expires=NOW + 60)
    for other in (
        replace(signed, target=replace(TARGET, image="f" * 64)),
        replace(signed, target=replace(TARGET, version=2)),
        replace(signed, target=replace(TARGET, transform=Transform(384, "avif"))),
        replace(signed, target=replace(TARGET, transform=Transform(320, "webp"))),
        replace(signed, expires=signed.expires + 1),
        replace(signed, key_id="k1"),
    ):
        assert refused(RING, other) == "bad"
    assert refused(KeyRing({"k2": OLD}, "k2"), signed) == "bad"


def test_another_spelling_of_the_same_bits_is_bad() -> None:
    signed = sign(RING, TARGET, expires=NOW + 60)
    meant = urlsafe_b64decode(signed.mac + "=")
    aliases = {signed.mac[:-1] + last for last in URL64} - {signed.mac}
    aliases = {alias for alias in aliases if urlsafe_b64decode(alias + "=") == meant}
    assert len(aliases) == 3
    assert {refused(RING, replace(signed, mac=alias)) for alias in aliases} == {"bad"}


def test_expiry() -> None:
    signed = sign(RING, TARGET, expires=NOW)
    assert verify(RING, signed, now=NOW - 1) == 1
    assert verify(RING, signed, now=NOW - 0.5) == 1
    assert refused(RING, signed, now=NOW) == "expired"
    assert refused(RING, signed, now=NOW + 1) == "expired"


@pytest.mark.parametrize("expires", [NOW + LONGEST + 1, NOW * 1000])
def test_a_far_expiry_is_bad_even_if_signed(expires: int) -> None:
    assert refused(RING, sign(RING, TARGET, expires=expires)) == "bad"


@pytest.mark.parametrize("expires", [-5, 0, 10**20])
def test_an_expiry_that_cannot_be_spelled_cannot_be_signed(expires: int) -> None:
    with pytest.raises(SignatureRefused):
        sign(RING, TARGET, expires=expires)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST + 1])
def test_nobody_signs_for_longer_than_a_day(seconds: int) -> None:
    with pytest.raises(AddressRefused, match="1 to 86400 seconds"):
        expiry(NOW, seconds)


def test_only_who_holds_a_signed_address_learns_that_it_expired() -> None:
    assert refused(RING, replace(sign(RING, TARGET, expires=NOW - 9), mac="A" * 43)) == "bad"


def test_an_old_key_verifies_while_it_is_in_the_ring() -> None:
    old = sign(KeyRing({"k1": OLD}, "k1"), TARGET, expires=NOW + 60)
    assert verify(RING, old, now=NOW) == 60
    assert refused(KeyRing({"k2": NEW}, "k2"), old) == "unknown_key"
    assert sign(RING, TARGET, expires=NOW + 60).key_id == "k2"


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "get", ""])
def test_other_methods_are_neither_signed_nor_let_through(method: str) -> None:
    assert refused(RING, sign(RING, TARGET, expires=NOW + 60), method=method) == "bad"
    with pytest.raises(SignatureRefused):
        sign(RING, TARGET, expires=NOW + 60, method=method)


def test_no_two_lists_of_fields_give_the_same_bytes() -> None:
    """A key id that ends in what another field begins with must not be able to take its place."""
    messages = {
        signing._message(key, "GET", replace(TARGET, version=version), expires)
        for key in ("k", "k1", "k11")
        for version in (1, 11, 111)
        for expires in (1, 11, 111, 11111)
    }
    assert len(messages) == 3 * 3 * 4


def test_the_ring_keeps_its_secrets_and_has_an_active_key() -> None:
    assert "nnnn" not in repr(RING)
    with pytest.raises(SettingError):
        KeyRing({"k1": OLD}, "k2")


def test_comparison_is_in_constant_time_and_nothing_is_decoded() -> None:
    source = inspect.getsource(signing)
    assert "if not hmac.compare_digest(" in source
    assert "mac ==" not in source
    assert "decode(" not in source.replace(".decode()", "")


def test_the_signature_is_what_openssl_makes_of_these_bytes() -> None:
    """No upgrade may void the addresses that are out: change the scheme's name when changing the bytes.

    printf '%s' '14:wetplate-url-1,2:k2,3:GET,64:0123...,1:1,9:w320.avif,10:1700000000,' |
    openssl dgst -sha256 -hmac nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn -binary | base64 | tr +/ -_
    """
    assert sign(RING, TARGET, expires=NOW).mac == "5TSyU3wKGtToB1gkZvuH6dbMl_emf6GUismkXTw0nYU"
