"""Sources that are broken, odd or heavy (`bad_pictures` makes them)."""

import io
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from bench.delivery import bad_pictures
from bench.delivery.bad_pictures import LEFT, RIGHT
from bench.delivery.behaviour import Check
from bench.delivery.inputs.answers import all_refused, small
from bench.delivery.peers.peer import Peer
from bench.delivery.processes import watched
from bench.delivery.wire import Answer
from wetplate.errors import ImageError
from wetplate.imaging.codec import decode
from wetplate.imaging.pixels import opaque

SOON = 5.0


def broken(number: int, words: str) -> Check:
    """A check that none of the broken pictures of this number comes back as one."""

    def check(peer: Peer) -> str | None:
        return all_refused({name: small(peer, name) for n, name, _ in bad_pictures.BROKEN if n == number})

    check.__doc__ = words
    return check


def odd(number: int, words: str) -> Check:
    """A check that pictures in unusual clothes are shown in their own colours, or refused."""

    def check(peer: Peer) -> str | None:
        answers = {name: small(peer, name) for n, name, _ in bad_pictures.ODD if n == number}
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
        answers = {name: small(peer, name) for n, name, _ in bad_pictures.HEAVY if n == number}
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
    answer = small(peer, "polyglot.png")
    if not answer.picture:
        return None if answer.status in range(400, 500) else f"{answer.status}"
    return "markup leaves" if b"<script" in answer.body else None


def drawings(peer: Peer) -> str | None:
    """SVG with script, foreignObject, entity bomb: refused, or pixels"""
    answers = {name: small(peer, name) for n, name, _ in bad_pictures.BROKEN if n == 36}
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
            pool.submit(small, peer, name)
        began = time.monotonic()
        good = [peer.ask() for _ in range(5)]
        took = (time.monotonic() - began) / 5
    if not all(answer.picture for answer in good):
        return f"good pictures get {good[-1].status}"
    return f"{took:.1f} s for a good one" if took > 2 else f"{peak() >> 20} MiB" if peak() > 2**30 else None


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
