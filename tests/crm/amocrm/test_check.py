"""What a doctor finds out about an account, in words that say what to do."""

from __future__ import annotations

import re

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.crm.amocrm.rights import lacking_rights
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.ports.connector import Finding
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoRefusal
from tests.crm.amocrm.desk import AmoDesk, entry, pairing

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


def rights_of(account: Account, **rights: object) -> tuple[int, dict[str, object]]:
    """The answer about the user whose tokens they are, of an account that tells people of themselves."""
    full = dict.fromkeys(("leads", "contacts", "companies"), dict.fromkeys(("view", "edit", "add"), "A"))
    user = next(iter(account.users.values()))
    return 200, {"id": user.id, "name": "Анна", "rights": {**full, "is_admin": False, "is_active": True, **rights}}


@pytest.mark.req("S-187")
async def test_rights_that_are_lacking_are_named(session: AmoSession, desk: AmoDesk, account: Account) -> None:
    assert await session.lacks() == []
    for user in account.users.values():
        user.admin = False
    nobody = "The user whose tokens these are is no administrator. Lacking at least: {}."
    own = {"view": "A", "edit": "M", "add": "A"}
    for unseen, answer, said in (
        ((), None, nobody.format("«Интеграции»")),
        (("leads", "companies"), None, nobody.format("«Сделки», «Компании», «Интеграции»")),
        (("contacts",), None, nobody.format("«Контакты», «Интеграции»")),
        ((), rights_of(account), "Анна lacks full access to: «Интеграции»."),
        ((), rights_of(account, leads=own), "Анна lacks full access to: «Сделки», «Интеграции»."),
        (
            (),
            rights_of(account, contacts=own, companies=None),
            "Анна lacks full access to: «Контакты», «Компании», «Интеграции».",
        ),
    ):
        account.misbehaviour.refuse = {f"GET /api/v4/{one}": (403, AmoRefusal(403).body) for one in unseen}
        if answer is not None:
            account.misbehaviour.refuse[f"GET /api/v4/users/{answer[1]['id']}"] = answer
        assert broken(await checked(desk)) == {"scopes": said}
        assert [(one.name, str(one.what), one.ok) for one in await session.lacks()] == [("scopes", said, False)]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>Ошибка</html>"),
        (402, AmoRefusal(402).body),
        (403, "<html>blocked</html>"),
        (404, ""),
        (404, "<html>no</html>"),
        (500, AmoRefusal(500).body),
        (504, "<html>gateway</html>"),
    ],
)
async def test_users_that_are_not_told_are_no_lacking_right_and_keep_a_session_from_nothing(
    session: AmoSession, desk: AmoDesk, account: Account, status: int, body: object
) -> None:
    (employee, *_) = map(str, account.users)
    account.misbehaviour.refuse["GET /api/v4/users"] = (status, body)
    with pytest.raises(ChannelError):
        await session.lacks()
    assert [*broken(await checked(desk))] == ["scopes"]
    async with desk.session() as later:
        assert await later.arrange([pairing()]) == {}
        await later.deliver([entry("m-1", ours=True, employee=employee)])
        ((said,),) = [chat.messages for chat in account.chats]
        assert said.author == account.users[int(employee)].amojo_id


async def test_that_the_tariff_has_no_webhooks_is_told_while_they_are_needed(
    session: AmoSession, desk: AmoDesk, account: Account
) -> None:
    account.misbehaviour.no_webhooks = True
    said = "amoCRM does not let the integration make webhooks."
    step = "They need an administrator's tokens and the extended tariff."
    assert await session.arrange([pairing(owner_sync="from_crm")]) == {}
    for found in ((await checked(desk))["events"], *await session.lacks()):
        assert (found.name, found.ok, str(found.next_step)) == ("events", False, step)
        assert str(found.what).startswith(said)
    assert len(await session.lacks()) == 1
    for wanted, refusing in (("off", True), ("from_crm", False)):
        account.misbehaviour.no_webhooks = refusing
        await session.arrange([pairing(owner_sync=wanted)])
        assert (broken(await checked(desk)), await session.lacks()) == ({}, [])
        await session.arrange([pairing(owner_sync="off")])


async def test_only_a_long_lived_token_ends_for_good(session: AmoSession, desk: AmoDesk, account: Account) -> None:
    assert session.access_until is None
    await desk.link(way="token", token=account.long_lived(30))
    async with desk.session() as by_token:
        assert by_token.access_until is not None
        assert abs(by_token.access_until - desk.world.clock.now() - 30 * DAY * 1000) <= 5000


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
