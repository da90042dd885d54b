"""However a pairing ends, the CRM hears of it, and so does who wrote there in vain."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.domain.crm.events import CrmArrival, CrmWrote, StrayWords
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import DialogId, LinkId, PairingId
from chatapp_cli.domain.journal.links import PairingEnded
from chatapp_cli.domain.text import T
from chatapp_cli.services import channels, crm_intake, journal, lines, links
from chatapp_cli.store.rows.crm import CrmArrivedRow
from chatapp_cli.store.tx import Tx
from tests.services.paired import Paired, able, another_link, linked, pair
from tests.stores import Shop


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def again(desk: Paired, kind: str = "") -> tuple[LinkId, PairingId]:
    """Remove the link, and link and pair the account again."""

    def removed(tx: Tx) -> None:
        links.begin_removal(tx, links.one(tx, desk.link), force=True)
        assert links.removed(tx, links.one(tx, desk.link))

    desk.shop.write(removed)
    link = desk.shop.write(lambda tx: another_link(tx, desk.shop.vault, kind or "north.example"))
    return link, desk.shop.write(lambda tx: pair(tx, link, channels.one(tx, desk.channel)))


def test_a_channel_that_is_paired_again_after_a_new_link_of_the_account_has_the_number_that_its_chats_bear(
    desk: Paired,
) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel, text="Здравствуйте"))
    desk.tell_all()
    link, pairing = again(desk)
    assert (pairing, link == desk.link) == (desk.pairing, False)
    event = desk.wrote(dialog, "Ответ в старом чате", pairing=pairing)
    desk.come(event, "message:900", link=link)
    assert desk.dialog(desk.send_next("x1")) == dialog


def test_in_another_account_a_channel_has_another_number(desk: Paired) -> None:
    _, pairing = again(desk, "south.example")
    assert pairing != desk.pairing


def test_the_author_of_a_message_that_is_for_nobody_here_is_told_so_once(desk: Paired) -> None:
    problem = T("It is for nobody.")
    stray = StrayWords(remote="r-9", author="27")
    arrival = CrmArrival(provider_id="odd:r-9", event=None, raw=b"{}", problem=problem, stray=stray)
    for _ in range(2):
        desk.shop.write(lambda tx: crm_intake.keep(tx, desk.link, [arrival]))
    [row] = desk.entries()
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.act, entry.remote, entry.employee, entry.reason) == (Act.FAILED, "r-9", "27", "It is for nobody.")
    [letter] = desk.shop.read(crm_intake.dead)
    assert letter.problem == problem


@pytest.mark.parametrize("gone", ["channel", "line"])
def test_the_crm_is_told_of_a_pairing_that_is_removed_with_its(desk: Paired, gone: str) -> None:
    def remove(tx: Tx) -> None:
        row = channels.one(tx, desk.channel)
        if gone == "channel":
            channels.unbind(tx, row, force=True)
        else:
            lines.remove(tx, lines.find(tx, str(row.line_id)), force=True)

    before = desk.shop.read(journal.last)
    desk.shop.write(remove)
    told = [one.event for one in desk.shop.read(lambda tx: journal.after(tx, before))]
    assert [(one.link, one.channel) for one in told if isinstance(one, PairingEnded)] == [(desk.link, desk.channel)]


def test_a_paired_channel_is_unbound_only_by_force_even_without_dialogs(desk: Paired) -> None:
    row = desk.shop.read(lambda tx: channels.one(tx, desk.channel))
    with pytest.raises(Refused, match="is paired with") as refused:
        desk.shop.write(lambda tx: channels.unbind(tx, row, force=False))
    assert refused.value.code == "still_paired"


def kept(desk: Paired, event: CrmWrote) -> CrmArrivedRow:
    arrival = CrmArrival(provider_id=event.remote, event=event, raw=b"")
    desk.shop.write(lambda tx: crm_intake.keep(tx, desk.link, [arrival]))
    (row,) = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    return row


def test_a_message_in_a_chat_whose_dialog_is_gone_is_for_nobody_at_once(desk: Paired) -> None:
    event = desk.wrote(DialogId(77), "Ау")
    row = kept(desk, event)
    context = crm_intake.CrmContext(able=able)
    with pytest.raises(NotFound, match="chat-77 belongs to no dialog"):
        desk.shop.write(lambda tx: crm_intake.apply(tx, row, event, context))


def test_the_author_of_a_message_that_was_put_off_too_often_is_told_so(desk: Paired) -> None:
    event = desk.wrote(DialogId(77), "Ау", chat="foreign")
    row = kept(desk, event)
    for tries in range(crm_intake.MOST_TRIES):
        assert desk.entries() == []
        again = row._replace(tries=tries)
        desk.shop.write(partial(crm_intake.put_off, row=again, event=event, problem=T("unknown"), seconds=0))
    (entry,) = desk.entries()
    assert (entry.act, entry.remote, entry.employee) == (Act.FAILED, event.remote, event.author)
