"""Whoever asks a messenger for something gets its answer, with a daemon and without."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy, ChannelError, Refused
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.runtime.asking import SessionRequest, ask, ask_all
from chatapp_cli.runtime.lease import HolderKind, current_holder
from chatapp_cli.sandbox.stage import Sandbox
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.sandbox.whatsapp_web import create
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import bound, eventually, serving, the_dialogs


@pytest.fixture
async def phones() -> AsyncIterator[Sandbox]:
    async with create() as sandbox:
        await sandbox.say(ANNA, "Здравствуйте")
        yield sandbox


async def channel(company: Company, sandbox: Sandbox) -> ChannelRow:
    number = await bound(company, sandbox)
    return company.read(lambda tx: channels.one(tx, number))


@pytest.mark.req("S-176", part="whether a phone has the messenger")
@pytest.mark.parametrize("daemon", [True, False])
async def test_a_number_is_looked_for_in_a_messenger(company: Company, phones: Sandbox, daemon: bool) -> None:
    row = await channel(company, phones)
    requests = [
        SessionRequest(row, SessionMethod.FIND, {"address": address}) for address in (ANNA.phone, "+79169999999")
    ]
    if daemon:
        async with serving(company):
            there, nobody = await ask_all(company, requests)
    else:
        there, nobody = await ask_all(company, requests)
    assert there["phone"] == ANNA.phone
    assert nobody is None


@pytest.mark.req("S-045", part="all but documents of a CRM")
async def test_a_group_that_is_made_has_a_dialog_at_once(company: Company, phones: Sandbox) -> None:
    row = await channel(company, phones)
    async with serving(company):
        request = SessionRequest(row, SessionMethod.CREATE_GROUP, {"title": "Соседи", "members": [ANNA.phone]})
        made = await ask(company, request)
        assert made["missing"] == {}
        (group,) = [dialog for dialog in the_dialogs(company) if dialog.name == "Соседи"]
        assert group.address == made["peer"]["address"]


async def test_what_a_channel_cannot_be_asked_is_refused_before_anything_is_written(company: Company) -> None:
    async with TelegramBotSandbox() as sandbox:
        row = await channel(company, sandbox)
        with pytest.raises(Refused):
            await ask(company, SessionRequest(row, SessionMethod.FIND, {"address": ANNA.phone}))


async def test_a_messenger_that_is_away_is_said_to_be_silent(company: Company, phones: Sandbox) -> None:
    row = await channel(company, phones)
    await phones.vanish()
    with pytest.raises((Busy, ChannelError)):
        await ask(company, SessionRequest(row, SessionMethod.CONTACTS), seconds=2)


async def test_a_command_that_waits_for_an_answer_leaves_to_a_daemon_that_asks_and_is_answered_by_it(
    companies: Callable[..., Company], phones: Sandbox
) -> None:
    company = companies()
    row = await channel(company, phones)
    await phones.vanish()
    asking = asyncio.create_task(ask(company, SessionRequest(row, SessionMethod.FIND, {"address": ANNA.phone})))
    await eventually(lambda: current_holder(company))
    began = time.monotonic()
    async with serving(companies()):
        assert time.monotonic() - began < 5
        found = current_holder(company)
        assert found is not None
        assert found.kind is HolderKind.DAEMON
        assert not asking.done()
        await phones.come_back()
        assert (await asking)["phone"] == ANNA.phone
