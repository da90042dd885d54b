"""The daemon with this channel: one dialog for a person, whichever address comes first, and none doubled by a kill."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from chatapp_cli.services import channels, reaching, sending
from chatapp_cli.settings import Settings
from tests.connectors.whatsapp_web.linked import entries, texts
from tests.contract.connector_contract import ANNA, BORIS, ScriptedAsker
from tests.runtime.desk import bound, eventually, serving, state_of, the_dialogs
from tests.stores import OWNER

ANNAS = "79160000001"


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with closing(open_company(Settings(home=str(tmp_path), http_port=0)).seen_by(OWNER)) as company:
        yield company


def write(company: Company, channel: ChannelId, to: str, text: str) -> MessageId:
    row = company.read(partial(channels.one, channel=channel))
    can = company.capabilities(row)
    order = sending.SendOptions(key=company.world.chance.key())
    dialog = company.write(lambda tx: reaching.dialog_for(tx, row, can, to))
    return company.write(lambda tx: sending.enqueue(tx, can, dialog, Draft(text=text), order))


@pytest.mark.req("S-120")
@pytest.mark.req("S-123")
@pytest.mark.parametrize("to", ["+7 916 000-00-01", "79160000001", "900000007001@lid"])
async def test_who_is_written_to_first_answers_in_the_same_dialog(
    company: Company, sandbox: WhatsAppWebSandbox, to: str
) -> None:
    sandbox.town.settle(ANNA)
    channel = await bound(company, sandbox)
    async with serving(company):
        message = write(company, channel, to, "Здравствуйте!")
        await eventually(lambda: state_of(company, message) == "delivered")
        await sandbox.say(ANNA, "И вам!")
        await eventually(lambda: sum(map(len, texts(company))) == 2)
    assert texts(company) == [["Здравствуйте!", "И вам!"]]
    (dialog,) = the_dialogs(company)
    assert dialog.address == "+79160000001"


async def test_a_client_whose_phone_becomes_known_later_keeps_one_dialog(
    company: Company, sandbox: WhatsAppWebSandbox
) -> None:
    sandbox.town.hidden.add(ANNAS)
    await bound(company, sandbox)
    async with serving(company):
        await sandbox.say(ANNA, "раз")
        await eventually(lambda: texts(company) == [["раз"]])
        sandbox.town.hidden.clear()
        await sandbox.say(ANNA, "два")
        await eventually(lambda: texts(company) == [["раз", "два"]])


async def test_a_killed_child_is_replaced_and_nothing_is_lost_or_doubled(
    company: Company, sandbox: WhatsAppWebSandbox
) -> None:
    channel = await bound(company, sandbox)
    async with serving(company):
        await sandbox.say(ANNA, "слово 0")
        await eventually(lambda: texts(company) == [["слово 0"]])
        os.kill(sandbox.pids[-1], signal.SIGKILL)
        for number in range(1, 20):
            await sandbox.say(ANNA, f"слово {number}")
        await eventually(lambda: sum(map(len, texts(company))) == 20, seconds=30)
        await eventually(lambda: company.read(partial(channels.one, channel=channel)).health == "ok")
    assert texts(company) == [[f"слово {number}" for number in range(20)]]


@pytest.mark.parametrize("removed", [True, False])
async def test_a_renewed_binding_has_each_message_once_whether_the_old_device_was_removed_or_still_reads(
    company: Company, sandbox: WhatsAppWebSandbox, removed: bool
) -> None:
    channel = await bound(company, sandbox)
    row = company.read(partial(channels.one, channel=channel))
    async with serving(company):
        await sandbox.say(ANNA, "слово 0")
        await eventually(lambda: texts(company) == [["слово 0"]])
        if removed:
            sandbox.remove_devices()
            await eventually(lambda: company.read(partial(channels.one, channel=channel)).health == "needs_rebind")
        for number in range(1, 7):
            await sandbox.say(ANNA, f"слово {number}")
        asker = ScriptedAsker(sandbox.answers)
        await bind(company, asker, line=row.line_id, kind=row.kind, previous=row)
        for number in range(7, 10):
            await sandbox.say(ANNA, f"слово {number}")
        await eventually(lambda: sum(map(len, texts(company))) >= 10, seconds=30)
        await eventually(lambda: company.read(partial(channels.one, channel=channel)).health == "ok")
    assert [sorted(words) for words in texts(company)] == [[f"слово {number}" for number in range(10)]]


async def test_the_message_takes_the_place_of_the_line_that_stood_for_it_over_a_kill_and_is_unread(
    company: Company, sandbox: WhatsAppWebSandbox
) -> None:
    await bound(company, sandbox)
    line = "[WhatsApp is still getting this message]"
    async with serving(company):
        lead = sandbox.hides(ANNA, "Пишу по объявлению")
        await eventually(lambda: texts(company) == [[line]])
        os.kill(sandbox.pids[-1], signal.SIGKILL)
        sandbox.shows(lead)
        await eventually(lambda: texts(company) == [["Пишу по объявлению"]], seconds=30)
        known = await sandbox.say(ANNA, "и ещё")
        sandbox.shows(known)
        await eventually(lambda: texts(company) == [["Пишу по объявлению", "и ещё"]])
    (dialog,) = the_dialogs(company)
    assert (dialog.preview, dialog.unread > 0) == ("и ещё", True)


async def test_a_line_of_somebody_hidden_gives_way_to_the_message_that_tells_the_phone(
    company: Company, sandbox: WhatsAppWebSandbox
) -> None:
    sandbox.town.hidden.add(ANNAS)
    await bound(company, sandbox)
    async with serving(company):
        lead = sandbox.hides(ANNA, "Пишу по объявлению")
        await eventually(lambda: texts(company) == [["[WhatsApp is still getting this message]"]])
        sandbox.town.hidden.clear()
        sandbox.shows(lead)
        await eventually(lambda: texts(company) == [["Пишу по объявлению"]])
        sandbox.edits(ANNA, lead, "Пишу по объявлению №5")
        await eventually(lambda: texts(company) == [["Пишу по объявлению №5"]])


@pytest.mark.parametrize("knows", [True, False])
async def test_nobody_but_its_author_changes_a_message_whether_the_child_remembers_it_or_not(
    company: Company, sandbox: WhatsAppWebSandbox, knows: bool
) -> None:
    sandbox.town.settle(ANNA, BORIS)
    circle = sandbox.town.gather("Соседи", [ANNAS, "79160000002"])
    channel = await bound(company, sandbox)
    async with serving(company):
        message = write(company, channel, "+79160000001", "100 000")
        await eventually(lambda: state_of(company, message) == "delivered")
        (ours,) = [one.id for one in sandbox.town.said.values() if one.ours]
        hers = sandbox.hears(circle.jid, ANNA, "слово")
        await eventually(lambda: len(the_dialogs(company)) == 2)
        for who, what in ((ANNA, ours), (BORIS, hers)):
            sandbox.edits(who, what, "1 рубль", knows=knows)
            sandbox.takes_back(who, what, knows=knows)
        sandbox.edits(ANNA, hers, "слово Анны", knows=knows)
        await eventually(lambda: ["слово Анны"] in texts(company))
    assert sorted(texts(company)) == [["100 000"], ["слово Анны"]]
    gone = [entry.message.deleted_at for d in the_dialogs(company) for entry in entries(company, d.id)]
    assert gone == [None, None]


async def test_a_client_whose_phone_is_learned_later_still_changes_what_was_written_before(
    company: Company, sandbox: WhatsAppWebSandbox
) -> None:
    sandbox.town.hidden.add(ANNAS)
    await bound(company, sandbox)
    async with serving(company):
        first = await sandbox.say(ANNA, "раз")
        await eventually(lambda: texts(company) == [["раз"]])
        sandbox.town.hidden.clear()
        sandbox.edits(ANNA, first, "раз, исправлено")
        await eventually(lambda: texts(company) == [["раз, исправлено"]])
