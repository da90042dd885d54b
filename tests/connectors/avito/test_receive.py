"""Reading: by asking alone, by rings, after outages; cheaply, and everything once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from chatapp_cli.connectors.avito.connector import AvitoSession, create
from chatapp_cli.connectors.avito.mark import OVERLAP
from chatapp_cli.domain.arrival import Batch, DeliveryChanged, MessageArrived, MessagesDeleted, Profile
from chatapp_cli.domain.errors import Misconfigured, RateLimited, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, HookRequest
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.avito import AvitoSandbox
from chatapp_cli.sandbox.avito.server import Fault
from chatapp_cli.sandbox.avito.town import ACCOUNT
from chatapp_cli.sandbox.stage import Customer, StageFile
from tests.connectors.avito.reading import arrivals, events
from tests.contract.connector_contract import ANNA, BORIS, ScriptedAsker, collect
from tests.contract.door import Door
from tests.unit.kit.worlds import CountedChance, HeldClock

PICTURE = StageFile(name="плед.jpg", mime="image/jpeg", content=b"a picture")
VOICE = StageFile(name="голос.mp4", mime="audio/mp4", content=b"a voice")


class Bell(HeldClock):
    """Time passes only by the test's hand."""

    def __init__(self) -> None:
        super().__init__()
        self.strike = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.strike.wait()
        self.strike.clear()
        self.at += round(seconds * 1000)


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def patient(bell: Bell) -> Connector:
    """A connector that looks around only when the test says so."""
    return create(World(clock=bell, chance=CountedChance()))


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door() as door:
        yield door


@pytest.fixture
async def rung(patient: Connector, sandbox: AvitoSandbox, door: Door) -> Bound:
    public = door.address("").removesuffix("/hooks/")
    return await patient.bind(ScriptedAsker({**sandbox.answers, "public_url": public}))


def asked(sandbox: AvitoSandbox) -> Counter[str]:
    return Counter(one.path.rpartition("{user_id}")[2] or one.path for one in sandbox.exchanges)


async def test_a_quiet_account_costs_one_question_a_look(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound
) -> None:
    for customer in (ANNA, BORIS):
        await sandbox.say(customer, "Здравствуйте")
    first = await arrivals(session, bound.cursor)
    sandbox.exchanges.clear()
    again = await arrivals(session, first[-1].cursor or first[-2].cursor)
    assert again == [Batch()]
    assert asked(sandbox) == {"/chats": 1}


async def test_only_the_chat_that_changed_is_asked_for_its_messages(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound
) -> None:
    for customer in (ANNA, BORIS):
        await sandbox.say(customer, "Здравствуйте")
    cursor = (await arrivals(session, bound.cursor))[-2].cursor
    sandbox.exchanges.clear()
    await sandbox.say(BORIS, "Ау")
    found = await arrivals(session, cursor)
    assert [event.text for event in events(found) if isinstance(event, MessageArrived)] == ["Ау"]
    assert asked(sandbox) == {"/chats": 1, "/chats/{chat_id}/messages/": 1}


async def test_both_kinds_of_chats_are_asked_for(session: AvitoSession, sandbox: AvitoSandbox, bound: Bound) -> None:
    chat = sandbox.town.chat(ANNA, kind="u2u")
    await sandbox.arrive(chat, ANNA.number, "text", {"text": "из профиля"})
    await sandbox.say(BORIS, "из объявления")
    found = events(await arrivals(session, bound.cursor))
    assert sorted(event.text for event in found if isinstance(event, MessageArrived)) == ["из объявления", "из профиля"]


@pytest.mark.parametrize("bare", [False, True])
async def test_a_long_outage_is_caught_up_with_page_by_page(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound, bare: bool
) -> None:
    sandbox.bare_lists = bare
    people = [Customer(number=8000 + n, name=f"Клиент {n}") for n in range(120)]
    for customer in people:
        await sandbox.say(customer, "Ау")
    for n in range(250):
        await sandbox.say(ANNA, f"{n}")
    found = [event for event in events(await arrivals(session, bound.cursor)) if isinstance(event, MessageArrived)]
    assert len(found) == 370
    assert [event.text for event in found if event.sender.name == ANNA.name] == [str(n) for n in range(250)]


async def test_a_cursor_remembers_no_more_than_the_overlap(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound
) -> None:
    for n in range(20):
        await sandbox.say(ANNA, f"{n}")
    for message in sandbox.town.chat(ANNA).messages[:19]:
        message["created"] -= OVERLAP - 1
    found = await arrivals(session, '{"start": 0, "at": 0, "ids": {}, "unread": {}}')
    assert len(events(found)) == 20
    await sandbox.say(ANNA, "ещё")
    sandbox.town.chat(ANNA).messages[-1]["created"] += 2
    sandbox.town.chat(ANNA).updated += 2
    later = await arrivals(session, found[-2].cursor)
    assert len(events(later)) == 1
    assert (later[-1].cursor or "").count('":') == 4 + 2


async def test_what_is_said_in_the_application_is_an_echo(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound
) -> None:
    await sandbox.say(ANNA, "Есть?")
    await sandbox.arrive(sandbox.town.chat(ANNA), ACCOUNT, "text", {"text": "Есть"})
    theirs, ours = events(await arrivals(session, bound.cursor))
    assert isinstance(theirs, MessageArrived)
    assert isinstance(ours, MessageArrived)
    assert (theirs.from_us, ours.from_us, ours.text) == (False, True, "Есть")


async def test_reading_and_deleting_are_told_once(session: AvitoSession, sandbox: AvitoSandbox, bound: Bound) -> None:
    await sandbox.say(ANNA, "Есть?")
    chat = sandbox.town.chat(ANNA)
    receipt = await session.send(Outbound(message_id=1, key="k" * 32, address=chat.id, text="Есть"))  # type: ignore[arg-type]
    looked = await arrivals(session, bound.cursor)
    sandbox.read_by(ANNA)
    chat.messages[0].update(type="deleted", content={})
    told = await arrivals(session, looked[-1].cursor or looked[-2].cursor)
    deleted, read = events(told)
    assert deleted == MessagesDeleted(
        peer_key=chat.id,
        ext_ids=(chat.messages[0]["id"],),
        at=chat.messages[0]["created"] * 1000,
        from_us=False,
        by=Profile(id=str(ANNA.number), name=ANNA.name),
    )
    assert isinstance(read, DeliveryChanged)
    assert (read.ext_id, read.state, read.at) == (receipt.ids[0], State.READ, chat.messages[1]["read"] * 1000)
    assert events(await arrivals(session, told[-1].cursor or told[-2].cursor)) == []


async def test_a_message_of_another_shape_is_set_aside_and_holds_nobody_up(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound
) -> None:
    await sandbox.say(ANNA, "до")
    await sandbox.say(ANNA, "сломано")
    await sandbox.say(ANNA, "после")
    sandbox.town.chat(ANNA).messages[1] = "poison"  # type: ignore[call-overload]
    found = await arrivals(session, bound.cursor)
    odd = [one for batch in found for one in batch.arrivals if one.problem]
    sandbox.exchanges.clear()
    assert [event.text for event in events(found) if isinstance(event, MessageArrived)] == ["до", "после"]
    assert len(odd) == 1
    assert b"poison" in odd[0].raw


async def rings(patient: Connector, bound: Bound, door: Door) -> AsyncGenerator[Batch, None]:
    async with patient.open(ChannelId(1), bound) as session:
        assert isinstance(session, AvitoSession)
        knocking = asyncio.ensure_future(_knock(door, session))
        try:
            async with aclosing(session.events(bound.cursor)) as batches:
                async for batch in batches:
                    yield batch
        finally:
            knocking.cancel()


async def _knock(door: Door, session: AvitoSession) -> None:
    async for _ in door.batches(session):
        raise AssertionError("a webhook stores nothing by itself")


async def test_a_ring_fetches_the_message_at_once_and_the_look_around_does_not_repeat_it(
    patient: Connector, rung: Bound, sandbox: AvitoSandbox, door: Door, bell: Bell
) -> None:
    async with asyncio.timeout(10), aclosing(rings(patient, rung, door)) as batches:
        assert await anext(batches) == Batch()
        assert sandbox.methods.hooks == [door.address(rung.hook_key)]
        sandbox.exchanges.clear()
        await sandbox.say(ANNA, "Звонок")
        (event,) = events([await anext(batches)])
        assert isinstance(event, MessageArrived)
        assert (event.text, event.sender.name, event.peer.title) == (
            "Звонок",
            ANNA.name,
            "Анна Белова · Плед «Норвегия», 2 390 ₽ · https://avito.test/pled_700100",
        )
        assert asked(sandbox) == {"/chats/{chat_id}": 1, "/chats/{chat_id}/messages/": 1}
        bell.strike.set()
        assert events([await anext(batches)]) == []


async def test_a_message_whose_ring_is_late_is_not_taken_twice(
    patient: Connector, rung: Bound, sandbox: AvitoSandbox, bell: Bell
) -> None:
    async with asyncio.timeout(10), patient.open(ChannelId(1), rung) as session:
        assert isinstance(session, AvitoSession)
        sandbox.methods.hooks.clear()
        message_id = await sandbox.say(ANNA, "сначала увидели")
        async with aclosing(session.events(rung.cursor)) as batches:
            assert len(events([await anext(batches)])) == 1
            assert events([await anext(batches)]) == []
            session.accept(ring(sandbox.town.chat(ANNA).id))
            await sandbox.say(ANNA, "потом позвонили")
            (event,) = events([await anext(batches)])
    assert isinstance(event, MessageArrived)
    assert event.text == "потом позвонили"
    assert event.ext_id != message_id


def ring(chat: str, *, account: int = ACCOUNT, method: str = "POST") -> HookRequest:
    body = f'{{"payload": {{"type": "message", "value": {{"chat_id": "{chat}", "user_id": {account}}}}}}}'
    return HookRequest(method=method, path="", query={}, headers={}, body=body.encode())


async def test_made_up_rings_lead_nowhere(patient: Connector, rung: Bound, sandbox: AvitoSandbox, bell: Bell) -> None:
    async with asyncio.timeout(10), patient.open(ChannelId(1), rung) as session:
        assert isinstance(session, AvitoSession)
        assert session.accept(ring("x", method="GET")).status == 405
        async with aclosing(session.events(rung.cursor)) as batches:
            assert await anext(batches) == Batch()
            sandbox.exchanges.clear()
            for made_up in ("../../../core/v1", "u2i-unknown", ""):
                assert session.accept(ring(made_up)).status == 200
            assert session.accept(ring("u2i-of-another-account", account=1)).status == 200
            looking = asyncio.ensure_future(anext(batches))
            while not sandbox.exchanges:
                await asyncio.sleep(0)
            bell.strike.set()
            assert await looking == Batch()
    assert asked(sandbox) == {"/chats/{chat_id}": 1, "/chats": 1}
    assert sandbox.exchanges[0].status == 404


async def test_a_call_that_cannot_be_read_means_a_look_at_everything(
    patient: Connector, rung: Bound, sandbox: AvitoSandbox, bell: Bell
) -> None:
    async with asyncio.timeout(10), patient.open(ChannelId(1), rung) as session:
        assert isinstance(session, AvitoSession)
        async with aclosing(session.events(rung.cursor)) as batches:
            assert await anext(batches) == Batch()
            sandbox.methods.hooks.clear()
            await sandbox.say(ANNA, "Ау")
            nonsense = HookRequest(method="POST", path="", query={}, headers={}, body=b"{}{")
            assert session.accept(nonsense).status == 200
            assert len(events([await anext(batches)])) == 1


async def test_the_webhook_is_set_once_and_taken_back_when_the_address_goes(
    connector: Connector, sandbox: AvitoSandbox
) -> None:
    answers = {**sandbox.answers, "public_url": "https://desk.example.org/"}
    bound = await connector.bind(ScriptedAsker(answers))
    sandbox.methods.hooks.append("https://other.example.org/hooks/theirs")
    for _ in range(2):
        async with connector.open(ChannelId(1), bound):
            pass
    ours = f"https://desk.example.org/hooks/{bound.hook_key}"
    assert sandbox.methods.hooks == ["https://other.example.org/hooks/theirs", ours]
    assert asked(sandbox)["/messenger/v3/webhook"] == 1
    quiet = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
    async with connector.open(ChannelId(1), quiet):
        pass
    assert sandbox.methods.hooks == ["https://other.example.org/hooks/theirs"]


async def test_a_webhook_that_avito_lost_is_set_again_within_the_hour(
    patient: Connector, rung: Bound, sandbox: AvitoSandbox, bell: Bell
) -> None:
    async with (
        asyncio.timeout(10),
        patient.open(ChannelId(1), rung) as session,
        aclosing(session.events(rung.cursor)) as batches,
    ):
        await anext(batches)
        sandbox.methods.hooks.clear()
        bell.strike.set()
        await anext(batches)
        assert sandbox.methods.hooks == []
        bell.at += 3_600_000
        bell.strike.set()
        await anext(batches)
    assert len(sandbox.methods.hooks) == 1


async def test_an_address_that_avito_refuses_blames_the_setting(connector: Connector, sandbox: AvitoSandbox) -> None:
    bound = await connector.bind(ScriptedAsker({**sandbox.answers, "public_url": "https://desk.example.org"}))
    sandbox.faults.append(Fault("/v3/webhook", 400, {"error": {"code": 400, "message": "url is not available"}}))
    with pytest.raises(Misconfigured, match="url is not available") as caught:
        async with connector.open(ChannelId(1), bound):
            pass
    assert (caught.value.code, caught.value.field) == ("bad_webhook", "public_url")


async def test_pictures_and_voices_are_fetched(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound, tmp_path: Path
) -> None:
    await sandbox.say(ANNA, "", files=[PICTURE, VOICE])
    found, _ = await collect(session, 2, bound.cursor)
    files = [file for message in found for file in message.files]
    assert [(file.kind, file.mime) for file in files] == [("photo", "image/jpeg"), ("voice", "audio/mp4")]
    for file, content in zip(files, (b"a picture", b"a voice"), strict=True):
        await session.fetch(file.remote, tmp_path / "taken")
        assert (tmp_path / "taken").read_bytes() == content
    sandbox.town.images.clear()
    sandbox.town.voices.clear()
    for file in files:
        with pytest.raises(Rejected, match="file_gone"):
            await session.fetch(file.remote, tmp_path / "taken")


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (
            Fault("/chats", 429, {"message": "slow down"}, {"Retry-After": "7"}, method="GET"),
            RateLimited,
            "rate_limited",
        ),
        (Fault("/chats", 500, {}, method="GET"), Retryable, "server_error"),
        (Fault("/chats", 0, {}, method="GET", times=2), Retryable, "unreachable"),
        (Fault("/chats", 402, {"error": {"code": 402, "message": "x"}}, method="GET"), Misconfigured, "tariff"),
        (Fault("/chats", 403, {"code": 403, "message": "x"}, method="GET", times=2), Misconfigured, "tariff"),
        (Fault("/chats", 301, {}, {"Location": "/"}, method="GET"), Misconfigured, "redirected"),
    ],
)
async def test_each_trouble_of_reading_has_its_name(
    session: AvitoSession,
    sandbox: AvitoSandbox,
    bound: Bound,
    fault: Fault,
    error: type[Exception],
    code: str,
) -> None:
    sandbox.faults.append(fault)
    with pytest.raises(error, match=code) as caught:
        await anext(aiter(session.events(bound.cursor)))
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 7
