"""What a doctor finds out about an account, in words that say what to do."""

from __future__ import annotations

import re

import pytest

from chatapp_cli.crm.amocrm.check import lacking_rights
from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.ports.connector import Finding
from chatapp_cli.sandbox.amocrm import Account
from tests.crm.amocrm.desk import AmoDesk, pairing

DAY = 86_400.0


async def checked(desk: AmoDesk) -> dict[str, Finding]:
    assert desk.bound
    return {one.name: one for one in await desk.crm.check(desk.bound)}


def broken(found: dict[str, Finding]) -> dict[str, str]:
    assert all(one.next_step is not None for one in found.values() if not one.ok)
    return {name: str(one.what) for name, one in found.items() if not one.ok}


@pytest.mark.req("S-197", part="amoCRM")
async def test_nothing_is_wrong_with_a_sound_link(session: AmoSession, desk: AmoDesk) -> None:
    found = await checked(desk)
    assert broken(found) == {}
    assert {name: str(one.what) for name, one in found.items()} == {
        "tokens": "amoCRM accepts our token. It was renewed 0 minutes ago, and can be renewed for 89 days.",
        "clock": "Our clock and amoCRM's agree.",
        "scopes": "All rights that are needed are given.",
        "events": "The chats call this desk; no other calls are needed.",
        "channel": "The chat channel is connected; its webhook is "
        f"/hooks/{desk.bound.hook_key if desk.bound else ''}/chat/:scope_id.",
    }


async def test_without_a_chat_channel_it_is_said_so(noting: AmoSession, desk: AmoDesk) -> None:
    found = await checked(desk)
    assert broken(found) == {}
    assert str(found["channel"].what).startswith("Without an amoCRM chat")
    assert str(found["events"].what) == "amoCRM calls this desk once for each event."


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (31.5, "amoCRM accepts the long-lived token, which is good for 31 days."),
        (29.5, "The long-lived token ends in 29 days."),
        (6.5, "The long-lived token ends in 6 days."),
        (0.5, "The long-lived token ends in 0 days."),
    ],
)
async def test_the_end_of_a_long_lived_token_is_told_from_a_month_before(
    desk: AmoDesk, account: Account, days: float, said: str
) -> None:
    await desk.link(way="token", token=account.long_lived(days))
    found = (await checked(desk))["tokens"]
    assert (str(found.what), found.ok) == (said, days > 30)


@pytest.mark.req("S-187")
async def test_rights_that_are_lacking_are_named(session: AmoSession, desk: AmoDesk, account: Account) -> None:
    for user in account.users.values():
        user.admin = False
    found = broken(await checked(desk))
    assert found == {"scopes": "The user whose tokens these are is no administrator: «Интеграции» is lacking at least."}


def test_full_access_is_to_all_that_is_seen_changed_and_added_and_administrators_have_it() -> None:
    full = dict.fromkeys(("view", "edit", "add"), "A")
    everything = dict.fromkeys(("leads", "contacts", "companies"), full)
    assert list(lacking_rights({"is_admin": True})) == []
    assert list(lacking_rights(everything)) == ["«Интеграции»"]
    assert list(lacking_rights({**everything, "leads": {**full, "edit": "M"}})) == ["«Сделки»", "«Интеграции»"]
    assert list(lacking_rights({**everything, "companies": None})) == ["«Компании»", "«Интеграции»"]


@pytest.mark.parametrize(("seconds", "apart"), [(0, False), (58, False), (65, True), (-1200, True)])
async def test_clocks_that_are_apart_are_told(
    session: AmoSession, desk: AmoDesk, account: Account, seconds: int, apart: bool
) -> None:
    account.misbehaviour.clock_off = seconds
    found = broken(await checked(desk))
    assert [*found] == (["clock"] if apart else [])
    if apart:
        told = re.fullmatch(r"Our clock and amoCRM's are (\d+) seconds apart\.", found["clock"])
        assert told
        assert abs(int(told[1]) - abs(seconds)) <= 1  # the server's date has whole seconds


async def test_a_webhook_that_is_lacking_or_switched_off_is_told(
    noting: AmoSession, desk: AmoDesk, account: Account
) -> None:
    [hook] = account.webhooks
    hook.disabled = True
    assert broken(await checked(desk)) == {
        "events": "amoCRM has switched off its calls to this desk after too many bad answers."
    }
    account.webhooks.clear()
    assert broken(await checked(desk)) == {"events": "amoCRM does not call this desk."}
    await noting.arrange([pairing()])
    assert broken(await checked(desk)) == {}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("payment", "The account's tariff has ended, or does not include this."),
        ("html_403", "amoCRM has blocked this address for too many requests."),
        ("revoked", "The token of the integration was used elsewhere, or its answer was lost."),
    ],
)
async def test_what_stops_the_link_is_explained(
    session: AmoSession, desk: AmoDesk, account: Account, fault: str, said: str
) -> None:
    setattr(account.misbehaviour, fault, True)
    found = broken(await checked(desk))
    assert [*found] == ["tokens"]
    assert found["tokens"].startswith(said)


async def test_a_link_that_nobody_has_allowed_yet_says_what_to_do(desk: AmoDesk) -> None:
    await desk.link()
    assert broken(await checked(desk)) == {"tokens": "No administrator of the account has allowed the integration yet."}
