"""What is wrong with an answer. Pure: an answer and what was expected, and nothing else.

Here: one function per rule. Not here: the values (`exchange`), asking (`visit`), what to ask for (`plan`).

Rules:
1. An answer of another status than expected is judged for that, and for how long it may be kept; what it
   contains is beside the point.
2. A picture is what it says it is: its magic bytes, its length, its pixels, its name's digest.
3. What moderation may withdraw is fresh for at most a minute wherever we stand; what an edge kept for longer
   says so by Age, which is counted off. What a signature opens and what went wrong is not kept.
4. What is meant for caches (tags, CDN-Cache-Control) is spoken by the origin and kept to itself by an edge.
"""

from collections.abc import Callable, Iterator, Mapping

from wetplate.delivery.probe import fields
from wetplate.delivery.probe.exchange import Expected, Got, Kind
from wetplate.errors import ImageError
from wetplate.imaging.codec import decode
from wetplate.imaging.formats import MEDIA_TYPES, sniff
from wetplate.publication.findings import Finding
from wetplate.storage.objects import sha256

FRESH = 60  # seconds in a browser
SHARED = 86_400  # seconds in caches that can be purged
ERROR = 5  # seconds that an error may be kept
PROBLEM = "application/problem+json"


Rule = Callable[[Got, Expected], Iterator[str]]


def judge(got: Got, expected: Expected) -> list[Finding]:
    """Everything that is wrong with the answer."""
    rules = RULES if got.status in expected.statuses else (status, freshness)
    return [
        Finding(rule.__name__, expected.path, message, REMEDIES[rule.__name__])
        for rule in rules
        for message in rule(got, expected)
    ]


def status(got: Got, expected: Expected) -> Iterator[str]:
    """The status is one that was expected."""
    if got.status not in expected.statuses:
        wanted = " or ".join(map(str, expected.statuses))
        yield f"{expected.method} of a {expected.kind} was answered {got.status}, expected {wanted}"


def length(got: Got, expected: Expected) -> Iterator[str]:
    """Content-Length is told and true; a HEAD's is that of the GET; a part is the part; a 304 has no body."""
    said = got.header("content-length")
    if expected.kind is Kind.REVALIDATED:
        if got.body:
            yield f"a 304 came with {len(got.body)} bytes"
    elif expected.kind is Kind.HEAD:
        if got.body or said != str(expected.length):
            yield f"HEAD says {said or 'no length'} and sends {len(got.body)}, GET sent {expected.length}"
    elif expected.kind is Kind.PART:
        part = got.header("content-range")
        if len(got.body) != expected.length or not part.startswith("bytes 0-"):
            yield f"{len(got.body)} bytes as {part or 'no range'}, the first {expected.length} were asked for"
    elif _picture(got, expected) and said != str(len(got.body)):
        yield f"Content-Length {said or 'is missing'}, {len(got.body)} bytes came"


def media_type(got: Got, expected: Expected) -> Iterator[str]:
    """Content-Type says what the magic bytes say, and it is a format that was asked for."""
    said = got.header("content-type").partition(";")[0]
    if got.status >= 400 and said != PROBLEM:
        yield f"an error of type {said or 'none'}, expected {PROBLEM}"
    if not _picture(got, expected):
        return
    try:
        found = sniff(got.body)
    except ImageError as error:
        yield str(error)
        return
    if said != MEDIA_TYPES[found]:
        yield f"Content-Type {said or 'is missing'}, the bytes are {MEDIA_TYPES[found]}"
    if found not in expected.formats:
        asked = expected.asks.get("accept", "nothing of the kind")
        yield f"{found}, expected {' or '.join(expected.formats)} (Accept: {asked})"


def picture(got: Got, expected: Expected) -> Iterator[str]:
    """The bytes decode, whole, to the size that was promised."""
    if not _picture(got, expected):
        return
    try:
        height, width = decode(got.body).shape[:2]
    except ImageError as error:
        yield str(error)
        return
    if expected.size not in (None, (width, height)):
        yield f"{width} × {height} pixels, expected {expected.size[0]} × {expected.size[1]}"


def digest(got: Got, expected: Expected) -> Iterator[str]:
    """The bytes are those that the name was made from."""
    if expected.digest and (found := sha256(got.body))[: len(expected.digest)] != expected.digest:
        yield f"the bytes hash to {found[:16]}, the name says {expected.digest}"


def freshness(got: Got, expected: Expected) -> Iterator[str]:
    """Nobody may keep it longer than it can be taken back."""
    told = fields.directives(got.header("cache-control"))
    left = (fields.seconds(told, "max-age") or 0) - got.age
    if not told:
        yield "no Cache-Control: every cache decides for itself"
    elif got.status >= 400:
        if "no-store" not in told and left > ERROR:
            yield f"an error may be kept for {left} s, at most {ERROR} are allowed"
    elif expected.kind.picture:
        yield from _revocable(got, told, left)


def _revocable(got: Got, told: Mapping[str, str], left: int) -> Iterator[str]:
    if "max-age" not in told or left > FRESH or "immutable" in told:
        said = got.header("cache-control")
        yield f"may be kept by browsers for {left} s ({said}), at most {FRESH} are allowed"
    shared = fields.seconds(fields.directives(got.header("cdn-cache-control")), "max-age")
    if shared is None and not got.through_edge:
        yield "the origin says no CDN-Cache-Control max-age: caches keep it as briefly as browsers"
    elif shared is not None and shared > SHARED:
        yield f"shared caches may keep it for {shared} s, at most {SHARED} are allowed"


def nosniff(got: Got, expected: Expected) -> Iterator[str]:
    """A browser takes the type as told."""
    if got.status != 304 and got.header("x-content-type-options").lower() != "nosniff":
        yield "X-Content-Type-Options is not nosniff"


def etag(got: Got, expected: Expected) -> Iterator[str]:
    """Pictures have a strong ETag; a 304 repeats it."""
    said = got.header("etag")
    if expected.kind.picture and not (said.startswith('"') and said.endswith('"') and len(said) > 2):
        yield f"ETag {said or 'is missing'}: expected a quoted, strong one"
    if expected.kind is Kind.REVALIDATED and said != expected.etag:
        yield f"a 304 with ETag {said or 'none'}, asked for {expected.etag}"


def vary(got: Got, expected: Expected) -> Iterator[str]:
    """Negotiated answers say so; addresses with a format do not multiply in caches."""
    said = {name.strip().lower() for name in got.header("vary").split(",")} - {""}
    if expected.kind is Kind.AUTO and "accept" not in said:
        yield f"Vary {got.header('vary') or 'is missing'}: a cache would hand one format to everybody"
    if expected.kind in (Kind.DERIVATIVE, Kind.TRANSFORM) and said - {"accept-encoding"}:
        yield f"Vary: {got.header('vary')} on an address that has one representation"


def timing(got: Got, expected: Expected) -> Iterator[str]:
    """Stages can be read from outside, unless an edge answered by itself."""
    said = got.header("server-timing")
    if expected.kind.picture and got.tier != "edge" and not fields.timings(said):
        yield f"Server-Timing {said or 'is missing'}: nothing can be read of what took how long"


def discretion(got: Got, expected: Expected) -> Iterator[str]:
    """No cookie on a picture, no tag past an edge."""
    if "set-cookie" in got.headers:
        yield "sets a cookie"
    if got.through_edge and (leaked := {"surrogate-key", "xkey", "x-varnish"} & set(got.headers)):
        yield f"the edge passes on {', '.join(sorted(leaked))}"


def _picture(got: Got, expected: Expected) -> bool:
    return expected.kind.picture and got.status == 200


RULES: tuple[Rule, ...] = (
    *(status, length, media_type, picture, digest, freshness),
    *(nosniff, etag, vary, timing, discretion),
)
REMEDIES: Mapping[str, str] = {
    "status": "look at the origin's answer to this address, and at the family's state in `wetplate status`",
    "length": "look at what stands between here and the origin and rewrites bodies",
    "media_type": "purge it; if it comes back, run `wetplate verify`",
    "picture": "purge it; if it comes back, run `wetplate verify`",
    "digest": "purge it; if it comes back, run `wetplate verify`",
    "freshness": "look for a proxy that rewrites Cache-Control; the table is wetplate/delivery/caching.py",
    "nosniff": "look for a proxy that drops headers",
    "etag": "look for a proxy that rewrites or weakens ETag",
    "vary": "look for a proxy that rewrites Vary",
    "timing": "look for a proxy that drops Server-Timing",
    "discretion": "look at the edge's configuration (`wetplate edge --help`)",
    "reachable": "start the origin (`make dev`) or the edge (`make edge`), or give another --url",
    "offered": "look at `wetplate status`: is anything of the family published?",
}
