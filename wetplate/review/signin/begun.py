"""Sign-ins at a provider that have not come back yet: the only writer of `sign_ins`.

Rules:
1. State, nonce and PKCE verifier are drawn anew each time. Only the SHA-256 of the state is kept.
2. One comes back once, within PATIENCE, in the browser that began it: the row is deleted in the statement
   that finds it, so that of two returns with the same state one finds nothing.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from wetplate.errors import SignInRefused
from wetplate.review.tables import SignInRow

PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Begun:
    """What goes to the provider and must come back."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """The verifier as PKCE shows it (S256)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


def begin(session: Session, browser: str, onward: str, now: datetime) -> Begun:
    """Begin one for the browser with this cookie; old ones are cleared away."""
    session.execute(delete(SignInRow).where(SignInRow.expires_at <= now))
    begun = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    row = SignInRow(
        id=_hash(begun.state), browser=_hash(browser), nonce=begun.nonce, verifier=begun.verifier,
        onward=onward, at=now, expires_at=now + PATIENCE,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return begun


def take(session: Session, state: str, browser: str, now: datetime) -> SignInRow:
    """The one with this state, which is over with that. Raises SignInRefused."""
    found = session.scalars(
        delete(SignInRow)
        .where(SignInRow.id == _hash(state), SignInRow.browser == _hash(browser), SignInRow.expires_at > now)
        .returning(SignInRow)
    ).one_or_none()
    if found is None:
        raise SignInRefused(
            "this sign-in was not begun in this browser, took too long, or was finished already: begin again"
        )
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
