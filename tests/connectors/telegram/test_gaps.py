"""Holes of every kind are filled: what Telegram pushed while nobody listened, hinted at, or does not tell any more."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.follows import Follows
from chatapp_cli.connectors.telegram.peers import Known, Peers
from chatapp_cli.connectors.telegram.position import OWN, ChannelPosition, Position
from chatapp_cli.connectors.telegram.reading import Reading
from chatapp_cli.domain.arrival import ChatRead, MessageArrived, MessageEdited, MessagesDeleted
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.ports.memory import ShortMemory
from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.conftest import Desk, Store, outbound, texts
from tests.contract.connector_contract import ANNA, BORIS


async def test_edits_deletions_and_reads_that_were_missed_arrive(desk: Desk, sandbox: TelegramSandbox) -> None:
    anna = sandbox.stage.person(ANNA)
    chat = sandbox.stage.private(anna)
    kept, gone = (sandbox.stage.write(anna, chat, text) for text in ("Хочу ель", "Ой"))
    async with desk.running() as session:
        await desk.until(texts("Хочу ель", "Ой"))
        (sent,) = (await session.send(outbound(str(ANNA.number), "Есть"))).ids
    sandbox.stage.edit(kept, "Хочу пихту")
    sandbox.stage.read(anna, chat)
    number = str(gone.id_for(sandbox.owner))
    sandbox.stage.delete(gone)
    async with desk.running():
        assert (await desk.one(MessageEdited)).text == "Хочу пихту"
        assert list((await desk.one(MessagesDeleted)).ext_ids) == [number]
        assert (await desk.one(ChatRead)).ext_id == sent


@pytest.mark.parametrize("broadcast", [True, False])
async def test_more_than_telegram_tells_of_a_channel_is_read_from_its_history(
    desk: Desk, sandbox: TelegramSandbox, broadcast: bool
) -> None:
    boris = sandbox.stage.person(BORIS)
    channel = sandbox.stage.groups.channel("Лес", boris, username="forest_news", broadcast=broadcast)
    async with desk.running() as session:
        await session.follow("@forest_news")
        sandbox.stage.write(boris, channel, "первая")
        await desk.until(texts("первая"))
    sandbox.cloud.too_long = 100
    for number in range(220):
        sandbox.stage.write(boris, channel, f"№{number}")
    async with desk.running():
        await desk.until(lambda store: Position.of(store.cursor or "").channels[channel.id].pts == channel.box.pts)
        sandbox.stage.write(boris, channel, "последняя")
        await desk.until(texts("последняя"))
    assert desk.store.texts == ["первая", *(f"№{number}" for number in range(220)), "последняя"]


async def test_more_than_telegram_tells_of_the_account_is_read_from_its_chats(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    sandbox.cloud.too_long = 100
    anna = sandbox.stage.person(ANNA)
    group = sandbox.stage.groups.group("Опт", anna, sandbox.owner)
    for number in range(120):
        await sandbox.say(ANNA, f"лично {number}")
    sandbox.stage.write(anna, group, "в группе")
    async with desk.running():
        await desk.until(lambda store: Position.of(store.cursor or "").pts == sandbox.owner.box.pts)
        await sandbox.say(BORIS, "теперь как всегда")
        await desk.until(texts("теперь как всегда"))
    private = [text for text in desk.store.texts if text.startswith("лично")]
    assert private == [f"лично {number}" for number in range(120)]
    assert sorted(set(desk.store.texts) - set(private)) == ["в группе", "теперь как всегда"]


async def test_a_hint_that_there_is_news_is_followed(desk: Desk, sandbox: TelegramSandbox) -> None:
    boris = sandbox.stage.person(BORIS)
    group = sandbox.stage.groups.channel("Опт", boris, broadcast=False)
    sandbox.stage.groups.add(boris, group, sandbox.owner)
    sandbox.stage.write(boris, group, "раз")
    async with desk.running():
        await desk.until(texts("раз"))
        sandbox.stage.hint()
        sandbox.stage.hint(group)
        sandbox.stage.write(boris, group, "два")
        await sandbox.say(ANNA, "три")
        await desk.until(texts("два", "три"))
    assert sorted(desk.store.texts) == ["два", "раз", "три"]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_in_any_order_everything_arrives_once_and_ends_as_it_is(
    desk: Desk, sandbox: TelegramSandbox, seed: int
) -> None:
    chance = random.Random(seed)
    history = History(desk, sandbox, chance)
    for _ in range(14):
        await chance.choice((history.goes_on, history.goes_on, history.is_watched, history.dies, history.breaks))()
    async with desk.running():
        await desk.until(history.is_told)
    heard = desk.store.of(MessageArrived)
    assert len({message.ext_id for message in heard}) == len(heard) == len(history.letters)


class History:
    """A conversation in a private chat, a group and a supergroup, with a desk that falls over."""

    def __init__(self, desk: Desk, sandbox: TelegramSandbox, chance: random.Random) -> None:
        anna = sandbox.stage.person(ANNA)
        large = sandbox.stage.groups.channel("Опт", anna, broadcast=False)
        sandbox.stage.groups.add(anna, large, sandbox.owner)
        self.chats = (sandbox.stage.private(anna), sandbox.stage.groups.group("Розница", anna, sandbox.owner), large)
        self.desk, self.sandbox, self.chance, self.anna = desk, sandbox, chance, anna
        self.letters: list = []  # type: ignore[type-arg]

    async def goes_on(self) -> None:
        for _ in range(self.chance.randint(1, 30)):
            chat = self.chance.choice(self.chats)
            self.letters.append(self.sandbox.stage.write(self.anna, chat, f"№{len(self.letters)}"))
        if self.desk.store.texts:  # what nobody has heard of cannot be seen to change
            letter = self.chance.choice([one for one in self.letters if one.text in self.desk.store.texts] or [None])
            if letter is not None:
                self.sandbox.stage.edit(letter, f"{letter.text}+")

    async def is_watched(self) -> None:
        async with self.desk.running():
            await self.goes_on()
            await self.desk.until(self.is_heard)

    async def dies(self) -> None:
        await self.goes_on()
        left = iter(range(self.chance.randint(0, 4)))
        async with self.desk.opened() as session:
            await self.desk.store.take(session, lambda store: next(left, None) is None or self.is_heard(store))

    async def breaks(self) -> None:
        async with self.desk.running():
            await self.goes_on()
            await self.sandbox.vanish()
        await self.goes_on()
        await self.sandbox.come_back()

    def is_heard(self, store: Store) -> bool:
        """Nobody was left out."""
        return len(store.texts) == len(self.letters)

    def is_told(self, store: Store) -> bool:
        """Everything was heard, and reads as it does at Telegram."""
        now = {message.ext_id: message.text for message in store.of(MessageArrived)}
        now |= {edit.ext_id: edit.text for edit in store.of(MessageEdited)}
        return sorted(now.values()) == sorted(letter.text for letter in self.letters)


@pytest.mark.parametrize(
    ("pts", "count", "turn"),
    [
        (11, 1, "next"),
        (12, 2, "next"),
        (10, 0, "next"),
        (10, 1, "known"),
        (9, 0, "known"),
        (13, 1, "gap"),
        (0, 0, "gap"),
    ],
)
def test_the_turn_of_an_update_is_what_telegram_describes(pts: int, count: int, turn: str) -> None:
    """As in https://core.telegram.org/api/updates, «Message-related event sequences»."""
    position = Position(pts=10, qts=0, date=0, channels={5: ChannelPosition(10, 3)})
    assert [position.turn(box, pts, count) for box in (OWN, 5)] == [turn, turn]
    assert position.turn(6, pts, count) == ("next" if pts else "gap"), "a channel begins with its first"


def test_a_position_survives_its_cursor() -> None:
    position = Position(pts=10, qts=2, date=1_795_000_000, channels={5: ChannelPosition(10, 3)})
    position.move(5, 12, 4)
    position.move(OWN, 11)
    again = Position.of(position.cursor())
    assert (again.pts, again.qts, again.date, again.channels) == (11, 2, 1_795_000_000, {5: ChannelPosition(12, 4)})


def posted(number: int, pts: int) -> Any:
    message = tl.Message(id=number, peer_id=tl.PeerUser(7), date=datetime.now(UTC), message=str(number))
    return tl.UpdateNewMessage(message, pts, 1)


async def test_an_update_out_of_turn_is_left_to_the_difference() -> None:
    """An edit before its message would be forgotten, and when it comes again be taken for known."""
    memory = ShortMemory()
    peers = Peers(memory, [Known(number=7, sort="user", hash=1, name="Анна")])
    reading = Reading(me=5, max_download=1, peers=peers, follows=Follows(memory, {}), clock=SystemClock())
    reading.at = Position(pts=10, qts=0, date=0)
    assert reading.apply(posted(2, 12), {}) == []
    assert (list(reading.doubts), reading.at.pts) == ([OWN], 10)
    reading.doubts.clear()
    assert len(reading.apply(posted(1, 11), {})) == 1
    assert reading.apply(posted(1, 11), {}) == []
    assert (list(reading.doubts), reading.at.pts) == ([], 11)


async def test_somebody_whom_a_short_push_does_not_describe_is_asked_for() -> None:
    memory = ShortMemory()
    reading = Reading(me=5, max_download=1, peers=Peers(memory, []), follows=Follows(memory, {}), clock=SystemClock())
    reading.at = Position(pts=10, qts=0, date=0)
    short = tl.UpdateShortMessage(id=1, user_id=7, message="Ау", pts=11, pts_count=1, date=datetime.now(UTC))
    assert reading.apply(short, {}) == []
    assert (list(reading.doubts), reading.at.pts) == ([OWN], 10)
    known = {7: tl.User(7, access_hash=1, first_name="Анна"), 5: tl.User(5, access_hash=2)}
    (arrival,) = reading.apply(short, known)
    assert [event.text for event in arrival.events if isinstance(event, MessageArrived)] == ["Ау"]
