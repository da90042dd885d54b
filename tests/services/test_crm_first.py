"""An employee begins a conversation in a chat of the CRM: it goes out once, and the dialog joins that chat (S-186)."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.crm.events import CrmWrote, CrmWroteFirst
from chatapp_cli.domain.crm.states import Act, Tells
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.message import Origin
from chatapp_cli.services import (
    crm_elsewhere,
    crm_intake,
    crm_looks,
    dialogs,
    joining,
    ledger,
    links,
    pairings,
    transcript,
)
from chatapp_cli.store.tx import Tx
from tests.services.paired import HERE, Paired, another_link, linked
from tests.stores import Shop


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def first(desk: Paired, to: str = "petr@example.ru", text: str = "Пишу первой", **more: Any) -> int:
    known = {"channel": desk.channel, "phone": to, "text": text, "mark": "r-1", "author": "27"}
    said = CrmWroteFirst(**{**known, "remote": "r-1", "remote_chat": "c-1", **more})
    return desk.come(said, f"message:{said.remote}:{text}")


def waiting(desk: Paired) -> list[LedgerEntry]:
    """Let the CRM take everything, and return what it was told, in order."""
    told = []
    while rows := desk.entries():
        told += [entry for row in rows if (entry := desk.entry(row)) is not None]
        assert all(desk.told(row) for row in rows)
    return told


@pytest.mark.req("S-186", part="the desk")
@pytest.mark.parametrize(
    ("said", "address"), [("Petr@Example.ru ", "petr@example.ru"), ("8 916 123-45-67", "+79161234567")]
)
def test_it_goes_out_once_and_the_crm_is_told_of_its_fate_and_not_of_it(desk: Paired, said: str, address: str) -> None:
    first(desk, said)
    first(desk, said)
    message = desk.send_next("x1")
    found = desk.shop.message(message)
    assert (found.text, found.origin) == ("Пишу первой", Origin.CRM)
    [chat] = desk.shop.read(lambda tx: crm_looks.mirrored(tx, desk.link))
    assert (chat.remote, chat.chat, chat.place) == ("c-1", f"chat-{found.dialog_id}", HERE.id)
    [told] = waiting(desk)
    assert (told.act, told.remote, told.employee, told.chat.remote) == (Act.DELIVERED, "r-1", "27", "c-1")
    assert desk.shop.read(lambda tx: dialogs.card(tx, found.dialog_id)).address == address


def test_the_next_message_of_the_employee_stays_in_that_dialog(desk: Paired) -> None:
    first(desk)
    message = desk.send_next("x1")
    dialog = desk.dialog(message)
    desk.come(
        CrmWrote(kind="email", place=HERE.id, chat="", remote="r-2", remote_chat="c-1", text="И ещё"), "message:r-2"
    )
    assert desk.dialog(desk.send_next("x2")) == dialog


def test_what_follows_at_once_goes_to_the_same_dialog_with_its_file(desk: Paired) -> None:
    """As it happened: of a chat that the CRM does not know yet by our id the second message lost its file."""
    first(desk)
    dialog = desk.dialog(desk.send_next("x1"))
    said = CrmWroteFirst(channel=desk.channel, phone="", text="Вот счёт", mark="r-2", remote="r-2", remote_chat="c-1")
    staged = StagedFile(name="счёт.pdf", mime="application/pdf", size=7, sha256="ab" * 32)
    desk.come(said, "message:r-2", files=[staged])
    [entry] = desk.shop.read(lambda tx: transcript.latest(tx, dialog, n=1))
    assert (entry.message.text, [one.name for one in entry.files]) == ("Вот счёт", ["счёт.pdf"])


def test_a_dialog_that_the_crm_has_already_stays_in_its_chat(desk: Paired) -> None:
    heard = desk.shop.hear(desk.channel, who="petr@example.ru")
    [row] = desk.entries()
    desk.told(row, chat="c-0")
    first(desk)
    assert desk.dialog(desk.send_next("x1")) == desk.dialog(heard)
    looked_into = desk.shop.read(lambda tx: crm_looks.mirrored(tx, desk.link))
    assert [one.remote for one in looked_into] == ["c-0", "c-1"]
    desk.shop.hear(desk.channel, who="petr@example.ru", ext_id="in-2")
    assert [one.chat.remote for one in waiting(desk)] == ["c-0", "c-0"]


@pytest.mark.parametrize("tells", [[Tells.REMARKS], [Tells.READ, Tells.TYPING]])
def test_a_note_in_the_new_chats_cards_says_where_it_goes_on_if_the_crm_has_such_notes(
    desk: Paired, tells: list[Tells]
) -> None:
    desk.shop.write(lambda tx: links.learn(tx, desk.link, tells))
    desk.shop.hear(desk.channel, who="petr@example.ru")
    [row] = desk.entries()
    desk.told(row, chat="c-0")
    first(desk)
    dialog = desk.dialog(desk.send_next("x1"))
    first(desk, "", "И ещё", remote="r-2")
    assert desk.dialog(desk.send_next("x2")) == dialog
    notes = [(one.remote, "go on there" in one.reason) for one in waiting(desk) if one.act is Act.REMARK]
    assert notes == ([("c-1", True)] if Tells.REMARKS in tells else [])
    assert desk.shop.read(ledger.everything) == []


@pytest.mark.parametrize(
    ("closed", "stays", "words"),
    [(set(), 9, "the answers come in the older one"), ({9}, 10, "has a newer chat"), ({9, 10}, 9, "the older one")],
)
def test_of_two_chats_of_one_client_the_older_goes_on_also_of_the_ninth_and_the_tenth(
    desk: Paired, closed: set[int], stays: int, words: str
) -> None:
    """As it happened: by their names the tenth came first, and the note said that the other one goes on."""
    desk.shop.write(lambda tx: links.learn(tx, desk.link, [Tells.REMARKS]))
    for number in range(1, 11):
        desk.shop.hear(desk.channel, who=f"client-{number}@example.ru", ext_id=f"in-{number}")
        [row] = desk.entries()
        assert desk.told(row, chat=f"c-{number}")
    for number in closed:
        about = {"pairing": desk.pairing, "chat": f"chat-{number}", "session": "", "closed": 1}
        desk.shop.write(lambda tx, about=about: tx.run("chats.conversation", **about))  # type: ignore[misc]

    def join(tx: Tx) -> None:
        with crm_elsewhere.told(tx, DialogId(10), DialogId(9)):
            joining.join(tx, DialogId(10), DialogId(9), most=100)

    desk.shop.write(join)
    desk.shop.hear(desk.channel, who="client-9@example.ru", ext_id="in-11")
    told, note = waiting(desk)
    assert (note.act, note.remote) == (Act.REMARK, f"c-{19 - stays}")
    assert words in note.reason
    assert (told.act, told.chat.remote) == (Act.ADD, f"c-{stays}")


@pytest.mark.parametrize(
    ("to", "text", "why"),
    [
        ("Пётр", "Ау", "Пётр is no phone number."),
        (" ", "Ау", "There is no phone, no address and no @username to write to."),
        ("@petr", "Ау", "@petr is a name in another messenger, where it may be another person's."),
        ("petr@example.ru", "", ""),
    ],
)
def test_what_cannot_go_out_is_told_to_its_author_with_the_reason(desk: Paired, to: str, text: str, why: str) -> None:
    first(desk, to, text)
    [told] = waiting(desk)
    assert (told.act, told.remote, told.employee, told.chat.id) == (Act.FAILED, "r-1", "27", "")
    assert told.reason
    assert why in told.reason
    assert desk.shop.read(ledger.everything) == []


@pytest.mark.parametrize("paired", [True, False])
def test_what_a_look_finds_from_before_the_link_keeps_the_status_that_it_has_there(desk: Paired, paired: bool) -> None:
    """As it happened: linked anew, the desk called messages failed that had been delivered, and they were doubled."""
    if not paired:
        desk.link = desk.shop.write(lambda tx: another_link(tx, desk.shop.vault, "other.example"))
    assert first(desk, "", channel=0, found=True, at=desk.shop.clock.at - 1) == 1
    assert waiting(desk) == []
    assert desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link)) == []


def test_what_a_look_finds_from_after_the_pairing_is_told_to_its_author(desk: Paired) -> None:
    first(desk, "", found=True, at=desk.shop.clock.at + 1)
    [told] = waiting(desk)
    assert told.reason
    assert "while the desk was away" in told.reason


def test_a_channel_that_is_not_paired_any_more_sends_nothing(desk: Paired) -> None:
    row = desk.shop.read(lambda tx: pairings.one(tx, desk.pairing))
    desk.shop.write(lambda tx: pairings.detach(tx, row))
    with pytest.raises(NotFound):
        first(desk)
