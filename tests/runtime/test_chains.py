"""A message that a provider refuses goes through the next channel: by the daemon, and by ``send`` without one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.runtime.binding import bind
from chatapp_cli.runtime.once import deliver
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox
from chatapp_cli.services import chains, channels, dialogs, lines, routes, sending
from tests.contract.connector_contract import ANNA, ScriptedAsker
from tests.runtime.desk import bound, eventually, serving, state_of, the_dialogs


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramBotSandbox]:
    async with TelegramBotSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def program() -> AsyncIterator[ApiSandbox]:
    async with ApiSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def way(company: Company, telegram: TelegramBotSandbox, program: ApiSandbox) -> tuple[ChannelId, ChannelId]:
    """A bot whom Anna knows and has blocked, unknown to us, and the program behind the API."""
    bot, api = await bound(company, telegram), await bound_beside(company, program)
    async with serving(company):
        await telegram.say(ANNA, "Ау")
        await eventually(lambda: the_dialogs(company))
        await telegram.block(ANNA)
        await eventually(lambda: the_dialogs(company) and not reachable(company))
    dialog = the_dialogs(company)[0].id
    company.write(lambda tx: tx.run("dialogs.reach", id=dialog, reachable=1, code=""))
    return bot, api


async def bound_beside(company: Company, program: ApiSandbox) -> ChannelId:
    line = company.read(lambda tx: lines.find(tx, "")).id
    return await bind(company, ScriptedAsker(program.answers), line=line, kind=program.kind)


def reachable(company: Company) -> int:
    dialog = the_dialogs(company)[0].id
    return company.read(lambda tx: dialogs.card(tx, dialog)).reachable


def chained(company: Company, way: tuple[ChannelId, ChannelId], text: str) -> MessageId:
    bot, api = [row for row in company.read(channels.everything) if row.id in way]
    to = the_dialogs(company)[0].address
    steps = company.read(lambda tx: routes.named(tx, company.capabilities, bot, to, [(api, "client-7")]))
    order = sending.SendOptions(key=company.world.chance.key())
    return company.write(lambda tx: chains.enqueue_first(tx, company.capabilities, steps, Draft(text=text), order))


def heard(program: ApiSandbox) -> list[str]:
    return [event["text"] for event in program.events if event["type"] == "message"]


async def test_the_daemon_hands_on_what_was_refused(
    company: Company, way: tuple[ChannelId, ChannelId], program: ApiSandbox
) -> None:
    message = chained(company, way, "Заказ готов")
    async with serving(company):
        await eventually(lambda: heard(program))
        into = company.read(lambda tx: chains.continuation_of(tx, message))
        assert into is not None
        await eventually(lambda: state_of(company, into) == "sent")
    assert (state_of(company, message), heard(program)) == ("failed", ["Заказ готов"])


async def test_without_a_daemon_the_sender_goes_the_whole_way(
    company: Company, way: tuple[ChannelId, ChannelId], program: ApiSandbox
) -> None:
    message = chained(company, way, "Заказ готов")
    last = await deliver(company, message, seconds=15)
    assert (last != message, state_of(company, last), heard(program)) == (True, "sent", ["Заказ готов"])


async def test_beside_a_daemon_the_sender_waits_until_it_has_gone_the_whole_way(
    company: Company, way: tuple[ChannelId, ChannelId], program: ApiSandbox
) -> None:
    async with serving(company):
        message = chained(company, way, "Заказ готов")
        last = await deliver(company, message, seconds=15)
        assert (last != message, state_of(company, last)) == (True, "sent")
    assert heard(program) == ["Заказ готов"]
