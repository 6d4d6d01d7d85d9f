"""Parameters and paths that are not what they should be."""

import time

from bench.delivery import behaviour
from bench.delivery.inputs.answers import all_refused, none_shown, reads_files
from bench.delivery.peers.peer import Inexpressible, Peer

WIDTHS = ("-1", "0", "1e9", "NaN", "1e3", "0x10", "٣٢٠", "%20320", "320.5", "100000", "6" * 400)
CLIMBS = (
    *(up * 8 + "etc/passwd" for up in ("../", "%2e%2e/", "..%2f", "..%5c")),
    "%c0%ae%c0%ae/" * 8 + "etc/passwd", "//etc/passwd", "/etc/passwd", "C:/windows/win.ini", "a%00.png",
)  # fmt: skip
REMOTE = (
    "http://127.0.0.1:{port}/x.png",
    "http%3A%2F%2F127.0.0.1:{port}/x.png",
    "file:///etc/passwd",
    "data:,x",
)


def two_objects(peer: Peer) -> str | None:
    """Duplicate and re-ordered parameters"""
    return behaviour.twice_is_refused(peer) or behaviour.one_order(peer)


def odd_case(peer: Peer) -> str | None:
    """Upper case, percent-encoded and doubly encoded parameters"""
    twice = peer.path(peer.spelling.encoded).replace("%", "%25")
    upper = peer.path().replace("w", "W", 1)
    answers = [peer.get(peer.path(peer.spelling.encoded)), peer.get(twice)]
    return none_shown([*answers, *([peer.get(upper)] if upper != peer.path() else [])])


def odd_widths(peer: Peer) -> str | None:
    """Widths -1, 0, 1e9, NaN, 0x10, ٣٢٠, 320.5, 100000, …"""
    return all_refused({width: peer.ask(width=width) for width in WIDTHS if width not in peer.spelling.meant})


def odd_qualities(peer: Peer) -> str | None:
    """Quality out of list"""
    texts = ("101", "-5", "1e9", "best")
    return all_refused({text: peer.get(peer.path(peer.spelling.quality, quality=text)) for text in texts})


def long_paths(peer: Peer) -> str | None:
    """64 KB of path, 200 parameters"""
    many = peer.path().replace(
        "640", "640" + ":blur(1)" * 200 if "filters" in peer.path() else "640,b_1" * 200
    )
    long = peer.get("/" + "a" * 65_536).status  # 0: it hangs up, which is an answer too
    return (f"64 KB: {long}" if long in range(1, 400) else None) or all_refused(
        {"200 parameters": peer.get(many)}
    )


def slow_patterns(peer: Peer) -> str | None:
    """Text that makes patterns backtrack, in every parameter"""
    evil = ("1" * 2_000 + "x", "a," * 1_000 + "!", "((((" * 500)
    began = time.monotonic()
    answers = [peer.ask(width=text) for text in evil] + [peer.ask(picture=text) for text in evil]
    took = time.monotonic() - began
    return f"{took:.1f} s" if took > 1 else none_shown(answers)


def climbing(peer: Peer) -> str | None:
    """../, %2e%2e/, ..%2f, ..%5c, %c0%ae, NUL, //, drive letters"""
    answers = [peer.ask(picture=climb) for climb in CLIMBS]
    leaked = [answer.status for answer in answers if b"root:" in answer.body]
    return f"leaks {leaked}" if leaked else all_refused(dict(zip(CLIMBS, answers, strict=True)))


def sibling(peer: Peer) -> str | None:
    """A folder beside the root whose name begins alike"""
    reads_files(peer)
    return none_shown(peer.ask(picture=f"{up}pictures-evil/secret.png") for up in ("../", "%2e%2e/", "..%2f"))


def link_out(peer: Peer) -> str | None:
    """A symbolic link that leaves the root"""
    reads_files(peer)
    return none_shown([peer.ask(picture="link.png")])


def no_digest(peer: Peer) -> str | None:
    """An id that is no hex digest"""
    if peer.pictures is None:
        raise Inexpressible("ids are file names")
    return all_refused(
        {text: peer.ask(picture=f"{text}/v1") for text in ("abc", "Z" * 64, "A" * 64, "0" * 65)}
    )


def remote(peer: Peer) -> str | None:
    """A remote source: loopback, file:, data:"""
    reads_files(peer)
    sources = [source.format(port=peer.server.port) for source in REMOTE]
    return none_shown(
        peer.get(peer.path(picture="X").replace("%2FX", "X").replace("X", source)) for source in sources
    )
