"""What a mail of ours looks like, and who gets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from chatapp_cli.connectors.email.below import below
from chatapp_cli.connectors.email.compose import Offer, compose
from chatapp_cli.connectors.email.connector import EmailSession, create
from chatapp_cli.connectors.email.folding import fold
from chatapp_cli.connectors.email.formatting import as_html, asks_for_html
from chatapp_cli.domain.errors import ChannelError, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.moment import local
from chatapp_cli.domain.outbound import AnsweredMail
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.email import ADDRESS, EmailSandbox
from tests.connectors.email.corpus import plain
from tests.connectors.email.desk import Eager, outbound
from tests.connectors.email.reading import KEY, OURS, account, message
from tests.contract.connector_contract import ANNA, BORIS, ScriptedAsker

ANSWERED = AnsweredMail(author="Анна Белова", address=ANNA.email, at=1_790_000_000_000, text="Где заказ?\n> Какой?\n")
VERA = "vera@example.org"
IVAN = "иван@example.org"
RUSSIAN = "Ёлка ждёт вас у входа."


@asynccontextmanager
async def desk(**settings: str) -> AsyncIterator[tuple[EmailSession, EmailSandbox]]:
    """A session of a mailbox with these settings."""
    connector = create(World(clock=Eager(), chance=SystemChance()))
    async with EmailSandbox() as sandbox:
        bound = await connector.bind(ScriptedAsker(sandbox.answers))
        bound = replace(bound, settings={**bound.settings, **settings})
        async with connector.open(ChannelId(1), bound) as session:
            yield session, sandbox


async def sent(sandbox: EmailSandbox, session: EmailSession, *, to: str = ANNA.email, **values: Any) -> EmailMessage:
    await session.send(outbound(address=to, **values))
    (mail,) = sandbox.mails(to)
    return mail


def words(part: Any) -> str:
    return str(part.get_content()).replace("\r\n", "\n").strip()


async def test_copies_reach_everybody_and_name_only_those_who_see_each_other() -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, cc=[BORIS.email], bcc=[VERA], title=ANNA.name)
        assert mail["To"] == f"{ANNA.name} <{ANNA.email}>"
        assert mail["Cc"] == BORIS.email
        assert VERA not in mail.as_string()
        assert "Bcc" not in mail
        assert [len(sandbox.mails(address)) for address in (BORIS.email, VERA)] == [1, 1]


@pytest.mark.parametrize("theirs", ["<1ё@e.org>", "<caf\xe9@e.org>", "<a\ufffdb@e.org>", "<\udcd1@e.org>"])
async def test_a_mail_whose_message_id_no_field_can_hold_is_answered_without_it(theirs: str) -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, thread=["<0@e.org>", theirs], reply_to=theirs, subject="Заказ")
        assert (mail["In-Reply-To"], mail["References"], mail["Subject"]) == (None, "<0@e.org>", "Re: Заказ")
        mail = await sent(sandbox, session, to=BORIS.email, thread=[theirs], key=KEY[::-1])
        assert (mail["In-Reply-To"], mail["References"]) == (None, None)


@pytest.mark.req("S-126")
async def test_those_in_copy_are_called_as_the_answered_mail_calls_them() -> None:
    names = {BORIS.email: "Борис Орлов", VERA: "vera@elsewhere.test"}
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, cc=[BORIS.email, VERA], names=names)
    assert [(one.display_name, one.addr_spec) for one in mail["Cc"].addresses] == [
        ("Борис Орлов", BORIS.email),
        ("", VERA),
    ]


@pytest.mark.req("S-097")
@pytest.mark.parametrize(("typed", "subject"), [(True, "Заказ 5"), (False, "Re: Заказ 5")])
async def test_a_subject_that_a_person_typed_goes_out_as_it_is(typed: bool, subject: str) -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, subject="Заказ 5", thread=("<1@client.test>",), typed_subject=typed)
    assert (mail["Subject"], mail["In-Reply-To"]) == (subject, "<1@client.test>")


async def test_somebody_who_is_named_twice_gets_the_mail_once() -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, cc=[ANNA.email.upper(), BORIS.email], bcc=[BORIS.email])
        assert mail["Cc"] == BORIS.email
        assert len(sandbox.mails(BORIS.email)) == 1


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [("550 5.1.1 no such user", Rejected, "copy_refused"), ("450 4.2.0 greylisted", Retryable, "try_later")],
)
async def test_a_copy_that_the_server_refuses_stops_the_mail_for_everybody_and_is_named(
    answer: str, error: type[ChannelError], code: str
) -> None:
    async with desk() as (session, sandbox):
        sandbox.refusals[VERA] = answer
        with pytest.raises(error) as caught:
            await session.send(outbound(cc=[BORIS.email], bcc=[VERA]))
        assert (caught.value.code, caught.value.detail) == (code, f"{VERA}: {answer}")
        assert [sandbox.mails(address) for address in (ANNA.email, BORIS.email)] == [(), ()]


async def test_who_was_named_before_a_refused_copy_does_not_get_the_next_mail() -> None:
    async with desk() as (session, sandbox):
        sandbox.refusals[VERA] = "550 5.1.1 no such user"
        with pytest.raises(Rejected):
            await session.send(outbound(cc=[BORIS.email, VERA]))
        await session.send(outbound(key="f" * 32, address="gleb@example.org"))
        assert [len(sandbox.mails(one)) for one in (ANNA.email, BORIS.email, "gleb@example.org")] == [0, 0, 1]


async def test_a_copy_to_what_is_no_address_is_refused_before_anything_is_sent() -> None:
    async with desk() as (session, sandbox):
        await sandbox.vanish()
        with pytest.raises(Rejected) as caught:
            await session.send(outbound(cc=["boris"]))
        assert caught.value.code == "bad_address"


async def test_a_client_is_never_named_by_what_looks_like_another_address() -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, title="boris@example.org")
        assert mail["To"] == ANNA.email


@pytest.mark.req("S-096")
async def test_the_letters_before_the_at_may_be_russian_where_the_server_takes_them() -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, to=IVAN, title="Иван", text=RUSSIAN)
        assert mail["To"] == f"Иван <{IVAN}>"
        assert words(mail) == RUSSIAN


async def test_elsewhere_a_russian_address_is_refused_in_words() -> None:
    async with desk() as (session, sandbox):
        sandbox.takes_utf8 = False
        for values in ({"address": IVAN}, {"cc": [IVAN]}):
            with pytest.raises(Rejected) as caught:
                await session.send(outbound(**values))
            assert (caught.value.code, caught.value.detail) == ("no_smtputf8", IVAN)
        assert sandbox.mails(ANNA.email) == ()


@pytest.mark.parametrize(
    ("text", "offer", "encoding"),
    [
        (RUSSIAN, Offer(eight_bit=True), "8bit"),
        (RUSSIAN * 60, Offer(eight_bit=True), "quoted-printable"),
        (RUSSIAN, Offer(), "base64"),
        ("Plain", Offer(eight_bit=True), "7bit"),
    ],
)
def test_russian_text_goes_as_it_is_where_the_server_takes_it(text: str, offer: Offer, encoding: str) -> None:
    letter = compose(outbound(text=text), account(), 0, offer)
    head, _, body = letter.content.partition(b"\r\n\r\n")
    assert f"Content-Transfer-Encoding: {encoding}".encode() in head
    assert (text.encode() in body) == (encoding in {"8bit", "7bit"})
    assert head.isascii()
    assert max(map(len, letter.content.split(b"\r\n"))) <= 998


def test_a_mail_bears_the_time_and_the_zone_of_the_desk() -> None:
    at = 1_790_000_000_000
    date = next(
        line[6:] for line in compose(outbound(), account(), at).content.decode().split("\r\n") if line[:6] == "Date: "
    )
    named = parsedate_to_datetime(date)
    assert (named, named.utcoffset()) == (datetime.fromtimestamp(at / 1000, UTC), local(at).utcoffset())
    assert not date.endswith("-0000")


@pytest.mark.parametrize(
    "text", ["Есть.\n- одна\n- две\n> так?", "2*3*4 = 24", "Пишите: anna@example.org", "_да_ ~нет~"]
)
async def test_plain_words_go_alone(text: str) -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, text=text)
        assert (mail.get_content_type(), words(mail)) == ("text/plain", text)


async def test_links_and_bold_words_go_as_html_beside_the_text() -> None:
    text = "Это *важно*: https://lavka.example/?a=1&b=<2>\n> <так> *ли*"
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, text=text)
        assert mail.get_content_type() == "multipart/alternative"
        plain, html = mail.iter_parts()
        assert words(plain) == text
        shown = html.get_content()
        assert "Это <b>важно</b>: " in shown
        assert '<a href="https://lavka.example/?a=1&amp;b=">https://lavka.example/?a=1&amp;b=</a>&lt;2&gt;' in shown
        assert "&lt;так&gt; <b>ли</b></blockquote>" in shown


@pytest.mark.parametrize("piece", ["*a* https://a.ru/ ", "*a*\n", "*", "https://", "> ", "`a`\n> *b*\n"])
def test_the_html_of_the_longest_text_is_made_at_once(piece: str) -> None:
    text = piece * (500_000 // len(piece))
    assert len(as_html(text)) < 40 * len(text)
    assert asks_for_html(text) or piece not in {"*a*\n", "`a`\n> *b*\n"}


@pytest.mark.parametrize(
    ("written_to", "sender"),
    [
        (["boris@example.org", "SALES@shop.example.org", "info@shop.example.org"], "sales@shop.example.org"),
        ([ADDRESS, "sales@shop.example.org"], ADDRESS),
        (["old@shop.example.org"], ADDRESS),
        ([], ADDRESS),
    ],
)
async def test_an_answer_comes_from_the_address_of_ours_that_was_written_to(written_to: list[str], sender: str) -> None:
    async with desk(aliases="info@shop.example.org, sales@shop.example.org", sender_name="Лавка") as (session, sandbox):
        mail = await sent(sandbox, session, answered=replace(ANSWERED, to=written_to))
        assert mail["From"] == f"Лавка <{sender}>"
        assert sandbox.senders == [ADDRESS]


def test_the_alias_that_a_mail_was_delivered_to_unnamed_is_known_as_a_hidden_copy() -> None:
    reading = replace(OURS, aliases=("sales@shop.example.org",))
    head = b"Delivered-To: desk@shop.example.org\r\nX-Original-To: Sales@shop.example.org\r\nCc: b@e.org\r\n"
    found = message(plain(b"Hi", extra=head), reading).mail
    assert found is not None
    assert [[one.email for one in people] for people in (found.to, found.cc, found.delivered_as)] == [
        [ADDRESS],
        ["b@e.org"],
        ["sales@shop.example.org"],
    ]


def test_our_own_mail_from_an_alias_is_ours() -> None:
    reading = replace(OURS, aliases=("sales@shop.example.org",))
    raw = plain(b"Hi", sender=b"sales@shop.example.org", extra=b"In-Reply-To: <1@e.org>\r\nCc: anna@example.org\r\n")
    found = message(raw, reading)
    assert [one.address for one in found.claims] == [ANNA.email]


@pytest.mark.parametrize(("values", "quoted"), [({}, True), ({"automatic": True}, False), ({"forwards": True}, False)])
async def test_the_answered_mail_stands_below_the_answer_where_the_mailbox_says_so(
    values: dict[str, Any], quoted: bool
) -> None:
    async with desk(quote_original="on") as (session, sandbox):
        mail = await sent(sandbox, session, text=RUSSIAN, answered=ANSWERED, **values)
        moment = f"{local(ANSWERED.at):%Y-%m-%d %H:%M}"
        said = f"\n\n{moment}, Анна Белова <{ANNA.email}> wrote:\n> Где заказ?\n>> Какой?"
        assert words(mail) == RUSSIAN + (said if quoted else "")


async def test_by_default_nothing_stands_below_an_answer() -> None:
    async with desk() as (session, sandbox):
        assert words(await sent(sandbox, session, text=RUSSIAN, answered=ANSWERED)) == RUSSIAN


@pytest.mark.parametrize(("values", "quoted"), [({}, True), ({"automatic": True}, False)])
async def test_a_mail_that_a_person_chose_to_answer_is_quoted_whatever_the_mailbox_says(
    values: dict[str, Any], quoted: bool
) -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, text=RUSSIAN, answered=replace(ANSWERED, chosen=True), **values)
        assert ("> Где заказ?" in words(mail)) == quoted


def test_our_own_quotation_is_recognised_when_it_comes_back() -> None:
    text = RUSSIAN + below(outbound(answered=ANSWERED), quotes_original=True)
    assert fold(text, people=(), titled=True, answers=True) == (RUSSIAN, 3)


async def test_a_forward_keeps_its_subject_and_stays_out_of_the_recipients_thread() -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, subject="Fwd: Заказ", thread=("<1@e.org>",), forwards=True)
        assert (mail["Subject"], mail["In-Reply-To"], mail["References"]) == ("Fwd: Заказ", None, None)


SIGNATURE = "Ольга\nhttps://lavka.example"


async def test_a_signature_stands_below_the_line_by_which_programs_know_it() -> None:
    async with desk() as (session, sandbox):
        mail = await sent(sandbox, session, text=RUSSIAN, signature=SIGNATURE, answered=ANSWERED)
        assert mail.get_content_type() == "text/plain"
        assert words(mail) == f"{RUSSIAN}\n\n-- \n{SIGNATURE}"


async def test_no_program_takes_the_quoted_mail_for_a_part_of_the_signature() -> None:
    async with desk(quote_original="on") as (session, sandbox):
        mail = await sent(sandbox, session, text=RUSSIAN, signature=SIGNATURE, answered=ANSWERED)
        own, signature, quotation = words(mail).split("\n\n")[-3:]
        assert (f"{own}\n\n{signature}", "> Где заказ?" in quotation) == (f"{RUSSIAN}\n\n{SIGNATURE}", True)
        assert "\n-- \n" not in words(mail)


def test_of_a_mail_in_which_its_author_wrote_nothing_nothing_is_quoted() -> None:
    assert below(outbound(answered=replace(ANSWERED, text="")), quotes_original=True) == ""
