"""A message that went in parts: which of them bears the words, and that all of them are taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from telethon.errors import MessageAuthorRequiredError

from chatapp_cli.connectors.telegram.session import AccountSession
from chatapp_cli.domain.arrival import MessageArrived, MessageEdited
from chatapp_cli.domain.outbound import LocalFile
from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.conftest import Desk, outbound
from tests.connectors.telegram.server_client import device
from tests.contract.connector_contract import ANNA, BORIS


def files(tmp_path: Path, *names: str) -> tuple[LocalFile, ...]:
    found = []
    for number, name in enumerate(names):
        path = tmp_path / str(number)
        path.write_bytes(b"%PDF" + bytes([number]))
        kind = "photo" if name.endswith(".png") else "document"
        mime = "image/png" if kind == "photo" else "application/pdf"
        found.append(LocalFile(path=path, name=name, mime=mime, size=5, kind=kind))  # type: ignore[arg-type]
    return tuple(found)


@pytest.fixture
async def anna(session: AccountSession, desk: Desk, sandbox: TelegramSandbox) -> str:
    """The address of somebody who wrote to us."""
    await sandbox.say(ANNA, "Здравствуйте")
    return (await desk.one(MessageArrived)).peer.address


@pytest.mark.parametrize(
    ("text", "names", "bearing"),
    [
        ("коротко", (), 1),
        ("коротко", ("плед.png", "прайс.pdf"), 1),
        ("плед " * 400, ("плед.png", "ещё плед.png", "прайс.pdf"), 1),
        ("", ("плед.png", "прайс.pdf"), 0),
    ],
)
async def test_a_receipt_names_the_part_that_bears_the_words_and_an_edit_of_it_changes_them(
    session: AccountSession,
    sandbox: TelegramSandbox,
    anna: str,
    tmp_path: Path,
    text: str,
    names: tuple[str, ...],
    bearing: int,
) -> None:
    receipt = await session.send(outbound(anna, text, files=files(tmp_path, *names)))
    assert receipt.texts == receipt.ids[:bearing]
    for ext_id in receipt.texts:
        await session.edit(anna, ext_id, "иначе")
    assert [one.text for one in await sandbox.heard(ANNA)] == (["иначе"] if bearing else [""]) + [""] * (
        len(receipt.ids) - 1
    )


@pytest.mark.parametrize("large", [False, True])
async def test_every_part_is_taken_back_and_what_is_gone_already_does_no_harm(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, tmp_path: Path, large: bool
) -> None:
    boris = sandbox.stage.person(BORIS)
    chat = sandbox.stage.private(boris)
    if large:
        chat = sandbox.stage.groups.channel("Опт", boris, broadcast=False)
        sandbox.stage.groups.add(boris, chat, sandbox.owner)
    sandbox.stage.write(boris, chat, "Пледы?")
    address = (await desk.one(MessageArrived)).peer.address
    receipt = await session.send(
        outbound(address, "плед " * 400, files=files(tmp_path, "плед.png", "ещё.png", "прайс.pdf"))
    )
    assert len(receipt.ids) == 4
    sandbox.stage.delete(sandbox.stage.letter(chat, sandbox.owner, receipt.ids[2].partition(".")[0]))
    for ext_id in (*receipt.ids, *receipt.ids):
        await session.delete(address, ext_id)
    assert [one.text for one in chat.box_of(boris).of(chat) if not one.action] == ["Пледы?"]


async def test_a_message_that_telegram_does_not_find_any_more_is_deleted(
    session: AccountSession, sandbox: TelegramSandbox, anna: str
) -> None:
    (sent,) = (await session.send(outbound(anna, "Ой"))).ids
    sandbox.stage.order("messages.deleteMessages", "MESSAGE_ID_INVALID")
    await session.delete(anna, sent)


async def test_telegram_itself_lets_nobody_rewrite_what_another_wrote(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, anna: str
) -> None:
    await session.send(outbound(anna, "100 000 ₽"))
    known = {**sandbox.answers, "phone": ANNA.phone}
    async with device(sandbox) as client:
        await client.send_code_request(known["phone"])
        await client.sign_in(known["phone"], known["code"])
        dialogs = await client.get_dialogs()
        last = dialogs[0].message
        assert last.message == "100 000 ₽"
        with pytest.raises(MessageAuthorRequiredError):
            await client.edit_message(dialogs[0].input_entity, last.id, "1 ₽")
    await sandbox.say(ANNA, "конец")
    await desk.until(lambda store: "конец" in store.texts)
    assert desk.store.of(MessageEdited) == []
    assert [one.text for one in await sandbox.heard(ANNA)] == ["100 000 ₽"]
