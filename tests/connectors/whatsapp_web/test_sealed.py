"""Edits and reactions of today's clients are sealed with the secret of the message that they change."""

from __future__ import annotations

import pytest

pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from neonize.proto.waCommon.WACommon_pb2 import MessageKey
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import (
    EncCommentMessage,
    EncReactionMessage,
    FutureProofMessage,
    ImageMessage,
    Message,
    ReactionMessage,
    SecretEncryptedMessage,
)

from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.domain.arrival import Arrival, MessageArrived, MessageEdited, ReactionsChanged
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.connectors.whatsapp_web import library
from tests.connectors.whatsapp_web.library import ANNA, ANNA_HIDDEN, GROUP, OWNER, OWNER_HIDDEN, jid
from tests.connectors.whatsapp_web.linked import arrivals, happened, outbound
from tests.connectors.whatsapp_web.native import Native, sent
from tests.connectors.whatsapp_web.sealed import IV, SECRET, edit, original, sealed
from tests.contract.connector_contract import ANNA as ANNA_HERSELF

BY_LID = {"chat": ANNA_HIDDEN, "sender": ANNA_HIDDEN, "sender_alt": ANNA}
NOTE = "[The quoted message was changed; only the phone shows how]"


def edits(found: list[Arrival]) -> list[tuple[str, str, str]]:
    return [(one.ext_id, one.text, one.by.id) for one in happened(found) if isinstance(one, MessageEdited)]


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("author", [ANNA, ANNA_HIDDEN])
@pytest.mark.parametrize("changer", [ANNA, ANNA_HIDDEN])
async def test_a_clients_edit_is_opened_under_whichever_addresses_it_was_sealed(
    phone: WhatsAppSession, native: Native, author: str, changer: str, bare: bool
) -> None:
    await native.happens("event", original("A"))
    await native.happens("event", edit("A", "120 000", author, changer, bare=bare, **BY_LID))
    found, _ = await arrivals(phone, 2)
    assert edits(found) == [("A", "120 000", "+79160000001")]


async def test_the_other_address_is_looked_up_where_the_stanza_does_not_tell_it(
    phone: WhatsAppSession, native: Native
) -> None:
    native.answers |= {"get_lid_from_pn": jid(ANNA_HIDDEN), "get_pn_from_lid": jid(ANNA)}
    await native.happens("event", original("A"))
    await native.happens("event", edit("A", "по скрытому", ANNA_HIDDEN, ANNA_HIDDEN))
    await native.happens("event", edit("A", "по телефону", ANNA, ANNA, chat=ANNA_HIDDEN, sender=ANNA_HIDDEN))
    found, _ = await arrivals(phone, 3)
    assert [text for _, text, _ in edits(found)] == ["по скрытому", "по телефону"]


async def test_a_caption_inside_of_what_vanishes_is_edited_too(phone: WhatsAppSession, native: Native) -> None:
    picture = Message(imageMessage=ImageMessage(caption="Такая?", mimetype="image/jpeg"))
    picture.messageContextInfo.messageSecret = SECRET
    vanishing = Message(ephemeralMessage=FutureProofMessage(message=picture))
    await native.happens("event", library.message(vanishing, "A"))
    await native.happens("event", edit("A", "Вот такая", ANNA, ANNA))
    found, _ = await arrivals(phone, 2)
    assert edits(found) == [("A", "Вот такая", "+79160000001")]


async def test_what_the_owner_edits_on_the_phone_was_sent_with_a_secret_of_ours(
    phone: WhatsAppSession, native: Native
) -> None:
    native.answers["send_message"] = sent("OURS")
    await phone.send(outbound("100 000"))
    ((_, message),) = native.called("send_message")
    secret = message.messageContextInfo.messageSecret
    ours = {"chat": ANNA, "sender": OWNER, "from_me": True}
    await native.happens("event", edit("OURS", "99 000", OWNER_HIDDEN, OWNER_HIDDEN, secret=secret, **ours))
    found, _ = await arrivals(phone, 1)
    (edited,) = [one for one in happened(found) if isinstance(one, MessageEdited)]
    assert (edited.ext_id, edited.text, edited.from_us) == ("OURS", "99 000", True)


async def test_in_a_group_a_sealed_edit_of_another_ones_message_changes_nothing(
    phone: WhatsAppSession, native: Native
) -> None:
    boris = "79160000002@s.whatsapp.net"
    native.answers["get_group_info"] = library.joined("Соседи").GroupInfo
    await native.happens("event", original("A", chat=GROUP, sender=ANNA))
    await native.happens("event", edit("A", "чужое", ANNA, boris, chat=GROUP, sender=boris))
    await native.happens("event", edit("A", "своё", ANNA, ANNA, chat=GROUP, sender=ANNA))
    found, _ = await arrivals(phone, 3)
    assert edits(found) == [("A", "своё", "+79160000001")]
    assert found[1].problem.startswith("foreign_edit: ")


@pytest.mark.parametrize("why", ["unknown", "no secret", "wrong secret", "odd iv", "poll"])
async def test_a_change_that_cannot_be_opened_shows_in_the_dialog_beside_what_it_changes(
    phone: WhatsAppSession, native: Native, why: str
) -> None:
    first = {"unknown": library.text("другое", "B"), "no secret": library.text("без тайны", "A")}.get(
        why, original("A")
    )
    change = edit("A", "x", ANNA, ANNA, secret=b"another" if why == "wrong secret" else SECRET)
    if why == "odd iv":
        change.Message.secretEncryptedMessage.encIV = b"1"
    if why == "poll":
        change.Message.secretEncryptedMessage.secretEncType = SecretEncryptedMessage.POLL_EDIT
    await native.happens("event", first)
    await native.happens("event", change)
    found, _ = await arrivals(phone, 2)
    note = found[-1].events[-1]
    assert isinstance(note, MessageArrived)
    assert (note.text, note.reply_to, note.automatic) == (NOTE, "A", True)
    assert (note.placeholder, note.silent) == (False, False)


async def test_sealed_reactions_and_comments_are_opened_and_kept_if_they_cannot_be(
    phone: WhatsAppSession, native: Native
) -> None:
    key = MessageKey(ID="A", participant=ANNA_HIDDEN)
    in_group = {"chat": GROUP, "sender": ANNA_HIDDEN, "sender_alt": ANNA}
    native.answers["get_group_info"] = library.joined("Объявления").GroupInfo
    heart, words = ReactionMessage(text="❤").SerializeToString(), Message(conversation="Да").SerializeToString()
    loved = EncReactionMessage(
        targetMessageKey=key, encIV=IV, encPayload=sealed(heart, "A", ANNA_HIDDEN, ANNA_HIDDEN, "Enc Reaction")
    )
    said = EncCommentMessage(
        targetMessageKey=key, encIV=IV, encPayload=sealed(words, "A", ANNA_HIDDEN, ANNA_HIDDEN, "Enc Comment")
    )
    await native.happens("event", original("A", **in_group))
    await native.happens("event", library.message(Message(encReactionMessage=loved), "R", **in_group))
    await native.happens("event", library.message(Message(encCommentMessage=said), "C", **in_group))
    loved.encPayload = b"0" * 40
    await native.happens("event", library.message(Message(encReactionMessage=loved), "X", **in_group))
    found, _ = await arrivals(phone, 4)
    (reaction,) = [one for one in happened(found) if isinstance(one, ReactionsChanged)]
    assert (reaction.ext_id, reaction.emoji, reaction.person.id) == ("A", ("❤",), "+79160000001")
    comment = found[2].events[-1]
    assert isinstance(comment, MessageArrived)
    assert (comment.text, comment.reply_to) == ("Да", "A")
    assert found[3].problem == "Enc Reaction: no key for A"


async def test_the_miniature_tells_of_a_change_that_it_cannot_open(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox
) -> None:
    asked = await sandbox.say(ANNA_HERSELF, "Сто?")
    sandbox.edits(ANNA_HERSELF, asked, "Двести?", opens=False)
    sandbox.edits(ANNA_HERSELF, asked, "Двести?")
    found, _ = await arrivals(session, 3)
    note = found[1].events[-1]
    assert isinstance(note, MessageArrived)
    assert (note.text, note.reply_to) == (NOTE, asked)
    assert edits(found) == [(asked, "Двести?", "+79160000001")]
