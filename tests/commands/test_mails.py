"""Mails at the command line: grouped by subject or by address, with links or without (S-098, S-099)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.recipients import NamedAddress, Recipients
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, dialogs, lines, packing, transcript
from chatapp_cli.services.ingest import ingest
from chatapp_cli.services.raw_bodies import store_large
from tests.commands.conftest import NOON, Shell
from tests.connectors.email.calendars import calendar, invitation
from tests.connectors.email.corpus import mixed, part, plain

Arrive = Callable[..., None]
DESK = "desk@shop.example.org"
LINK = "https://lavka.example/a?b=1"


@pytest.fixture
def mailbox(company: Company) -> ChannelId:
    bound = Bound(account="desk@shop.example.org", title="desk@shop.example.org")

    def bind(tx: object) -> ChannelId:
        return channels.save(tx, company.vault, bound, line=lines.add(tx, "Магазин"), kind="email")

    return company.write(bind)


@pytest.fixture
def arrive(company: Company, mailbox: ChannelId) -> Arrive:
    """Mails of Анна, given as subject and text, are read as the mailbox is set."""

    def write(*mails: tuple[str, str]) -> None:
        settings = company.read(lambda tx: channels.one(tx, mailbox)).settings
        reading = Reading(
            own_address="desk@shop.example.org", by_subject=settings.get("group_by_subject", "on") == "on"
        )
        for n, (subject, text) in enumerate(mails):
            raw = plain(text.encode(), subject=subject.encode() or b" ")
            mail = Mail(uid=n, at=NOON + n, size=0, raw=raw)
            batch = Batch(arrivals=(arrival(mail, reading, mail.at),))
            company.write(lambda tx, batch=batch: ingest(tx, mailbox, batch))

    return write


@pytest.fixture
def arrive_raw(company: Company, mailbox: ChannelId) -> Callable[[bytes], None]:
    """A mail arrives as these bytes."""

    def write(raw: bytes) -> None:
        mail = Mail(uid=1, at=NOON, size=0, raw=raw)
        batch = store_large(company.media, Batch(arrivals=(arrival(mail, Reading(own_address=DESK), NOON),)))
        company.write(lambda tx: ingest(tx, mailbox, batch))

    return write


def titles(chatapp: Shell) -> list[str]:
    return sorted(row["name"] for row in chatapp("dialog", "list", "--json").json)


def texts(chatapp: Shell, name: str) -> list[str]:
    (dialog,) = [row["id"] for row in chatapp("dialog", "list", "--json").json if row["name"] == name]
    return [one["text"] for one in chatapp("dialog", "show", dialog, "--json").json["messages"]]


@pytest.mark.req("S-098")
def test_with_grouping_on_each_subject_is_a_dialog_that_bears_it_and_all_are_one_contacts(
    chatapp: Shell, arrive: Arrive
) -> None:
    arrive(("", "Здравствуйте"), ("Смета", "Сколько?"), ("Договор", "Где он?"), ("Re: смета", "Спасибо"))
    assert titles(chatapp) == ["Анна Белова", "Договор", "смета"]
    assert texts(chatapp, "смета") == ["Сколько?", "Спасибо"]
    person = chatapp("contact", "show", "anna@example.org", "--json").json
    assert len(person["contacts"]) == 1
    assert len(person["contacts"][0]["dialogs"]) == 3


@pytest.mark.req("S-098")
def test_with_grouping_off_an_address_is_one_dialog_and_each_text_begins_with_its_subject_in_brackets(
    chatapp: Shell, arrive: Arrive
) -> None:
    chatapp("line", "configure", "email", "--set", "group_by_subject=off")
    arrive(("Смета", "Сколько?"), ("Договор", "Где он?"), ("", "Ау"))
    assert titles(chatapp) == ["Анна Белова"]
    assert texts(chatapp, "Анна Белова") == ["[Смета] Сколько?", "[Договор] Где он?", "Ау"]
    assert chatapp("dialog", "list", "--json").json[0]["chat_id"] == "anna@example.org"


@pytest.mark.req("S-099")
def test_links_are_hidden_while_the_option_is_on_and_are_there_again_once_it_is_off(
    chatapp: Shell, arrive: Arrive
) -> None:
    arrive(("Заказ", f"Смотрите {LINK} и www.lavka.example тут"))

    def shown() -> list[str]:
        commands = ("dialog show 1", "message show 1", "dialog list", "search смотрите", "dialog show 1 --json")
        return [command for command in commands if "lavka.example" in chatapp(*command.split()).out]

    everywhere = shown()
    assert len(everywhere) == 5
    chatapp("line", "configure", "email", "--set", "remove_links=on")
    assert shown() == []
    assert texts(chatapp, "Заказ") == ["Смотрите и тут"]
    chatapp("line", "configure", "email", "--set", "remove_links=off")
    assert shown() == everywhere
    assert texts(chatapp, "Заказ") == [f"Смотрите {LINK} и www.lavka.example тут"]


def test_a_mail_that_is_nothing_but_a_link_is_not_an_empty_row(chatapp: Shell, arrive: Arrive) -> None:
    chatapp("line", "configure", "email", "--set", "remove_links=on")
    arrive(("Заказ", LINK))
    assert texts(chatapp, "Заказ") == ["…"]


@pytest.mark.req("S-012")
def test_answers_of_a_form_are_words_of_the_language_where_a_person_reads_them(
    chatapp: Shell, company: Company, mailbox: ChannelId
) -> None:
    for option in ("remove_links=on", "newsletters_wait=off"):
        chatapp("line", "configure", "email", "--set", option)
    for language, words in (("en", {"yes", "no"}), ("ru", {"да", "нет"})):
        shown = {row[1] for row in chatapp("line", "show", CHATAPP_LANG=language).rows if len(row) > 1}
        assert words <= shown
        assert not shown & {"on", "off"}
    settings = chatapp("line", "show", "--json", CHATAPP_LANG="ru").json["channels"][0]["settings"]
    assert settings == {"remove_links": "on", "newsletters_wait": "off"}


ALL = b"Cc: Boris <boris@example.org>, desk@shop.example.org, sales@shop.example.org\r\n"


def copies(company: Company, number: int) -> Recipients:
    entry = company.read(lambda tx: transcript.entry(tx, MessageId(number)))
    return Recipients.parse(entry.mail.recipients if entry.mail else "")


def named(*addresses: str) -> tuple[NamedAddress, ...]:
    return tuple(NamedAddress("", address) for address in addresses)


@pytest.mark.req("S-126")
def test_a_new_mail_and_an_answer_go_to_others_too(chatapp: Shell, company: Company, arrive: Arrive) -> None:
    arrive(("Заказ", "Где он?"))
    quiet = ("--text", "Да", "--wait", "0")
    typed = ("--cc", "Борис <boris@example.org>, vera@example.org", "--cc", "gleb@example.org", "--bcc", "d@e.org")
    for words in (("send", "anna@example.org", "-c", "email"), ("reply", "1")):
        found = copies(company, int(chatapp(*words, *quiet, *typed).out))
        boris = NamedAddress("Борис", "boris@example.org")
        assert found.cc == (boris, *named("vera@example.org", "gleb@example.org"))
        assert found.bcc == named("d@e.org")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (("--cc", "boris"), "boris is no e-mail address."),
        (("--bcc", "a@b"), "a@b is no e-mail address."),
        (
            ("--cc", ",".join(f"a{n}@example.org" for n in range(51))),
            "51 copies are too many; one mail has 50 at most.",
        ),
    ],
)
def test_copies_to_what_is_no_address_or_to_too_many_are_refused_at_once(
    chatapp: Shell, arrive: Arrive, given: tuple[str, ...], what: str
) -> None:
    arrive(("Заказ", "Где он?"))
    refused = chatapp.run("reply", "1", "--text", "Да", "--wait", "0", *given)
    assert (refused.code, refused.out, refused.err.splitlines()[0]) == (1, "", what)


@pytest.mark.parametrize("to", ["a@x..example", f"a@{'l' * 64}.example", f"{'b' * 65}@x.example", "a@x.example>"])
def test_a_recipient_and_a_copy_that_no_server_could_take_are_refused_at_once(
    chatapp: Shell, arrive: Arrive, to: str
) -> None:
    arrive(("Заказ", "Где он?"))
    words = ("--text", "Да", "--wait", "0")
    for refused in (
        chatapp.run("send", to, "-c", "email", "--subject", "Заказ", *words),
        chatapp.run("reply", "1", "--cc", to, *words),
    ):
        assert (refused.code, refused.err.splitlines()[0]) == (1, f"{to} is no e-mail address.")


@pytest.mark.parametrize("given", [("--cc", "boris@example.org"), ("--all",)])
def test_a_messenger_refuses_copies_in_words(chatapp: Shell, bound: int, given: tuple[str, ...]) -> None:
    chatapp("send", "client-7", "-c", "api", "-t", "x", "--wait", "0")
    refused = chatapp.run("reply", "1", "-t", "x", "--wait", "0", *given)
    assert (refused.code, refused.err.splitlines()[0]) == (1, "This channel sends no copies.")


def test_a_message_to_several_goes_without_copies(chatapp: Shell, mailbox: ChannelId) -> None:
    words = ("send", "a@example.org", "b@example.org", "-c", "email", "-t", "x", "--yes")
    refused = chatapp.run(*words, "--cc", "boris@example.org")
    assert (refused.code, refused.err.splitlines()[0]) == (2, "A message to several goes without copies.")


def test_an_answer_to_all_goes_to_all_whom_the_mail_names_but_not_to_ourselves(
    chatapp: Shell, company: Company, mailbox: ChannelId
) -> None:
    chatapp("line", "configure", "email", "--set", "aliases=sales@shop.example.org, info@shop.example.org")
    mail = Mail(uid=1, at=NOON, size=0, raw=plain(b"Where?", extra=ALL))
    reading = Reading(own_address="desk@shop.example.org", aliases=("sales@shop.example.org",))
    company.write(lambda tx: ingest(tx, mailbox, Batch(arrivals=(arrival(mail, reading, NOON),))))
    alone, everybody = (
        copies(company, int(chatapp("reply", "1", "-t", "x", "--wait", "0", *more).out))
        for more in ((), ("--all", "--cc", "vera@example.org"))
    )
    assert alone == Recipients()
    assert everybody.cc == (*named("vera@example.org"), NamedAddress("Boris", "boris@example.org"))


def test_who_is_answered_gets_a_copy_if_the_dialog_is_somebody_elses(
    chatapp: Shell, company: Company, arrive: Arrive, mailbox: ChannelId
) -> None:
    arrive(("Заказ", "Где он?"))
    client = company.read(lambda tx: dialogs.card(tx, DialogId(1)))
    vera = Profile(id="vera@example.org", email="vera@example.org")
    peer = Peer(key=client.key, address=client.address)
    heard = MessageArrived(peer=peer, ext_id="v1", at=NOON, text="Я тоже жду", sender=vera)
    batch = Batch(arrivals=(Arrival(provider_id="v1", raw=b"", events=(heard,)),))
    company.write(lambda tx: ingest(tx, mailbox, batch))
    quiet = ("-t", "x", "--wait", "0", "--json")
    told = chatapp.run("reply", "1", "--quote", "2", *quiet)
    assert told.err == "vera@example.org wrote the mail that is answered and gets a copy.\n"
    assert json.loads(told.out)["cc"] == [{"name": "", "address": "vera@example.org"}]
    again = chatapp.run("reply", "1", "--quote", "2", "--cc", "Vera@example.org", *quiet)
    assert json.loads(again.out)["cc"] == [{"name": "", "address": "Vera@example.org"}]
    to_client = chatapp.run("reply", "1", "--quote", "1", *quiet)
    assert (to_client.err, json.loads(to_client.out)["cc"]) == ("", [])


def test_a_signature_is_set_for_the_mailbox_or_for_oneself_and_left_out_by_an_option(
    chatapp: Shell, company: Company, arrive: Arrive
) -> None:
    arrive(("Заказ", "Где он?"))
    chatapp("line", "configure", "email", "--set", "signature=Лавка|{operator_name}")
    for more, env, signature in (
        ((), {}, "Лавка\nОльга"),
        (("--no-signature",), {}, ""),
        ((), {"CHATAPP_OWN_SIGNATURE": "Ольга, склад"}, "Ольга, склад"),
    ):
        number = chatapp("reply", "1", "-t", "Да", "--wait", "0", *more, **env).out
        assert company.read(lambda tx, n=number: tx.one(tuple_of, "messages.beside", id=int(n)))[2] == signature


def tuple_of(*columns: str) -> tuple[str, ...]:
    return columns


QUOTING = "Да.\n\n21.11.2026, 10:15, Desk <desk@shop.example.org>:\n> Берёте?\n> Две?"


@pytest.mark.req("S-097")
def test_of_a_folded_mail_the_rest_is_one_command_away(chatapp: Shell, arrive: Arrive) -> None:
    arrive(("Re: Заказ", QUOTING))
    assert texts(chatapp, "Заказ") == ["Да."]
    assert chatapp("message", "show", 1, "--json").json["folded"] == 3
    for shown in (chatapp("dialog", "show", 1), chatapp("message", "show", 1)):
        assert "    … 3 more lines: chatapp message show 1 --whole" in shown.out.splitlines()
        assert "Берёте?" not in shown.out
    assert chatapp("message", "show", 1, "--whole").out == f"{QUOTING}\n"


def test_the_whole_of_a_mail_has_no_links_while_they_are_hidden(chatapp: Shell, arrive: Arrive) -> None:
    arrive(("Re: Заказ", QUOTING.replace("Берёте?", f"Берёте {LINK} ?")))
    chatapp("line", "configure", "email", "--set", "remove_links=on")
    assert "lavka.example" not in chatapp("message", "show", 1, "--whole").out


@pytest.mark.req("S-126")
def test_who_else_got_a_mail_is_named(chatapp: Shell, arrive_raw: Callable[[bytes], None]) -> None:
    arrive_raw(plain(b"ok", extra="Cc: Вера <vera@example.org>, boris@example.org\r\n".encode()))
    shown = chatapp("message", "show", 1)
    assert "    To: desk@shop.example.org" in shown.out.splitlines()
    assert "    Cc: Вера <vera@example.org>, boris@example.org" in shown.out.splitlines()
    one = chatapp("message", "show", 1, "--json").json
    assert one["to"] == [{"name": "", "address": "desk@shop.example.org"}]
    assert [each["address"] for each in one["cc"]] == ["vera@example.org", "boris@example.org"]


def test_a_mail_to_us_alone_names_no_recipients(chatapp: Shell, arrive: Arrive) -> None:
    arrive(("Заказ", "Да"))
    assert "To:" not in chatapp("message", "show", 1).out


@pytest.mark.parametrize("size", [0, 200_000])
def test_a_mail_is_there_to_the_byte_packed_or_in_a_file(
    chatapp: Shell, company: Company, arrive_raw: Callable[[bytes], None], size: int
) -> None:
    mails = [plain(b"n\xffo \r\n\n" + str(n).encode() + b"x" * size, subject=f"Заказ {n}".encode()) for n in range(9)]
    for one in mails:
        arrive_raw(one)
    chatapp("gc")
    assert [chatapp.bytes("message", "show", n, "--raw") for n in range(1, 10)] == mails


def test_a_mails_html_and_headers_are_printed_alone(chatapp: Shell, arrive_raw: Callable[[bytes], None]) -> None:
    html = "<p>Да <a href='https://lavka.example'>тут</a><table><tr><td>а<td>б<tr><td>1<td>2</table>"
    arrive_raw(mixed(part("text/plain", b"ok"), part("text/html; charset=utf-8", html.encode()), subtype="alternative"))
    assert chatapp("message", "show", 1, "--html").out == f"{html}\n"
    assert chatapp("message", "show", 1, "--headers").out.splitlines()[:3] == [
        "From: Анна Белова <anna@example.org>",
        "To: desk@shop.example.org",
        "Subject: Заказ",
    ]
    assert chatapp("message", "show", 1, "--whole").out == "Да тут (https://lavka.example)\nа | б\n1 | 2\n"


def test_what_is_no_mail_or_not_there_is_told(chatapp: Shell, arrive: Arrive, company: Company) -> None:
    arrive(("Заказ", "Да"))
    twice = chatapp.run("message", "show", 1, "--raw", "--html")
    assert (twice.code, twice.err) == (2, "Only one of these at a time: --html, --raw\n")
    assert "has no HTML" in chatapp.run("message", "show", 1, "--html").err
    assert chatapp.run("message", "show", 7, "--whole").code == 1
    sent = chatapp.run("reply", 1, "--text", "Ждём", "--wait", 0, "--json").json["message"]
    assert chatapp("message", "show", sent, "--headers").out.splitlines()[:2] == [
        "From: desk@shop.example.org",
        "To: Анна Белова <anna@example.org>",
    ]
    refused = chatapp.run("message", "show", sent, "--raw")
    assert (refused.code, refused.out) == (1, "")
    assert f"Message {sent} did not arrive: it was written here." in refused.err
    assert chatapp("message", "show", sent, "--whole").out == "Ждём\n"
    company.write(lambda tx: packing.replace(tx, [packing.PackedRaw(1, packing.GONE, b"")]))
    gone = chatapp.run("message", "show", 1, "--headers")
    assert "The mail of message 1 is not in the store as it came any more." in gone.err
    assert chatapp("message", "show", 1, "--whole").out == "Да\n"


@pytest.mark.req("S-098")
def test_where_the_subject_is_the_name_who_wrote_stands_before_it(chatapp: Shell, arrive: Arrive) -> None:
    arrive(("Счёт 17", "Да"), ("", "Нет"))
    listed = {row[2] for row in chatapp("dialog", "list").rows}
    assert listed == {"Анна Белова · Счёт 17", "Анна Белова"}
    both = {(row["name"], row["author"]) for row in chatapp("dialog", "list", "--json").json}
    assert both == {("Счёт 17", "Анна Белова"), ("Анна Белова", "")}


def test_with_grouping_off_the_name_stands_alone(chatapp: Shell, arrive: Arrive) -> None:
    chatapp("line", "configure", "email", "--set", "group_by_subject=off")
    arrive(("Счёт 17", "Да"))
    assert [row[2] for row in chatapp("dialog", "list").rows] == ["Анна Белова"]


INVITED = {"accepted": "Accepted: ", "tentative": "Tentative: ", "declined": "Declined: "}


@pytest.mark.parametrize("decision", INVITED)
def test_an_invitation_is_answered_by_a_command(
    chatapp: Shell, arrive_raw: Callable[[bytes], None], decision: str
) -> None:
    arrive_raw(invitation(calendar()))
    assert "Invitation, not answered yet" in chatapp("message", "show", 1).out
    said = chatapp("message", "invitation", 1, decision)
    assert "The answer goes to anna@example.org." in said.err
    made = chatapp("message", "show", said.out.strip(), "--json").json
    assert (made["state"], made["subject"]) == ("queued", f"{INVITED[decision]}Приёмка, склад")
    whole = chatapp("message", "show", 1, "--whole").out
    assert "When: " in whole
    assert "Organizer: " in whole
    assert whole.endswith("\n\nInvitation, not answered yet\n")
    assert chatapp("message", "show", 1, "--json").json["invitation"] == "open"


def test_a_command_says_why_an_invitation_is_not_answered(chatapp: Shell, arrive_raw: Callable[[bytes], None]) -> None:
    arrive_raw(invitation(calendar("DTSTART:20200101T100000Z\r\n").replace("Anna@", "boss@")))
    arrive_raw(plain(b"Hello", extra=b"Message-ID: <2@client.test>\r\n"))
    refused = chatapp.run("message", "invitation", 2, "accepted")
    assert (refused.code, "Message 2 is no invitation that can be answered." in refused.err) == (1, True)
    refused = chatapp.run("message", "invitation", 1, "accepted")
    assert "The answer goes to boss@example.org, who is not the sender." in refused.err
    assert "chatapp message invitation 1 accepted --to-organizer" in refused.err
    said = chatapp("message", "invitation", 1, "accepted", "--to-organizer")
    assert "The event is over." in said.err
    assert chatapp("message", "show", said.out.strip(), "--json").json["dialog_id"] != 1


def test_no_mail_bears_the_login_name_of_who_writes_it_without_a_name_here(
    chatapp: Shell, arrive_raw: Callable[[bytes], None], company: Company, mailbox: ChannelId
) -> None:
    arrive_raw(invitation(calendar()))
    nobody = {
        "CHATAPP_OPERATOR": "",
        "LOGNAME": "kassir7",
        "USER": "kassir7",
        "LNAME": "kassir7",
        "USERNAME": "kassir7",
    }
    chatapp("line", "configure", "email", "--set", "signature={operator_name}|Shop")
    written = [
        chatapp("message", "invitation", 1, "declined", **nobody),
        chatapp("reply", 1, "--text", "Ждём", "--quote", 1, "--wait", 0, **nobody),
        chatapp("message", "forward", 1, "--to", "boss@e.org", "--channel", "email", **nobody),
    ]
    numbers = [MessageId(int(one.out.split()[-1])) for one in written]
    assert written[2].err.startswith("It is in the outbox, to boss@e.org.\n")
    assert {company.read(lambda tx, n=n: transcript.message(tx, n)).author for n in numbers} == {"kassir7"}
    for number in numbers:
        mail = "\n".join(chatapp("message", "show", number, part).out for part in ("--headers", "--whole"))
        assert "Subject: " in mail
        assert "kassir7" not in mail
    assert "The invitation is declined: Приёмка, склад" in chatapp("message", "show", numbers[0]).out


def test_a_mail_of_ours_shows_all_its_fields_and_the_names_that_were_typed(chatapp: Shell, arrive: Arrive) -> None:
    arrive(("Заказ", "Да"))
    copies = ("--cc", "Карл Белов <karl@e.org>, vera@e.org", "--bcc", "gleb@e.org")
    sent = chatapp.run("reply", 1, "--text", "Ждём", "--wait", 0, *copies, "--json").json["message"]
    fields = dict(line.split(": ", 1) for line in chatapp("message", "show", sent, "--headers").out.splitlines())
    assert fields.pop("Date")
    assert fields == {
        "From": DESK,
        "To": "Анна Белова <anna@example.org>",
        "Cc": "Карл Белов <karl@e.org>, vera@e.org",
        "Bcc": "gleb@e.org",
        "Subject": "Re: Заказ",
    }
    first = chatapp.run(
        "send", "new@e.org", "-c", "email", "--wait", "0", "--subject", "Оферта", "--text", "Вот", "--json"
    )
    assert "Subject: Оферта\n" in chatapp("message", "show", first.json["message"], "--headers").out


def test_a_mail_of_ours_is_shown_in_the_language_in_which_it_goes_out_whoever_reads_it(
    chatapp: Shell, arrive: Arrive, env: dict[str, str]
) -> None:
    arrive(("Заказ", "Где он?"))
    chatapp("line", "configure", "email", "--set", "quote_original=on")
    sent = chatapp.run("reply", 1, "--text", "Едет", "--wait", 0, "--json").json["message"]
    assert "<anna@example.org> wrote:\n> Где он?" in chatapp("message", "show", sent, "--whole").out
    Path(env["CHATAPP_CONFIG"]).write_text('lang = "ru"\n', "utf-8")
    shown = [chatapp("message", "show", sent, "--whole", CHATAPP_LANG=reader).out for reader in ("en", "ru")]
    assert "<anna@example.org> пишет:\n> Где он?" in shown[0]
    assert shown[0] == shown[1]


def test_search_finds_what_a_mail_folds_and_whom_it_names(chatapp: Shell, arrive_raw: Callable[[bytes], None]) -> None:
    quoted = "Согласны.\r\n\r\n01.11.2026 10:00, Лавка <desk@shop.example.org> пишет:\r\n> Возьмёте самовар?\r\n"
    head = b"Cc: Karl Belov <karl@savin.example>\r\nIn-Reply-To: <1@e.org>\r\n"
    arrive_raw(plain(quoted.encode(), subject=b"Re: Zakaz", extra=head))
    assert "самовар" not in chatapp("message", "show", 1).out
    for words in ("самовары", "karl@savin.example", "Belov", "самовар Karl"):
        assert [one["message"] for one in chatapp("search", words, "--json").json] == [1], words
    assert "> Возьмёте самовар?" in chatapp("search", "самовар").out
