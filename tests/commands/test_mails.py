"""Mails at the command line: grouped by subject or by address, with links or without (S-098, S-099)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.connectors.email.convert import Mail, Reading, arrival
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import NOON, Shell
from tests.connectors.email.corpus import plain

Arrive = Callable[..., None]
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
