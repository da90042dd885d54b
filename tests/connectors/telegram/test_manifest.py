"""The manifest keeps its words, and Telethon is only loaded where an account is bound."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chatapp_cli.connectors.telegram import errors
from chatapp_cli.kit.manifests import manifest

CODES = {
    *errors._CODES.values(),
    *errors._REBIND.values(),
    "unauthorized",
    "frozen",
    "bad_api_id",
    "slow_mode",
    "flood",
    "peer_flood",
    "server_trouble",
    "payment_required",
    "refused",
    "not_understood",
    "unreachable",
    "no_answer",
    "phone_too_often",
    "not_a_chat",
    "always_read",
    "sent_in_part",
    "file_gone",
    "no_members",
    "proxies_down",
    "name_of_a_chat",
    "stumbled",
}


def test_every_code_that_the_channel_raises_is_explained() -> None:
    assert manifest("telegram").errors.keys() >= CODES


@pytest.mark.req("S-055")
def test_by_phone_one_message_in_three_minutes_goes_out() -> None:
    (rate,) = [rate for rate in manifest("telegram").capabilities.rates if rate.scope == "phone"]
    assert (rate.limit, rate.per, rate.paced) == (1, 180, True)


def test_names_are_preferred_to_phones() -> None:
    assert list(manifest("telegram").capabilities.write_first) == ["username", "phone", "chat_id"]


def test_peer_flood_tells_whom_to_ask() -> None:
    assert "@SpamBot" in str(manifest("telegram").errors["peer_flood"].next_step)


def test_a_phone_that_is_not_found_tells_to_use_the_username() -> None:
    assert "@username" in str(manifest("telegram").errors["phone_not_found"].next_step)


def test_listing_the_channel_loads_nothing_of_telethon() -> None:
    program = (
        "import sys, chatapp_cli.connectors.telegram; from chatapp_cli.kit.manifests import manifest;"
        "manifest('telegram'); sys.exit('telethon' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
