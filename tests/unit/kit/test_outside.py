"""Which addresses are those of the Internet."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.errors import Rejected
from chatapp_cli.kit.outside import OutsideResolver, is_outside, require_outside


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34"])
def test_an_address_of_the_internet_is_outside(address: str) -> None:
    assert is_outside(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.8",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::8",
        "ff02::1",
        "::ffff:10.0.0.8",
        "2002:7f00:1::",
    ],
)
def test_addresses_of_this_machine_and_of_its_networks_are_not(address: str) -> None:
    assert not is_outside(address)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://[::1]/", "https://192.168.1.1/"])
def test_an_address_in_digits_is_looked_at_without_a_lookup(url: str) -> None:
    with pytest.raises(Rejected):
        require_outside(url)


def test_names_and_what_is_no_address_are_left_to_the_lookup() -> None:
    for url in ("http://files.example.org/plan", "http://:80:80/", "https://93.184.216.34/"):
        require_outside(url)


async def test_a_name_that_leads_to_us_is_refused() -> None:
    resolver = OutsideResolver()
    with pytest.raises(Rejected):
        await resolver.resolve("localhost", 80)
    await resolver.close()
