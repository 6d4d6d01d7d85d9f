"""Signed statements as compact JWS (RFC 7515), ES256 and nothing else. Pure.

Here: signing, verifying, the set of public keys. Not here: what a statement says, who holds the key (`keys`).

Rules:
1. The algorithm is ours to say, never the token's: whatever its header asks for, only ES256 is tried, so a
   token that says `none`, or HS256 with our public key as secret, is refused.
2. A token is believed only under a key we named: its `kid` picks among `keys`; keys that a header carries
   along (`jwk`, `jku`, `x5c`) are never looked at.
3. `typ` says what kind of statement it is, so that one kind cannot be passed off as another: ask for it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError

from wetplate.attestation.keys import Key
from wetplate.errors import AttestationError

ALGORITHM: Final = "ES256"
LONGEST: Final = 100_000


def sign(key: Key, payload: Mapping[str, Any], typ: str) -> str:
    """The payload as a compact JWS that says its key and kind. Raises AttestationError for a public key."""
    header = {"alg": ALGORITHM, "kid": key.id, "typ": typ}
    body = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(body) > LONGEST:
        raise AttestationError(f"a statement has at most {LONGEST:,} bytes, not {len(body):,}")
    if not key.signs:
        raise AttestationError(f"key {key.id} has no private half here: it verifies and does not sign")
    return jws.serialize_compact(header, body, key.jwk, algorithms=[ALGORITHM])


def verify(keys: Sequence[Key], token: str, *, typ: str | None = None) -> dict[str, Any]:
    """The payload, if one of the keys signed it; of the kind `typ`, if one is asked for.

    Raises AttestationError, which says whether the token is malformed, of an unknown key, or forged.
    """
    header = _header(token)
    key = next((key for key in keys if key.id == header.get("kid")), None)
    if key is None:
        raise AttestationError("signed with a key we do not know; name retired keys in their folder")
    if typ is not None and header.get("typ") != typ:
        raise AttestationError(f"this is a statement of kind {header.get('typ')!r}, not {typ!r}")
    try:
        found = jws.deserialize_compact(token, key.jwk, algorithms=[ALGORITHM])
        payload = json.loads(found.payload)
    except (JoseError, ValueError, TypeError) as error:
        raise AttestationError("the signature does not hold: this is not what was signed") from error
    if not isinstance(payload, dict):
        raise AttestationError("what was signed is no statement of ours: expected a JSON object")
    return payload


def jwks(keys: Sequence[Key]) -> dict[str, Any]:
    """The public halves as a JSON Web Key Set (RFC 7517)."""
    return {"keys": [_public(key) for key in keys]}


def _public(key: Key) -> dict[str, Any]:
    return {**key.jwk.as_dict(private=False), "kid": key.id, "use": "sig", "alg": ALGORITHM}


def _header(token: str) -> Mapping[str, Any]:
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise AttestationError("this is no compact JWS: expected three base64url parts with dots") from error
    if not isinstance(header, dict) or header.get("alg") != ALGORITHM or "crit" in header:
        raise AttestationError(f"only {ALGORITHM} without critical extensions is believed")
    return header
