"""Signed addresses: an HMAC that lets one request to one private file through, for a short time. Pure.

Here: signing and verifying with a given ring and a given clock. Not here: where the keys come from (`keys`),
the spelling of addresses (`urls`).

Rules:
1. What is signed is named in full: scheme of the signature, key id, method, image, security version, the
   transform's one spelling, expiry; each with its length before it, so that no two lists of fields give the
   same bytes. A takedown raises the version, and every signature before it is void.
2. Verifying compares the text of the signature, in constant time. Base64 is never decoded, so that no second
   spelling of the same bits can pass.
3. The signature is judged before the expiry: only who holds a signed address learns that it expired.
4. An expiry is in seconds and at most `LONGEST` away, even if validly signed.
5. HEAD is signed and verified as GET; other methods are never let through.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from wetplate.delivery.urls import OnDemand, Signed
from wetplate.errors import AddressRefused, SettingError, SignatureRefused

LONGEST: Final = 24 * 60 * 60
SCHEME: Final = "wetplate-url-1"
METHODS: Final = {"GET": "GET", "HEAD": "GET"}


@dataclass(frozen=True)
class KeyRing:
    """Secrets by key id; `active` signs, all verify. Secrets are kept out of `repr`."""

    secrets: Mapping[str, bytes] = field(repr=False)
    active: str

    def __post_init__(self) -> None:
        if self.active not in self.secrets:
            raise SettingError(f"the active key {self.active!r} is not in the ring")


def expiry(now: float, seconds: int) -> int:
    """The expiry of an address signed now for so many seconds. Raises AddressRefused."""
    if not 1 <= seconds <= LONGEST:
        raise AddressRefused(f"an address is signed for 1 to {LONGEST} seconds, not for {seconds}")
    return int(now) + seconds


def sign(ring: KeyRing, target: OnDemand, *, expires: int, method: str = "GET") -> Signed:
    """The address that lets `method` through to the target until `expires` (seconds since 1970).

    Raises SignatureRefused for methods but GET and HEAD.
    """
    return Signed(target, ring.active, expires, _mac(ring, ring.active, target, expires, method))


def verify(ring: KeyRing, signed: Signed, *, now: float, method: str = "GET") -> int:
    """The seconds the address has left. Raises SignatureRefused: unknown_key, bad or expired."""
    mac = _mac(ring, signed.key_id, signed.target, signed.expires, method)
    if not hmac.compare_digest(mac.encode(), signed.mac.encode()):
        raise SignatureRefused("bad", "the signature is not for this address; have the right one signed")
    left = signed.expires - int(now)
    if left <= 0:
        raise SignatureRefused("expired", "the address expired; have it signed anew")
    if left > LONGEST:
        raise SignatureRefused(
            "bad", f"an address is signed for {LONGEST} seconds at most; expiry is in seconds"
        )
    return left


def _mac(ring: KeyRing, key_id: str, target: OnDemand, expires: int, method: str) -> str:
    if key_id not in ring.secrets:
        raise SignatureRefused("unknown_key", "signed with a key that is retired; have it signed anew")
    if method not in METHODS:
        raise SignatureRefused("bad", "a signed address is for GET and HEAD")
    message = _message(key_id, METHODS[method], target, expires)
    digest = hmac.digest(ring.secrets[key_id], message, "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _message(key_id: str, method: str, target: OnDemand, expires: int) -> bytes:
    fields = (
        SCHEME, key_id, method, target.image, str(target.version), target.transform.text, str(expires),
    )  # fmt: skip
    return "".join(f"{len(value)}:{value}," for value in fields).encode()
