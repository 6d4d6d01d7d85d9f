"""A small OpenID provider on loopback: discovery, keys, codes with PKCE, ID tokens; it can be made to lie.

with running() as provider:
    provider.claims = {"wetplate_role": ["senior"]}   # of whoever signs in next
    provider.change = {"aud": "another"}              # what the next token says instead
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.delivery.house import served

BROWSER = httpx.Client(trust_env=False, verify=False, limits=httpx.Limits(max_keepalive_connections=0))
CLIENT, SECRET = "wetplate-console", "s:cret/with+signs"


def key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


@dataclass
class Fake:
    """What it knows; `sign` makes the token of the claims."""

    url: str = ""
    keys: list[ECKey] = field(default_factory=lambda: [key("first")])
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    subject: str = "u-1"
    claims: dict[str, Any] = field(default_factory=lambda: {"wetplate_role": "senior"})
    change: dict[str, Any] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)
    sign: Callable[["Fake", dict[str, Any]], str] | None = None

    def reset(self) -> None:
        """Honest again."""
        self.claims, self.change, self.leave_out = {"wetplate_role": "senior"}, {}, ()
        self.document, self.sign, self.subject = {}, None, "u-1"
        self.asked.clear()

    def token(self, nonce: str) -> str:
        now = int(time.time())
        said = {
            "iss": self.url, "aud": CLIENT, "sub": self.subject, "iat": now, "exp": now + 300, "nonce": nonce,
            "name": "Ada Example", "email": "ada@shop.example", **self.claims, **self.change,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if name not in self.leave_out}
        if self.sign:
            return self.sign(self, said)
        return self.signed(said)

    def signed(self, said: dict[str, Any]) -> str:
        """As it is done."""
        return jwt.encode({"alg": "ES256", "kid": self.keys[-1].kid}, said, self.keys[-1])

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._document),
                Route("/keys", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _document(self, request: Request) -> Response:
        self.asked.append("document")
        said = {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
        }  # fmt: skip
        return JSONResponse(said | self.document)

    async def _keys(self, request: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse(KeySet(list(self.keys)).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return RedirectResponse(
            f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", status_code=302
        )

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        async with request.form() as form:
            asked = self.codes.pop(str(form.get("code")), None)
            verifier, back = str(form.get("code_verifier")), form.get("redirect_uri")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        expected = base64.b64encode(f"{CLIENT}:s%3Acret%2Fwith%2Bsigns".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != back:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "id_token": self.token(asked["nonce"])}
        )

    def signs_in(self, address: str) -> dict[str, str]:
        """What the browser brings back from this address."""
        answer = BROWSER.get(address)
        assert answer.status_code == 302, answer.text
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}


@contextmanager
def running() -> Iterator[Fake]:
    """The provider on a free port."""
    fake = Fake()
    with served(fake.app()) as url:
        fake.url = url
        yield fake
