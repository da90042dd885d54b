"""Passing on, writing for later and looking back, from the command line."""

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageEdited
from chatapp_cli.domain.excerpt import LONGEST
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.journal.dialogs import DialogRenamed
from chatapp_cli.runtime.lease import holding
from chatapp_cli.services.ingest import ingest
from chatapp_cli.services.raw_bodies import store_large
from tests.commands.conftest import NOON, Shell, Write, a_file

LATER = "2030-01-01 09:00"


@pytest.fixture
def two_clients(client_writes: Write) -> None:
    client_writes("Где заказ 812?")
    client_writes("Вот накладная", ext_id="in-2", files=[a_file()])
    client_writes("Добрый день", ext_id="in-3", key="client-8", name="Борис")


@pytest.mark.usefixtures("two_clients")
def test_messages_are_passed_on_in_order_with_their_files(chatapp: Shell) -> None:
    went = chatapp("message", "forward", "1", "2", "--to", "2", "--json").json
    assert [one["message"] for one in went] == [1, 2]
    first, second = (chatapp("message", "show", str(one["went_as"]), "--json").json for one in went)
    assert (first["dialog_id"], first["text"].splitlines()[1]) == (2, "Где заказ 812?")
    assert first["text"].startswith("Анна, ")
    assert [file["name"] for file in second["files"]] == ["price.txt"]


@pytest.mark.usefixtures("two_clients")
def test_what_cannot_be_passed_on_is_refused_whole(chatapp: Shell) -> None:
    assert chatapp.run("message", "forward", "1", "99", "--to", "2").code == 1
    assert len(chatapp("dialog", "show", "2", "--json").json["messages"]) == 1
    assert chatapp.run("message", "forward", "1").code == 2


@pytest.mark.usefixtures("two_clients")
def test_a_message_for_later_is_changed_moved_and_taken_back(chatapp: Shell) -> None:
    number = chatapp("reply", "1", "--text", "Уже едет", "--at", LATER).out.strip()
    chatapp("outbox", "edit", number, "--text", "Уже в пути", "--at", "2031-02-03 10:00")
    (row,) = chatapp("outbox", "list").rows
    assert (row[0], row[1], row[4], row[6]) == (number, "scheduled", "2031-02-03 10:00", "Уже в пути")
    assert f"Message {number} scheduled for 2031-02-03 10:00" in chatapp("tail").out
    chatapp("outbox", "edit", number, "--at", "now")
    assert chatapp("outbox", "list").rows[0][1] == "waiting"
    chatapp("message", "cancel", number)
    refused = chatapp.run("outbox", "edit", number, "--text", "Поздно")
    assert (refused.code, refused.err.splitlines()[0]) == (
        1,
        f"Message {number} is not waiting any more: it is cancelled.",
    )
    assert chatapp.run("outbox", "edit", number).code == 2


@pytest.mark.usefixtures("two_clients")
def test_a_list_of_what_waits_says_that_nobody_sends_it_unless_a_daemon_does(chatapp: Shell, company: Company) -> None:
    nobody = "The daemon is not running: nothing of this is sent. Start it: chatapp serve\n"
    assert chatapp("outbox", "list").err == "Nothing waits, and nothing went wrong.\n"
    chatapp("reply", "1", "--text", "Уже едет", "--at", LATER)
    assert chatapp("outbox", "list").err == nobody
    assert chatapp("outbox", "list", "--json").err == nobody
    with holding(company):
        assert chatapp("outbox", "list").err == ""


def test_a_reminder_does_not_go_once_the_client_has_written(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Подумаю")
    number = chatapp("reply", "1", "--text", "Что надумали?", "--at", LATER, "--unless-they-write").out.strip()
    assert "in case the client does not write first" in chatapp("outbox", "list").rows[0][5]
    client_writes("Беру", ext_id="in-2")
    assert chatapp("outbox", "list").rows == []
    shown = chatapp("message", "show", number).out
    assert "[cancelled]" in shown
    assert "The client wrote first, so it was not sent." in shown
    assert chatapp.run("reply", "1", "--text", "А?", "--unless-they-write").code == 2


def test_earlier_texts_of_an_edited_message_are_told(
    chatapp: Shell, client_writes: Write, company: Company, bound: ChannelId
) -> None:
    client_writes("Два пледа")
    event = MessageEdited(peer_key="client-7", ext_id="in-1", at=NOON + 60_000, text="Три пледа")
    batch = store_large(company.media, Batch(arrivals=(Arrival(provider_id="e-1", raw=b"{}", events=(event,)),)))
    company.write(lambda tx: ingest(tx, bound, batch))
    (before,) = chatapp("message", "history", "1", "--json").json
    assert before["text"] == "Два пледа"
    assert chatapp("message", "history", "1").rows[0][1] == "Два пледа"
    assert chatapp.run("message", "history", "99").code == 1


def test_a_text_of_megabytes_is_shown_in_part_with_the_command_for_all_of_it(
    chatapp: Shell, client_writes: Write, company: Company
) -> None:
    long = "слово " * 500_000 + "конец"
    client_writes(long)
    company.write(lambda tx: tx.insert("notes.add", dialog=1, author="Пётр", text=long, now=tx.now))
    shown = chatapp("dialog", "show", "1").out
    text = chatapp("message", "show", "1", "--json").json["text"]
    assert long.startswith(text[:60_000])
    assert f"… {len(text) - LONGEST + 3} more characters: chatapp message show 1 --json" in shown
    assert f"… {len(long) - LONGEST + 3} more characters: chatapp dialog notes 1 --json" in shown
    assert len(shown) < 3 * LONGEST
    for words in (("message", "show", "1"), ("trace", "1"), ("dialog", "show", "1", "--person")):
        assert len(chatapp(*words).out) < 2 * LONGEST
    assert chatapp("dialog", "notes", "1", "--json").json[0]["text"] == long


def test_a_line_of_the_journal_is_one_that_a_person_reads(
    chatapp: Shell, client_writes: Write, company: Company
) -> None:
    client_writes("Здравствуйте")
    company.write(lambda tx: tx.emit(DialogRenamed(dialog=DialogId(1), name="ы" * 50_000)))
    (line,) = chatapp("tail", "-n", "1").out.splitlines()
    assert len(line) < 1_100
    assert line.endswith("…")
    assert chatapp("tail", "-n", "1", "--json").json["data"]["name"] == "ы" * 50_000


@pytest.mark.usefixtures("two_clients")
def test_a_message_is_passed_on_to_a_new_address_with_words_above_it(chatapp: Shell) -> None:
    came = chatapp.run("message", "forward", "1", "--to", "client-9", "--text", "-", stdin="Посмотрите\n")
    assert "client-9" in came.err
    passed = chatapp("message", "show", came.out.strip(), "--json").json
    assert passed["text"].splitlines()[0] == "Посмотрите"
    assert passed["text"].splitlines()[3] == "Где заказ 812?"
