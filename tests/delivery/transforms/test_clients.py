"""Who is throttled: never an address that the client could have written itself."""

import pytest

from wetplate.delivery.transforms.clients import client, trusted
from wetplate.errors import SettingError

PROXIES = trusted("127.0.0.1, ::1,10.0.0.2, 172.16.0.0/12,fd00::/8,::ffff:192.0.2.7")


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("127.0.0.1", "10.0.0.2, 127.0.0.1", "10.0.0.2"),
        ("172.16.0.1", "198.51.100.1", "198.51.100.1"),
        ("172.31.255.255", "198.51.100.1, 172.20.0.9", "198.51.100.1"),
        ("172.32.0.0", "198.51.100.1", "172.32.0.0"),
        ("fd12::1", "198.51.100.1", "198.51.100.1"),
        ("192.0.2.7", "198.51.100.1", "198.51.100.1"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, not an address", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "," * 10_000, "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", None, "2001:db8:1:2::/64"),
        ("::1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("", None, ""),
    ],
)
def test_the_last_hop_that_a_trusted_proxy_saw(peer: str, forwarded: str | None, who: str) -> None:
    assert client(peer, forwarded, PROXIES) == who


@pytest.mark.parametrize("setting", ["proxy.internal", "10.0.0.2/8", "10.0.0.0/33", "127.0.0.1 ::1", "*"])
def test_what_is_no_network_is_refused(setting: str) -> None:
    with pytest.raises(SettingError, match="WETPLATE_TRUSTED_PROXIES"):
        trusted(f"127.0.0.1,{setting}")
