"""Signed addresses: forged, cut, swapped, expired."""

import time

from bench.delivery.inputs.answers import none_shown
from bench.delivery.peers.peer import PICTURE, Inexpressible, Peer, Signed
from bench.delivery.wire import Answer

OTHER = "mosaic-0.png"


def no_signature(peer: Peer) -> str | None:
    """No signature"""
    return none_shown([peer.get(peer.path(signed_by(peer).unsigned))])


def of_another_picture(peer: Peer) -> str | None:
    """Signature of another picture"""
    signed = signed_by(peer)
    other = signed.mac(signed.address(OTHER, 640))
    return none_shown([_swapped(peer, other)])


def cut_signature(peer: Peer) -> str | None:
    """Signature cut short; other last letter with the same bits"""
    mac = good_mac(peer)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    bare = mac.rstrip("=")
    alike = letters[letters.index(bare[-1]) ^ 1] + "=" * (len(mac) - len(bare))
    return none_shown([_swapped(peer, mac[:-8]), _swapped(peer, bare[:-1] + alike)])


def repeated_signature(peer: Peer) -> str | None:
    """Valid signature once more inside the path"""
    signed, mac = signed_by(peer), good_mac(peer)
    path = signed.address(PICTURE, 640)
    head, name = path.rsplit("/", 1)
    return none_shown([peer.get(f"{head}/{mac}/{name}"), peer.get(path.replace(mac, f"{mac}/{mac}", 1))])


def other_alphabet(peer: Peer) -> str | None:
    """Signature in another alphabet or padding of base64"""
    mac = good_mac(peer)
    padded = mac.rstrip("=") if mac.endswith("=") else mac + "="
    return none_shown([_swapped(peer, padded), _swapped(peer, mac + "%3D")])


def expired(peer: Peer) -> str | None:
    """Expired by 1 s; expiry in ms, negative, 10^20"""
    expiring, now = signed_by(peer).expiring, int(time.time())
    if expiring is None:
        raise Inexpressible("its signatures never expire")
    moments = (str(now - 1), str(now * 1000), "-1", str(10**20))
    return none_shown(peer.get(expiring(moment)) for moment in moments)


def other_width(peer: Peer) -> str | None:
    """Signed for 640, asked as 320"""
    return none_shown([peer.get(signed_by(peer).address(PICTURE, 640).replace("640", "320"))])


def retired_key(peer: Peer) -> str | None:
    """Key of the ring accepted, retired key refused"""
    keyed = signed_by(peer).keyed
    if keyed is None:
        raise Inexpressible("one key only")
    kept, retired = peer.get(keyed(True)), peer.get(keyed(False))
    return None if kept.picture and not retired.picture else f"{kept.status}, {retired.status}"


def private_stays_private(peer: Peer) -> str | None:
    """Private pictures: private, no-store"""
    if signed_by(peer).expiring is None:
        raise Inexpressible("it signs, but knows no private pictures")
    answer = peer.get(signed_by(peer).address(PICTURE, 640))
    if not answer.picture:
        return f"{answer.status}"
    said = answer.headers.get("cache-control", "none")
    return None if "no-store" in said else said


def signed_by(peer: Peer) -> Signed:
    if peer.signed is None:
        raise Inexpressible("signs nothing")
    return peer.signed


def good_mac(peer: Peer) -> str:
    signed = signed_by(peer)
    path = signed.address(PICTURE, 640)
    if not peer.get(path).picture:
        raise Inexpressible("a good signature is refused")
    return signed.mac(path)


def _swapped(peer: Peer, mac: str) -> Answer:
    """The good address with another signature in it."""
    return peer.get(signed_by(peer).address(PICTURE, 640).replace(good_mac(peer), mac, 1))
