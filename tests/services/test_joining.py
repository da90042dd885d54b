"""What happens to two dialogs while they become one in pieces."""

import pytest

from chatapp_cli.domain.arrival import MessagesDeleted, Peer, PeerMoved, Profile
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.journal.dialogs import DialogMoved
from chatapp_cli.services import channels, dialogs, joining, journal, peers, timers
from chatapp_cli.store.tx import Tx
from tests.stores import NOON, Shop, said

NOW = 2
"""Messages that are moved at once in these tests."""


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel()


def have_said(shop: Shop, channel: ChannelId, who: str, *texts: str) -> DialogId:
    """Let somebody write, one text a millisecond."""
    for n, text in enumerate(texts):
        shop.take(channel, said(text, who=who, ext_id=f"{who} {text}", at=NOON + n))
    return known_as(shop, channel, who)


def known_as(shop: Shop, channel: ChannelId, who: str) -> DialogId:
    return DialogId(shop.read(lambda tx: tx.value("dialogs.at_key", channel=channel, key=who)))


def turn_out(shop: Shop, channel: ChannelId, old: str, new: str) -> None:
    event = PeerMoved(old_key=old, peer=Peer(key=new, address=new), at=NOON)
    shop.write(lambda tx: peers.apply_move(tx, channel, event, most=NOW))


def move_a_piece(shop: Shop) -> bool:
    """Let the timers fire once; tells whether something was left to do."""
    due = shop.read(lambda tx: timers.due(tx, joining.KIND, n=9))
    for ref in due:
        shop.write(lambda tx, ref=ref: timers.fire(tx, joining.KIND, ref, few_at_once))
    return bool(due)


def few_at_once(tx: Tx, ref: str) -> None:
    joining.go_on(tx, ref, most=NOW)


def move_all(shop: Shop) -> None:
    while move_a_piece(shop):
        pass


def test_the_newest_messages_come_first_and_each_is_in_one_dialog(shop: Shop, channel: ChannelId) -> None:
    old = have_said(shop, channel, "anna", *"абвгд")
    new = have_said(shop, channel, "boris", "я")
    turn_out(shop, channel, "anna", "boris")
    assert (sorted(shop.texts(new)), shop.texts(old)) == (["г", "д", "я"], ["а", "б", "в"])
    assert move_a_piece(shop)
    assert (sorted(shop.texts(new)), shop.texts(old)) == (["б", "в", "г", "д", "я"], ["а"])
    move_all(shop)
    assert sorted(shop.texts(new)) == ["а", "б", "в", "г", "д", "я"]
    moves = [row.event for row in shop.read(lambda tx: journal.after(tx, 0, n=100)) if type(row.event) is DialogMoved]
    assert [(event.dialog, event.old) for event in moves] == [(new, old), (new, old)], "at the beginning and at the end"


def test_all_that_calls_for_attention_is_joined_at_once(shop: Shop, channel: ChannelId) -> None:
    old = have_said(shop, channel, "anna", *"абвгд")
    new = have_said(shop, channel, "boris", "я")
    shop.write(lambda tx: dialogs.pin(tx, old, pinned=True))
    turn_out(shop, channel, "anna", "boris")
    left, joined = (shop.read(lambda tx, d=d: dialogs.card(tx, d)) for d in (old, new))
    assert (joined.unread, joined.waiting_since, joined.pinned) == (6, NOON, 1)
    assert (left.unread, left.waiting_since, left.pinned, left.last_at, left.address) == (0, None, 0, 0, "boris")


def test_what_a_person_takes_back_meanwhile_does_not_come_again(shop: Shop, channel: ChannelId) -> None:
    old = have_said(shop, channel, "anna", *"абвгд")
    new = have_said(shop, channel, "boris", "я")
    shop.write(lambda tx: dialogs.tag(tx, old, "срочно"))
    shop.write(lambda tx: tx.run("drafts.keep", operator="Ольга", dialog=old, sheet="{}", at=1))
    turn_out(shop, channel, "anna", "boris")
    shop.write(lambda tx: dialogs.untag(tx, new, "срочно"))
    assert shop.write(lambda tx: tx.run("drafts.drop", operator="Ольга", dialog=new)) == 1
    move_all(shop)
    assert shop.read(lambda tx: dialogs.tags(tx, new)) == []
    assert shop.read(lambda tx: tx.value("drafts.one", operator="Ольга", dialog=new)) is None


def test_a_message_that_comes_again_is_known_though_it_is_not_moved_yet(shop: Shop, channel: ChannelId) -> None:
    have_said(shop, channel, "anna", *"абвгд")
    new = have_said(shop, channel, "boris", "я")
    turn_out(shop, channel, "anna", "boris")
    again = said("а", who="boris", ext_id="anna а", at=NOON)
    assert (shop.take(channel, again).messages, shop.texts(new).count("а")) == (0, 1)
    move_all(shop)
    assert sorted(shop.texts(new)) == ["а", "б", "в", "г", "д", "я"]


def test_a_change_of_a_message_that_is_not_moved_yet_happens_once_it_is(shop: Shop, channel: ChannelId) -> None:
    old = have_said(shop, channel, "anna", *"абвгд")
    have_said(shop, channel, "boris", "я")
    first = shop.read(lambda tx: tx.value("messages.ref_anywhere", channel=channel, ext_id="anna а"))
    turn_out(shop, channel, "anna", "boris")
    shop.take(channel, MessagesDeleted(peer_key="boris", ext_ids=["anna а"], at=NOON + 9))
    assert (shop.message(first).dialog_id, shop.message(first).deleted_at) == (old, None)
    move_all(shop)
    assert shop.message(first).deleted_at == NOON + 9


def test_a_dialog_that_is_joined_itself_takes_along_what_was_still_to_come(shop: Shop, channel: ChannelId) -> None:
    old = have_said(shop, channel, "anna", *"абвгд")
    have_said(shop, channel, "boris", "э", "ю", "я")
    last = have_said(shop, channel, "vera", "ы")
    turn_out(shop, channel, "anna", "boris")
    turn_out(shop, channel, "boris", "vera")
    assert shop.read(lambda tx: dialogs.card(tx, old)).address == "vera"
    move_all(shop)
    assert sorted(shop.texts(last)) == ["а", "б", "в", "г", "д", "ы", "э", "ю", "я"]


def test_a_placeholder_not_moved_yet_gets_its_message(shop: Shop, channel: ChannelId) -> None:
    client = Profile(id="1", name="Анна")
    shop.take(channel, said("", who="anna", ext_id="0", at=NOON - 1, sender=client, placeholder=True))
    have_said(shop, channel, "anna", *"абвгд")
    new = have_said(shop, channel, "boris", "я")
    turn_out(shop, channel, "anna", "boris")
    shop.take(channel, said("Вот что это было", who="boris", ext_id="0", at=NOON, sender=client))
    move_all(shop)
    assert sorted(shop.texts(new)) == ["Вот что это было", "а", "б", "в", "г", "д", "я"]


def test_a_channel_is_unbound_while_its_dialogs_become_one(shop: Shop, channel: ChannelId) -> None:
    have_said(shop, channel, "anna", *"абвгд")
    have_said(shop, channel, "boris", "я")
    turn_out(shop, channel, "anna", "boris")
    shop.write(lambda tx: channels.unbind(tx, channels.one(tx, channel), force=True))
    assert move_a_piece(shop)
    assert not move_a_piece(shop), "nothing is left to be done"
