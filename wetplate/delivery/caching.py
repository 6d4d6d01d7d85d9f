"""How long who may keep what: one table. Pure.

Here: Cache-Control, CDN-Cache-Control (RFC 9213), Vary, and the tags a cache forgets by. Not here: ETags
(`conditional`), what the edge makes of it.

Rules:
1. Only what can never change and never be withdrawn is immutable: the client's own files.
2. What moderation may withdraw lives 60 s in a browser, which nobody can purge, and 30 s more while it asks
   again; a day in shared caches, which can be purged, and at most a minute stale.
3. What a better file replaces soon (a fast transform, and /auto/ that may hand one out) lives 5 minutes
   shared.
4. Private is never stored, anywhere.
5. Nothing outlives the signature that let it through: each life is cut to what `remaining` leaves.
6. No error outlives 5 s. Gone (410, 451) and failed live that long, so that a crowd asking for the same lost
   picture reaches the origin once in 5 s, and a reinstated one is back in 5 s. Refused and busy are not
   stored: they concern one client, or the moment.
7. Keys that verify live an hour: they change by rotation only, which keeps the old ones in the set.
8. Tags go only on what shared caches keep.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

YEAR: Final = 31_536_000
DAY: Final = 86_400


class Kind(StrEnum):
    """What an answer is, as far as caches are concerned."""

    CLIENT = "client"
    DERIVATIVE = "derivative"
    TRANSFORM_FAST = "transform_fast"
    TRANSFORM_PRODUCTION = "transform_production"
    AUTO = "auto"
    PRIVATE = "private"
    MANIFEST = "manifest"
    RECORD = "record"
    KEYS = "keys"
    PAGE = "page"
    GONE = "gone"
    REFUSED = "refused"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True)
class Life:
    """Seconds fresh, and seconds stale while asking again."""

    fresh: int
    stale: int = 0

    def cut(self, remaining: int | None) -> "Life":
        """The same, over when `remaining` seconds are."""
        if remaining is None:
            return self
        fresh = min(self.fresh, max(0, remaining))
        return Life(fresh, min(self.stale, max(0, remaining) - fresh))

    @property
    def text(self) -> str:
        """As directives."""
        stale = f", stale-while-revalidate={self.stale}" if self.stale else ""
        return f"public, max-age={self.fresh}{stale}"


@dataclass(frozen=True)
class Rule:
    """One row of the table; no `browser` life means it is not stored by anybody."""

    browser: Life | None = None
    shared: Life | None = None
    private: bool = False
    immutable: bool = False
    vary: str = ""


_SHORT: Final = Life(60, 30)
_ERROR: Final = Life(5)

RULES: Final = {
    Kind.CLIENT: Rule(Life(YEAR), immutable=True),
    Kind.DERIVATIVE: Rule(_SHORT, Life(DAY, 60)),
    Kind.TRANSFORM_PRODUCTION: Rule(_SHORT, Life(DAY, 60)),
    Kind.TRANSFORM_FAST: Rule(_SHORT, Life(300, 60)),
    Kind.AUTO: Rule(_SHORT, Life(300, 60), vary="Accept, Save-Data"),
    Kind.PRIVATE: Rule(private=True),
    Kind.MANIFEST: Rule(Life(30, 30), Life(60, 60)),
    Kind.RECORD: Rule(Life(30, 30), Life(60, 60)),
    Kind.KEYS: Rule(Life(3600), Life(3600, 60)),
    Kind.PAGE: Rule(Life(0), Life(60, 60)),
    Kind.GONE: Rule(_ERROR),
    Kind.FAILED: Rule(_ERROR),
    Kind.REFUSED: Rule(),
    Kind.BUSY: Rule(),
}


def headers(kind: Kind, *, tags: Iterable[str] = (), remaining: int | None = None) -> dict[str, str]:
    """The headers about caching of one answer.

    `tags` are those of `tags`; `remaining` is what the signature that let the request through has left.
    """
    rule = RULES[kind]
    said = {"Vary": rule.vary} if rule.vary else {}
    if rule.browser is None or (remaining is not None and remaining <= 0):
        return {"Cache-Control": "private, no-store" if rule.private else "no-store", **said}
    said["Cache-Control"] = rule.browser.cut(remaining).text + (", immutable" if rule.immutable else "")
    if rule.shared:
        said["CDN-Cache-Control"] = rule.shared.cut(remaining).text
    return said | _tagged(tuple(tags))


def tags(image: str, family: str) -> tuple[str, ...]:
    """What everything of an image, and everything of its family, is forgotten by."""
    return (f"i-{image[:32]}", f"f-{family}")


def listing(family: str) -> str:
    """What a list of a family's images is forgotten by when one of them comes or goes; no file carries it."""
    return f"m-{family}"


def _tagged(tags: tuple[str, ...]) -> dict[str, str]:
    return {"Surrogate-Key": " ".join(tags), "Cache-Tag": ",".join(tags)} if tags else {}
