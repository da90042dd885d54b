"""Whatever Telegram sends: readable words arrive, the rest is kept for a person to see, and nothing is held up."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chatapp_cli.connectors.telegram_bot.api import BotApi
from chatapp_cli.connectors.telegram_bot.convert import Ears, arrival
from chatapp_cli.connectors.telegram_bot.receive import poll
from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, ProvesAccess, Session
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.sandbox.telegram_bot.server import Fault
from tests.contract.bot_api_schema import PUBLISHED
from tests.contract.connector_contract import ANNA, LOST, WRONG, ScriptedAsker, changed, places
from tests.contract.oddities import ODD_TEXTS, bent, told_until, with_odd_fields

EARS = Ears(bot="42", max_download=1 << 24)
WORDS = "Здравствуйте, есть ёлки?"
USER = {"id": 7001, "is_bot": False, "first_name": "Анна", "last_name": "Белова", "username": "anna_b"}
CHAT = {"id": 7001, "type": "private", "first_name": "Анна"}
HEAD: dict[str, Any] = {"message_id": 5, "date": 1_700_000_000, "chat": CHAT, "from": USER, "text": WORDS}
DEEP = 3
"""So many steps down fewer oddities are tried: there are thousands of such fields."""
NEEDED = {"chat", "chat.id", "text"}
"""Without the chat nobody knows where the words belong, and the words are what is to arrive."""


def sample(kind: str, types: dict[str, Any], depth: int = 2) -> Any:
    """Something of a described type, with all its fields as far down as it goes."""
    if kind.startswith("Array of "):
        return [sample(kind.removeprefix("Array of "), types, depth)]
    if kind in {"Integer", "Float", "String", "Boolean"}:
        return {"Integer": 5, "Float": 55.75, "String": "ель", "Boolean": True}[kind]
    described = types[kind]
    if described.get("subtypes"):
        return sample(described["subtypes"][0], types, depth)
    if depth == 0:
        return {}
    return {field["name"]: sample(field["types"][0], types, depth - 1) for field in described.get("fields", ())}


def messages() -> Iterator[dict[str, Any]]:
    """A message with each of the fields that the Bot API describes."""
    if not PUBLISHED.is_file():
        yield from ({**HEAD, "photo": [{"file_id": "f"}]}, {**HEAD, "contact": {"phone_number": "7"}})
        return
    types = json.loads(PUBLISHED.read_text("utf-8"))["types"]
    for field in types["Message"]["fields"]:
        if field["name"] not in {"text", "migrate_to_chat_id", "new_chat_title"}:
            depth = 1 if field["types"][0] in {"Message", "MaybeInaccessibleMessage"} else 2
            yield {field["name"]: sample(field["types"][0], types, depth), **HEAD}


@pytest.mark.parametrize("odd", [None, {}, [], 5, {"id": None}, {"id": "x"}])
def test_words_from_nobody_knows_where_are_kept_for_a_person(odd: Any) -> None:
    assert read(message={**HEAD, "chat": odd}) is None


def read(**update: Any) -> MessageArrived | None:
    found = arrival(json.dumps({"update_id": 9, **update}).encode(), EARS, 1)
    events = [event for event in found.events if isinstance(event, MessageArrived)]
    assert bool(events) != bool(found.problem), (found.problem, update)
    return events[0] if events else None


def test_the_words_arrive_whichever_field_beside_them_is_odd() -> None:
    tried = 0
    for message in (HEAD, *messages()):
        beside = [path for path in places(message) if message is HEAD or path[0] not in HEAD]
        for path in beside:
            for odd in WRONG if len(path) < DEEP else (None, "x", 10**400, LOST):
                tried += 1
                if ".".join(map(str, path)) not in NEEDED:
                    event = read(message=changed(message, path, odd))
                    assert event is not None, (path, odd)
                    assert WORDS in event.text, (path, odd, event.text)
    assert tried > 100


PRESS = {"id": "77", "from": USER, "chat_instance": "1", "data": WORDS, "message": HEAD}


def test_a_pressed_button_is_said_whichever_field_beside_its_words_is_odd() -> None:
    needed = {"data", "message", "message.chat", "message.chat.id"}
    for path, odd, press in with_odd_fields(PRESS, needed):
        event = read(callback_query=press)
        assert event is not None, (path, odd)
        assert (event.text, event.peer.key) == (WORDS, "7001"), (path, odd)


MEMBER = {"status": "kicked", "user": USER, "until_date": 0}
OTHERS = {
    "message_reaction": {
        "chat": CHAT,
        "message_id": 5,
        "date": 1,
        "user": USER,
        "old_reaction": [],
        "new_reaction": [{"type": "emoji", "emoji": "👍"}],
    },
    "my_chat_member": {"chat": CHAT, "from": USER, "date": 1, "old_chat_member": MEMBER, "new_chat_member": MEMBER},
    "edited_message": {**HEAD, "edit_date": 5},
}


@pytest.mark.parametrize("kind", OTHERS)
def test_no_other_update_is_lost_without_a_trace(kind: str) -> None:
    for path, odd, other in with_odd_fields(OTHERS[kind], ()):
        found = arrival(json.dumps({"update_id": 9, kind: other}).encode(), EARS, 1)
        assert found.provider_id == "9"
        assert bool(found.events) != bool(found.problem), (path, odd)


@pytest.mark.parametrize(
    ("odd", "text"),
    [
        ({"photo": "none"}, "[photo]"),
        ({"photo": [{"file_id": None}, 5]}, "[photo]"),
        ({"document": {"file_id": ["f"]}}, "[document]"),
        ({"location": {"latitude": None, "longitude": 5}}, "[location]"),
        ({"poll": {"options": 5}}, "[poll]"),
        ({"voice": None}, ""),
    ],
)
def test_what_is_odd_beside_the_words_is_named(odd: dict[str, Any], text: str) -> None:
    event = read(message={**HEAD, **odd})
    assert event is not None
    assert event.text == f"{WORDS}\n{text}".rstrip()


def test_of_several_sizes_those_that_can_be_read_are_taken() -> None:
    event = read(message={**HEAD, "photo": [{"file_id": None}, {"file_id": "f", "file_size": "big"}]})
    assert event is not None
    assert [file.remote for file in event.files] == ["f"]
    assert event.text == WORDS


def test_a_message_without_a_number_is_the_same_whenever_it_comes_again() -> None:
    one, again = (read(message={**HEAD, "message_id": None}) for _ in range(2))
    other = read(message={**HEAD, "message_id": None, "text": "другое"})
    assert one is not None
    assert other is not None
    assert one == again
    assert one.ext_id.startswith("sha256:")
    assert one.ext_id != other.ext_id


@pytest.mark.parametrize("broken", [b"\xff", b"\xd0", b"\\ud83d", b"\\udca9x", b"\xef\xbb\xbf"])
def test_a_broken_letter_costs_one_letter(broken: bytes) -> None:
    raw = json.dumps({"update_id": 9, "message": HEAD}).encode().replace(b'"text": "', b'"text": "' + broken)
    found = arrival(raw, EARS, 1)
    (event,) = found.events
    assert isinstance(event, MessageArrived)
    assert event.text.endswith(WORDS)
    event.text.encode()
    assert found.raw == raw


def test_nothing_escapes_whatever_the_bytes_are() -> None:
    seed = json.dumps({"update_id": 9, "message": {**HEAD, "photo": [{"file_id": "f"}]}}, ensure_ascii=False).encode()
    for raw in bent([seed]):
        found = arrival(raw, EARS, 1)
        assert found.raw == raw
        assert found.provider_id


@asynccontextmanager
async def asked(app: web.Application) -> AsyncIterator[BotApi]:
    async with TestServer(app) as place:
        url = str(place.make_url("")).rstrip("/")
        async with BotApi(token="1:x", url=url, local=False) as api:
            yield api


class Odd:
    """A Bot API that answers getUpdates with these bytes, each below the number that is asked for."""

    def __init__(self, *updates: bytes) -> None:
        self.updates = updates
        self.asked: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        given = self.updates[max(0, asked.get("offset", 1) - 1) :][: asked["limit"]]
        body = b'{"ok":true,"result":[' + b",".join(given) + b"]}"
        return web.Response(body=body, content_type="application/json")


def update(number: int, text: bytes) -> bytes:
    head = {"message_id": number, "date": 1_700_000_000, "chat": CHAT, "text": "<words>"}
    return json.dumps({"update_id": number, "message": head}).encode().replace(b'"<words>"', text)


@pytest.mark.parametrize(("odd", "dead"), ODD_TEXTS)
async def test_the_good_ones_around_an_odd_update_arrive_and_the_odd_one_is_kept(odd: bytes, dead: int) -> None:
    server = Odd(update(1, b'"one"'), update(2, odd), update(3, b'"three"'))
    app = web.Application()
    app.router.add_post("/bot{token}/getUpdates", server.answer)
    async with asked(app) as api:
        texts, problems = await told_until("three", poll(api, SystemClock(), None, EARS))
    assert (texts[0], texts[-1]) == ("one", "three")
    assert len(problems) == dead
    assert all(odd in one.raw and one.provider_id == "2" for one in problems)


def test_a_message_whose_text_alone_cannot_be_read_has_a_placeholder_under_its_number() -> None:
    unread = arrival(update(7, b'{"x":1}'), EARS, 1)
    (shown,) = unread.events
    assert isinstance(shown, MessageArrived)
    assert (unread.problem, unread.provider_id) == ("cannot be read: text", "7")
    assert (shown.placeholder, shown.text, shown.ext_id, shown.peer.key) == (True, "", "7", str(CHAT["id"]))


async def test_an_answer_that_is_no_answer_is_asked_for_again_later() -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<html>maintenance</html>", status=200)

    app = web.Application()
    app.router.add_post("/bot{token}/getUpdates", page)
    async with asked(app) as api:
        with pytest.raises(Retryable, match="no_answer"):
            await api.updates(None, 0)


def out(text: str = "Да") -> Outbound:
    return Outbound(message_id=MessageId(1), key="k" * 32, address=str(ANNA.number), text=text)


async def test_a_refusal_of_one_chat_leaves_the_account_proved_and_a_revoked_token_does_not(
    session: Session, sandbox: TelegramBotSandbox
) -> None:
    assert isinstance(session, ProvesAccess)
    await sandbox.say(ANNA, "Здравствуйте")
    for words in ("Forbidden: bot was blocked by the user", "Forbidden: by a firewall"):
        sandbox.faults.append(Fault("sendMessage", 403, words))
        with pytest.raises(Rejected):
            await session.send(out())
        await session.prove()
    await sandbox.end_login()
    with pytest.raises(NeedsRebind, match="unauthorized"):
        await session.prove()


async def test_a_renewed_binding_keeps_its_place_and_another_bots_token_is_refused(
    connector: Connector, sandbox: TelegramBotSandbox, bound: Bound
) -> None:
    await sandbox.end_login()
    again = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
    assert (again.account, again.cursor, again.hook_key) == (bound.account, None, bound.hook_key)
    assert again.secrets["token"] != bound.secrets["token"]


@pytest.mark.parametrize("seconds", [-5, 0, 10**30, "soon", None])
async def test_a_pause_that_no_clock_can_show_is_a_short_one(
    session: Session, sandbox: TelegramBotSandbox, seconds: Any
) -> None:
    await sandbox.say(ANNA, "Здравствуйте")
    hints = {} if seconds is None else {"retry_after": seconds}
    sandbox.faults.append(Fault("sendMessage", 429, "Too Many Requests: retry later", hints))
    with pytest.raises(RateLimited) as caught:
        await session.send(out())
    assert 0 < caught.value.retry_after <= 10**30
    sandbox.faults.append(Fault("getUpdates", 429, "Too Many Requests: retry later", hints))
    with pytest.raises(RateLimited):
        await anext(aiter(session.events(None)))


async def test_an_answer_to_a_send_that_no_decoder_likes_is_uncertain(
    session: Session, sandbox: TelegramBotSandbox
) -> None:
    await sandbox.say_oddly(ANNA, "странно", b'"a\xffb"')
    with pytest.raises(ChannelError) as caught:
        await session.send(Outbound(message_id=MessageId(1), key="k" * 32, address="7001", text="Да", reply_to="1"))
    assert isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize("ext_id", ["button:77", "sha256:00", ""])
async def test_what_is_no_message_at_telegram_is_neither_changed_nor_deleted(session: Any, ext_id: str) -> None:
    deeds = (session.edit("7001", ext_id, "x"), session.delete("7001", ext_id), session.react("7001", ext_id, "👍"))
    for deed in deeds:
        with pytest.raises(Rejected, match="no_message"):
            await deed
