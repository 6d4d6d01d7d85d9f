"""Whether an ID token says who somebody is. Pure: OpenID Connect Core 3.1.3.7, by joserfc.

Rules:
1. Only signatures with a private key count. `none` and the HMAC family are not on the list, so a public key
   can never be taken for a shared secret; what a token's header says cannot add to it.
2. Issuer and audience are compared letter by letter; of several audiences `azp` must name us. The nonce is
   that of the sign-in this answers. Clocks may differ by LEEWAY seconds.
3. The role is the highest of those a claim lists. A claim that lists none lets nobody in: not everybody who
   has an account at the provider may see what is not public.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from wetplate.errors import SignInRefused
from wetplate.review.access import Role

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512")
LEEWAY = 60
LARGEST = 32 * 1024


class UnknownKey(SignInRefused):
    """Signed with a key that is not among these: the provider may have a new one."""


@dataclass(frozen=True)
class Expected:
    """Who must have made the token, for whom, and for which sign-in."""

    issuer: str
    client: str
    nonce: str


def claims(token: str, keys: KeySet, expected: Expected, now: datetime) -> Mapping[str, Any]:
    """What the token says. Raises SignInRefused; UnknownKey if newer keys might help."""
    try:
        said = jwt.decode(_short(token), keys, algorithms=ALGORITHMS).claims
        _registry(expected, now).validate(said)
    except InvalidKeyIdError as error:
        raise UnknownKey("the identity provider signed with a key it does not publish: try again") from error
    except (JoseError, ValueError, TypeError) as error:
        raise SignInRefused(
            f"the identity provider's answer does not hold ({error}): sign in again"
        ) from error
    if not _meant_for(expected.client, said):
        raise SignInRefused("the identity provider's answer was made for somebody else: sign in again")
    return said


def login(said: Mapping[str, Any]) -> str:
    """How the account is found again: issuer and subject; no other pair is unique and never given twice."""
    return f"{said['iss']}#{said['sub']}"


def role(said: Mapping[str, Any], claim: str) -> Role:
    """The highest role the claim lists; `a.b` also means b within a. Raises SignInRefused if none."""
    listed = said[claim] if claim in said else _within(said, claim.split("."))
    names = listed.split() if isinstance(listed, str) else listed if isinstance(listed, list) else []
    roles = [each for each in Role if each.value in names]
    if not roles:
        raise SignInRefused(
            f"your account has no role for this console: ask for one of {', '.join(Role)} (claim {claim})"
        )
    return max(roles)


def personal(said: Mapping[str, Any]) -> dict[str, str]:
    """Name and e-mail, if the token has them: for the personal fields and nowhere else."""
    return {field: str(said[field])[:200] for field in ("name", "email") if isinstance(said.get(field), str)}


def _registry(expected: Expected, now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client},
        nonce={"essential": True, "value": expected.nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )


def _meant_for(client: str, said: Mapping[str, Any]) -> bool:
    several = isinstance(said["aud"], list) and len(said["aud"]) > 1
    return said.get("azp", None if several else client) == client and isinstance(said["nonce"], str)


def _within(said: Any, path: Sequence[str]) -> object:
    for step in path:
        said = said.get(step) if isinstance(said, dict) else None
    return said


def _short(token: str) -> str:
    if len(token) > LARGEST:
        raise ValueError(f"more than {LARGEST} characters")
    return token
