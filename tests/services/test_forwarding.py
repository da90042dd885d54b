"""What was said in one dialog goes to another: whole, in order, without a second copy of its files, or not at all."""

import pytest

from chatapp_cli.domain.arrival import IncomingFile, MessagesDeleted, Profile
from chatapp_cli.domain.errors import Busy, Refused
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.services import dialogs, forwarding, notes, transcript
from tests.stores import EVERYTHING, Shop

PLAIN = Capabilities(intake="poll")


@pytest.fixture
def elsewhere(shop: Shop) -> DialogId:
    return shop.message(shop.hear(shop.channel(kind="short"), who="boris")).dialog_id


def forward(shop: Shop, messages: list[MessageId], dialog: DialogId, can: Capabilities = EVERYTHING) -> list[MessageId]:
    return shop.write(lambda tx: forwarding.forward(tx, lambda _row: can, messages, dialog, shop.order()))


def with_file(shop: Shop, **file: object) -> MessageId:
    values = {"kind": "photo", "name": "lamp.jpg", "mime": "image/jpeg", "size": 4} | file
    return shop.hear(shop.channel(), files=[IncomingFile(**values)])


def test_messages_go_in_their_order_with_who_said_them(shop: Shop, elsewhere: DialogId) -> None:
    first = shop.hear(channel := shop.channel(), "Где мой заказ?")
    second = shop.hear(channel, "Уже неделю жду")
    found = [shop.message(one) for one in forward(shop, [first, second], elsewhere)]
    assert [(one.dialog_id, one.text.splitlines()[1]) for one in found] == [
        (elsewhere, "Где мой заказ?"),
        (elsewhere, "Уже неделю жду"),
    ]
    assert found[0].text.splitlines()[0].startswith(f"{shop.message(first).author}, ")


def test_a_forwarded_file_is_the_same_content(shop: Shop, elsewhere: DialogId) -> None:
    message = with_file(shop, sha256=shop.media.put(b"lamp"))
    (sent,) = forward(shop, [message], elsewhere)
    (old,) = shop.read(lambda tx: transcript.entry(tx, message)).files
    (new,) = shop.read(lambda tx: transcript.entry(tx, sent)).files
    assert (new.sha256, new.name, new.kind, new.state) == (old.sha256, "lamp.jpg", "photo", "here")


def test_all_of_them_go_or_none_with_the_reason_of_the_other_channel(shop: Shop, elsewhere: DialogId) -> None:
    words, picture = shop.hear(shop.channel(), "Вот она"), with_file(shop, sha256=shop.media.put(b"lamp"))
    with pytest.raises(Refused, match="carries no files"):
        forward(shop, [words, picture], elsewhere, PLAIN)
    assert len(shop.texts(elsewhere)) == 1


def test_what_is_not_here_or_not_there_any_more_is_not_passed_on(shop: Shop, elsewhere: DialogId) -> None:
    with pytest.raises(Busy, match="has not been downloaded yet"):
        forward(shop, [with_file(shop, remote="f1")], elsewhere)
    gone = shop.hear(channel := shop.channel(), ext_id="in-9")
    shop.take(channel, MessagesDeleted(peer_key="anna", ext_ids=["in-9"], at=shop.clock.now()))
    with pytest.raises(Refused, match="was deleted"):
        forward(shop, [gone], elsewhere)


def test_the_same_order_forwards_once(shop: Shop, elsewhere: DialogId) -> None:
    order, message = shop.order(), shop.hear(shop.channel())
    twice = [
        shop.write(lambda tx: forwarding.forward(tx, lambda _row: EVERYTHING, [message], elsewhere, order))
        for _ in range(2)
    ]
    assert twice[0] == twice[1]


@pytest.mark.parametrize(
    ("known", "called"),
    [({"name": "Анна Котова"}, "Анна Котова"), ({"username": "anna_k"}, "anna_k"), ({}, "anna")],
)
def test_what_operators_call_a_dialog_is_read_by_no_other_client(
    shop: Shop, elsewhere: DialogId, known: dict[str, str], called: str
) -> None:
    channel = shop.channel()
    shop.hear(channel, sender=Profile(id="anna", **known))
    message = shop.hear(channel, "Где заказ?", sender=Profile(id="anna"))
    dialog = shop.message(message).dialog_id
    shop.write(lambda tx: dialogs.rename(tx, dialog, "СКАНДАЛИСТКА"))
    (sent,) = forward(shop, [message], elsewhere)
    assert shop.message(sent).text.splitlines()[0].startswith(f"{called}, ")


def test_a_note_for_colleagues_is_never_passed_on(shop: Shop) -> None:
    dialog = shop.message(shop.hear(shop.channel())).dialog_id
    shop.write(lambda tx: notes.add(tx, dialog, "между нами"))
    (note,) = (notes.as_entry(row) for row in shop.read(lambda tx: notes.between(tx, dialog)))
    refusal = forwarding.obstacle(note)
    assert refusal is not None
    assert refusal.code == "a_note"
