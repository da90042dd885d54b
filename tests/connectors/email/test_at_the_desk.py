"""Mails at the desk: what comes of them in the store, as an operator sees it."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial

import pytest

from chatapp_cli.connectors.email.compose import compose
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.domain.arrival import Batch, MessageArrived, Peer
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.subject import former_subject_key
from chatapp_cli.kit.manifests import create, manifest
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.connector import StoredArrival
from chatapp_cli.services import (
    answering,
    channels,
    dialogs,
    forwarding,
    ingest,
    outbox,
    passing_on,
    sending,
    transcript,
)
from chatapp_cli.services.message_request import InDialog
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.store import dialog_list
from tests.connectors.email.corpus import FORM, mixed, part, plain, word
from tests.connectors.email.dialogs import DESK, card, messages, say, take, the_list
from tests.connectors.email.reading import FLAT, KEY, OURS, OWN_ID, account
from tests.connectors.email.reported import OURS_BACK, REPORTED, TO, bounce, group, status
from tests.stores import EVERYTHING, NOON, Shop, hand_over, said

CONST = b"Message-ID: <const@site.test>\r\n"


def order(who: str, subject: bytes = b"Zayavka") -> bytes:
    return plain(f"Заявка: {who}".encode(), sender=b"crm@client.test", subject=subject, extra=CONST)


@pytest.mark.parametrize("reading", [OURS, FLAT], ids=["by subject", "by address"])
def test_every_form_under_one_message_id_is_shown_once_however_often_it_is_seen(
    shop: Shop, channel: ChannelId, reading: Reading
) -> None:
    forms = [order("Анна"), order("Борис"), order("Вера", b"Zayavka 2"), order("Глеб")]
    first = take(shop, channel, *forms, *forms, reading=reading)
    again = take(shop, channel, *reversed(forms), b"Received: from x\r\n" + forms[1], reading=reading)
    assert (first.messages, again.messages) == (4, 0)
    texts = [message.text for row in the_list(shop) for message in messages(shop, row)]
    assert sorted(text.split(": ")[-1] for text in texts) == ["Анна", "Борис", "Вера", "Глеб"]
    assert sum(row.unread for row in the_list(shop)) == 4


def answered(prefix: str, number: int) -> bytes:
    return plain(b"Da", subject=word(f"{prefix}Zayavka"), extra=f"Message-ID: <{number}@client.test>\r\n".encode())


def test_an_answer_joins_the_dialog_of_its_subject_whatever_language_the_program_speaks(
    shop: Shop, channel: ChannelId
) -> None:
    prefixes = ("", "Re: ", "Ответ: ", "відп: ", "WG: ", "TR: ", "Перенаправлено: ", "Re: Ответ: ")
    take(shop, channel, *(answered(prefix, n) for n, prefix in enumerate(prefixes)))
    (row,) = the_list(shop)
    assert (row.name, len(messages(shop, row))) == ("Zayavka", len(prefixes))


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside the dialog of its subject"])
def test_a_dialog_that_an_earlier_version_opened_for_such_an_answer_is_found_again(
    shop: Shop, channel: ChannelId, beside: bool
) -> None:
    key = former_subject_key("anna@example.org", "Ответ: Zayavka")
    old = said("ещё вчера", ext_id="<0@client.test>", at=NOON, peer=Peer(key=key, address="anna@example.org"))
    shop.take(channel, old)
    if beside:
        take(shop, channel, answered("", 1))
    assert len(the_list(shop)) == 1 + beside
    take(shop, channel, answered("Re: Ответ: ", 2), answered("Re: ", 3))
    (row,) = the_list(shop)
    assert [one.ext_id for one in messages(shop, row)] == [
        f"<{n}@client.test>" for n in (0, 1, 2, 3) if n != 1 or beside
    ]


def test_a_store_from_before_keeps_each_of_its_mails_once(shop: Shop, channel: ChannelId) -> None:
    old = [order("Анна"), plain(b"Hello", extra=b"Message-ID: <1@client.test>\r\n"), plain(b"No id")]
    upgraded = Reading(own_address=DESK.decode(), plain_until=NOON + 60_000)
    assert take(shop, channel, *old, reading=upgraded).messages == 3
    assert take(shop, channel, *old, reading=upgraded).messages == 0
    assert take(shop, channel, order("Борис")).messages == 1


@pytest.mark.req("S-099")
def test_links_of_clients_are_kept_and_left_out_of_what_is_shown_while_the_option_is_on(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain(b"See https://lavka.example/a now", extra=b"Message-ID: <q@client.test>\r\n"))
    row = shop.read(lambda tx: channels.one(tx, channel))

    def shown() -> set[str]:
        (listed,) = the_list(shop)
        rows = shop.read(lambda tx: dialog_list.rows(tx, shop.driver.dialect, [listed.id]))
        return {listed.preview, rows[listed.id].preview, messages(shop, listed)[0].text}

    for value, text in (("on", "See now"), ("off", "See https://lavka.example/a now")):
        changes = {"remove_links": value}
        shop.write(lambda tx, changes=changes: channels.configure(tx, row, manifest("email"), changes))
        assert shown() == {text}
    found = messages(shop, the_list(shop)[0])[0]
    assert shop.read(lambda tx: transcript.message(tx, found.id)).text == "See https://lavka.example/a now"


def test_our_answer_from_a_phone_stands_in_the_clients_dialog_and_answers_it_once_it_is_among_what_we_sent(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=b"Message-ID: <q@client.test>\r\n"))
    (row,) = the_list(shop)
    assert row.waiting_since is not None
    answer = plain(
        "Едет".encode(),
        sender=DESK,
        subject=b"Another subject",
        extra=b"Message-ID: <a@phone.test>\r\nIn-Reply-To: <q@client.test>\r\n",
    ).replace(b"To: desk@shop.example.org", b"To: anna@example.org")
    take(shop, channel, answer, answer)
    (row,) = the_list(shop)
    assert [(m.direction, m.text) for m in messages(shop, row)] == [("in", "Где заказ?"), ("out", "Едет")]
    assert row.waiting_since is not None  # anybody could have written it in our name
    again = arrival(Mail(uid=9, at=NOON + 1000, size=0, raw=answer, sent=True), OURS, NOON + 2000)
    for _ in range(2):
        shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(again,))))
    (row,) = the_list(shop)
    assert [(m.direction, m.text) for m in messages(shop, row)] == [("in", "Где заказ?"), ("out", "Едет")]
    assert row.waiting_since is None


def test_a_late_mail_stays_sent_until_its_server_gives_it_up_and_no_report_opens_a_dialog(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где счёт?".encode(), sender=TO.encode(), extra=b"Message-ID: <q@client.test>\r\n"))
    (row,) = the_list(shop)
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, Draft(text="Вот"), SendOptions(key=KEY)))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(OWN_ID,))))
    kinds = {one.name: one for one in REPORTED}
    for name in ("Exim: delayed 24 hours", "Postfix: delayed, one recipient", "qmail: too long in the queue"):
        take(shop, channel, kinds[name].raw)
        found = shop.message(claim.message.id)
        assert (found.state, found.code, found.detail) == (kinds[name].state, kinds[name].code, kinds[name].detail)
    assert [one.id for one in the_list(shop)] == [row.id]
    assert [one.text for one in messages(shop, row)] == ["Где счёт?", "Вот"]


def test_an_answer_to_the_sites_form_goes_to_the_client(shop: Shop, channel: ChannelId) -> None:
    take(shop, channel, FORM)
    (row,) = the_list(shop)
    assert (row.unread, card(shop, row).address) == (1, "maria@client.test")


def test_who_cannot_be_answered_is_shown_waits_and_says_so_before_anybody_writes(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где заказ?".encode(), sender=b"Sean <sean@o'brien@client.test>"))
    (row,) = the_list(shop)
    assert (row.unread, row.preview, row.waiting_since is not None) == (1, "Где заказ?", True)
    assert not card(shop, row).reachable
    take(shop, channel, plain("Ну где же?".encode(), sender=b"Sean <sean@o'brien@client.test>"))
    (row,) = the_list(shop)
    assert (row.unread, row.waiting_since is not None, card(shop, row).reachable) == (2, True, False)
    with pytest.raises(Refused, match="Заказ cannot be reached through") as caught:
        shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, Draft(text="Едет"), shop.order()))
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize(
    ("extra", "unread"),
    [
        (b"List-Unsubscribe: <https://u.test>\r\n", 1),
        (b"Auto-Submitted: auto-generated\r\n", 1),
        (b"Auto-Submitted: auto-replied\r\n", 0),
        (b"X-Autoreply: yes\r\n", 0),
    ],
)
def test_orders_by_machines_wait_and_holidays_do_not(shop: Shop, channel: ChannelId, extra: bytes, unread: int) -> None:
    take(shop, channel, plain("Заказ 17".encode(), sender=b"noreply@market.test", extra=extra))
    (row,) = the_list(shop)
    assert (row.unread, row.waiting_since is not None) == (unread, bool(unread))


def test_a_person_at_postmaster_is_heard_and_our_message_stays_sent(shop: Shop, channel: ChannelId) -> None:
    take(shop, channel, plain("Прайс?".encode(), sender=b"postmaster@client.test"))
    (row,) = the_list(shop)
    sent = say(shop, channel, row)
    raw = mixed(
        part("text/plain", b"Is it yours?"), part("message/rfc822", OURS_BACK), sender=b"postmaster@client.test"
    )
    take(shop, channel, raw)
    assert shop.message(sent).state == "sent"
    assert {m.text for m in messages(shop, the_list(shop)[0])} == {"Прайс?", "Есть", "Is it yours?"}


def test_whether_newsletters_wait_is_an_option_of_the_channel_and_they_do_until_somebody_says_otherwise(
    shop: Shop,
) -> None:
    server = {"host": "127.0.0.1", "port": "1", "tls": "none"}
    settings = {f"{side}_{name}": value for side in ("imap", "smtp") for name, value in server.items()}
    before = {"login": DESK.decode(), **settings}
    number = shop.channel(kind="email", account=DESK.decode(), settings=before, secrets={"password": "x"})
    letter = plain(b"Sale", sender=b"news@shop.test", extra=b"List-Id: <news.shop.test>\r\n")
    silent = []
    for value in ("", "off", "on"):
        row = shop.read(partial(channels.one, channel=number))
        if value:
            change = partial(channels.configure, channel=row, manifest=manifest("email"))
            shop.write(partial(change, changes={"newsletters_wait": value}))
            row = shop.read(partial(channels.one, channel=number))
        bound = shop.read(partial(channels.bound, vault=shop.vault, channel=row))
        (event,) = create("email", system_world()).understand(bound, StoredArrival("again", NOON, letter)).events
        assert isinstance(event, MessageArrived)
        silent.append(event.silent)
    assert silent == [False, True, False]


def head(ext_id: str, *answers: str, cc: bytes = b"") -> bytes:
    """The fields of a mail in a thread."""
    thread = " ".join(f"<{one}@client.test>" for one in answers).encode()
    lines = [b"Message-ID: <%s@client.test>" % ext_id.encode(), b"Cc: " + cc if cc else b""]
    lines += [b"References: " + thread] if thread else []
    return b"".join(line + b"\r\n" for line in lines if line)


BORIS = b"Boris <Boris@client.test>"
VERA = b"vera@client.test"


@pytest.mark.req("S-097")
@pytest.mark.parametrize("reading", [OURS, FLAT], ids=["by subject", "by address"])
def test_a_colleague_in_copy_who_answers_joins_the_dialog_under_their_own_name(
    shop: Shop, channel: ChannelId, reading: Reading
) -> None:
    first = plain("Где заказ?".encode(), extra=head("1", cc=BORIS + b", " + VERA))
    take(shop, channel, first, reading=reading)
    (row,) = the_list(shop)
    sent = say(shop, channel, row)
    colleague = plain("И счёт".encode(), sender=BORIS, subject=b"Re: Other", extra=head("2", "1"))
    nameless = plain("И акт".encode(), sender=VERA, subject=b"Re: Other", extra=head("3", "1", "2"))
    take(shop, channel, colleague, nameless, reading=reading)
    (row,) = the_list(shop)
    found = [(one.author, one.text.removeprefix("[Re: Other] ")) for one in messages(shop, row) if one.id != sent]
    assert found[1:] == [("Boris", "И счёт"), ("vera@client.test", "И акт")]
    known = card(shop, row)
    assert (known.address, known.person, known.email) == ("anna@example.org", "Анна Белова", "anna@example.org")
    assert (row.unread, row.waiting_since is not None) == (2, True)
    answer = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, Draft(text="Да"), shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    assert (claim.message.id, claim.outbound.address, claim.outbound.cc) == (answer, "anna@example.org", [])
    everybody = shop.read(lambda tx: answering.everybody_else(tx, EVERYTHING, row.id))
    assert [*everybody] == ["vera@client.test"]
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(claim.outbound.key,))))


def test_who_got_a_copy_of_our_own_mail_joins_too_and_their_copies_after_them(shop: Shop, channel: ChannelId) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=head("1")))
    (row,) = the_list(shop)
    draft = Draft(text="Едет", cc=("boris@client.test",), bcc=("gleb@client.test",))
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, draft, shop.order(key=KEY)))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(OWN_ID,))))
    extra = head("2", cc=VERA) + b"In-Reply-To: " + OWN_ID.encode() + b"\r\n"
    take(shop, channel, plain(b"Thanks", sender=BORIS, extra=extra))
    take(shop, channel, plain(b"So do I", sender=VERA, extra=head("3", "2")))
    take(shop, channel, plain(b"Hidden", sender=b"gleb@client.test", extra=extra.replace(b"<2@", b"<4@")))
    assert [len(messages(shop, one)) for one in the_list(shop)] == [4, 1]


def test_what_we_wrote_from_a_phone_to_a_colleague_alone_is_no_answer_to_the_client(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=head("1", cc=BORIS)))
    extra = head("2", "1") + b"In-Reply-To: <1@client.test>\r\n"
    ours = plain("Кто это?".encode(), sender=DESK, extra=extra).replace(b"\r\nTo: " + DESK, b"\r\nTo: " + BORIS)
    take(shop, channel, ours)
    found = {card(shop, row).address: (len(messages(shop, row)), bool(row.waiting_since)) for row in the_list(shop)}
    assert found == {"anna@example.org": (1, True), "boris@client.test": (1, False)}


ANNA = b"anna@example.org"
KNOWN = b"In-Reply-To: <1@client.test>\r\n"
OURS_ANEW = OWN_ID.replace("0123", "abcd").encode()


@pytest.mark.parametrize(
    ("to", "extra", "ours"),
    [
        (ANNA, KNOWN, True),
        (b"x@evil.test, " + ANNA, KNOWN, True),
        (ANNA, b"References: <1@client.test> <7@phone.test>\r\n", True),
        (ANNA, b"", False),
        (ANNA, b"In-Reply-To: <nothing@evil.test>\r\n", False),
        (b"vic@client.test", KNOWN, False),
        (b"vic@client.test", b"Message-ID: " + OWN_ID.encode() + b"\r\n", False),
        (ANNA, b"Message-ID: " + OURS_ANEW + b"\r\n", False),
    ],
)
def test_a_mail_in_our_name_in_the_inbox_is_ours_only_if_the_dialog_knows_what_it_answers(
    shop: Shop, channel: ChannelId, to: bytes, extra: bytes, ours: bool
) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=head("1")))
    take(shop, channel, plain("Где мой?".encode(), sender=b"vic@client.test", extra=head("5")))
    anna = next(row for row in the_list(shop) if card(shop, row).address == ANNA.decode())
    say(shop, channel, anna)
    take(shop, channel, plain("И ещё?".encode(), extra=head("6", "1")))
    waiting = {row.id for row in the_list(shop) if row.waiting_since}
    assert anna.id in waiting
    raw = plain("Едет".encode(), sender=DESK, extra=extra).replace(b"\r\nTo: " + DESK, b"\r\nTo: " + to)
    late = Mail(uid=9, at=NOON + 3_600_000, size=0, raw=raw)
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(arrival(late, OURS, late.at),))))
    found = {row.id: row for row in the_list(shop)}
    if ours:
        said = [("in", "Где заказ?"), ("in", "И ещё?"), ("out", "Есть"), ("out", "Едет")]
        assert sorted((one.direction, one.text) for one in messages(shop, anna)) == sorted(said)
        assert {row.id for row in found.values() if row.waiting_since} == waiting
        assert found.keys() == waiting
        return
    (itself,) = found.keys() - waiting
    assert (card(shop, found[itself]).address, found[itself].unread) == (DESK.decode(), 1)
    assert all(found[one].waiting_since for one in waiting)
    assert [one.direction for one in messages(shop, found[itself])] == ["in"]


def test_a_mail_in_the_inbox_with_the_id_of_one_of_ours_is_that_one_and_changes_nothing(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=head("1")))
    (anna,) = the_list(shop)
    say(shop, channel, anna)
    take(shop, channel, plain("И ещё?".encode(), extra=head("6", "1")))
    before = the_list(shop)
    raw = plain("Едет".encode(), sender=DESK, extra=b"Message-ID: " + OWN_ID.encode() + b"\r\n")
    take(shop, channel, raw.replace(b"\r\nTo: " + DESK, b"\r\nTo: " + ANNA))
    said = [("in", "Где заказ?"), ("in", "И ещё?"), ("out", "Есть")]
    assert sorted((one.direction, one.text) for one in messages(shop, anna)) == sorted(said)
    assert the_list(shop) == before
    assert before[0].waiting_since is not None


def test_a_mail_in_our_own_name_that_nothing_proves_joins_no_clients_dialog(shop: Shop, channel: ChannelId) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=head("1", cc=BORIS)))
    take(shop, channel, plain("Счёт новый".encode(), sender=DESK, extra=head("2", "1")))
    assert [len(messages(shop, one)) for one in the_list(shop)] == [1, 1]


def test_who_is_on_the_blacklist_joins_nobodys_dialog(shop: Shop, channel: ChannelId) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=head("1", cc=BORIS)))
    take(shop, channel, plain(b"Spam", sender=BORIS, extra=head("2")))
    boris = next(row for row in the_list(shop) if card(shop, row).address == "boris@client.test")
    shop.write(lambda tx: dialogs.block(tx, boris.id, blocked=True))
    take(shop, channel, plain(b"Spam", sender=BORIS, extra=head("3", "1")))
    assert [one.text for one in messages(shop, boris)] == ["Spam", "Spam"]


@pytest.mark.parametrize(
    ("sender", "extra"),
    [
        (b"mallory@else.test", head("2", "1")),
        (BORIS, head("2")),
        (BORIS, head("2", "9")),
    ],
    ids=["a stranger", "a new mail", "another thread"],
)
def test_nobody_else_gets_into_a_clients_dialog(shop: Shop, channel: ChannelId, sender: bytes, extra: bytes) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=head("1", cc=BORIS)))
    take(shop, channel, plain(b"Hi", sender=sender, subject=b"Hi", extra=extra))
    assert [len(messages(shop, one)) for one in the_list(shop)] == [1, 1]


GLEB = "gleb@client.test"


@pytest.mark.parametrize(
    ("failed", "state", "code"),
    [
        ((GLEB,), "sent", "copy_failed"),
        (("Boris@client.test", GLEB), "sent", "copy_failed"),
        (("anna@example.org",), "failed", "no_such_mailbox"),
        ((GLEB, "anna@example.org"), "failed", "no_such_mailbox"),
    ],
)
def test_a_copy_that_bounces_leaves_the_mail_sent_and_is_named(
    shop: Shop, channel: ChannelId, failed: tuple[str, ...], state: str, code: str
) -> None:
    take(shop, channel, plain("Где заказ?".encode()))
    (row,) = the_list(shop)
    draft = Draft(text="Едет", cc=("boris@client.test",), bcc=(GLEB,))
    sent = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, draft, shop.order(key=KEY)))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(OWN_ID,))))
    groups = status(*(group("failed", "5.1.1", "smtp; 550 5.1.1 User unknown", to=one) for one in failed))
    report = mixed(
        part("text/plain", b"Sorry"),
        part("message/delivery-status", groups.encode()),
        part("message/rfc822", OURS_BACK),
        subtype="report; report-type=delivery-status",
        sender=b"MAILER-DAEMON@mx.example.org",
    )
    take(shop, channel, report)
    found = shop.message(sent)
    assert (found.state, found.code) == (state, code)
    assert all(one.lower() in found.detail.lower() for one in failed if state == "sent")
    assert "5.1.1" in found.detail


@pytest.mark.req("S-097")
@pytest.mark.parametrize("subject", ["Fwd: Договор", "FW: Договор", "Re: Fwd: Договор", "Договор"])
def test_a_clients_forward_is_answered_as_any_mail_and_only_what_we_pass_on_goes_as_a_forward(
    shop: Shop, channel: ChannelId, subject: str
) -> None:
    take(shop, channel, plain(b"Look", subject=word(subject), extra=b"Message-ID: <m1@example.org>\r\n"))
    (row,) = the_list(shop)
    (heard,) = messages(shop, row)
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, Draft(text="Да"), shop.order()))
    shop.write(lambda tx: forwarding.forward(tx, lambda _row: EVERYTHING, [heard.id], InDialog(row.id), shop.order()))
    found = []
    for number in "12":
        claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
        letter = compose(claim.outbound, account(quotes_original=True), shop.clock.now())
        shop.write(lambda tx, claim=claim, number=number: outbox.succeed(tx, claim, Receipt(ids=(number,))))
        mail = message_from_bytes(letter.content, policy=SMTP, _class=EmailMessage)
        found.append((mail["Subject"], "> Look" in mail.get_content(), mail["In-Reply-To"], mail["References"]))
    theirs = "<m1@example.org>"
    assert found == [("Re: Договор", True, theirs, theirs), ("Fwd: Договор", False, None, None)]


SIGNED = (
    b'Content-Type: multipart/signed; boundary="b"; protocol="application/pkcs7-signature"\r\n'
    b"Message-ID: <signed@example.org>\r\n"
)
SIGNED_PARTS = (
    b"--b\r\nContent-Type: text/plain\r\n\r\nWhere is it?\r\n"
    b"--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nMII=\r\n--b--\r\n"
)


def test_what_the_desk_says_of_a_mail_is_neither_quoted_nor_passed_on_as_its_authors_words(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain(SIGNED_PARTS, extra=SIGNED))
    (row,) = the_list(shop)
    (heard,) = messages(shop, row)
    assert "the signature was not checked" in heard.text
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, Draft(text="Да"), shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim.outbound.answered.text == "Where is it?"
    passed = shop.read(lambda tx: passing_on.passed_on(tx, transcript.message(tx, heard.id)))
    assert passed.partition("\n\n")[2] == "Where is it?"


PHONES = "<ph77@phone.example>"


@pytest.mark.req("S-126")
@pytest.mark.parametrize("first", ["the mail", "its bounce"])
def test_the_bounce_of_a_mail_that_was_sent_elsewhere_ends_it_whichever_is_seen_first(
    shop: Shop, channel: ChannelId, first: str
) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=head("1")))
    raw = plain("Едет".encode(), sender=DESK, extra=KNOWN + f"Message-ID: {PHONES}\r\n".encode())
    phone = Mail(uid=9, at=NOON + 9, size=0, raw=raw.replace(b"\r\nTo: " + DESK, b"\r\nTo: " + ANNA), sent=True)
    sent = Batch(arrivals=(arrival(phone, OURS, NOON + 9),))
    steps = [
        lambda: shop.write(lambda tx: ingest.ingest(tx, channel, sent)),
        lambda: take(shop, channel, bounce(original=PHONES)),
    ]
    for step in steps if first == "the mail" else reversed(steps):
        step()
    found = {card(shop, row).address: row for row in the_list(shop)}
    anna = found.pop(ANNA.decode())
    assert [(one.direction, one.state) for one in messages(shop, anna)] == [("in", "received"), ("out", "failed")]
    assert anna.waiting_since is not None
    assert [row.unread for row in found.values()] == [1] * (first != "the mail")


@pytest.mark.parametrize("original", ["<1@elsewhere.test>", "", OURS_ANEW.decode()])
@pytest.mark.parametrize(("action", "waits"), [(b"failed", True), (b"delayed", True), (b"delivered", False)])
def test_a_report_that_matches_no_mail_of_ours_waits_for_somebody_to_look(
    shop: Shop, channel: ChannelId, original: str, action: bytes, *, waits: bool
) -> None:
    take(shop, channel, bounce(action, b"5.1.1", original=original))
    (row,) = the_list(shop)
    good = not waits and original
    assert (row.unread, row.waiting_since is not None) == ((0, False) if good else (1, True))
