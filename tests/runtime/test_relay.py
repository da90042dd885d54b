"""A message that a provider refuses goes through the next channel: by the daemon, and by ``send`` without one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.runtime.binding import bind
from chatapp_cli.runtime.once import deliver
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox
from chatapp_cli.services import channels, dialogs, lines, relay, routes, sending
from tests.contract.connector_contract import ANNA, ScriptedAsker
from tests.runtime.test_daemon import bound, eventually, serving, state_of, the_dialogs


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramBotSandbox]:
    async with TelegramBotSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def program() -> AsyncIterator[ApiSandbox]:
    async with ApiSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def way(desk: Desk, telegram: TelegramBotSandbox, program: ApiSandbox) -> tuple[ChannelId, ChannelId]:
    """A bot whom Anna knows and has blocked, unknown to us, and the program behind the API."""
    bot, api = await bound(desk, telegram), await bound_beside(desk, program)
    async with serving(desk):
        await telegram.say(ANNA, "Ау")
        await eventually(lambda: the_dialogs(desk))
        await telegram.block(ANNA)
        await eventually(lambda: the_dialogs(desk) and not reachable(desk))
    dialog = the_dialogs(desk)[0].id
    desk.write(lambda tx: tx.run("dialogs.reach", id=dialog, reachable=1, code=""))
    return bot, api


async def bound_beside(desk: Desk, program: ApiSandbox) -> ChannelId:
    line = desk.read(lambda tx: lines.find(tx, "")).id
    return await bind(desk, ScriptedAsker(program.answers), line=line, kind=program.kind)


def reachable(desk: Desk) -> int:
    dialog = the_dialogs(desk)[0].id
    return desk.read(lambda tx: dialogs.card(tx, dialog)).reachable


def chained(desk: Desk, way: tuple[ChannelId, ChannelId], text: str) -> MessageId:
    bot, api = [row for row in desk.read(channels.everything) if row.id in way]
    to = the_dialogs(desk)[0].address
    steps = desk.read(lambda tx: routes.said(tx, desk.capabilities, bot, to, [(api, "client-7")]))
    order = sending.SendOptions(key=desk.world.chance.key())
    return desk.write(lambda tx: relay.accept(tx, desk.capabilities, steps, Draft(text=text), order))


def heard(program: ApiSandbox) -> list[str]:
    return [event["text"] for event in program.events if event["type"] == "message"]


async def test_the_daemon_hands_on_what_was_refused(
    desk: Desk, way: tuple[ChannelId, ChannelId], program: ApiSandbox
) -> None:
    message = chained(desk, way, "Заказ готов")
    async with serving(desk):
        await eventually(lambda: heard(program))
        into = desk.read(lambda tx: relay.followed_by(tx, message))
        assert into is not None
        await eventually(lambda: state_of(desk, into) == "sent")
    assert (state_of(desk, message), heard(program)) == ("failed", ["Заказ готов"])


async def test_without_a_daemon_the_sender_goes_the_whole_way(
    desk: Desk, way: tuple[ChannelId, ChannelId], program: ApiSandbox
) -> None:
    message = chained(desk, way, "Заказ готов")
    last = await deliver(desk, message, seconds=15)
    assert (last != message, state_of(desk, last), heard(program)) == (True, "sent", ["Заказ готов"])


async def test_beside_a_daemon_the_sender_waits_until_it_has_gone_the_whole_way(
    desk: Desk, way: tuple[ChannelId, ChannelId], program: ApiSandbox
) -> None:
    async with serving(desk):
        message = chained(desk, way, "Заказ готов")
        last = await deliver(desk, message, seconds=15)
        assert (last != message, state_of(desk, last)) == (True, "sent")
    assert heard(program) == ["Заказ готов"]
