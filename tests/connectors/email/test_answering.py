"""The answer to an invitation arrives as a mail that people read and that programs keeping calendars understand."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from icalendar import Calendar

from chatapp_cli.connectors.email.compose import Offer, compose
from chatapp_cli.connectors.email.connector import create
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.incoming import Mail
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.invitation import Decision, InvitationAnswer
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.system import system_world
from chatapp_cli.sandbox.email import ADDRESS, EmailSandbox
from chatapp_cli.services import ingest, invitations, transcript
from tests.connectors.email.calendars import calendar
from tests.connectors.email.corpus import mixed, part, word
from tests.connectors.email.reading import OURS, account
from tests.contract.connector_contract import ANNA, ScriptedAsker
from tests.stores import EVERYTHING, Shop, hand_over

KEY = "0123456789abcdef0123456789abcdef"
INVITED = calendar(more=f"SEQUENCE:3\r\nATTENDEE:mailto:{ADDRESS}\r\n")


def answering(decision: Decision, invitation: str = INVITED) -> Outbound:
    return Outbound(
        message_id=MessageId(1),
        key=KEY,
        address=ANNA.email,
        text="Марина принимает приглашение: Приёмка",
        subject="Принято: Приёмка",
        thread=("<1@example.org>",),
        invitation=InvitationAnswer(decision=decision, event="e1", calendar=invitation),
    )


def reply(mail: EmailMessage) -> Calendar:
    (part,) = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
    assert (part.get_param("method"), part.get_content_charset()) == ("REPLY", "utf-8")
    return Calendar.from_ical(part.get_content())


@pytest.mark.parametrize("decision", Decision)
async def test_what_arrives_is_a_reply_about_the_event_by_the_address_that_was_invited(decision: Decision) -> None:
    async with EmailSandbox() as sandbox:
        connector = create(system_world())
        bound = await connector.bind(ScriptedAsker(sandbox.answers))
        async with connector.open(ChannelId(1), bound) as session:
            await session.send(answering(decision))
        (mail,) = sandbox.mails(ANNA.email)
    assert (mail["Subject"], mail["In-Reply-To"]) == ("Принято: Приёмка", "<1@example.org>")
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("Марина принимает приглашение: Приёмка")
    assert mail.get_content_type() == "multipart/alternative"
    said = reply(mail)
    (event,) = said.walk("VEVENT")
    assert (said["METHOD"], event["UID"], event["SEQUENCE"]) == ("REPLY", "order-15@example.org", 3)
    assert (str(event["ATTENDEE"]), event["ATTENDEE"].params["PARTSTAT"]) == (f"mailto:{ADDRESS}", decision.upper())
    assert event["DTSTAMP"].dt == mail["Date"].datetime


def test_the_answer_is_from_the_address_of_ours_that_was_invited() -> None:
    ours = replace(account(), aliases=("info@shop.example.org",))
    invited = calendar().replace("desk@shop.example.org", "info@shop.example.org")
    for invitation, address in ((invited, "info@shop.example.org"), (calendar(), "desk@shop.example.org")):
        for offer in (Offer(), Offer(eight_bit=True)):
            letter = compose(answering(Decision.ACCEPTED, invitation), ours, 0, offer)
            assert address in letter.content.decode().split("\r\n", 1)[0]
            assert max(map(len, letter.content.split(b"\r\n"))) <= 998


def test_an_invitation_that_came_is_answered_from_what_the_store_keeps_of_it(shop: Shop) -> None:
    channel = shop.channel(kind="email", account=ADDRESS)
    raw = mixed(part("text/calendar; method=REQUEST; charset=utf-8", INVITED.encode()), subtype="alternative")
    arrived = arrival(Mail(uid=1, at=shop.clock.now(), size=0, raw=raw), OURS, shop.clock.now())
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(arrived,))))
    options = shop.order()
    shop.write(lambda tx: invitations.answer(tx, lambda _row: EVERYTHING, MessageId(1), Decision.TENTATIVE, options))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    letter = compose(claim.outbound, account(), shop.clock.now())
    mail = message_from_bytes(letter.content, policy=SMTP, _class=EmailMessage)
    assert (mail["Subject"], letter.recipients) == ("Tentative: Приёмка, склад", ["anna@example.org"])
    (event,) = reply(mail).walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"], event["ATTENDEE"].params["PARTSTAT"]) == (
        "order-15@example.org",
        3,
        "TENTATIVE",
    )


@pytest.mark.parametrize("sent", [True, False])
def test_an_answer_given_from_a_phone_counts_and_one_of_somebody_else_does_not(shop: Shop, sent: bool) -> None:
    channel = shop.channel(kind="email", account=ADDRESS)
    answer = INVITED.replace("METHOD:REQUEST", "METHOD:REPLY").replace("NEEDS-ACTION", "DECLINED")
    heads = (word("Анна") + b" <anna@example.org>", b"desk@shop.example.org" if sent else b"boris@example.org")
    for n, (text, head) in enumerate(zip((INVITED, answer), heads, strict=True)):
        raw = mixed(part("text/calendar; charset=utf-8", text.encode()), sender=head).replace(
            b"To: desk@shop.example.org", b"To: anna@example.org" if n and sent else b"To: desk@shop.example.org"
        )
        mail = Mail(uid=n, at=shop.clock.now(), size=0, raw=raw, sent=bool(n) and sent)
        batch = Batch(arrivals=(arrival(mail, OURS, mail.at),))
        shop.write(lambda tx, batch=batch: ingest.ingest(tx, channel, batch))
    kept = shop.read(lambda tx: transcript.entry(tx, MessageId(1))).mail
    assert kept is not None
    assert kept.invitation == ("declined" if sent else "open")
