"""The 46 bad inputs that an image server must survive, as far as HTTP can express them, against any server.

Numbers are those of the list that the project keeps; what is asked is in each function's first line. A
server that has no words for an input (no signatures, no remote sources) is Inexpressible there, ours too.
"""

import io
import re
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from bench.delivery import bad_pictures, behaviour
from bench.delivery.bad_pictures import LEFT, RIGHT
from bench.delivery.behaviour import Check, kept_long, title
from bench.delivery.peers.peer import PICTURE, Inexpressible, Peer, Signed
from bench.delivery.processes import watched
from bench.delivery.wire import Answer, send
from wetplate.errors import ImageError
from wetplate.imaging.codec import decode
from wetplate.imaging.pixels import opaque

OTHER = "mosaic-0.png"
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
SOON = 5.0


def no_signature(peer: Peer) -> str | None:
    """No signature"""
    return _none([peer.get(peer.path(_signed(peer).unsigned))])


def of_another_picture(peer: Peer) -> str | None:
    """Signature of another picture"""
    signed = _signed(peer)
    other = signed.mac(signed.address(OTHER, 640))
    return _none([_swapped(peer, other)])


def cut_signature(peer: Peer) -> str | None:
    """Signature cut short; other last letter with the same bits"""
    mac = _mac(peer)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    bare = mac.rstrip("=")
    alike = letters[letters.index(bare[-1]) ^ 1] + "=" * (len(mac) - len(bare))
    return _none([_swapped(peer, mac[:-8]), _swapped(peer, bare[:-1] + alike)])


def repeated_signature(peer: Peer) -> str | None:
    """Valid signature once more inside the path"""
    signed, mac = _signed(peer), _mac(peer)
    path = signed.address(PICTURE, 640)
    head, name = path.rsplit("/", 1)
    return _none([peer.get(f"{head}/{mac}/{name}"), peer.get(path.replace(mac, f"{mac}/{mac}", 1))])


def other_alphabet(peer: Peer) -> str | None:
    """Signature in another alphabet or padding of base64"""
    mac = _mac(peer)
    padded = mac.rstrip("=") if mac.endswith("=") else mac + "="
    return _none([_swapped(peer, padded), _swapped(peer, mac + "%3D")])


def expired(peer: Peer) -> str | None:
    """Expired by 1 s; expiry in ms, negative, 10^20"""
    expiring, now = _signed(peer).expiring, int(time.time())
    if expiring is None:
        raise Inexpressible("its signatures never expire")
    moments = (str(now - 1), str(now * 1000), "-1", str(10**20))
    return _none(peer.get(expiring(moment)) for moment in moments)


def other_width(peer: Peer) -> str | None:
    """Signed for 640, asked as 320"""
    return _none([peer.get(_signed(peer).address(PICTURE, 640).replace("640", "320"))])


def retired_key(peer: Peer) -> str | None:
    """Key of the ring accepted, retired key refused"""
    keyed = _signed(peer).keyed
    if keyed is None:
        raise Inexpressible("one key only")
    kept, retired = peer.get(keyed(True)), peer.get(keyed(False))
    return None if kept.picture and not retired.picture else f"{kept.status}, {retired.status}"


def two_objects(peer: Peer) -> str | None:
    """Duplicate and re-ordered parameters"""
    return behaviour.twice_is_refused(peer) or behaviour.one_order(peer)


def odd_case(peer: Peer) -> str | None:
    """Upper case, percent-encoded and doubly encoded parameters"""
    twice = peer.path(peer.spelling.encoded).replace("%", "%25")
    upper = peer.path().replace("w", "W", 1)
    answers = [peer.get(peer.path(peer.spelling.encoded)), peer.get(twice)]
    return _none([*answers, *([peer.get(upper)] if upper != peer.path() else [])])


def odd_widths(peer: Peer) -> str | None:
    """Widths -1, 0, 1e9, NaN, 0x10, ٣٢٠, 320.5, 100000, …"""
    return _refused({width: peer.ask(width=width) for width in WIDTHS if width not in peer.spelling.meant})


def odd_qualities(peer: Peer) -> str | None:
    """Quality out of list"""
    texts = ("101", "-5", "1e9", "best")
    return _refused({text: peer.get(peer.path(peer.spelling.quality, quality=text)) for text in texts})


def long_paths(peer: Peer) -> str | None:
    """64 KB of path, 200 parameters"""
    many = peer.path().replace(
        "640", "640" + ":blur(1)" * 200 if "filters" in peer.path() else "640,b_1" * 200
    )
    long = peer.get("/" + "a" * 65_536).status  # 0: it hangs up, which is an answer too
    return (f"64 KB: {long}" if long in range(1, 400) else None) or _refused(
        {"200 parameters": peer.get(many)}
    )


def slow_patterns(peer: Peer) -> str | None:
    """Text that makes patterns backtrack, in every parameter"""
    evil = ("1" * 2_000 + "x", "a," * 1_000 + "!", "((((" * 500)
    began = time.monotonic()
    answers = [peer.ask(width=text) for text in evil] + [peer.ask(picture=text) for text in evil]
    took = time.monotonic() - began
    return f"{took:.1f} s" if took > 1 else _none(answers)


def climbing(peer: Peer) -> str | None:
    """../, %2e%2e/, ..%2f, ..%5c, %c0%ae, NUL, //, drive letters"""
    answers = [peer.ask(picture=climb) for climb in CLIMBS]
    leaked = [answer.status for answer in answers if b"root:" in answer.body]
    return f"leaks {leaked}" if leaked else _refused(dict(zip(CLIMBS, answers, strict=True)))


def sibling(peer: Peer) -> str | None:
    """A folder beside the root whose name begins alike"""
    _reads_files(peer)
    return _none(peer.ask(picture=f"{up}pictures-evil/secret.png") for up in ("../", "%2e%2e/", "..%2f"))


def link_out(peer: Peer) -> str | None:
    """A symbolic link that leaves the root"""
    _reads_files(peer)
    return _none([peer.ask(picture="link.png")])


def no_digest(peer: Peer) -> str | None:
    """An id that is no hex digest"""
    if peer.pictures is None:
        raise Inexpressible("ids are file names")
    return _refused({text: peer.ask(picture=f"{text}/v1") for text in ("abc", "Z" * 64, "A" * 64, "0" * 65)})


def remote(peer: Peer) -> str | None:
    """A remote source: loopback, file:, data:"""
    _reads_files(peer)
    sources = [source.format(port=peer.server.port) for source in REMOTE]
    return _none(
        peer.get(peer.path(picture="X").replace("%2FX", "X").replace("X", source)) for source in sources
    )


def broken(number: int, words: str) -> Check:
    """A check that none of the broken pictures of this number comes back as one."""

    def check(peer: Peer) -> str | None:
        return _refused({name: _heavy(peer, name) for n, name, _ in bad_pictures.BROKEN if n == number})

    check.__doc__ = words
    return check


def odd(number: int, words: str) -> Check:
    """A check that pictures in unusual clothes are shown in their own colours, or refused."""

    def check(peer: Peer) -> str | None:
        answers = {name: _heavy(peer, name) for n, name, _ in bad_pictures.ODD if n == number}
        seen = {
            name: answer.status if not answer.picture else _colours(answer)
            for name, answer in answers.items()
        }
        wrong = [f"{name}: {said}" for name, said in seen.items() if said not in (None, *range(400, 500))]
        return ", ".join(wrong) or None

    check.__doc__ = words
    return check


def heavy(number: int, words: str) -> Check:
    """A check that an expensive picture is answered soon, without a crash."""

    def check(peer: Peer) -> str | None:
        began = time.monotonic()
        answers = {name: _heavy(peer, name) for n, name, _ in bad_pictures.HEAVY if n == number}
        took = time.monotonic() - began
        wrong = [
            f"{name}: {a.status}"
            for name, a in answers.items()
            if not a.picture and a.status not in range(400, 500)
        ]
        return ", ".join(wrong) or (f"{took:.1f} s" if took > SOON * len(answers) else None)

    check.__doc__ = words
    return check


def polyglot(peer: Peer) -> str | None:
    """A picture that is also a page: what leaves holds no markup"""
    answer = _heavy(peer, "polyglot.png")
    if not answer.picture:
        return None if answer.status in range(400, 500) else f"{answer.status}"
    return "markup leaves" if b"<script" in answer.body else None


def drawings(peer: Peer) -> str | None:
    """SVG with script, foreignObject, entity bomb: refused, or pixels"""
    answers = {name: _heavy(peer, name) for n, name, _ in bad_pictures.BROKEN if n == 36}
    wrong = [
        f"{name}: {answer.status} {answer.type}"
        for name, answer in answers.items()
        if answer.status not in range(400, 500) and (not answer.picture or "svg" in answer.type)
    ]
    return ", ".join(wrong) or None


def stands_still(peer: Peer) -> str | None:
    """Animated source to AVIF: one frame, or refused"""
    answer = peer.ask(picture="frames.gif", width=64)
    if not answer.picture:
        return None if answer.status in range(400, 500) else f"{answer.status}"
    frames = getattr(Image.open(io.BytesIO(answer.body)), "n_frames", 1)
    return None if frames == 1 else f"{frames} frames"


def others_unharmed(peer: Peer) -> str | None:
    """Bombs at work: good pictures meanwhile, memory bounded"""
    with watched(peer.server) as peak, ThreadPoolExecutor(4) as pool:
        for _, name, _ in (*bad_pictures.HEAVY, bad_pictures.BROKEN[0]):
            pool.submit(_heavy, peer, name)
        began = time.monotonic()
        good = [peer.ask() for _ in range(5)]
        took = (time.monotonic() - began) / 5
    if not all(answer.picture for answer in good):
        return f"good pictures get {good[-1].status}"
    return f"{took:.1f} s for a good one" if took > 2 else f"{peak() >> 20} MiB" if peak() > 2**30 else None


def many_accepts(peer: Peer) -> str | None:
    """Accept in many spellings, 8 KB long: few variants"""
    long = behaviour.negotiated(peer, "image/x," * 1000).status
    return behaviour.few_variants(peer) or (None if long in (200, 400, 431) else f"{long} for 8 KB")


def private_stays_private(peer: Peer) -> str | None:
    """Private pictures: private, no-store"""
    if _signed(peer).expiring is None:
        raise Inexpressible("it signs, but knows no private pictures")
    answer = peer.get(_signed(peer).address(PICTURE, 640))
    if not answer.picture:
        return f"{answer.status}"
    said = answer.headers.get("cache-control", "none")
    return None if "no-store" in said else said


def deception(peer: Peer) -> str | None:
    """Cache deception: /..%2fpublic.css, ;.jpg, trailing dot"""
    path = peer.path()
    return _none(peer.get(path + tail) for tail in ("/..%2fpublic.css", ";.jpg", ".", "/.css", "%23.css"))


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
    answers = (peer.ask(picture="no.png"), peer.ask(width="abc"), _heavy(peer, "cut.png"))
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


#: number -> check; what is missing here no server can be asked over HTTP.
INPUTS: Mapping[int, Check] = {
    1: no_signature, 2: of_another_picture, 3: cut_signature, 4: repeated_signature, 5: other_alphabet,
    6: expired, 7: other_width, 9: retired_key, 10: two_objects, 11: behaviour.unknown_is_refused,
    12: odd_case, 13: odd_widths, 14: odd_qualities, 15: long_paths, 16: slow_patterns, 17: climbing,
    18: sibling, 19: link_out, 20: no_digest, 21: remote,
    22: broken(22, "PNG of 48 KB that is 400 megapixels"),
    23: broken(23, "Header claims 60000 × 60000"),
    24: broken(24, "No bytes"),
    25: broken(25, "HTML named .png"),
    26: broken(26, "PNG, JPEG, WebP, AVIF cut short: never half a picture"),
    27: heavy(27, "GIF with 2,000 frames"),
    28: heavy(28, "AVIF that claims 65,535 items"),
    29: heavy(29, "100 MB inside zTXt and iCCP"),
    30: heavy(30, "JPEG with 1,000 scans; 65535 × 1"),
    31: odd(31, "CMYK, inverted as Adobe does"),
    32: odd(32, "Exchanged primaries in a profile; broken profile"),
    33: odd(33, "16 bits a channel, palette with transparency"),
    34: odd(34, "EXIF orientation 6, nonsense orientation"),
    35: polyglot,
    36: drawings,
    37: broken(37, "TIFF, BMP, JPEG 2000, EPS as source"),
    38: stands_still, 39: others_unharmed, 40: many_accepts, 41: behaviour.cookieless,
    42: private_stays_private, 43: deception, 44: odd_ranges, 45: short_errors, 46: many_variants,
}  # fmt: skip
ELSEWHERE = {8: "Constant-time compare: read in the source, not over HTTP"}
SIGNATURES = (1, 2, 3, 4, 5, 6, 7, 9, 42)


def named(number: int) -> str:
    """The input's line in the table."""
    return ELSEWHERE.get(number) or title(INPUTS[number])


def _signed(peer: Peer) -> Signed:
    if peer.signed is None:
        raise Inexpressible("signs nothing")
    return peer.signed


def _mac(peer: Peer) -> str:
    signed = _signed(peer)
    path = signed.address(PICTURE, 640)
    if not peer.get(path).picture:
        raise Inexpressible("a good signature is refused")
    return signed.mac(path)


def _swapped(peer: Peer, mac: str) -> Answer:
    """The good address with another signature in it."""
    return peer.get(_signed(peer).address(PICTURE, 640).replace(_mac(peer), mac, 1))


def _reads_files(peer: Peer) -> None:
    if peer.pictures is not None:
        raise Inexpressible("addresses name images, not files or other servers")


def _none(answers: Iterable[Answer]) -> str | None:
    """No answer is a picture, and the server did not break."""
    wrong = [
        answer.status for answer in answers if answer.picture or answer.status >= 500 or answer.status == 0
    ]
    return f"{', '.join(map(str, wrong))}" if wrong else None


def _refused(answers: Mapping[str, Answer]) -> str | None:
    """Every answer is a 4xx or a redirect."""
    wrong = [
        f"{text[:16]}: {answer.status}"
        for text, answer in answers.items()
        if answer.status not in range(300, 500)
    ]
    return ", ".join(wrong[:4]) + ("…" if len(wrong) > 4 else "") if wrong else None


def _heavy(peer: Peer, picture: str) -> Answer:
    told = {"Accept": "image/webp"} if peer.accept else {}
    return send(peer.server.port, peer.path(picture=picture, width=64, format="webp"), told, seconds=20)


def _colours(answer: Answer) -> str | None:
    """What is wrong with the halves, if anything."""
    try:
        pixels = opaque(decode(answer.body)).astype(int)  # upright, in sRGB, as a browser shows it
    except ImageError:  # of a profile that cannot be read, browsers take no notice
        pixels = np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB")).astype(int)
    middle, width = pixels.shape[0] // 2, pixels.shape[1]
    seen = pixels[middle, width // 4], pixels[middle, 3 * width // 4]
    far = [int(np.abs(one - np.array(other)).max()) for one, other in zip(seen, (LEFT, RIGHT), strict=True)]
    return None if max(far) < 40 else f"colours off by {max(far)}"


def plain(text: str) -> str:
    """Text that cannot break a Markdown table."""
    return re.sub(r"\s+", " ", text).replace("|", "/")
