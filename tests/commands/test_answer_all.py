"""An answer to all, from the command line to the mail that goes out."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.connectors.email.compose import compose
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines
from chatapp_cli.services.ingest import ingest
from chatapp_cli.services.sent_mails import as_written
from tests.commands.conftest import NOON, Shell
from tests.connectors.email.corpus import plain
from tests.connectors.email.reading import account
from tests.stores import hand_over

DESK = "desk@shop.example.org"
FLAT = Reading(own_address=DESK, by_subject=False)
BORIS, VERA, GLEB = b"Boris Orlov <boris@client.test>", b"Vera <vera@client.test>", b"gleb@client.test"


@pytest.fixture
def mailbox(company: Company) -> ChannelId:
    bound = Bound(account=DESK, title=DESK, settings={"group_by_subject": "off"})
    return company.write(lambda tx: channels.save(tx, company.vault, bound, line=lines.add(tx, "Shop"), kind="email"))


def comes(
    company: Company, mailbox: ChannelId, n: int, text: bytes, *, subject: bytes = b"Order", **head: bytes
) -> None:
    sender, fields = head.pop("sender", b"Anna <anna@client.test>"), b"Message-ID: <%d@client.test>\r\n" % n
    if n > 1:
        fields += b"In-Reply-To: <1@client.test>\r\n"
    fields += b"".join(b"%s: %s\r\n" % (name.title().encode(), value) for name, value in head.items())
    mail = Mail(uid=n, at=NOON + n, size=0, raw=plain(text, subject=subject, sender=sender, extra=fields))
    batch = Batch(arrivals=(arrival(mail, FLAT, mail.at),))
    company.write(lambda tx: ingest(tx, mailbox, batch))


def goes_out(company: Company, mailbox: ChannelId) -> EmailMessage:
    claim = company.write(lambda tx: hand_over(tx, company.media, mailbox))
    assert claim is not None
    letter = compose(claim.outbound, account(address=DESK, quotes_original=True), NOON)
    mail = message_from_bytes(letter.content, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


def about(mail: EmailMessage) -> tuple[object, ...]:
    (body,) = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    quoted = [line for line in body.get_content().splitlines() if line.startswith(">")]
    return mail["Subject"], mail["Cc"], mail["In-Reply-To"], mail["References"], quoted


FIRST = ("<1@client.test>", "<1@client.test>", ["> Where is it?"])


@pytest.mark.req("S-097")
@pytest.mark.req("S-126")
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (("--all",), ("Re: Invoice", "Vera <vera@client.test>", "<2@client.test>", "<2@client.test>", ["> And now?"])),
        (("--all", "--quote", "1"), ("Re: Order", "Boris Orlov <boris@client.test>", *FIRST)),
        (("--all", "--subject", "Order"), ("Order", "Boris Orlov <boris@client.test>", *FIRST)),
        (("--all", "--subject", "Thanks"), ("Thanks", "Vera <vera@client.test>", None, None, [])),
    ],
)
def test_people_thread_and_quotation_of_an_answer_to_all_are_of_one_mail(
    chatapp: Shell, company: Company, mailbox: ChannelId, more: tuple[str, ...], expected: tuple[object, ...]
) -> None:
    comes(company, mailbox, 1, b"Where is it?", cc=BORIS)
    comes(company, mailbox, 2, b"And now?", subject=b"Invoice", cc=VERA)
    comes(company, mailbox, 3, b"Between us", subject=b"Invoice", sender=VERA, cc=GLEB)
    chatapp("reply", "1", "-t", "Soon", "--wait", "0", *more)
    comes(company, mailbox, 4, b"Too late", cc=GLEB)
    comes(company, mailbox, 5, b"Later", subject=b"Invoice", cc=GLEB)
    assert about(goes_out(company, mailbox)) == expected


@pytest.mark.req("S-097")
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (("--cc", "boris@client.test"), ("Re: Order", "<1@client.test>", ["> Where is it?"])),
        (("--bcc", "boris@client.test"), ("Re: Order", "<1@client.test>", ["> Where is it?"])),
        (("--cc", "gleb@client.test"), ("Re: Order", "<1@client.test>", [])),
        (("--all", "--cc", "gleb@client.test"), ("Re: Order", "<1@client.test>", [])),
        (("--cc", "gleb@client.test", "--quote", "1"), ("Re: Order", "<1@client.test>", ["> Where is it?"])),
        ((), ("Re: Order", "<2@client.test>", ["> Only for you"])),
    ],
)
def test_people_in_copy_get_a_quotation_only_of_a_mail_that_they_got_or_that_was_chosen(
    chatapp: Shell, company: Company, mailbox: ChannelId, more: tuple[str, ...], expected: tuple[object, ...]
) -> None:
    comes(company, mailbox, 1, b"Where is it?", cc=BORIS)
    chatapp("reply", "1", "-t", "Soon", "--wait", "0", *more)
    comes(company, mailbox, 2, b"Only for you")
    subject, _cc, answered, _references, quoted = about(goes_out(company, mailbox))
    assert (subject, answered, quoted) == expected


@pytest.mark.parametrize(
    ("head", "copied"),
    [
        ({"sender": b"Anna <anna@client.test>, Boris Orlov <boris@client.test>"}, "Boris Orlov <boris@client.test>"),
        ({"reply-to": b"anna@client.test, Vera <vera@client.test>, desk@shop.example.org"}, "Vera <vera@client.test>"),
        ({"cc": b'Gleb <"gleb o"@client.test>'}, 'Gleb <"gleb o"@client.test>'),
    ],
)
def test_an_answer_to_all_reaches_every_author_and_every_address_that_is_to_get_the_answer(
    chatapp: Shell, company: Company, mailbox: ChannelId, head: dict[str, bytes], copied: str
) -> None:
    comes(company, mailbox, 1, b"Where is it?", **head)
    chatapp("reply", "1", "-t", "Soon", "--wait", "0", "--all")
    mail = goes_out(company, mailbox)
    assert (mail["To"], mail["Cc"]) == ("Anna <anna@client.test>", copied)


@pytest.mark.parametrize("people", [500, 700, 1500, 10_000])
@pytest.mark.parametrize("more", [(), ("--quote", "1")])
def test_an_answer_to_more_people_than_one_mail_may_have_is_refused_with_their_number(
    chatapp: Shell, company: Company, mailbox: ChannelId, people: int, more: tuple[str, ...]
) -> None:
    comes(
        company,
        mailbox,
        1,
        b"To all",
        cc=b",\r\n ".join(b"Person %d <person%d@client.test>" % (n, n) for n in range(people)),
    )
    said = chatapp.run("reply", "1", "-t", "Soon", "--wait", "0", "--all", *more)
    assert f"{people} copies are too many; one mail has 50 at most." in said.err
    shown = chatapp("message", "show", "1").out
    unnamed = {500: "", 700: "200", 1500: "1000", 10_000: "10000"}[people]
    assert [line.split()[0] for line in shown.splitlines() if "more recipients" in line] == [unnamed] * bool(unnamed)


@pytest.mark.req("S-097")
def test_a_mail_with_a_copy_that_answered_nothing_never_quotes_what_comes_before_it_goes(
    chatapp: Shell, company: Company, mailbox: ChannelId
) -> None:
    comes(company, mailbox, 1, b"Where is it?", subject=b"Order", cc=BORIS)
    chatapp("reply", "1", "-t", "Soon", "--subject", "Invoice", "--cc", "boris@client.test", "--wait", "0")
    comes(company, mailbox, 2, b"Only for you", subject=b"Invoice")
    assert about(goes_out(company, mailbox))[4] == []


def test_the_whole_text_of_a_sent_mail_has_the_quotation_that_went_out(
    chatapp: Shell, company: Company, mailbox: ChannelId
) -> None:
    comes(company, mailbox, 1, b"Where is it?", cc=BORIS)
    copied = MessageId(int(chatapp("reply", "1", "-t", "Soon", "--wait", "0", "--cc", "gleb@client.test").out))
    alone = MessageId(int(chatapp("reply", "1", "-t", "Soon", "--wait", "0").out))
    written = [company.read(lambda tx, one=one: as_written(tx, one)).answered for one in (copied, alone)]
    assert [one and one.text for one in written] == ["", "Where is it?"]
