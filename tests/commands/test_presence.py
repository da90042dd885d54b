"""Who looks at a dialog, what was begun there, and several dialogs at once: from the command line."""

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import TOGETHER
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import presence
from tests.commands.conftest import Shell, Write
from tests.stores import owner


def test_viewers_are_told_for_people_and_for_programs(chatapp: Shell, client_writes: Write, company: Company) -> None:
    client_writes("Сколько стоит ель?")
    company.write(lambda tx: presence.look(tx.by(owner("Анна")), "w1", DialogId(1)))
    company.write(lambda tx: presence.typing(tx.by(owner("Пётр")), "w2", DialogId(1)))
    assert chatapp("dialog", "viewers").rows == [["1", "Анна", "looks"], ["1", "Пётр", "is writing"]]
    assert chatapp("dialog", "viewers", "1", "--json").json == [
        {"dialog_id": 1, "operator": "Анна", "typing": False},
        {"dialog_id": 1, "operator": "Пётр", "typing": True},
    ]
    assert chatapp.run("dialog", "viewers", "9").code == 1


def test_a_draft_is_written_read_and_cleared(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?")
    assert chatapp("dialog", "draft", "1", "--json").json is None
    chatapp("dialog", "draft", "1", "-", stdin="Здравствуйте!\nЕль стоит\n")
    assert chatapp("dialog", "draft", "1").out == "Здравствуйте!\nЕль стоит\n"
    assert chatapp("dialog", "draft", "1", "--json").json["text"] == "Здравствуйте!\nЕль стоит"
    assert chatapp("dialog", "draft", "1", CHATAPP_OPERATOR="Пётр").out == ""
    chatapp("dialog", "draft", "1", "")
    assert chatapp("dialog", "draft", "1", "--json").json is None


def test_one_verb_changes_several_dialogs_in_one_write_or_none(chatapp: Shell, client_writes: Write) -> None:
    for n in (1, 2, 3):
        client_writes("Здравствуйте", ext_id=f"in-{n}", key=f"client-{n}", name=f"Клиент {n}")
    chatapp("dialog", "tag", "1", "2", "опт")
    assert sorted(row[0] for row in chatapp("dialog", "list", "--tag", "опт").rows) == ["1", "2"]
    chatapp("dialog", "pin", "-", stdin="1\n3\n")
    assert sorted(row[0] for row in chatapp("dialog", "list", "--pinned").rows) == ["1", "3"]
    chatapp("dialog", "assign", "1", "2", "Пётр")
    chatapp("dialog", "assign", "3")
    assert [row[-1] for row in sorted(chatapp("dialog", "list").rows)] == ["Пётр", "Пётр", "Ольга"]
    taken = chatapp.run("dialog", "claim", "3", "2")
    assert (taken.code, taken.err.splitlines()[0]) == (1, "Пётр answers for this dialog already.")
    chatapp("dialog", "unassign", "1", "3")
    assert chatapp.run("dialog", "claim", "1", "3", "2").code == 1
    assert sorted(row[0] for row in chatapp("dialog", "list", "--assignee", "nobody").rows) == ["1", "3"]
    chatapp("dialog", "snooze", "1", "2", "2030-01-01 09:00")
    chatapp("dialog", "no-answer", "1", "2")
    assert [row[0] for row in chatapp("dialog", "list", "--waiting").rows] == ["3"]
    chatapp("dialog", "read", "1", "2", "3")
    assert chatapp("dialog", "list", "--unread", "--snoozed").rows == []
    assert (chatapp.run("dialog", "pin", "один").code, chatapp.run("dialog", "assign", "me").code) == (2, 2)


def test_more_dialogs_than_arrivals_can_wait_for_are_changed_some_at_a_time_and_it_is_said_how_many_were(
    chatapp: Shell, client_writes: Write
) -> None:
    for n in range(TOGETHER + 2):
        client_writes("Здравствуйте", ext_id=f"in-{n}", key=f"client-{n}", name=f"Клиент {n}")
    chatapp("dialog", "assign", str(TOGETHER + 2), "Пётр")
    refused = chatapp.run("dialog", "claim", "-", stdin="\n".join(map(str, range(1, TOGETHER + 3))))
    assert refused.code == 1
    assert refused.err.splitlines()[:2] == [
        f"The first {TOGETHER} dialogs are changed, the others are not.",
        "Пётр answers for this dialog already.",
    ]
    free = {row[0] for row in chatapp("dialog", "list", "--assignee", "nobody", "-n", "5").rows}
    assert free == {str(TOGETHER + 1)}


def test_a_waiting_message_tells_its_place_in_the_queue(chatapp: Shell, client_writes: Write) -> None:
    for n in (1, 2):
        client_writes("Здравствуйте", ext_id=f"in-{n}", key=f"client-{n}", name=f"Клиент {n}")
        chatapp("send", f"client-{n}", "--channel", "api", "--text", "Да", "--wait", "0")
    first, second = sorted(row["message"] for row in chatapp("outbox", "list", "--json").json)
    assert chatapp("message", "show", first, "--json").json["place"]["n"] == 1
    assert "No. 2 in the queue" in chatapp("message", "show", second).out
