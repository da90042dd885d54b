"""Whatever Avito answers: readable words arrive, the rest is kept for a person to see, and nothing is held up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatapp_cli.connectors.avito.connector import AvitoSession, create
from chatapp_cli.connectors.avito.convert import Mine, arrival, raw_of
from chatapp_cli.domain.arrival import Arrival, MessageArrived
from chatapp_cli.domain.errors import Misconfigured, NeedsRebind, OutcomeUnknown, RateLimited, Rejected
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.kit.system import system_world
from chatapp_cli.kit.tokens import Granted, token_of
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, HookRequest
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.avito import AvitoSandbox
from chatapp_cli.sandbox.avito.server import Fault
from tests.connectors.avito.reading import arrivals, events
from tests.contract.connector_contract import ANNA, BORIS, ODD, ScriptedAsker
from tests.contract.oddities import bent, with_odd_fields
from tests.hurried import hurried_world
from tests.unit.kit.worlds import NOON, CountedChance, HeldClock

MINE = Mine(account=1, site="https://avito.test")
WORDS = "Здравствуйте, есть плед?"
ITEM = {
    "id": 5,
    "title": "Плед",
    "price_string": "900 ₽",
    "url": "https://avito.test/1",
    "status_id": 10,
    "images": {"count": 1, "main": {"140x105": "https://i.test/1"}},
    "user_id": 1,
}
CHAT: dict[str, Any] = {
    "id": "u2i-abc",
    "created": 1_763_600_000,
    "updated": 1_763_700_000,
    "users": [{"id": 1, "name": "Базар"}, {"id": 2, "name": "Анна", "public_user_profile": {"url": "https://u.test"}}],
    "context": {"type": "item", "value": ITEM},
    "last_message": {"id": "m1", "author_id": 2, "created": 1_763_700_000, "type": "text", "direction": "in"},
}
CONTENT: dict[str, Any] = {
    "text": WORDS,
    "image": {"sizes": {"32x32": "https://i.test/s"}},
    "item": {"title": "Плед", "price_string": "900 ₽", "item_url": "https://a.test", "image_url": "https://a.test"},
    "link": {"text": "вот", "url": "https://a.test", "preview": {"title": "x"}},
    "location": {"lat": 55.75, "lon": 37.61, "title": "Москва", "text": "Площадь", "kind": "house"},
    "call": {"status": "missed", "target_user_id": 1},
    "voice": {"voice_id": "v"},
    "flow_id": "x",
}
MESSAGE: dict[str, Any] = {
    "id": "m1",
    "author_id": 2,
    "created": 1_763_700_000,
    "type": "text",
    "direction": "in",
    "content": CONTENT,
    "is_read": False,
    "read": None,
    "quote": {"id": "m0", "author_id": 1, "created": 1, "type": "text", "content": {"text": "раньше"}},
}
NEEDED = {"chat", "chat.id", "message", "message.content", "message.content.text"}
"""Without the chat nobody knows where the words belong, and the words are what is to arrive."""


@pytest.fixture
def world() -> World:
    """In which ten seconds between two questions soon pass."""
    return hurried_world(system_world())


def read(chat: object, message: object) -> Arrival:
    return arrival(raw_of(json.dumps(chat).encode(), json.dumps(message).encode()), MINE, NOON)


def test_the_words_arrive_whichever_field_beside_them_is_odd() -> None:
    whole = {"chat": CHAT, "message": MESSAGE}
    for path, odd, found in with_odd_fields(whole, NEEDED):
        told = read(found["chat"], found["message"])
        assert told.problem == "", (path, odd)
        (event,) = told.events
        assert isinstance(event, MessageArrived)
        assert WORDS in event.text, (path, odd)
        assert event.peer.key == "u2i-abc"


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("image", {"image": {"sizes": 5}}, "[image] "),
        ("image", {"image": None}, "[image] "),
        ("image", {"text": "Вот", "image": {"sizes": {"a": None}}}, "Вот\n[image] "),
        ("voice", {"voice": {"voice_id": []}}, "[voice] "),
        ("text", {"text": {}}, "[text] "),
        ("text", 5, "[text] "),
        ("location", {"location": {"lat": None, "lon": 5, "title": "Москва"}}, "Москва"),
        (None, {"text": "Да"}, "Да"),
        (None, None, "[message] "),
    ],
)
def test_what_is_odd_is_named_and_leads_to_the_chat(kind: object, content: object, text: str) -> None:
    (event,) = read(CHAT, {**MESSAGE, "type": kind, "content": content}).events
    assert isinstance(event, MessageArrived)
    link = "https://avito.test/profile/messenger/channel/u2i-abc"
    assert event.text == text + (link if text.endswith(" ") else "")


@pytest.mark.parametrize("author", [None, {}, "", []])
def test_words_of_nobody_named_are_the_clients_and_not_avitos(author: object) -> None:
    (event,) = read(CHAT, {**MESSAGE, "author_id": author}).events
    assert isinstance(event, MessageArrived)
    assert (event.sender.id, event.sender.name, event.from_us) == ("2", "Анна", False)


def test_a_message_without_an_id_is_known_again_by_its_bytes_whatever_happens_in_its_chat() -> None:
    nameless = {**MESSAGE, "id": None}
    ids = [
        read(chat, message).provider_id
        for chat, message in (
            (CHAT, nameless),
            ({**CHAT, "updated": 9}, nameless),
            (CHAT, {**nameless, "content": {"text": "другое"}}),
        )
    ]
    assert ids[0] == ids[1] != ids[2]


def test_nothing_escapes_whatever_the_bytes_are() -> None:
    seed = raw_of(*(json.dumps(one, ensure_ascii=False).encode() for one in (CHAT, MESSAGE)))
    for raw in bent([seed]):
        found = arrival(raw, MINE, NOON)
        assert found.raw == raw
        assert found.provider_id


def texts(found: list[Any]) -> list[str]:
    return [event.text for event in events(found) if isinstance(event, MessageArrived)]


def problems(found: list[Any]) -> list[Arrival]:
    return [one for batch in found for one in batch.arrivals if one.problem]


UNCLOSED = (b'"unclosed', b"}{", b"]")


@pytest.mark.parametrize("value", [*ODD, *UNCLOSED])
async def test_the_good_ones_around_an_odd_message_arrive(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound, value: bytes
) -> None:
    await sandbox.say(ANNA, "раз")
    await sandbox.say_oddly(ANNA, "странно", value)
    await sandbox.say(ANNA, "два")
    await sandbox.say(BORIS, "сосед")
    found = await arrivals(session, bound.cursor)
    assert [one for one in texts(found) if one != "странно"] == ["раз", "два", "сосед"]
    assert texts(found).count("странно") + len(problems(found)) == 1
    assert all(value in one.raw for one in problems(found))


@pytest.mark.parametrize("value", [*ODD, *UNCLOSED])
async def test_an_odd_chat_takes_none_of_the_others_away(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound, value: bytes
) -> None:
    for who in (ANNA, BORIS):
        await sandbox.say(who, f"от {who.name}")
    context = sandbox.town.chat(BORIS).context
    assert context is not None
    context |= sandbox.oddities.field(value)
    found = await arrivals(session, bound.cursor)
    assert f"от {ANNA.name}" in texts(found)
    assert len(texts(found)) + len(problems(found)) == 2


@pytest.mark.parametrize("chat_too", [False, True])
@pytest.mark.parametrize("created", [0, None, -5, 9999, 1_763_700_000_000, 10**18, 10**30, "now"])
async def test_no_time_of_the_outside_world_makes_the_channel_deaf(
    session: AvitoSession, connector: Connector, sandbox: AvitoSandbox, bound: Bound, created: object, chat_too: bool
) -> None:
    await sandbox.say(ANNA, "когда это было")
    chat = sandbox.town.chat(ANNA)
    chat.messages[0] |= {"created": created, "poison": True}
    if chat_too:
        chat.updated = created if isinstance(created, int) else 0
    chat.context = {"type": "item", "value": {"title": "poison"}}
    first = await arrivals(session, bound.cursor)
    assert texts(first) == ["когда это было"]
    await sandbox.say(BORIS, "после")
    cursor = next(batch.cursor for batch in reversed(first) if batch.cursor)
    assert texts(await arrivals(session, cursor)) == ["после"]
    anew = await connector.bind(ScriptedAsker(sandbox.answers))
    async with connector.open(ChannelId(2), anew) as session_anew:
        assert isinstance(session_anew, AvitoSession)
        await sandbox.say(BORIS, "ещё")
        assert "ещё" in texts(await arrivals(session_anew, anew.cursor))


REFUSED = {"error": {"code": 403, "message": "permission denied"}}


@pytest.mark.parametrize("status", [402, 403, 404, 400])
async def test_a_chat_that_avito_does_not_show_is_told_once_and_stops_nobody_else(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound, status: int
) -> None:
    for who in (ANNA, BORIS):
        await sandbox.say(who, f"от {who.name}")
    sandbox.faults.append(Fault("/messages/", status, REFUSED, method="GET"))
    found = await arrivals(session, bound.cursor)
    (told,) = problems(found)
    assert len(texts(found)) == 1
    assert "permission denied" in told.problem
    again = await arrivals(session, next(batch.cursor for batch in reversed(found) if batch.cursor))
    assert problems(again) == []


async def test_a_tariff_that_ran_out_stops_reading(session: AvitoSession, sandbox: AvitoSandbox, bound: Bound) -> None:
    await sandbox.say(ANNA, "Есть?")
    sandbox.faults.append(Fault("/messages/", 403, REFUSED, times=9, method="GET"))
    chats = session.events(bound.cursor)
    sandbox.faults.append(Fault("/chats", 402, REFUSED, times=9, method="GET"))
    with pytest.raises(Misconfigured, match="tariff"):
        await anext(chats)


def out(address: str, text: str = "", *files: LocalFile) -> Outbound:
    return Outbound(message_id=MessageId(1), key="k" * 32, address=address, text=text, files=files)


async def test_two_refusals_in_a_row_about_one_chat_leave_the_account_proved(
    session: AvitoSession, sandbox: AvitoSandbox
) -> None:
    await sandbox.say(ANNA, "Есть?")
    address = sandbox.town.chat(ANNA).id
    for _ in range(2):
        sandbox.faults.append(Fault("/messages", 403, REFUSED))
        with pytest.raises(Rejected, match="chat_closed"):
            await session.send(out(address, "Да"))
        await session.prove()
    assert (await session.send(out(address, "Да"))).ids
    sandbox.faults.append(Fault("/chats", 403, REFUSED, method="GET"))
    with pytest.raises(Misconfigured, match="tariff"):
        await session.prove()
    await sandbox.end_login()
    with pytest.raises(NeedsRebind):
        await session.prove()


async def test_two_refusals_in_a_row_that_an_old_token_may_be_to_blame_for_stop_nothing(sandbox: AvitoSandbox) -> None:
    clock = HeldClock()
    patient = create(World(clock=clock, chance=CountedChance()))
    bound = await patient.bind(ScriptedAsker(sandbox.answers))
    clock.at += 11 * 60_000
    for who in (ANNA, BORIS):
        await sandbox.say(who, f"от {who.name}")
    async with patient.open(ChannelId(1), bound) as session:
        assert isinstance(session, AvitoSession)
        sandbox.faults.append(Fault("/messages/", 403, REFUSED, times=2, method="GET"))
        found = await arrivals(session, bound.cursor)
        assert (len(texts(found)), len(problems(found))) == (1, 1)
        clock.at += 11 * 60_000
        sandbox.faults.append(Fault("/messages", 403, REFUSED, times=2))
        with pytest.raises(Rejected, match="chat_closed"):
            await session.send(out(sandbox.town.chat(ANNA).id, "Да"))
        await session.prove()


async def test_a_picture_that_avito_refuses_is_refused_alone(
    session: AvitoSession, sandbox: AvitoSandbox, tmp_path: Any
) -> None:
    await sandbox.say(ANNA, "Есть?")
    (tmp_path / "a.png").write_bytes(b"x")
    picture = LocalFile(path=tmp_path / "a.png", name="a.png", mime="image/png", size=1)
    sandbox.faults.append(Fault("/uploadImages", 403, REFUSED))
    with pytest.raises(Rejected, match="refused"):
        await session.send(out(sandbox.town.chat(ANNA).id, "", picture))


async def test_a_ring_with_a_name_that_avito_refuses_stops_nothing(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound
) -> None:
    await sandbox.say(ANNA, "Есть?")
    batches = session.events(bound.cursor)
    while (await anext(batches)).arrivals:
        pass
    body = json.dumps({"payload": {"value": {"chat_id": "u2i-of-others", "user_id": int(bound.account)}}}).encode()
    sandbox.faults.append(Fault("/chats/{chat_id}", 403, REFUSED, method="GET"))
    assert session.accept(HookRequest(method="POST", path="", query={}, headers={}, body=body)).status == 200
    await sandbox.say(BORIS, "После звонка")
    ring = body.replace(b"u2i-of-others", sandbox.town.chat(BORIS).id.encode())
    assert session.accept(HookRequest(method="POST", path="", query={}, headers={}, body=ring)).status == 200
    found = await anext(batches)
    assert texts([found]) == ["После звонка"]


@pytest.mark.parametrize(
    "body", [b"", b"{}{", b"\xff", b"[" * 100_000, b'{"payload": {"value": {"user_id": {}}}}', b"5"]
)
async def test_a_ring_that_cannot_be_read_is_answered(session: AvitoSession, body: bytes) -> None:
    assert session.accept(HookRequest(method="POST", path="", query={}, headers={}, body=body)).status == 200


@pytest.mark.parametrize("said", ["inf", "-5", "soon", "0", ""])
async def test_a_pause_that_no_clock_can_show_is_a_minute(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound, said: str
) -> None:
    sandbox.faults.append(Fault("/chats", 429, {}, {"Retry-After": said}, method="GET"))
    with pytest.raises(RateLimited) as caught:
        await anext(session.events(bound.cursor))
    assert caught.value.retry_after == 60


@pytest.mark.parametrize("lives", [0, -1, float("inf"), float("nan"), 1e300])
def test_a_token_that_is_said_to_live_for_ever_or_not_at_all_is_renewed_after_a_day(lives: float) -> None:
    assert token_of(Granted(access_token="a", expires_in=lives), 1000).until == 1000 + 86_400_000


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("", []),
        ("да", [2]),
        ("ж" * 1000, [1000]),
        ("ж" * 1001, [1000, 1]),
        ("слово " * 300, [995, 803]),
        ("а" * 600 + "\n" + "б" * 600, [600, 600]),
    ],
)
async def test_a_long_text_goes_in_pieces_that_avito_takes(
    session: AvitoSession, sandbox: AvitoSandbox, text: str, lengths: list[int]
) -> None:
    await sandbox.say(ANNA, "Есть?")
    if not text:
        return
    receipt = await session.send(out(sandbox.town.chat(ANNA).id, text))
    heard = [one.text for one in await sandbox.heard(ANNA)]
    assert [len(one) for one in heard] == lengths
    assert "".join("".join(heard).split()) == "".join(text.split())
    assert receipt.texts == receipt.ids


async def test_a_long_text_whose_last_piece_was_not_answered_is_found_again_only_whole(
    session: AvitoSession, sandbox: AvitoSandbox
) -> None:
    known = await sandbox.say(ANNA, "Есть?")
    message = Outbound(
        message_id=MessageId(1),
        key="k" * 32,
        address=sandbox.town.chat(ANNA).id,
        text="слово " * 300,
        thread=(known,),
    )
    sent = (await session.send(message)).ids
    found = await session.reconcile(message)
    assert found is not None
    assert (found.ids, found.texts) == (sent, sent)
    sandbox.town.chat(ANNA).messages.pop()
    assert await session.reconcile(message) is None


async def test_a_message_that_went_out_and_has_no_id_in_the_answer_is_uncertain(
    session: AvitoSession, sandbox: AvitoSandbox
) -> None:
    await sandbox.say(ANNA, "Есть?")
    sandbox.faults.append(Fault("/messages", 200, {"poison": "no id"}))
    with pytest.raises(OutcomeUnknown, match="strange_answer"):
        await session.send(out(sandbox.town.chat(ANNA).id, "Да"))


async def test_a_renewal_keeps_its_place_and_another_account_begins_anew(
    connector: Connector, sandbox: AvitoSandbox, bound: Bound
) -> None:
    await sandbox.end_login()
    again = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
    assert again.cursor is None, "the stored one stays"
    anew = await connector.bind(ScriptedAsker(sandbox.answers))
    assert anew.cursor
