"""Signing in with a password.

Rules:
1. One sentence for every refusal: unknown name, wrong password, account switched off or waiting. Whoever
   tries learns nothing about which names exist.
2. The work is the same for all of them: the try is counted (`accounts.attempt`, committed), then a hash is
   checked, that of a decoy if there is none.
3. At most CHECKS hashes are checked at once in this process, 19 MiB each.
"""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from sqlalchemy import Engine

from wetplate.errors import SignInRefused
from wetplate.review import accounts, passwords, sessions
from wetplate.review.throttles import Throttles
from wetplate.settings import Reviewing
from wetplate.storage.database import now, transaction

WRONG = (
    "This name and this password do not belong together, or too many were tried. "
    "Check both; if they are right, wait a quarter of an hour."
)
CHECKS = BoundedSemaphore(4)


class LocalSignIn:
    """Takes a name and a password, gives the token of a new session."""

    def __init__(
        self, database: Engine, reviewing: Reviewing, hasher: PasswordHasher = passwords.HASHER
    ) -> None:
        self._database, self._reviewing, self._hasher = database, reviewing, hasher

    def sign_in(self, name: str, password: str, address: str, throttles: Throttles) -> str:
        """Raises SignInRefused, TooOften."""
        throttles.sign_in(address)
        with transaction(self._database) as session:
            attempt = accounts.attempt(session, name.strip().lower(), now())
        with CHECKS:
            fits = passwords.fits(attempt.kept, password, self._hasher)
        if attempt.reviewer is None or not fits:
            raise SignInRefused(WRONG)
        with transaction(self._database) as session:
            accounts.succeeded(session, attempt.reviewer, password, self._hasher)
            return sessions.begin(session, attempt.reviewer, self._reviewing, now())
