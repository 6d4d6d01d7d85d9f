"""The OpenID provider over HTTP: where its endpoints are, its keys, a code for an ID token.

Here: discovery, the address to send somebody to, the exchange. Not here: what a token must say (`tokens`),
what has begun and not ended (`begun`).

Rules:
1. Authorization code with PKCE. The provider is asked over TLS (plain HTTP only on loopback), follows no
   redirect, has SECONDS to answer and LARGEST bytes to do it in.
2. The document must name the very issuer that was configured; it and the keys are kept for KEPT seconds. A
   token by a key that is not among them has the keys fetched again, once: providers rotate.
3. The ID token is all that is asked for. No access token is kept or used.
"""

import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from wetplate.errors import ProviderUnavailable, SettingError, SignInRefused
from wetplate.review.signin import tokens
from wetplate.review.signin.begun import Begun
from wetplate.settings import Reviewing

WELL_KNOWN = "/.well-known/openid-configuration"
RETURN = "/sign-in/oidc/return"
SCOPE = "openid profile email"
SECONDS, LARGEST, KEPT = 5.0, 512 * 1024, 3600.0


@dataclass(frozen=True)
class Endpoints:
    """What the provider's document says."""

    authorize: str
    token: str
    keys: str
    basic: bool


class Provider:
    """One provider, as WETPLATE_OIDC_... names it. Nothing is fetched before somebody signs in."""

    def __init__(self, reviewing: Reviewing, http: httpx.Client | None = None) -> None:
        if not reviewing.oidc_issuer or not reviewing.oidc_client:
            raise SettingError("WETPLATE_OIDC_ISSUER and WETPLATE_OIDC_CLIENT are set together or not at all")
        if not safe(reviewing.oidc_issuer):
            raise SettingError(
                f"WETPLATE_OIDC_ISSUER={reviewing.oidc_issuer!r}: an identity provider is reached over https "
                "(http on loopback only)"
            )
        self.issuer, self._client = reviewing.oidc_issuer, reviewing.oidc_client
        self._secret, self._back = reviewing.oidc_secret, reviewing.url + RETURN
        self._http = http or _client()
        self._lock, self._until = Lock(), 0.0
        self._known: Endpoints | None = None
        self._keys: KeySet | None = None

    @property
    def name(self) -> str:
        """Its host, for the button."""
        return urlsplit(self.issuer).hostname or self.issuer

    def address(self, begun: Begun) -> str:
        """Where to send the browser. Raises ProviderUnavailable."""
        asked = {
            "response_type": "code", "client_id": self._client, "redirect_uri": self._back, "scope": SCOPE,
            "state": begun.state, "nonce": begun.nonce,
            "code_challenge": begun.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        where = self._endpoints().authorize
        return where + ("&" if "?" in where else "?") + urlencode(asked)

    def claims(self, code: str, verifier: str, nonce: str, now: datetime) -> Mapping[str, Any]:
        """Whom the provider means by this code. Raises SignInRefused, ProviderUnavailable."""
        token = self._exchanged(code, verifier)
        expected = tokens.Expected(self.issuer, self._client, nonce)
        try:
            return tokens.claims(token, self._published(), expected, now)
        except tokens.UnknownKey:
            return tokens.claims(token, self._published(anew=True), expected, now)

    def _exchanged(self, code: str, verifier: str) -> str:
        endpoints = self._endpoints()
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._back}
        asked |= {"code_verifier": verifier}
        auth = None
        if self._secret and endpoints.basic:
            auth = httpx.BasicAuth(quote_plus(self._client), quote_plus(self._secret))
        else:
            asked |= {"client_id": self._client} | ({"client_secret": self._secret} if self._secret else {})
        status, answer = self._asked("POST", endpoints.token, data=asked, auth=auth)
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            why = str(answer.get("error", f"status {status}"))[:60]
            raise SignInRefused(f"the identity provider did not take the code ({why!r}): sign in again")
        return token

    def _endpoints(self) -> Endpoints:
        with self._lock:
            if self._known is None or time.monotonic() > self._until:
                self._known, self._keys, self._until = self._discovered(), None, time.monotonic() + KEPT
            return self._known

    def _discovered(self) -> Endpoints:
        status, said = self._asked("GET", self.issuer.rstrip("/") + WELL_KNOWN)
        if status != 200 or said.get("issuer") != self.issuer:
            raise ProviderUnavailable(
                f"the identity provider at {self.issuer} does not name that issuer in its document: check "
                "WETPLATE_OIDC_ISSUER, to the last slash"
            )
        places = [str(said.get(name)) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if not all(map(safe, places)):
            raise ProviderUnavailable(
                f"the identity provider at {self.issuer} names an endpoint that is not on https"
            )
        methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        authorize, token, keys = places
        return Endpoints(authorize, token, keys, "client_secret_basic" in methods)

    def _published(self, *, anew: bool = False) -> KeySet:
        where = self._endpoints().keys
        with self._lock:
            if self._keys is None or anew:
                self._keys = self._fetched(where)
            return self._keys

    def _fetched(self, where: str) -> KeySet:
        _, said = self._asked("GET", where)
        try:
            return KeySet.import_key_set({"keys": said["keys"]})
        except (JoseError, KeyError, ValueError, TypeError) as error:
            raise ProviderUnavailable(f"{where} lists no keys that can be used") from error

    def _asked(self, method: str, where: str, **said: Any) -> tuple[int, Mapping[str, Any]]:
        """Status and JSON object of an answer; bytes beyond LARGEST are never read."""
        headers = {"Accept": "application/json"}
        try:
            with self._http.stream(method, where, headers=headers, **said) as answer:
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > LARGEST:
                        raise ValueError("it is too long")
            content = httpx.Response(200, content=bytes(body)).json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderUnavailable(
                f"the identity provider does not answer as it should at {where.split('?')[0]}: try again"
            ) from error
        return answer.status_code, content if isinstance(content, dict) else {}


def safe(address: str) -> bool:
    """Whether nobody on the way can read or change what is said: https, or http on this machine."""
    parts = urlsplit(address)
    if parts.scheme == "http":
        return _loopback(parts.hostname or "")
    return parts.scheme == "https" and bool(parts.hostname)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _client() -> httpx.Client:
    """Sign-ins are rare: no connection is kept open between them."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(timeout=SECONDS, limits=limits, follow_redirects=False, trust_env=False)
