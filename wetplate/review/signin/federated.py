"""Signing in at an OpenID provider: out with a state, back with a code, in with a session.

Rules: what was begun is over before the code is looked at, so that a second return with the same state finds
nothing, whatever became of the first. A role is taken from the token at each sign-in.
"""

from collections.abc import Mapping

from sqlalchemy import Engine

from wetplate.errors import SignInRefused
from wetplate.retention.personal import Wrapping
from wetplate.review import accounts, sessions
from wetplate.review.signin import begun, tokens
from wetplate.review.signin.provider import Provider
from wetplate.settings import Reviewing
from wetplate.storage.database import now, transaction


class FederatedSignIn:
    """Sends somebody to the provider, gives the token of a new session when they are back."""

    def __init__(
        self, database: Engine, reviewing: Reviewing, wrapping: Wrapping, provider: Provider | None = None
    ) -> None:
        self._database, self._reviewing, self._wrapping = database, reviewing, wrapping
        self.provider = provider or Provider(reviewing)

    def begin(self, browser: str, onward: str) -> str:
        """The provider's address. Raises ProviderUnavailable."""
        with transaction(self._database) as session:
            one = begun.begin(session, browser, onward, now())
        return self.provider.address(one)

    def end(self, browser: str, came: Mapping[str, str]) -> tuple[str, str]:
        """Token of the session, and where to go. Raises ReviewError: refused, switched off, unavailable."""
        with transaction(self._database) as session:
            one = begun.take(session, came.get("state", ""), browser, now())
        if "error" in came or came.get("iss", self.provider.issuer) != self.provider.issuer:
            raise SignInRefused("the identity provider did not let you in: begin again, or ask who runs it")
        said = self.provider.claims(came.get("code", ""), one.verifier, one.nonce, now())
        role = tokens.role(said, self._reviewing.oidc_claim)
        with transaction(self._database) as session:
            row = accounts.welcome(
                session, tokens.login(said), role, wrapping=self._wrapping, fields=tokens.personal(said)
            )
            accounts.signed_in(session, row.id, "oidc")
            return sessions.begin(session, row.id, self._reviewing, now()), one.onward
