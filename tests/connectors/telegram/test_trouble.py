"""One unreadable thing, one refused chat: set aside and said; everything else arrives, and the account stays up."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.position import Position
from chatapp_cli.connectors.telegram.session import AccountSession
from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.domain.errors import OutcomeUnknown, Retryable, SendingBlocked
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.memory import ShortMemory
from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.sandbox.telegram.chats import Channel
from chatapp_cli.sandbox.telegram.letters import Chat
from tests.connectors.telegram.conftest import Desk, outbound, texts
from tests.contract.connector_contract import ANNA, BORIS, ScriptedAsker

LOGIN = "Login code: 24680"


def supergroup(sandbox: TelegramSandbox, title: str = "Опт") -> Channel:
    boris = sandbox.stage.person(BORIS)
    group = sandbox.stage.groups.channel(title, boris, broadcast=False)
    sandbox.stage.groups.add(boris, group, sandbox.owner)
    return group


def chat_of(kind: str, sandbox: TelegramSandbox) -> Chat:
    boris = sandbox.stage.person(BORIS)
    if kind == "private":
        return sandbox.stage.private(boris)
    if kind == "group":
        return sandbox.stage.groups.group("Склад", boris, sandbox.owner)
    return supergroup(sandbox)


def logins(sandbox: TelegramSandbox) -> int:
    """How often the account came up: each session asks for the state first."""
    return len([one for one in sandbox.stage.asked("updates.getState") if one.by == sandbox.owner.id])


class Ahead:
    """A clock that may jump."""

    def __init__(self) -> None:
        self._right = system_world().clock
        self.ahead = 0.0

    def now(self) -> Millis:
        return self._right.now()

    def monotonic(self) -> float:
        return self._right.monotonic() + self.ahead

    async def sleep(self, seconds: float) -> None:
        await self._right.sleep(seconds)


def dead(desk: Desk) -> list[str]:
    return [name for name in desk.store.ids if name.startswith("finding:unread:")]


@pytest.mark.parametrize("kind", ["private", "group", "supergroup"])
@pytest.mark.parametrize("places", [[0], [7], [4, 5, 6], [39], [0, 20, 39]])
async def test_of_many_messages_that_were_missed_only_those_that_nobody_can_read_become_dead_letters(
    desk: Desk, sandbox: TelegramSandbox, kind: str, places: list[int]
) -> None:
    boris, chat = sandbox.stage.person(BORIS), chat_of(kind, sandbox)
    async with desk.running():
        sandbox.stage.write(boris, chat, "до")
        await desk.until(texts("до"))
    for number in range(40):
        write = sandbox.stage.write_of_tomorrow if number in places else sandbox.stage.write
        write(boris, chat, f"№{number}")
    async with desk.running():
        await desk.until(lambda store: len(store.texts) == 41 - len(places) and len(dead(desk)) == len(places))
        sandbox.stage.write(boris, chat, "после")
        await desk.until(texts("после"))
    assert desk.store.texts == ["до", *(f"№{n}" for n in range(40) if n not in places), "после"]
    for place, raw in zip(places, [raw for raw in desk.store.raw if b"\x29\x22\x00\x70" in raw], strict=True):
        assert f"№{place}".encode() in raw, "what came is kept"


@pytest.mark.parametrize("kind", ["private", "supergroup"])
async def test_an_unreadable_message_that_is_pushed_keeps_the_session_up(
    desk: Desk, sandbox: TelegramSandbox, kind: str
) -> None:
    boris, chat = sandbox.stage.person(BORIS), chat_of(kind, sandbox)
    async with desk.running() as session:
        sandbox.stage.write(boris, chat, "раз")
        await desk.until(texts("раз"))
        before = logins(sandbox)
        for number in range(3):
            sandbox.stage.write_of_tomorrow(boris, chat, f"яд {number}")
            sandbox.stage.write(boris, chat, f"{number}")
            await desk.until(texts(f"{number}"))
        address = desk.store.of(MessageArrived)[0].peer.address
        assert (await session.send(outbound(address, "мы здесь"))).ids
        assert logins(sandbox) == before, "nobody had to come up again"
    assert len(dead(desk)) == 3
    assert [text for text in desk.store.texts if text != "мы здесь"] == ["раз", "0", "1", "2"]


@pytest.mark.parametrize("kind", ["private", "supergroup"])
@pytest.mark.parametrize("places", [[0], [3], [118], [119], [50, 51]])
async def test_a_history_with_unreadable_messages_is_read_around_them(
    desk: Desk, sandbox: TelegramSandbox, kind: str, places: list[int]
) -> None:
    boris, chat = sandbox.stage.person(BORIS), chat_of(kind, sandbox)
    async with desk.running():
        sandbox.stage.write(boris, chat, "до")
        await desk.until(texts("до"))
    sandbox.cloud.too_long = 50
    for number in range(120):
        write = sandbox.stage.write_of_tomorrow if number in places else sandbox.stage.write
        write(boris, chat, f"№{number}")
    async with desk.running():
        await desk.until(lambda store: len(store.texts) == 121 - len(places) and len(dead(desk)) >= len(places))
        sandbox.stage.write(boris, chat, "после")
        await desk.until(texts("после"))
    assert desk.store.texts == ["до", *(f"№{n}" for n in range(120) if n not in places), "после"]


async def test_an_unreadable_push_that_nothing_follows_is_asked_for_at_once(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris, group = sandbox.stage.person(BORIS), supergroup(sandbox)
    async with desk.running():
        sandbox.stage.write(boris, group, "раз")
        await desk.until(texts("раз"))
        sandbox.stage.write_of_tomorrow(boris, group, "яд")
        await desk.until(lambda _: dead(desk))


@pytest.mark.parametrize("kind", ["private", "group", "supergroup"])
async def test_somebody_who_cannot_be_described_is_heard_all_the_same(
    desk: Desk, sandbox: TelegramSandbox, kind: str
) -> None:
    boris, anna, chat = sandbox.stage.person(BORIS), sandbox.stage.person(ANNA), chat_of(kind, sandbox)
    async with desk.running():
        sandbox.stage.write(boris, chat, "до")
        await desk.until(texts("до"))
    boris.of_tomorrow = True
    for number in range(5):
        sandbox.stage.write(boris, chat, f"№{number}")
        sandbox.stage.write(anna, sandbox.stage.private(anna), f"Анна {number}")
    async with desk.running():
        await desk.until(texts(*(f"{who}{number}" for who in ("№", "Анна ") for number in range(5))))
        sandbox.stage.write(boris, chat, "и сразу")
        await desk.until(texts("и сразу"))
    heard = [message for message in desk.store.of(MessageArrived) if message.text.startswith("№")]
    assert {message.sender.name for message in heard} == {BORIS.name}, "as the account knew them before"
    assert desk.store.problems == []


async def test_what_cannot_be_read_is_one_dead_letter_however_often_the_desk_dies_over_it(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris, group = sandbox.stage.person(BORIS), supergroup(sandbox)
    async with desk.running():
        sandbox.stage.write(boris, group, "до")
        await desk.until(texts("до"))
    for chat in (group, sandbox.stage.private(boris)):
        sandbox.stage.write_of_tomorrow(boris, chat, "яд")
        sandbox.stage.write(boris, chat, f"после {type(chat).__name__}")
    before = desk.store.cursor
    for _ in range(3):
        desk.store.cursor = before  # killed before it was durable
        async with desk.opened() as session:
            await desk.store.take(session, lambda store: "после Channel" in store.texts and len(dead(desk)) == 2)
    assert len(dead(desk)) == 2
    assert desk.store.texts.count("после Channel") == desk.store.texts.count("после Private") == 1


async def test_a_list_of_chats_whose_last_words_cannot_be_read_shows_the_other_chats(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris = sandbox.stage.person(BORIS)
    groups = [supergroup(sandbox, f"Опт {number}") for number in range(5)]
    for number, group in enumerate(groups):
        sandbox.stage.write(boris, group, f"слово {number}")
    sandbox.stage.write_of_tomorrow(boris, groups[2], "яд")
    async with desk.running() as session:
        await desk.until(lambda store: len(Position.of(store.cursor or "").channels) == 5 and dead(desk))
        assert {peer.title for peer in await session.chats()} >= {f"Опт {number}" for number in (0, 1, 3, 4)}
    assert sorted(desk.store.texts) == [f"слово {number}" for number in range(5)]


async def test_a_message_of_telegram_itself_or_of_the_owner_to_themselves_is_not_kept_even_if_unreadable(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    service, owner = sandbox.cloud.service, sandbox.owner
    sandbox.stage.write_of_tomorrow(service, sandbox.cloud.private(service, owner), LOGIN)
    sandbox.stage.write_of_tomorrow(owner, sandbox.cloud.private(owner, owner), LOGIN)
    await sandbox.say(ANNA, "слышно?")
    async with desk.running():
        await desk.until(texts("слышно?"))
    assert len(dead(desk)) == 2
    assert not any(LOGIN.encode() in raw for raw in desk.store.raw)


@pytest.mark.parametrize(
    "refusal", ["CHANNEL_PRIVATE", "CHANNEL_INVALID", "CHAT_ADMIN_REQUIRED", "SOMETHING_OF_TOMORROW", "INTERNAL"]
)
async def test_a_chat_whose_difference_is_refused_is_set_aside_and_holds_nobody_up(
    desk: Desk, sandbox: TelegramSandbox, refusal: str
) -> None:
    boris = sandbox.stage.person(BORIS)
    bad, good = supergroup(sandbox, "Опт"), supergroup(sandbox, "Розница")
    async with desk.running():
        for group in (bad, good):
            sandbox.stage.write(boris, group, f"{group.title} до")
        await desk.until(texts("Опт до", "Розница до"))
    sandbox.stage.write(boris, bad, "Опт пропуск")
    sandbox.stage.write(boris, good, "Розница пропуск")
    sandbox.stage.order("updates.getChannelDifference", refusal)
    async with desk.running():
        before = logins(sandbox)
        await sandbox.say(ANNA, "я тут")
        await desk.until(texts("Розница пропуск", "я тут"))
        sandbox.stage.write(boris, good, "Розница после")
        await desk.until(texts("Розница после"))
        assert logins(sandbox) == before
    async with desk.running():
        await desk.until(lambda store: refusal == "CHANNEL_PRIVATE" or "Опт пропуск" in store.texts)


async def test_a_chat_that_stays_refused_is_said_once_and_read_on_as_soon_as_it_can_be(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris, group = sandbox.stage.person(BORIS), supergroup(sandbox)
    async with desk.running():
        sandbox.stage.write(boris, group, "до")
        await desk.until(texts("до"))
    sandbox.stage.order("updates.getChannelDifference", "CHANNEL_INVALID", times=50)
    for number in range(3):
        sandbox.stage.write(boris, group, f"пропуск {number}")
        async with desk.running():
            sandbox.stage.write(boris, group, f"и ещё {number}")
            await sandbox.say(ANNA, f"лично {number}")
            await desk.until(texts(f"лично {number}"))
            await desk.until(lambda store: store.problems)
    assert len([name for name in desk.store.ids if name.startswith("finding:chat:")]) == 1
    assert "«Опт»" in desk.store.problems[0]
    assert len(sandbox.stage.asked("updates.getChannelDifference")) < 10
    sandbox.stage.ledger.forget_orders()
    async with desk.running():
        await desk.until(texts(*(f"{word} {number}" for word in ("пропуск", "и ещё") for number in range(3))))
    private = [text for text in desk.store.texts if not text.startswith("лично")]
    assert len(private) == len(set(private)) == 7


@pytest.mark.parametrize("flood", ["FLOOD_WAIT_2", "FLOOD_WAIT_0", "FLOOD_PREMIUM_WAIT_1"])
async def test_a_chat_that_was_set_aside_for_a_short_flood_is_read_after_it_though_nobody_speaks(
    desk: Desk, sandbox: TelegramSandbox, flood: str
) -> None:
    boris, group = sandbox.stage.person(BORIS), supergroup(sandbox)
    async with desk.running():
        sandbox.stage.write(boris, group, "до")
        await desk.until(texts("до"))
    sandbox.stage.write(boris, group, "пропуск")
    sandbox.stage.order("updates.getChannelDifference", "PERSISTENT_TIMESTAMP_INVALID")
    sandbox.stage.order("messages.getHistory", flood)
    async with desk.running():
        await desk.until(texts("пропуск"))
    assert desk.store.texts == ["до", "пропуск"]


@pytest.mark.parametrize("refusal", ["CHANNEL_INVALID", "INTERNAL"])
async def test_a_chat_that_was_set_aside_is_looked_at_again_when_its_rest_is_over_though_only_others_speak(
    sandbox: TelegramSandbox, refusal: str
) -> None:
    clock = Ahead()
    connector = create("telegram", replace(system_world(), clock=clock))
    desk = Desk(connector, await connector.bind(ScriptedAsker(sandbox.answers)))
    boris, group = sandbox.stage.person(BORIS), supergroup(sandbox)
    async with desk.running():
        sandbox.stage.write(boris, group, "до")
        await desk.until(texts("до"))
    sandbox.stage.write(boris, group, "пропуск")
    sandbox.stage.order("updates.getChannelDifference", refusal)
    async with desk.running():
        await sandbox.say(ANNA, "пока")
        await desk.until(texts("пока"))
        await sandbox.say(ANNA, "ещё рано")
        await desk.until(texts("ещё рано"))
        asked = len(sandbox.stage.asked("updates.getChannelDifference"))
        clock.ahead = 301.0
        await sandbox.say(ANNA, "потом")
        await desk.until(texts("пропуск", "потом"))
    assert desk.store.texts == ["до", "пока", "ещё рано", "потом", "пропуск"]
    assert len(sandbox.stage.asked("updates.getChannelDifference")) == asked + 1


@pytest.mark.parametrize("speaks", [True, False])
async def test_a_group_that_began_to_speak_while_we_were_away_and_could_not_be_read_is_read_after_its_rest(
    sandbox: TelegramSandbox, speaks: bool
) -> None:
    clock = Ahead()
    connector = create("telegram", replace(system_world(), clock=clock))
    desk = Desk(connector, await connector.bind(ScriptedAsker(sandbox.answers)))
    boris, group = sandbox.stage.person(BORIS), supergroup(sandbox)
    for number in range(3):
        sandbox.stage.write(boris, group, f"новая группа {number}")
    sandbox.stage.order("messages.getHistory", "SOMETHING_OF_TOMORROW")
    async with desk.running():
        await sandbox.say(ANNA, "пока")
        await desk.until(texts("пока"))
        if speaks:
            sandbox.stage.write(boris, group, "живьём")
            await desk.until(texts("живьём"))
        clock.ahead = 301.0
        await sandbox.say(ANNA, "потом")
        await desk.until(texts("потом", *(f"новая группа {number}" for number in range(3))))
        sandbox.stage.write(boris, group, "и дальше")
        await desk.until(texts("и дальше"))
    assert len(desk.store.texts) == len(set(desk.store.texts)) == 6 + speaks


async def test_the_title_of_a_chat_in_trouble_is_told_to_the_operators_and_not_to_the_log(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris, group = sandbox.stage.person(BORIS), supergroup(sandbox, "Тайный опт")
    async with desk.running():
        sandbox.stage.write(boris, group, "до")
        await desk.until(texts("до"))
    sandbox.stage.order("updates.getChannelDifference", "CHANNEL_INVALID", times=50)
    with capture_logs() as log:
        async with desk.running():
            await desk.until(lambda store: store.problems)
    assert "«Тайный опт»" in desk.store.problems[0]
    assert [one["event"] for one in log if "telegram" in one["event"]] == ["telegram.set_aside"]
    assert "Тайный" not in repr(log)


@pytest.mark.parametrize("refusal", ["SOMETHING_OF_TOMORROW", "FROZEN_METHOD_INVALID"])
async def test_where_the_accounts_own_difference_is_refused_its_chats_are_read_and_it_is_said(
    desk: Desk, sandbox: TelegramSandbox, refusal: str
) -> None:
    await sandbox.say(ANNA, "раз")
    await sandbox.say(BORIS, "два")
    sandbox.stage.order("updates.getDifference", refusal)
    async with desk.running():
        await desk.until(texts("раз", "два"))
        await sandbox.say(ANNA, "три")
        await desk.until(texts("три"))
    assert sorted(desk.store.texts) == ["два", "раз", "три"]
    assert len([name for name in desk.store.ids if name.startswith("finding:difference:")]) == 1


@pytest.mark.parametrize("method", ["updates.getDifference", "messages.getDialogs", "updates.getChannelDifference"])
@pytest.mark.parametrize("answer", [tl.updates.ChannelDifferenceEmpty(1), tl.UpdatesTooLong(), True])
async def test_an_answer_that_does_not_fit_its_question_takes_nothing_but_itself_away(
    desk: Desk, sandbox: TelegramSandbox, method: str, answer: object
) -> None:
    boris, group = sandbox.stage.person(BORIS), supergroup(sandbox)
    async with desk.running():
        sandbox.stage.write(boris, group, "до")
        await desk.until(texts("до"))
    await sandbox.say(ANNA, "лично")
    sandbox.stage.garble(method, answer=answer)
    async with desk.running():
        before = logins(sandbox)
        await desk.until(texts("лично"))
        await sandbox.say(ANNA, "и ещё")
        sandbox.stage.write(boris, group, "после")
        await desk.until(texts("и ещё", "после"))
        assert logins(sandbox) <= before + 1
    assert len(desk.store.texts) == len(set(desk.store.texts)) == 4


@pytest.mark.parametrize("method", ["messages.getDialogs", "messages.getHistory"])
async def test_a_refused_list_or_history_keeps_nobody_else_from_being_heard(
    desk: Desk, sandbox: TelegramSandbox, method: str
) -> None:
    boris, group = sandbox.stage.person(BORIS), supergroup(sandbox)
    sandbox.stage.write(boris, group, "новая группа")
    await sandbox.say(ANNA, "лично")
    sandbox.stage.order(method, "SOMETHING_OF_TOMORROW", times=3)
    async with desk.running():
        await desk.until(texts("лично"))
        sandbox.stage.write(boris, group, "живьём")
        await desk.until(texts("живьём"))
    assert desk.store.problems


async def test_a_send_whose_answer_cannot_be_read_is_not_told_as_failed(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    await sandbox.say(ANNA, "Есть ели?")
    address = (await desk.one(MessageArrived)).peer.address
    sandbox.stage.garble("messages.sendMessage")
    with pytest.raises(OutcomeUnknown, match="not_understood"):
        await session.send(outbound(address, "Есть"))
    receipt = await session.send(outbound(address, "Есть"))
    assert receipt.ids
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Есть"]


async def test_an_answer_that_is_torn_anywhere_leaves_nothing_unsaid(desk: Desk, sandbox: TelegramSandbox) -> None:
    for number in range(30):
        await sandbox.say(ANNA, str(number))
    sandbox.stage.garble("updates.getDifference", times=4)
    async with desk.running():
        await desk.until(texts(*(str(number) for number in range(30))))
    assert desk.store.texts == [str(number) for number in range(30)]
    assert desk.store.problems == []


async def test_the_account_is_proved_by_a_question_and_a_freeze_is_named_as_long_as_it_lasts(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    await sandbox.say(ANNA, "Есть ели?")
    address = (await desk.one(MessageArrived)).peer.address
    await session.prove()
    sandbox.owner.frozen = True
    with pytest.raises(SendingBlocked, match="frozen"):
        await session.send(outbound(address, "Есть"))
    with pytest.raises(SendingBlocked, match="frozen"):
        await session.prove()
    await sandbox.say(ANNA, "Ау?")
    await desk.until(texts("Ау?"))
    sandbox.owner.frozen = False
    await session.prove()
    assert (await session.send(outbound(address, "Есть"))).ids


@pytest.mark.parametrize(("prefix", "stage"), [("peer/", "opening"), ("follow/", "opening"), ("move/", "catching up")])
async def test_a_mistake_of_ours_names_the_stage_that_it_happened_in(desk: Desk, prefix: str, stage: str) -> None:
    desk.bound = replace(desk.bound, memory=Stumbling(prefix))
    with pytest.raises(Retryable) as told:
        async with desk.opened() as session, aclosing(session.events(desk.store.cursor)) as batches:
            await anext(batches)
    assert (told.value.code, told.value.detail) == ("stumbled", f"{stage}: ZeroDivisionError")


class Stumbling(ShortMemory):
    """A memory that fails in a way that nobody thought of."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    async def known(self, prefix: str = "") -> Mapping[str, str]:
        if prefix == self._prefix:
            raise ZeroDivisionError
        return await super().known(prefix)
