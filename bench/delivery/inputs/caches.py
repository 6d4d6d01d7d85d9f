"""What would fill a cache with junk, fool it, or make one client's answer everybody's."""

from concurrent.futures import ThreadPoolExecutor

from bench.delivery import behaviour
from bench.delivery.behaviour import kept_long
from bench.delivery.inputs.answers import none_shown, small
from bench.delivery.peers.peer import Peer


def many_accepts(peer: Peer) -> str | None:
    """Accept in many spellings, 8 KB long: few variants"""
    long = behaviour.negotiated(peer, "image/x," * 1000).status
    return behaviour.few_variants(peer) or (None if long in (200, 400, 431) else f"{long} for 8 KB")


def deception(peer: Peer) -> str | None:
    """Cache deception: /..%2fpublic.css, ;.jpg, trailing dot"""
    path = peer.path()
    return none_shown(
        peer.get(path + tail) for tail in ("/..%2fpublic.css", ";.jpg", ".", "/.css", "%23.css")
    )


def odd_ranges(peer: Peer) -> str | None:
    """1,000 ranges, overlapping, -0, beyond the end, If-Range weak"""
    whole = len(peer.ask().body)
    many = peer.ask({"Range": "bytes=" + ",".join("0-" for _ in range(1000))})
    if len(many.body) > 2 * whole:
        return f"{len(many.body) // whole} times the picture"
    weak = peer.ask({"Range": "bytes=0-9", "If-Range": 'W/"a"'}).status
    none = peer.ask({"Range": "bytes=-0"}).status
    beyond = behaviour.beyond_the_end(peer)
    if beyond is not None:
        return f"beyond: {beyond}"
    return None if (weak, none) == (200, 416) else f"weak {weak}, -0 {none}"


def short_errors(peer: Peer) -> str | None:
    """Errors are kept for seconds: 404, 400, broken source"""
    answers = (peer.ask(picture="no.png"), peer.ask(width="abc"), small(peer, "cut.png"))
    said = [kept_long(answer) for answer in answers if answer.status >= 400]
    return next((word for word in said if word), None)


def many_variants(peer: Peer) -> str | None:
    """150 distinct variants by one client; PURGE by a stranger"""
    purge = peer.ask(method="PURGE")
    if purge.status in range(200, 300) and not purge.picture:  # a picture: the method was not even looked at
        return f"PURGE {purge.status}"
    with ThreadPoolExecutor(4) as pool:
        got = [answer.status for answer in pool.map(peer.get, peer.variants)]
    return None if got.count(200) < len(got) else f"{got.count(200)} of {len(got)} made"
