"""What to do after a refusal: title, advice and where to go, by its kind. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wetplate.errors import (
    DatabaseUnavailable,
    DecisionConflict,
    ForgedRequest,
    FormRefused,
    HostRefused,
    ImageUnknown,
    LeaseLost,
    NoticeUnknown,
    ObjectMissing,
    RoleRefused,
    SignInRefused,
    TooOften,
    WetplateError,
)


class Fault(WetplateError):
    """Something of ours is broken; the log says what."""

    def __str__(self) -> str:
        return "something of ours is broken; what happened stands in the log"


@dataclass(frozen=True)
class Advice:
    """A heading and what to do."""

    title: str
    says: str
    href: str = "/"
    link: str = "All queues"


KNOWN: Mapping[type[WetplateError], Advice] = {
    LeaseLost: Advice(
        "Not yours any more", "Nothing was recorded. Take it again if it is free, or go on with the next one."
    ),
    DecisionConflict: Advice("That came too late", "Nothing was recorded. The queues show what waits now."),
    RoleRefused: Advice(
        "Not with your role", "Somebody with another role can do this; an admin gives roles."
    ),
    ForgedRequest: Advice(
        "This form is not ours", "Open the page again from the console and repeat what you did."
    ),
    FormRefused: Advice("That cannot be read", "Go back, correct it and send it again."),
    HostRefused: Advice("Wrong address", "Use the console's own address."),
    TooOften: Advice("Too much at once", "Wait a moment, then go on."),
    SignInRefused: Advice("Not signed in", "Try again.", "/sign-in", "Sign in"),
    ImageUnknown: Advice("Nothing here", "It may have been closed or moved. The queues show what waits now."),
    NoticeUnknown: Advice(
        "No such notice", "The list shows every notice there is.", "/notices", "All notices"
    ),
    ObjectMissing: Advice(
        "The picture is out of reach", "It was moved to the restricted area or deleted when it was due."
    ),
    DatabaseUnavailable: Advice("The catalog does not answer", "Nothing was lost. Try again in a moment."),
    Fault: Advice(
        "Something broke", "Nothing was recorded. Try again; if it stays, tell whoever runs this console."
    ),
}
OTHERWISE = Advice("That was refused", "Nothing was changed.")


def of(refusal: WetplateError) -> dict[str, Any]:
    """What `refused.html` asks for."""
    found = next((KNOWN[kind] for kind in type(refusal).__mro__ if kind in KNOWN), OTHERWISE)
    return {
        "title": found.title,
        "message": str(refusal),
        "advice": found.says,
        "href": found.href,
        "link": found.link,
        "again": None,
        "kept": "",
    }
