"""Who is asking and what they may do: the words that every page of the console uses.

Here: roles, the person behind a request, what a role is needed for, the check of a form's token. Not here:
how somebody signs in (`signin/`), rows (`accounts`, `sessions`), what is asked before any page (`gate`).

Rules:
1. The gate puts the person into the request; a page reads it with `person(request)` and asks
   `require(person, Role.SENIOR)`. Both refuse by raising, and `refusals.refused` makes the answer.
2. Role and preferences are read anew for each request: what an administrator changes counts from the next.
3. A person is known by a pseudonym here. Name and e-mail are personal fields and no page needs them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.requests import Request

from wetplate.errors import ForgedRequest, RoleRefused, SignInRequired
from wetplate.review.csrf import FIELD, same
from wetplate.review.preferences import Preferences


class Role(StrEnum):
    """What somebody may do; each may do what those before it may. Ordered: `Role.SENIOR > Role.REVIEWER`."""

    VIEWER = "viewer"  # looks
    REVIEWER = "reviewer"  # decides
    SENIOR = "senior"  # decides what needs a second person, notices and appeals; sees what is restricted
    ADMIN = "admin"  # says who has which role

    @property
    def rank(self) -> int:
        """0 for viewer, 3 for admin."""
        return list(Role).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < Role(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Role(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Role(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Role(other).rank


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in.

    Attributes:
        id: pseudonym, `r-` and 8 hex digits; what decisions and views are recorded under.
        role: as it is now.
        csrf: token that every form of this session must carry in the field `csrf`.
        preferences: how they want to see pictures.
    """

    id: str
    role: Role
    csrf: str = field(repr=False)
    preferences: Preferences = field(default_factory=Preferences)

    @property
    def actor(self) -> str:
        """As decisions record it: `person:r-0123abcd`."""
        return f"person:{self.id}"

    def may(self, least: Role) -> bool:
        """Whether the role is this one or above it; for pages that show or leave out a button."""
        return self.role >= least


def person(request: Request) -> Person:
    """Who is signed in. Raises SignInRequired."""
    known = getattr(request.state, "person", None)
    if not isinstance(known, Person):
        raise SignInRequired("nobody is signed in here: sign in and come back")
    return known


def require(person: Person, least: Role) -> None:
    """Raises RoleRefused unless the person's role is `least` or above it."""
    if not person.may(least):
        raise RoleRefused(
            f"this needs the role {least} and yours is {person.role}: ask somebody with the role admin"
        )


def checked(request: Request, form: Mapping[str, object]) -> Person:
    """The person whose form this is. Raises SignInRequired, and ForgedRequest if the token is not theirs.

    The gate has checked it already; a handler that changes something may say so once more.
    """
    known = person(request)
    if not same(known.csrf, form.get(FIELD)):
        raise ForgedRequest("this form is not from a page of yours, or you signed in again meanwhile: go "
                            "back, load the page again and repeat what you did")  # fmt: skip
    return known
