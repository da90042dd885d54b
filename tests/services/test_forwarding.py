"""What was said in one dialog goes to another: whole, in order, without a second copy of its files, or not at all."""

from typing import Any

import pytest

from chatapp_cli.domain.arrival import IncomingFile, MailDetails, MessagesDeleted, Peer, Profile
from chatapp_cli.domain.errors import Busy, Refused
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.moment import local
from chatapp_cli.services import dialogs, forwarding, notes, outbox, transcript
from chatapp_cli.services.message_request import InDialog, ToAddress
from tests.stores import EVERYTHING, Shop

PLAIN = Capabilities(intake="poll")


@pytest.fixture
def elsewhere(shop: Shop) -> DialogId:
    return shop.message(shop.hear(shop.channel(kind="short"), who="boris")).dialog_id


def forward(
    shop: Shop,
    messages: list[MessageId],
    to: DialogId | ToAddress,
    can: Capabilities = EVERYTHING,
    **order: str,
) -> list[MessageId]:
    target = to if isinstance(to, ToAddress) else InDialog(to)
    return shop.write(lambda tx: forwarding.forward(tx, lambda _row: can, messages, target, shop.order(), **order))


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
        shop.write(lambda tx: forwarding.forward(tx, lambda _row: EVERYTHING, [message], InDialog(elsewhere), order))
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


ANNA, BORIS = (Profile(id=f"{n}@e.org", name=n.title(), email=f"{n}@e.org") for n in ("anna", "boris"))


def mailed(who: Profile) -> dict[str, Any]:
    return {"peer": Peer(key=who.id, address=who.email), "sender": who}


@pytest.mark.req("S-097")
def test_a_mail_is_forwarded_to_mail_whole_with_its_head_and_its_files(shop: Shop) -> None:
    mailbox = shop.channel(kind="letters", account="desk@e.org")
    there = shop.message(shop.hear(mailbox, **mailed(BORIS))).dialog_id
    file = IncomingFile(kind="document", name="счёт.pdf", size=4, sha256=shop.media.put(b"bill"))
    details = MailDetails(whole="Да\n> Нет", folded=1, to=(BORIS,), cc=(ANNA,))
    message = shop.hear(mailbox, "Да", subject="Re: Заказ", mail=details, files=[file], ext_id="m1", **mailed(ANNA))
    (sent,) = forward(shop, [message], there)
    found = shop.message(sent)
    moment = f"{local(shop.message(message).at):%Y-%m-%d %H:%M}"
    assert (found.subject, found.text) == (
        "Fwd: Заказ",
        (
            "-------- Forwarded message --------\n"
            f"From: Anna <anna@e.org>\nDate: {moment}\nSubject: Re: Заказ\nTo: Boris <boris@e.org>\n"
            "Cc: Anna <anna@e.org>\n\nДа\n> Нет"
        ),
    )
    assert [one.name for one in shop.read(lambda tx: transcript.entry(tx, sent)).files] == ["счёт.pdf"]
    (again,) = forward(shop, [sent], there)
    head = shop.message(again).text.splitlines()
    assert (shop.message(again).subject, head[1], head[4]) == (
        "Fwd: Заказ",
        "From: desk@e.org",
        "To: Boris <boris@e.org>",
    )


def test_a_mail_is_forwarded_to_a_messenger_as_words(shop: Shop, elsewhere: DialogId) -> None:
    message = shop.hear(shop.channel(), "Да", subject="Заказ", **mailed(ANNA))
    (sent,) = forward(shop, [message], elsewhere)
    assert (shop.message(sent).subject, shop.message(sent).text.splitlines()[1:]) == ("", ["Да"])


def test_a_mail_goes_to_an_address_that_nobody_wrote_from_with_words_above_it(shop: Shop) -> None:
    mailbox = shop.channel(account="desk@e.org")
    messages = [shop.hear(mailbox, text, subject="Заказ", **mailed(ANNA)) for text in ("Да", "Нет")]
    made = forward(shop, messages, ToAddress(mailbox, "Kollega@e.org"), text=" Посмотри, пожалуйста\n")
    first, second = (shop.message(one) for one in made)
    assert dialogs_address(shop, first.dialog_id) == dialogs_address(shop, second.dialog_id) == "kollega@e.org"
    assert first.text.startswith("Посмотри, пожалуйста\n\n-------- Forwarded message --------\nFrom: Anna")
    assert second.text.startswith("-------- Forwarded message --------\nFrom: Anna")
    assert shop.read(lambda tx: forwarding.recipient(tx, made[0])) == "kollega@e.org"


def dialogs_address(shop: Shop, dialog: DialogId) -> str:
    return str(shop.read(lambda tx: dialogs.card(tx, dialog)).address)


def test_whom_it_goes_to_is_said_by_name_and_address_also_where_dialogs_are_named_by_subjects(shop: Shop) -> None:
    mailbox = shop.channel(account="desk@e.org")
    peer = Peer(key="boris@e.org delivery", address="boris@e.org", title="Delivery")
    there = shop.message(shop.hear(mailbox, peer=peer, sender=BORIS)).dialog_id
    (sent,) = forward(shop, [shop.hear(mailbox, "Да", **mailed(ANNA))], there)
    assert shop.read(lambda tx: forwarding.recipient(tx, sent)) == "Boris (boris@e.org)"


def test_an_address_that_the_channel_cannot_begin_at_is_refused(shop: Shop) -> None:
    message = shop.hear(channel := shop.channel())
    with pytest.raises(Refused, match="cannot write first"):
        forward(shop, [message], ToAddress(channel, "kollega@e.org"), PLAIN)


@pytest.mark.parametrize("kind", ["letters", "short"])
def test_who_gets_a_forwarded_message_waits_for_an_answer_as_before(shop: Shop, kind: str) -> None:
    there = shop.message(shop.hear(shop.channel(kind=kind), **mailed(BORIS))).dialog_id
    waits = shop.read(lambda tx: dialogs.card(tx, there))
    forward(shop, [shop.hear(shop.channel(), "Да", **mailed(ANNA))], there)
    after = shop.read(lambda tx: dialogs.card(tx, there))
    assert (after.waiting_since, after.unread) == (waits.waiting_since, 1)


def test_a_forwarded_mail_says_so_to_its_channel(shop: Shop) -> None:
    mailbox = shop.channel(account="desk@e.org")
    there = shop.message(shop.hear(mailbox, **mailed(BORIS))).dialog_id
    forward(shop, [shop.hear(mailbox, "Да", **mailed(ANNA))], there)
    claim = shop.write(lambda tx: outbox.claim(tx, shop.media, mailbox))
    assert claim.outbound.forwards
