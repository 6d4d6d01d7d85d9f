"""Signing in at an OpenID provider that is really there, and what happens when it, or somebody, lies."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import Engine, select

from tests.review.console import Console
from tests.review.people import URL, WRAPPING, Client, console_settings
from tests.review.provider import CLIENT, SECRET, Fake, key, running
from wetplate.errors import ProviderUnavailable, SettingError, SignInRefused
from wetplate.retention import personal
from wetplate.review import accounts
from wetplate.review.access import Role
from wetplate.review.signin import begun, tokens
from wetplate.review.signin.provider import Provider
from wetplate.review.tables import ReviewerRow, SignInRow
from wetplate.storage.database import now, transaction

ISSUER = "https://id.shop.example"


@pytest.fixture(scope="module")
def provider() -> Iterator[Fake]:
    with running() as fake:
        yield fake


@pytest.fixture
def console(provider: Fake, catalog: Engine) -> Console:
    provider.reset()
    return Console(catalog, oidc_issuer=provider.url, oidc_client=CLIENT, oidc_secret=SECRET)


@pytest.fixture
def client(console: Console) -> Client:
    return Client(console)


def leave(client: Client, onward: str = "/") -> str:
    """Press the button; gives the provider's address."""
    answer = client.get("/sign-in/oidc", params={"next": onward})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def come_back(client: Client, came: dict[str, str]) -> Any:
    cross = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    return client.get("/sign-in/oidc/return", params=came, headers=cross)


def sign_in(client: Client, provider: Fake, onward: str = "/") -> Any:
    return come_back(client, provider.signs_in(leave(client, onward)))


def test_somebody_signs_in_and_comes_back_to_where_they_were(
    client: Client, provider: Fake, catalog: Engine
) -> None:
    page = client.get("/?queue=appeal").headers["location"]
    assert 'href="/sign-in/oidc?next=/%3Fqueue%3Dappeal"' in client.get(page).text
    answer = sign_in(client, provider, "/?queue=appeal")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?queue=appeal")
    assert client.get("/").json()["role"] == "senior"
    with transaction(catalog) as session:
        row = accounts.of(session, f"{provider.url}#u-1")
        assert row.password is None
        assert personal.read(session, WRAPPING, row.id) == {
            "name": "Ada Example",
            "email": "ada@shop.example",
        }
        assert session.scalars(select(SignInRow)).all() == []


def test_the_provider_is_asked_for_what_the_standard_says(client: Client) -> None:
    where = urlsplit(leave(client))
    asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert where.path == "/authorize"
    assert asked["client_id"] == CLIENT
    assert asked["redirect_uri"] == f"{URL}/sign-in/oidc/return"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) == 43


def test_one_account_however_often_and_the_role_of_each_time(
    console: Console, provider: Fake, catalog: Engine
) -> None:
    provider.subject = "u-twice"
    for said, role in (
        ("reviewer", "reviewer"),
        (["viewer", "admin", "x"], "admin"),
        ("viewer other", "viewer"),
    ):
        provider.claims = {"wetplate_role": said}
        client = Client(console)
        assert sign_in(client, provider).status_code == 303
        assert client.get("/").json()["role"] == role
    with transaction(catalog) as session:
        assert (
            len(session.scalars(select(ReviewerRow).where(ReviewerRow.login.endswith("#u-twice"))).all()) == 1
        )


@pytest.mark.parametrize(
    "said", ["", [], "superuser", "Admin", "administrator", {"admin": True}, 3, [["admin"]]]
)
def test_what_names_no_role_gives_none(said: Any) -> None:
    for claims in ({}, {"wetplate_role": said}):
        with pytest.raises(SignInRefused, match="ask for one of viewer, reviewer, senior, admin"):
            tokens.role(claims, "wetplate_role")


def test_whoever_has_no_role_is_not_let_in(client: Client, provider: Fake) -> None:
    provider.claims = {}
    answer = sign_in(client, provider)
    assert answer.status_code == 403
    assert "no role for this console" in answer.text
    assert client.get("/").status_code == 303


def test_a_claim_may_lie_within_others() -> None:
    said = {"realm_access": {"roles": ["reviewer"]}, "https://shop.example/role": "admin"}
    assert tokens.role(said, "realm_access.roles") is Role.REVIEWER
    assert tokens.role(said, "https://shop.example/role") is Role.ADMIN


def test_with_a_provider_nobody_signs_in_with_a_password(client: Client) -> None:
    assert 'type="password"' not in client.get("/sign-in").text
    assert client.post("/sign-in", data={"name": "x", "password": "y"}).status_code == 405


def test_without_one_there_is_no_way_to_it(catalog: Engine) -> None:
    assert Client(Console(catalog)).get("/sign-in/oidc").status_code == 404


def test_somebody_switched_off_here_stays_out(client: Client, provider: Fake, catalog: Engine) -> None:
    provider.subject = "u-off"
    assert sign_in(client, provider).status_code == 303
    with transaction(catalog) as session:
        accounts.switch(session, f"{provider.url}#u-off", False, actor="cli")
    answer = sign_in(client, provider)
    assert answer.status_code == 403
    assert "switched off" in answer.text


def written(header: dict[str, Any], said: dict[str, Any], signature: bytes = b"") -> str:
    """A token of these parts, by hand: a library would refuse."""
    parts = (json.dumps(header).encode(), json.dumps(said).encode(), signature)
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def hmac_with_the_public_key(fake: Fake, said: dict[str, Any]) -> str:
    header = {"alg": "HS256", "kid": fake.keys[-1].kid}
    body = written(header, said).removesuffix(".")
    signature = hmac.digest(fake.keys[-1].as_pem(private=False), body.encode(), "sha256")
    return written(header, said, signature)


def without_signature(fake: Fake, said: dict[str, Any]) -> str:
    return written({"alg": "none", "kid": fake.keys[-1].kid}, said)


def signed_by_another(fake: Fake, said: dict[str, Any]) -> str:
    return jwt.encode({"alg": "ES256", "kid": fake.keys[-1].kid}, said, key(str(fake.keys[-1].kid)))


def with_a_key_of_its_own(fake: Fake, said: dict[str, Any]) -> str:
    own = key("own")
    return jwt.encode({"alg": "ES256", "kid": "own", "jwk": own.as_dict(private=False)}, said, own)


def changed_afterwards(fake: Fake, said: dict[str, Any]) -> str:
    header, _, signature = fake.signed(said).split(".")
    return ".".join((header, fake.signed(said | {"wetplate_role": "admin"}).split(".")[1], signature))


HOUR = 3600
LIES: dict[str, dict[str, Any]] = {
    "wrong nonce": {"change": {"nonce": "x" * 43}},
    "no nonce": {"leave_out": ("nonce",)},
    "a list of nonces": {"change": {"nonce": ["n"]}},
    "wrong audience": {"change": {"aud": "another"}},
    "no audience": {"leave_out": ("aud",)},
    "several audiences, none of them ours": {"change": {"aud": ["another", "third"]}},
    "several audiences and made for another": {"change": {"aud": [CLIENT, "another"], "azp": "another"}},
    "several audiences and made for nobody": {"change": {"aud": [CLIENT, "another"]}},
    "made for another": {"change": {"azp": "another"}},
    "wrong issuer": {"change": {"iss": "https://evil.example"}},
    "nearly the issuer": {"change": {"iss": ISSUER + "/"}},
    "no issuer": {"leave_out": ("iss",)},
    "expired": {"change": {"exp": int(time.time()) - HOUR}},
    "never expires": {"leave_out": ("exp",)},
    "expires at no number": {"change": {"exp": "never"}},
    "from the future": {"change": {"iat": int(time.time()) + HOUR}},
    "not yet": {"change": {"nbf": int(time.time()) + HOUR}},
    "nobody": {"leave_out": ("sub",)},
    "an empty subject": {"change": {"sub": ""}},
    "alg none": {"sign": without_signature},
    "HS256 with the public key": {"sign": hmac_with_the_public_key},
    "signed by another key of that name": {"sign": signed_by_another},
    "brings a key of its own": {"sign": with_a_key_of_its_own},
    "changed after it was signed": {"sign": changed_afterwards},
    "no token": {"sign": lambda fake, said: "x.y.z"},
    "empty": {"sign": lambda fake, said: ""},
    "endless": {"sign": lambda fake, said: "x" * 40_000},
}
EXPECTED = tokens.Expected(ISSUER, CLIENT, "n")


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_does_not_hold_is_refused(lie: str) -> None:
    fake = Fake(ISSUER, **LIES[lie])
    with pytest.raises(SignInRefused):
        tokens.claims(fake.token("n"), KeySet(list(fake.keys)), EXPECTED, now())


@pytest.mark.parametrize("change", [{}, {"aud": [CLIENT]}, {"aud": [CLIENT, "other"], "azp": CLIENT}])
def test_one_that_holds_says_who_it_is(change: dict[str, Any]) -> None:
    fake = Fake(ISSUER, change=change)
    said = tokens.claims(fake.token("n"), KeySet(list(fake.keys)), EXPECTED, now())
    assert tokens.login(said) == f"{ISSUER}#u-1"
    assert tokens.role(said, "wetplate_role") is Role.SENIOR


@pytest.mark.parametrize("lie", ["wrong nonce", "alg none", "HS256 with the public key"])
def test_a_provider_that_lies_lets_nobody_in(
    lie: str, client: Client, provider: Fake, catalog: Engine
) -> None:
    provider.subject = "liar"
    for name, value in LIES[lie].items():
        setattr(provider, name, value)
    answer = sign_in(client, provider)
    assert answer.status_code == 403
    assert client.get("/").status_code == 303
    with transaction(catalog) as session:
        assert session.scalars(select(ReviewerRow).where(ReviewerRow.login.endswith("#liar"))).all() == []


def test_clocks_may_differ_a_little() -> None:
    fake = Fake(ISSUER, change={"iat": int(time.time()) + 30, "exp": int(time.time()) - 30})
    assert tokens.claims(fake.token("n"), KeySet(list(fake.keys)), EXPECTED, now())


def test_a_new_key_is_fetched_when_a_token_names_it(client: Client, provider: Fake) -> None:
    assert sign_in(client, provider).status_code == 303
    provider.keys.append(key("second"))
    assert sign_in(client, provider).status_code == 303
    assert provider.asked.count("keys") == 2
    provider.keys.pop(0)
    assert sign_in(client, provider).status_code == 303
    assert (provider.asked.count("keys"), provider.asked.count("document")) == (2, 1)


def test_a_key_that_is_nowhere_is_asked_for_once(client: Client, provider: Fake) -> None:
    provider.sign = with_a_key_of_its_own
    assert "does not publish" in sign_in(client, provider).text
    assert provider.asked.count("keys") == 2


def test_a_state_counts_once(client: Client, provider: Fake) -> None:
    came = provider.signs_in(leave(client))
    browser = client.cookies["wetplate-sign-in"]
    assert come_back(client, came).status_code == 303
    client.cookies.clear()
    client.cookies.set("wetplate-sign-in", browser)
    before = len(provider.asked)
    assert come_back(client, came).status_code == 403
    assert len(provider.asked) == before


def test_a_state_counts_in_the_browser_that_began_it(
    client: Client, console: Console, provider: Fake
) -> None:
    """Somebody is sent a link with a code of the attacker's: nobody is signed in as somebody else."""
    came, victim = provider.signs_in(leave(client)), Client(console)
    leave(victim)
    for answer in (come_back(victim, came), come_back(Client(console), came)):
        assert answer.status_code == 403
        assert "not begun in this browser" in answer.text
    assert victim.get("/").status_code == 303


@pytest.mark.parametrize("forged", [{}, {"state": ""}, {"state": "x" * 43}, {"state": "x\x00"}])
def test_a_return_nobody_began_is_refused(forged: dict[str, str], client: Client, provider: Fake) -> None:
    code = provider.signs_in(leave(client))["code"]
    assert come_back(client, {"code": code, **forged}).status_code == 403


def test_a_sign_in_that_took_too_long_is_over(catalog: Engine) -> None:
    began = now() - begun.PATIENCE - timedelta(seconds=1)
    with transaction(catalog) as session:
        one = begun.begin(session, "browser", "/", began)
        with pytest.raises(SignInRefused, match="took too long"):
            begun.take(session, one.state, "browser", now())


def test_a_refusal_of_the_provider_is_told_without_its_words(client: Client, provider: Fake) -> None:
    state = provider.signs_in(leave(client))["state"]
    lines = {"state": state, "error": "access_denied", "error_description": "<script>alert(1)</script>"}
    answer = come_back(client, lines)
    assert answer.status_code == 403
    assert "did not let you in" in answer.text
    assert "<script>" not in answer.text


def test_an_answer_of_another_provider_is_refused(client: Client, provider: Fake) -> None:
    came = provider.signs_in(leave(client)) | {"iss": "https://evil.example"}
    assert come_back(client, came).status_code == 403


def test_a_code_without_its_verifier_is_worth_nothing(
    client: Client, console: Console, provider: Fake
) -> None:
    """PKCE: the code of one sign-in, brought back with the state of another."""
    stolen = provider.signs_in(leave(client))["code"]
    other = Client(console)
    state = provider.signs_in(leave(other))["state"]
    answer = come_back(other, {"code": stolen, "state": state})
    assert answer.status_code == 403
    assert "invalid_grant" in answer.text


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_no_way_through_the_provider_leads_elsewhere(onward: str, client: Client, provider: Fake) -> None:
    assert sign_in(client, provider, onward).headers["location"] == "/"


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "http://evil.example/"},
        {"token_endpoint": None},
    ],
)
def test_a_document_that_is_not_the_issuers_is_refused(
    document: dict[str, Any], client: Client, provider: Fake
) -> None:
    provider.document = document
    answer = client.get("/sign-in/oidc")
    assert answer.status_code in (400, 503)
    assert "location" not in answer.headers


def test_a_provider_that_is_not_there_is_said_so(catalog: Engine) -> None:
    client = Client(Console(catalog, oidc_issuer="http://127.0.0.1:1", oidc_client=CLIENT))
    answer = client.get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert client.get("/sign-in").status_code == 200


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"x" * 600_000),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json=[1]),
        httpx.Response(302, headers={"Location": "http://169.254.169.254/"}),
    ],
    ids=["endless", "html", "list", "elsewhere"],
)
def test_a_provider_that_answers_something_else_is_refused(answer: httpx.Response) -> None:
    http = httpx.Client(transport=httpx.MockTransport(lambda request: answer))
    settings = console_settings(oidc_issuer="https://id.shop.example", oidc_client=CLIENT)
    with pytest.raises(ProviderUnavailable):
        Provider(settings, http).address(begun.Begun("s", "n", "v"))


@pytest.mark.parametrize(
    "issuer", ["http://id.shop.example", "ftp://127.0.0.1", "id.shop.example", "https://"]
)
def test_an_issuer_without_tls_is_a_mistake(issuer: str) -> None:
    with pytest.raises(SettingError, match="over https"):
        Provider(console_settings(oidc_issuer=issuer, oidc_client=CLIENT))


def test_an_issuer_needs_a_client() -> None:
    with pytest.raises(SettingError, match="WETPLATE_OIDC_CLIENT"):
        Provider(console_settings(oidc_issuer="https://id.shop.example"))
