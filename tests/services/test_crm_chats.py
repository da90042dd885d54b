"""Whose a message of the CRM is: the two numbers by which it names a chat have to be of the same one."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.domain.crm.events import CrmArrival, CrmEvent, CrmRewrote, CrmWithdrew
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import crm_chats, crm_intake
from chatapp_cli.store.rows.crm import PairingRow
from chatapp_cli.store.tx import Tx
from tests.services.paired import HERE, Paired, able, linked
from tests.stores import Shop, hand_over


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def mirrored(desk: Paired, who: str, remote: str) -> DialogId:
    """A client whose chat the CRM has under this number."""
    dialog = desk.dialog(desk.shop.hear(desk.channel, who=who))
    for row in desk.entries():
        desk.told(row, chat=remote)
    return dialog


def refused(desk: Paired, event: CrmEvent) -> str:
    """Let the CRM tell an event that is for nobody here; returns the words of its dead letter."""
    desk.shop.write(lambda tx: crm_intake.keep(tx, desk.link, [CrmArrival(provider_id="1", event=event)]))
    (row,) = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    with pytest.raises(NotFound) as gone:
        desk.shop.write(partial(crm_intake.apply, row=row, event=event, context=crm_intake.CrmContext(able=able)))
    desk.shop.write(partial(crm_intake.strand, row=row, event=event, problem=gone.value.what))
    (letter,) = desk.shop.read(crm_intake.dead)
    return str(letter.problem)


@pytest.mark.parametrize("remote", ["22", "99"])
def test_a_message_whose_two_chats_disagree_reaches_nobody_and_is_told(desk: Paired, remote: str) -> None:
    anna, _ = mirrored(desk, "anna@example.ru", "11"), mirrored(desk, "boris@example.ru", "22")
    said = refused(desk, desk.wrote(anna, "Ваш счёт", remote_chat=remote))
    assert f"but from its chat {remote}, which is not the one of this client: it was sent to nobody." in said
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None
    (entry,) = desk.entries()
    assert (entry.act, entry.remote, entry.employee) == (Act.FAILED, "900", "27")


def test_a_chat_of_which_the_crm_told_nothing_yet_is_not_taken_for_anothers(desk: Paired) -> None:
    mirrored(desk, "boris@example.ru", "22")
    anna = desk.dialog(desk.shop.hear(desk.channel, who="anna@example.ru"))
    assert "from its chat 22" in refused(desk, desk.wrote(anna, "Ваш счёт", remote_chat="22"))


@pytest.mark.parametrize(("chat", "remote"), [("", "11"), ("chat-{n}", "11"), ("chat-{n}", ""), ("theirs", "11")])
def test_chats_that_agree_or_of_which_only_one_is_known_are_found(desk: Paired, chat: str, remote: str) -> None:
    anna = mirrored(desk, "anna@example.ru", "11")
    mirrored(desk, "boris@example.ru", "22")

    def look(tx: Tx) -> DialogId:
        pairing = tx.one(PairingRow, "pairings.one", id=desk.pairing)
        assert pairing is not None
        found = crm_chats.find(tx, pairing, chat.format(n=anna), remote)
        assert found is not None
        return found.dialog_id

    assert desk.shop.write(look) == anna


@pytest.mark.parametrize("kind", [CrmRewrote, CrmWithdrew])
def test_a_change_of_a_message_in_anothers_chat_changes_nothing_and_is_told(
    desk: Paired, kind: type[CrmRewrote | CrmWithdrew]
) -> None:
    anna, _boris = mirrored(desk, "anna@example.ru", "11"), mirrored(desk, "boris@example.ru", "22")
    boris = desk.dialog(desk.shop.hear(desk.channel, "ещё", who="boris@example.ru"))
    desk.tell_all()
    desk.come(desk.wrote(anna, "Сто рублей", remote_chat="11"), "add:900")
    desk.come(kind(kind="email", place=HERE.id, chat=f"chat-{boris}", remote="900"), "change:900")
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel))
    assert claim is not None
    assert (claim.message.text, claim.message.dialog_id) == ("Сто рублей", anna)
    (entry,) = [row for row in desk.entries() if row.act == Act.FAILED]
    assert "nothing is changed" in entry.reason
