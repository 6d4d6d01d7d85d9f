"""Who is asking, for the throttle. Pure.

The peer's address; or, when the peer is a proxy we trust, the last address in X-Forwarded-For that is not
itself such a proxy: what that proxy saw. Whatever stands before it could have been written by anybody.
"""

from collections.abc import Collection
from ipaddress import ip_address


def trusted(setting: str) -> frozenset[str]:
    """The addresses in a comma-separated setting, in their one spelling."""
    return frozenset(spelled(each) for each in setting.split(",") if each.strip())


def client(peer: str, forwarded: str | None, proxies: Collection[str]) -> str:
    """The address to throttle; `forwarded` is the X-Forwarded-For header as it came."""
    seen = spelled(peer)
    for hop in reversed((forwarded or "").split(",")):
        if seen not in proxies or not _address(hop):
            return seen
        seen = spelled(hop)
    return seen


def spelled(address: str) -> str:
    """One spelling per address: IPv4 inside IPv6 as IPv4; what is no address as it is."""
    found = _address(address)
    if found is None:
        return address.strip()
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def _address(text: str) -> object | None:
    try:
        return ip_address(text.strip()[:64])
    except ValueError:
        return None
