"""What HTTP asks of an image server, one small function each; the same functions run against every server.

A check gives None when the server behaves, or what it did instead; Inexpressible when it knows no such
thing. The first line of its docstring is its line in the table. What caches need (RFC 9110, 9111) and what
keeps a cache from being filled with junk stand side by side: both decide whether an edge in front can be
trusted.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from bench.delivery.peers.peer import Inexpressible, Peer
from bench.delivery.wire import Answer

Check: TypeAlias = Callable[[Peer], str | None]
ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]*"')
BRIEF = 60
ACCEPTS = (
    "image/avif,image/webp,*/*;q=0.8", "image/avif", "image/webp,image/avif",
    "image/webp;q=0.9,image/avif;q=0.8", "image/webp", "image/*", "*/*", "", "text/html", "image/png",
    "image/jpeg", "image/avif;q=0,image/webp", "image/avif;q=0.001", "image/jxl,image/avif", "IMAGE/AVIF",
    "image/avif;level=1", "image/apng,image/*;q=0.8", "image/webp;q=0,*/*", "x" * 4000,
    "image/gif;q=1, image/jpeg;q=0.2",
)  # fmt: skip


def right_type_and_length(peer: Peer) -> str | None:
    """GET: 200, Content-Type of the bytes, Content-Length"""
    answer = peer.ask()
    if not answer.picture or answer.type != "image/avif":
        return f"{answer.status} {answer.type}"
    return None if answer.headers.get("content-length") == str(len(answer.body)) else "no Content-Length"


def head_equals_get(peer: Peer) -> str | None:
    """HEAD: the headers of GET, no body"""
    get, head = peer.ask(), peer.ask(method="HEAD")
    if head.status != get.status or head.body:
        return f"{head.status}"
    names = ("content-type", "content-length", "etag", "cache-control", "vary")
    other = [name for name in names if head.headers.get(name) != get.headers.get(name)]
    return f"differs in {', '.join(other)}" if other else None


def options_is_no_picture(peer: Peer) -> str | None:
    """OPTIONS: 204, 200 without picture, or 405"""
    return _no_picture(peer.ask(method="OPTIONS"), 200, 204, 405)


def post_is_refused(peer: Peer) -> str | None:
    """POST: 405"""
    return _status(peer.ask({"Content-Length": "0"}, method="POST"), 405)


def etag_is_valid(peer: Peer) -> str | None:
    """ETag: there, quoted, strong"""
    tag = peer.ask().headers.get("etag", "")
    return None if ETAG.fullmatch(tag) and not tag.startswith("W/") else tag[:BRIEF] or "none"


def same_tag_twice(peer: Peer) -> str | None:
    """ETag: the same for the same bytes"""
    one, two = peer.ask(), peer.ask()
    return None if one.headers.get("etag") == two.headers.get("etag") else "changes"


def not_modified_for_its_tag(peer: Peer) -> str | None:
    """If-None-Match, its tag: 304"""
    return _status(peer.ask({"If-None-Match": _tag(peer)}), 304)


def not_modified_in_a_list(peer: Peer) -> str | None:
    """If-None-Match, a list: 304"""
    return _status(peer.ask({"If-None-Match": f'"another", {_tag(peer)}'}), 304)


def not_modified_weakly(peer: Peer) -> str | None:
    """If-None-Match, weak: 304"""
    return _status(peer.ask({"If-None-Match": "W/" + _tag(peer).removeprefix("W/")}), 304)


def not_modified_for_a_star(peer: Peer) -> str | None:
    """If-None-Match, *: 304"""
    return _status(peer.ask({"If-None-Match": "*"}), 304)


def modified_for_another_tag(peer: Peer) -> str | None:
    """If-None-Match, another tag: 200"""
    return _status(peer.ask({"If-None-Match": '"another"'}), 200)


def not_modified_keeps_headers(peer: Peer) -> str | None:
    """304: with ETag and Cache-Control, without body"""
    answer = peer.ask({"If-None-Match": _tag(peer)})
    if answer.status != 304:
        return f"{answer.status}"
    lost = [name for name in ("etag", "cache-control") if name not in answer.headers]
    return f"lacks {', '.join(lost)}" if lost or answer.body else None


def part(peer: Peer) -> str | None:
    """Range: 206 with the right bytes"""
    whole, some = peer.ask(), peer.ask({"Range": "bytes=10-19"})
    if some.status != 206:
        return f"{some.status}"
    right = (
        some.body == whole.body[10:20]
        and some.headers.get("content-range") == f"bytes 10-19/{len(whole.body)}"
    )
    return None if right else f"206 with {len(some.body)} bytes"


def last_part(peer: Peer) -> str | None:
    """Range: the last bytes"""
    whole, some = peer.ask(), peer.ask({"Range": "bytes=-5"})
    return None if some.status == 206 and some.body == whole.body[-5:] else f"{some.status}"


def beyond_the_end(peer: Peer) -> str | None:
    """Range beyond the end: 416 with the length"""
    answer = peer.ask({"Range": "bytes=99999999-"})
    if answer.status != 416:
        return f"{answer.status}"
    return None if answer.headers.get("content-range", "").startswith("bytes */") else "416 without length"


def range_if_same(peer: Peer) -> str | None:
    """If-Range, its tag: 206; another: 200"""
    same = peer.ask({"Range": "bytes=0-9", "If-Range": _tag(peer)})
    other = peer.ask({"Range": "bytes=0-9", "If-Range": '"another"'})
    return None if (same.status, other.status) == (206, 200) else f"{same.status}, {other.status}"


def varies_on_accept(peer: Peer) -> str | None:
    """Negotiated: Vary: Accept"""
    vary = negotiated(peer, "image/avif,image/webp").headers.get("vary", "")
    return None if "accept" in vary.lower().replace(" ", "").split(",") else vary or "no Vary"


def none_means_no(peer: Peer) -> str | None:
    """Negotiated: image/avif;q=0 gives no AVIF"""
    return _other_type(negotiated(peer, "image/avif;q=0, image/webp;q=0.5"), "image/avif")


def likes_the_liked(peer: Peer) -> str | None:
    """Negotiated: nothing the client did not name"""
    return _other_type(negotiated(peer, "image/jpeg, image/png"), "image/avif", "image/webp")


def few_variants(peer: Peer) -> str | None:
    """Negotiated: at most 4 variants for 20 spellings of Accept"""
    bodies = {answer.body for answer in (negotiated(peer, accept) for accept in ACCEPTS) if answer.picture}
    return None if 1 <= len(bodies) <= 4 else f"{len(bodies)}"


def guarded(peer: Peer) -> str | None:
    """Content-Type is final: X-Content-Type-Options: nosniff"""
    said = peer.ask().headers.get("x-content-type-options", "none")
    return None if said == "nosniff" else said


def scriptless(peer: Peer) -> str | None:
    """A picture cannot become a page: Content-Security-Policy"""
    said = peer.ask().headers.get("content-security-policy", "none")
    return None if "default-src 'none'" in said or "sandbox" in said else said[:BRIEF]


def cookieless(peer: Peer) -> str | None:
    """Cookies and forwarded hosts change nothing"""
    told = {"Cookie": "a=b", "X-Forwarded-Host": "evil.example", "X-Original-URL": "/admin"}
    plain, other = peer.ask(), peer.ask(told)
    same = plain.body == other.body and "evil" not in str(other.headers) and "set-cookie" not in other.headers
    return None if same else f"{other.status}, differs"


def missing_is_short(peer: Peer) -> str | None:
    """Not there: 404, kept for seconds at most"""
    answer = peer.ask(picture="not-there.png" if peer.pictures is None else "0" * 64 + "/v1")
    return _status(answer, 404) or kept_long(answer)


def refusal_is_short(peer: Peer) -> str | None:
    """Nonsense for a width: 400 or 404, kept for seconds at most"""
    answer = peer.ask(width="abc")
    return kept_long(answer) if answer.status in (400, 404) else f"{answer.status}"


def unknown_is_refused(peer: Peer) -> str | None:
    """Unknown parameter: refused, not a new cache key"""
    return _moved_or_refused(peer.get(peer.path(peer.spelling.unknown)))


def twice_is_refused(peer: Peer) -> str | None:
    """A parameter given twice: refused"""
    return _moved_or_refused(peer.get(peer.path(peer.spelling.twice)))


def one_order(peer: Peer) -> str | None:
    """Parameters in another order: refused or moved"""
    if peer.spelling.orders is None:
        raise Inexpressible("one parameter only")
    answers = [peer.get(peer.path(order)) for order in peer.spelling.orders]
    return None if sum(answer.picture for answer in answers) == 1 else "a second object"


def one_spelling(peer: Peer) -> str | None:
    """A letter percent-encoded: refused or moved"""
    return _moved_or_refused(peer.get(peer.path(peer.spelling.encoded)))


def explains_errors(peer: Peer) -> str | None:
    """Errors say why, in JSON or text"""
    answer = peer.ask(width="abc")
    if answer.status < 400 or not answer.body:
        return f"{answer.status}, {len(answer.body)} bytes"
    return (
        None if answer.type in ("application/problem+json", "application/json", "text/plain") else answer.type
    )


#: In the order of the table.
CHECKS: tuple[Check, ...] = (
    right_type_and_length, head_equals_get, options_is_no_picture, post_is_refused, etag_is_valid,
    same_tag_twice, not_modified_for_its_tag, not_modified_in_a_list, not_modified_weakly,
    not_modified_for_a_star, modified_for_another_tag, not_modified_keeps_headers, part, last_part,
    beyond_the_end, range_if_same, varies_on_accept, none_means_no, likes_the_liked, few_variants, guarded,
    scriptless, cookieless, missing_is_short, refusal_is_short, explains_errors, unknown_is_refused,
    twice_is_refused, one_order, one_spelling,
)  # fmt: skip


def negotiated(peer: Peer, accept: str) -> Answer:
    """What this Accept gets."""
    return peer.get(peer.path(peer.spelling.negotiated), {"Accept": accept})


def kept_long(answer: Answer, seconds: int = 60) -> str | None:
    """What is wrong when a cache may keep this error for longer; silence is judged by Expires and status."""
    said = answer.headers.get("cache-control", "")
    ages = [int(age) for age in re.findall(r"(?:max-age|s-maxage)=(\d+)", said)]
    if "no-store" in said or (not ages and "expires" not in answer.headers):
        return None
    return (
        None if ages and max(ages) <= seconds else f"{answer.status}, {said or answer.headers.get('expires')}"
    )


def title(check: Callable[..., object]) -> str:
    """The check's line in the table."""
    return (check.__doc__ or check.__name__).splitlines()[0]


def verdicts(peer: Peer, checks: Mapping[str, Check]) -> dict[str, tuple[str, str]]:
    """(pass, fail or n/a; what was seen) for each named check."""
    return {name: verdict(peer, check) for name, check in checks.items()}


def verdict(peer: Peer, check: Check) -> tuple[str, str]:
    """How the server does on one check."""
    if not peer.server.alive():
        return "fail", "the server is gone"
    try:
        wrong = check(peer)
    except Inexpressible as reason:
        return "n/a", str(reason)
    return ("pass", "") if wrong is None else ("fail", wrong)


def _tag(peer: Peer) -> str:
    return peer.ask().headers.get("etag", '""')


def _status(answer: Answer, wanted: int) -> str | None:
    return None if answer.status == wanted else f"{answer.status}"


def _no_picture(answer: Answer, *allowed: int) -> str | None:
    return None if answer.status in allowed and not answer.picture else f"{answer.status} {answer.type}"


def _other_type(answer: Answer, *unwanted: str) -> str | None:
    if not answer.picture and answer.status != 406:
        return f"{answer.status}"
    return f"{answer.type}" if answer.type in unwanted else None


def _moved_or_refused(answer: Answer) -> str | None:
    return None if answer.status in (308, 400, 403, 404, 414) else f"{answer.status}"
