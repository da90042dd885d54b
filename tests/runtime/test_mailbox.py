"""A mailbox at a running daemon: half of it away, and what other programs see of what was done at the desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime import rereading
from chatapp_cli.sandbox.email import SENT, EmailSandbox
from chatapp_cli.services import channels, deadletters, dialogs, transcript
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import answer, bound, eventually, serving, state_of, the_dialogs


@pytest.fixture
async def sandbox() -> AsyncIterator[EmailSandbox]:
    async with EmailSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def channel(company: Company, sandbox: EmailSandbox) -> ChannelId:
    return await bound(company, sandbox)


def health(company: Company, channel: ChannelId) -> str:
    return company.read(partial(channels.one, channel=channel)).health


async def test_while_the_mailbox_cannot_be_read_an_answer_goes_out_and_what_came_arrives_afterwards(
    company: Company, sandbox: EmailSandbox, channel: ChannelId
) -> None:
    await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
    async with serving(company):
        await eventually(lambda: the_dialogs(company))
        (dialog,) = the_dialogs(company)
        await sandbox.lose_imap()
        await eventually(lambda: health(company, channel) == "sends_only")
        message = answer(company, channel, dialog, "Есть")
        await eventually(lambda: state_of(company, message) == "sent")
        row = company.read(partial(channels.one, channel=channel))
        assert row.health == "sends_only"
        assert row.health_code in {"connection_lost", "unreachable"}
        assert row.look_at > row.health_since
        await sandbox.say(ANNA, "А серые?", subject="Заказ")
        await sandbox.come_back()
        await eventually(lambda: the_dialogs(company)[0].preview == "А серые?", seconds=30)
        assert health(company, channel) == "ok"
        assert await eventually(partial(sandbox.flags, SENT), seconds=30) == [{"\\Seen"}]
    told = company.read(lambda tx: transcript.latest(tx, dialog.id))
    assert sorted(one.message.text for one in told) == ["А серые?", "Есть", "Есть ёлки?"]


async def test_what_an_operator_reads_and_answers_is_marked_so_for_who_opens_the_mailbox_elsewhere(
    company: Company, sandbox: EmailSandbox, channel: ChannelId
) -> None:
    await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
    async with serving(company):
        await eventually(lambda: the_dialogs(company))
        (dialog,) = the_dialogs(company)
        await asyncio.to_thread(company.write, partial(dialogs.read, dialog=dialog.id))
        await eventually(partial(marked, sandbox, {"\\Seen"}))
        answer(company, channel, dialog, "Есть")
        await eventually(partial(marked, sandbox, {"\\Seen", "\\Answered"}))


async def marked(sandbox: EmailSandbox, flags: set[str]) -> bool:
    return await sandbox.flags() == [flags]


async def test_an_answer_from_a_phone_stands_in_the_dialog_and_ends_its_waiting(
    company: Company, sandbox: EmailSandbox, channel: ChannelId
) -> None:
    await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
    await sandbox.answer_from_phone(ANNA, "Есть, приезжайте")
    async with serving(company):
        await eventually(lambda: [row.preview for row in the_dialogs(company)] == ["Есть, приезжайте"])
    (dialog,) = the_dialogs(company)
    told = company.read(lambda tx: transcript.latest(tx, dialog.id))
    assert [(one.message.direction, one.message.text) for one in told] == [
        ("in", "Есть ёлки?"),
        ("out", "Есть, приезжайте"),
    ]
    assert dialog.waiting_since is None


async def test_a_mail_that_the_server_did_not_hand_out_is_asked_for_as_soon_as_a_person_says_so(
    company: Company, sandbox: EmailSandbox, channel: ChannelId
) -> None:
    sandbox.faults.mails["INBOX", 101] = "unreadable"
    async with serving(company):
        for text in ("Есть ёлки?", "А серые?"):
            await sandbox.say(ANNA, text, subject="Заказ")
        await eventually(lambda: company.read(deadletters.everything))
        await eventually(lambda: [one.preview for one in the_dialogs(company)] == ["А серые?"])
        (letter,) = company.read(deadletters.everything)
        del sandbox.faults.mails["INBOX", 101]
        with pytest.raises(Refused) as told:
            await rereading.retry(company, letter.id)
        assert str(told.value.what).endswith("It is asked for it now, and then every hour.")
        await eventually(lambda: not company.read(deadletters.everything), seconds=30)
    (dialog,) = the_dialogs(company)
    said = company.read(lambda tx: transcript.latest(tx, dialog.id))
    assert sorted(one.message.text for one in said) == ["А серые?", "Есть ёлки?"]
    assert channel == letter.channel_id
