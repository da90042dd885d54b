"""Each preset against its gateway in miniature: what is sent, what comes back, what is told a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.connectors.sms.bind import TRADE
from chatapp_cli.connectors.sms.connector import create
from chatapp_cli.domain.arrival import Arrival, DeliveryChanged
from chatapp_cli.domain.errors import (
    ChannelError,
    NeedsRebind,
    Rejected,
    Retryable,
    SendingBlocked,
    UsageError,
)
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.gateway_client import FAULTS, VERDICTS
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest, StoredArrival, TakesHooks
from chatapp_cli.ports.memory import ShortMemory
from chatapp_cli.sandbox.sms import SECRET, Preset, SmsSandbox
from tests.contract.connector_contract import ANNA, ScriptedAsker
from tests.contract.door import Door
from tests.contract.proxy import ConnectProxy
from tests.unit.kit.worlds import held_world

pytestmark = pytest.mark.req("S-110")

PRESETS: tuple[Preset, ...] = ("smsc", "sms_ru", "sipout")


def message(**changes: Any) -> Outbound:
    return Outbound(**{"message_id": MessageId(1), "key": "k" * 32, "address": ANNA.phone, "text": "Готово"} | changes)


def call(body: bytes = b"", path: str = "") -> HookRequest:
    return HookRequest(method="POST", path=path, query={}, headers={}, body=body)


async def bound_to(sandbox: SmsSandbox, **changes: str) -> Bound:
    return await create(system_world()).bind(ScriptedAsker({**sandbox.answers, **changes}))


async def sent(bound: Bound, **changes: Any) -> tuple[str, ...]:
    async with create(system_world()).open(ChannelId(1), bound) as session:
        return (await session.send(message(**changes))).ids


@pytest.fixture(params=PRESETS)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[SmsSandbox]:
    async with SmsSandbox(request.param) as sandbox:
        yield sandbox


@pytest.fixture
async def smsc() -> AsyncIterator[SmsSandbox]:
    async with SmsSandbox("smsc") as sandbox:
        yield sandbox


@pytest.fixture
async def sms_ru() -> AsyncIterator[SmsSandbox]:
    async with SmsSandbox("sms_ru") as sandbox:
        yield sandbox


async def test_every_preset_sends_text_phone_and_sender(sandbox: SmsSandbox) -> None:
    ids = await sent(await bound_to(sandbox), address="8 (916) 000-00-01", text="Готово: 5 & 6 = «ёлки»+\nДа")
    (short,) = sandbox.sent
    assert ids == (short.id,)
    assert (short.phone, short.text, short.sender) == ("79160000001", "Готово: 5 & 6 = «ёлки»+\nДа", "Yolki")


async def test_every_preset_proves_the_login_and_shows_the_balance(sandbox: SmsSandbox) -> None:
    bound = await bound_to(sandbox)
    findings = {finding.name: finding for finding in await create(system_world()).check(bound)}
    assert float(bound.facts["Balance at binding"]) == 100
    assert bound.facts["Balance at binding"] in str(findings["send"].what)
    assert ("Webhook path" in bound.facts) == (sandbox.answers["preset"] == "smsc"), "only one of them calls"
    assert "guess" in str(findings["preset"].what) or "never tried" in str(findings["preset"].what)
    assert ("guess" in str(findings["preset"].what)) == ("sipout" in sandbox.answers["preset"])
    assert sandbox.sent == []


async def test_an_empty_sender_is_not_sent_along(sandbox: SmsSandbox) -> None:
    await sent(await bound_to(sandbox, sender=""))
    *_, (_, _, asked) = sandbox.requests
    assert not {"sender", "from"} & asked.keys()
    assert [short.sender for short in sandbox.sent] == [""]


async def test_no_key_stands_in_an_address_where_the_gateway_takes_it_elsewhere(sandbox: SmsSandbox) -> None:
    await sent(await bound_to(sandbox))
    assert {method for method, _, _ in sandbox.requests} == {"POST"}


@pytest.mark.parametrize(
    ("preset", "change", "error", "code"),
    [
        ("smsc", {"money": 0.0}, SendingBlocked, "no_money"),
        ("sms_ru", {"money": 0.0}, SendingBlocked, "no_money"),
        ("sipout", {"money": 0.0}, Rejected, "refused"),
        ("smsc", {"sender": "Nobody"}, Rejected, "bad_text"),
        ("sms_ru", {"sender": "Nobody"}, SendingBlocked, "bad_sender"),
        ("smsc", {"secret": "old"}, NeedsRebind, "unauthorised"),
        ("sms_ru", {"secret": "old"}, NeedsRebind, "unauthorised"),
    ],
)
async def test_refusals_are_told_apart(
    preset: Preset, change: Mapping[str, Any], error: type[ChannelError], code: str
) -> None:
    async with SmsSandbox(preset) as sandbox:
        bound = await bound_to(sandbox, sender=change.get("sender", ""))
        bound = replace(bound, secrets={"secret": change.get("secret", SECRET)})
        sandbox.money = change.get("money", 100.0)
        with pytest.raises(ChannelError) as caught:
            await sent(bound)
    assert isinstance(caught.value, error)
    assert caught.value.code == code
    assert sandbox.sent == []


async def test_a_login_that_is_good_for_questions_only_blocks_sending_and_costs_no_message(smsc: SmsSandbox) -> None:
    bound = await bound_to(smsc)
    smsc.may_send = False
    with pytest.raises(SendingBlocked) as caught:
        await sent(bound)
    assert (caught.value.code, smsc.sent) == ("unauthorised", [])
    smsc.may_send = True
    await sent(bound)
    assert len(smsc.sent) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"address": "900"}, "bad_phone"), ({"address": "Yolki"}, "bad_phone"), ({"text": "ж" * 671}, "too_long")],
)
async def test_what_cannot_be_carried_costs_nothing(smsc: SmsSandbox, changes: Mapping[str, str], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        await sent(await bound_to(smsc), **changes)
    assert (caught.value.code, smsc.sent) == (code, [])
    await sent(await bound_to(smsc, name="Вторая"), text="ж" * 670)
    assert len(smsc.sent) == 1


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        ("1", State.DELIVERED, ""),
        ("3", State.FAILED, "expired"),
        ("20", State.FAILED, "undelivered"),
        ("23", State.FAILED, "rejected"),
    ],
)
async def test_a_gateway_that_calls_reports_states(smsc: SmsSandbox, status: str, state: State, code: str) -> None:
    smsc.reachable = False
    bound = await bound_to(smsc)
    async with Door() as door, create(system_world()).open(ChannelId(1), bound) as session:
        smsc.calls(door.address(bound.hook_key))
        (ext_id,) = (await session.send(message())).ids
        smsc.settle(smsc.sent[0], status)
        async for batch in door.batches(session):
            (arrival,) = batch.arrivals
            break
    (event,) = arrival.events
    assert isinstance(event, DeliveryChanged)
    assert (event.ext_id, event.state, event.code) == (ext_id, state, code)
    if code:
        assert manifest("sms").errors[code].next_step


async def test_a_gateway_that_does_not_call_is_asked_until_the_state_is_final(sms_ru: SmsSandbox) -> None:
    world, memory = held_world(), ShortMemory()
    sms_ru.reachable = False
    bound = replace(await bound_to(sms_ru), memory=memory)
    async with create(world).open(ChannelId(1), bound) as session:
        (ext_id,) = (await session.send(message())).ids
        assert list(await memory.known()) == [f"sent {ext_id}"]
    states = []
    async with create(world).open(ChannelId(1), bound) as session:
        async for batch in session.events(None):
            states += [event.state for arrival in batch.arrivals for event in arrival.events]
            sms_ru.sent[0].delivered = bool(states)
            if len(states) == 2:
                break
        assert list(await memory.known()) == [f"sent {ext_id}"], "not forgotten before the news are durable"
    asked = len(sms_ru.requests)
    async with create(world).open(ChannelId(1), bound) as session:
        quiet = 0
        async for batch in session.events(None):
            states += [event.state for arrival in batch.arrivals for event in arrival.events]
            quiet += not batch.arrivals
            if quiet == 5:
                break
    assert states == [State.SENT, State.DELIVERED, State.DELIVERED]
    assert await memory.known() == {}
    assert len(sms_ru.requests) == asked + 1


async def test_a_message_whose_state_never_comes_is_not_asked_for_for_ever(sms_ru: SmsSandbox) -> None:
    world, memory = held_world(), ShortMemory()
    sms_ru.reachable = False
    bound = replace(await bound_to(sms_ru), memory=memory)
    told = []
    async with create(world).open(ChannelId(1), bound) as session:
        await session.send(message())
        before = len(sms_ru.requests)
        async for batch in session.events(None):
            told += batch.arrivals
            if not await memory.known():
                break
    assert 15 < len(sms_ru.requests) - before < 60, "ever rarer in three days"
    assert len(told) == 1, "the same state again is no news"


async def first_heard(bound: Bound, cursor: str | None) -> tuple[list[Arrival], str | None]:
    """What the first question brings, and the cursor after it."""
    async with create(held_world()).open(ChannelId(1), bound) as session:
        async for batch in session.events(cursor):
            return list(batch.arrivals), batch.cursor
    raise AssertionError("the session ended by itself")


async def test_a_desk_that_cannot_be_called_asks_for_what_clients_wrote_meanwhile(smsc: SmsSandbox) -> None:
    bound = await bound_to(smsc)
    await smsc.say(ANNA, "Да")
    await smsc.say(ANNA, "Нет, лучше завтра")
    arrivals, cursor = await first_heard(bound, None)
    assert [event.text for one in arrivals for event in one.events] == ["Да", "Нет, лучше завтра"]
    assert [one.provider_id for one in arrivals] == ["message +79160000001 1", "message +79160000001 2"]
    stored = StoredArrival(arrivals[0].provider_id, arrivals[0].events[0].at, arrivals[0].raw)
    assert create(system_world()).understand(bound, stored) == arrivals[0]
    assert await first_heard(bound, cursor) == ([], None)
    await smsc.say(ANNA, "Ау")
    (later,), cursor = await first_heard(bound, cursor)
    assert (later.provider_id, cursor) == ("message +79160000001 3", "3")


async def test_a_message_that_was_called_in_and_fetched_is_one(smsc: SmsSandbox) -> None:
    bound = await bound_to(smsc)
    await smsc.say(ANNA, "Да")
    async with Door() as door, create(system_world()).open(ChannelId(1), bound) as session:
        smsc.calls(door.address(bound.hook_key))
        async for batch in door.batches(session):
            (called,) = batch.arrivals
            break
    (fetched,), _ = await first_heard(bound, None)
    assert called.provider_id == fetched.provider_id


async def test_an_inbox_that_is_refused_does_not_hold_up_sending_and_the_check_tells(
    smsc: SmsSandbox, tmp_path: Path
) -> None:
    inbox = '[inbox]\nurl = "{url}/nowhere"\nmessage = { phone = "phone", text = "message" }\n'
    (tmp_path / "gateway.toml").write_text(GATEWAY + inbox, "utf-8")
    bound = await bound_to(smsc, preset="custom", description=str(tmp_path / "gateway.toml"))
    assert await first_heard(bound, None) == ([], None)
    receive, *_ = await create(system_world()).check(bound)
    assert (receive.name, receive.ok) == ("receive", False)
    assert "no such place" in str(receive.what)


async def test_a_called_gateway_is_asked_for_states_too_by_number_and_phone(smsc: SmsSandbox) -> None:
    world, memory = held_world(), ShortMemory()
    bound = replace(await bound_to(smsc), memory=memory)
    async with create(world).open(ChannelId(1), bound) as session:
        await session.send(message())
        states = []
        async for batch in session.events(None):
            states += [event.state for arrival in batch.arrivals for event in arrival.events]
            if states:
                break
    assert states == [State.DELIVERED]


async def test_the_address_of_the_webhook_holds_nothing_else(smsc: SmsSandbox) -> None:
    async with create(system_world()).open(ChannelId(1), await bound_to(smsc)) as session:
        assert isinstance(session, TakesHooks)
        assert session.accept(call(path="more")).status == 404
        assert session.accept(call(b"x" * (1 << 21))).status == 413
        assert session.accept(call()).body == b"OK"


async def test_a_gateway_that_calls_nobody_is_not_listened_to(sms_ru: SmsSandbox) -> None:
    async with create(system_world()).open(ChannelId(1), await bound_to(sms_ru)) as session:
        assert isinstance(session, TakesHooks)
        assert session.accept(call(b"a=1")).status == 404


async def test_everything_goes_through_the_proxy(smsc: SmsSandbox) -> None:
    async with ConnectProxy(login="ivan:pass") as proxy:
        bound = await bound_to(smsc, proxies=proxy.url)
        await sent(bound)
        await create(system_world()).check(bound)
    port = smsc.answers["url"].rpartition(":")[2]
    assert set(proxy.led_to) == {f"127.0.0.1:{port}"}
    assert len(smsc.requests) == 4


async def test_a_proxy_that_is_gone_is_found_by_the_check_and_never_left_out(smsc: SmsSandbox) -> None:
    async with ConnectProxy() as proxy:
        bound = await bound_to(smsc, proxies=proxy.url)
    findings = await create(system_world()).check(bound)
    assert [finding.name for finding in findings if not finding.ok] == ["receive", "send", "proxy"]
    with pytest.raises(Retryable):
        await sent(bound)
    assert smsc.sent == []


GATEWAY = """
[send]
url = "{url}/sys/send.php"
form = { login = "{login}", psw = "{secret}", phones = "{phone}", mes = "{text}" }
answer = { id = "id", error = "error_code", words = "error" }
"""


async def test_a_gateway_of_ones_own_is_described_in_a_file_that_may_move_away(
    smsc: SmsSandbox, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(GATEWAY, "utf-8")
    first = await bound_to(smsc, preset="custom", description=str(file))
    assert len(await sent(first)) == 1
    file.unlink()
    asker = ScriptedAsker({**smsc.answers, "preset": "custom", "description": str(file), "secret": ""})
    again = await create(system_world()).bind(asker, previous=first)
    assert (again.settings, again.secrets, again.hook_key) == (first.settings, first.secrets, first.hook_key)
    send = {finding.name: finding for finding in await create(system_world()).check(again)}["send"]
    assert (send.ok, str(send.what)) == (True, "The gateway answers; only a message can prove the login.")


async def test_a_wrong_file_is_refused_with_the_place(smsc: SmsSandbox, tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(GATEWAY.replace("{text}", "{words}"), "utf-8")
    asker = ScriptedAsker({**smsc.answers, "preset": "custom", "description": str(file)})
    with pytest.raises(UsageError):
        await create(system_world()).bind(asker)
    assert "at send.form.mes: {words} is unknown here" in asker.blamed["description"]


async def test_a_gateway_that_knows_our_key_again_may_be_sent_to_twice(smsc: SmsSandbox, tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text("idempotent = true\n" + GATEWAY.replace("mes =", 'extid = "{key}", mes ='), "utf-8")
    bound = await bound_to(smsc, preset="custom", description=str(file))
    await sent(bound)
    assert bound.capabilities == {"idempotent_send": 1}
    assert smsc.requests[-1][2]["extid"] == "k" * 32


async def test_an_account_is_a_sender_at_a_gateway(smsc: SmsSandbox) -> None:
    first, second = await bound_to(smsc), await bound_to(smsc, sender="")
    assert (first.account, second.account) == ("127.0.0.1 Yolki", "127.0.0.1 yolki")
    again = await create(system_world()).bind(ScriptedAsker({**smsc.answers, "sender": ""}), previous=first)
    assert again.account == first.account


def test_every_code_is_explained() -> None:
    verdicts = {make("").code for make in VERDICTS.values()}
    told = {news for preset in PRESETS for news in TRADE.gateway({"preset": preset}).states.values()}
    used = {fault for preset in PRESETS for fault in TRADE.gateway({"preset": preset}).errors.values()}
    lost = {"unclear_answer", "no_answer", "timeout", "unreachable", "proxies_down", "bad_url"}
    codes = verdicts | lost | used | (told - {"pending", "sent", "delivered", "read"})
    assert codes - set(manifest("sms").errors) == set()
    assert set(FAULTS) - set(manifest("sms").errors) == {"no_template", "bad_values", "not_a_user"}


@pytest.mark.parametrize(
    ("changes", "cursor"), [({}, None), ({"secret": SECRET}, None), ({"sender": ""}, None), ({"preset": "sms_ru"}, "")]
)
async def test_a_renewed_account_goes_on_in_its_inbox_and_another_one_begins(
    smsc: SmsSandbox, changes: Mapping[str, str], cursor: str | None
) -> None:
    bound = await bound_to(smsc)
    asker = ScriptedAsker({**smsc.answers, **changes})
    again = await create(system_world()).bind(asker, previous=replace(bound, cursor="17"))
    assert (again.account, again.hook_key, again.cursor) == (bound.account, bound.hook_key, cursor)
