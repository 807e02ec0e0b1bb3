"""Which addresses are on the open internet, and which lead home or nowhere."""

import ipaddress

import pytest

from monitor.feeds.addresses import is_public


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "192.88.99.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "0.1.2.3",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "2001::1",
        "3fff::1",
        "fec0::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "2002:101:101::",
        "::ffff:0:7f00:1",
        "64:ff9b:1::7f00:1",
        "5f00::1",
        "4000::1",
    ],
)
def test_addresses_that_lead_home_or_nowhere(text: str) -> None:
    """Private, loopback, metadata, documentation, multicast, and IPv4 hidden in IPv6."""
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"])
def test_addresses_on_the_open_internet(text: str) -> None:
    """Also those that carry a public IPv4 address inside."""
    assert is_public(ipaddress.ip_address(text))
