"""Who is asking, for the throttle. Pure.

The peer's address; or, when the peer is a proxy we trust, the last address in X-Forwarded-For that is not
itself such a proxy: what that proxy saw. Whatever stands before it could have been written by anybody.
Of an IPv6 address the network counts: its owner has 2^64 of them.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from wetplate.errors import SettingError

Networks = Collection[IPv4Network | IPv6Network]


def trusted(setting: str) -> Networks:
    """The networks in a comma-separated setting; an address is a network of one. Raises SettingError."""
    try:
        return [ip_network(spelled(each)) for each in setting.split(",") if each.strip()]
    except ValueError as error:
        raise SettingError(
            f"WETPLATE_TRUSTED_PROXIES={setting!r}: {error}; give addresses and networks (10.0.0.0/8) "
            "separated by commas"
        ) from error


def client(peer: str, forwarded: str | None, proxies: Networks) -> str:
    """Whom to throttle; `forwarded` is the X-Forwarded-For header as it came."""
    seen = spelled(peer)
    for hop in reversed((forwarded or "").split(",")):
        if not _within(seen, proxies) or _address(hop) is None:
            break
        seen = spelled(hop)
    return _network(seen)


def spelled(address: str) -> str:
    """One spelling per address: IPv4 inside IPv6 as IPv4; what is no address as it is."""
    found = _address(address)
    return address.strip() if found is None else str(getattr(found, "ipv4_mapped", None) or found)


def _within(address: str, networks: Networks) -> bool:
    found = _address(address)
    return found is not None and any(found in network for network in networks)


def _network(address: str) -> str:
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found) >> 64 << 64, 64)))
    return address


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip()[:64])
    except ValueError:
        return None
