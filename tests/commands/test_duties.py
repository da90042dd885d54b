"""Who answers for a dialog, who else looks at it, and when: from the command line."""

import pytest

from tests.commands.conftest import Shell, Write


def listed(chatapp: Shell, *words: str) -> list[str]:
    return [row[0] for row in chatapp("dialog", "list", *words).rows]


@pytest.mark.req("S-117")
@pytest.mark.req("S-122")
def test_dialogs_are_given_to_operators_and_found_by_them(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?")
    client_writes("Спасибо", ext_id="in-2", key="client-8", name="Борис")
    chatapp("dialog", "assign", "1", "Пётр")
    assert (listed(chatapp, "--assignee", "Пётр"), listed(chatapp, "--assignee", "nobody")) == (["1"], ["2"])
    assert chatapp("dialog", "list", "--assignee", "Пётр").rows[0][-1] == "Пётр"
    taken = chatapp.run("dialog", "claim", "1")
    assert (taken.code, taken.err.splitlines()[0]) == (1, "Пётр answers for this dialog already.")
    chatapp("dialog", "claim", "2")
    chatapp("dialog", "assign", "1")
    assert listed(chatapp, "--assignee", "me", "--waiting") == ["1", "2"]
    assert "Answers\tОльга" in chatapp("dialog", "show", "1").out
    chatapp("dialog", "unassign", "1")
    assert chatapp("dialog", "show", "1", "--json").json["assignee"] == ""
    assert "Dialog changed: Пётр answers for it" in chatapp("tail").out


def test_a_dialog_is_put_off_or_needs_no_answer(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Спасибо!")
    chatapp("dialog", "snooze", "1", "2030-01-01 09:00")
    assert (listed(chatapp), listed(chatapp, "--snoozed")) == ([], ["1"])
    assert "Snoozed until\t2030-01-01 09:00" in chatapp("dialog", "show", "1").out
    assert chatapp.run("dialog", "snooze", "1", "вчера").code == 2
    chatapp("dialog", "unsnooze", "1")
    assert listed(chatapp, "--waiting") == ["1"]
    chatapp("dialog", "no-answer", "1")
    assert (listed(chatapp), listed(chatapp, "--waiting")) == (["1"], [])
    said = chatapp("tail").out
    for words in ("snoozed until 2030-01-01 09:00", "back in the list", "no answer is needed"):
        assert words in said


@pytest.mark.req("S-127")
def test_members_are_added_in_roles_and_taken_out(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Здравствуйте")
    chatapp("dialog", "member", "1", "add", "Вера", "--role", "observer")
    chatapp("dialog", "member", "1", "add", "me", "--role", "producer")
    assert "Members\tВера (Observer), Ольга (Producer)" in chatapp("dialog", "show", "1").out
    chatapp("dialog", "member", "1", "remove", "Вера")
    shown = chatapp("dialog", "show", "1", "--json").json
    assert shown["members"] == [{"operator": "Ольга", "role": "producer"}]
    assert chatapp.run("dialog", "member", "1", "praise", "Вера").code == 2
    assert chatapp.run("dialog", "member", "1", "add", "Вера", "--role", "boss").code == 2


def test_notes_are_written_shown_in_their_place_and_call_whom_they_mention(
    chatapp: Shell, client_writes: Write
) -> None:
    client_writes("Будет ли скидка?")
    chatapp("dialog", "note", "1", "-", stdin="Обещали 10 %\n@Пётр, верно?\n")
    shown = chatapp("dialog", "show", "1").out
    assert shown.index("Будет ли скидка?") < shown.index("[a note, the client does not see it]")
    assert "    @Пётр, верно?" in shown
    (row,) = chatapp("dialog", "notes", "1", "--json").json
    assert (row["author"], row["text"]) == ("Ольга", "Обещали 10 %\n@Пётр, верно?")
    assert len(chatapp("dialog", "show", "1", "--json").json["messages"]) == 1
    assert chatapp("dialog", "mentions").rows == []
    assert chatapp("dialog", "mentions", CHATAPP_OPERATOR="Пётр").rows[0][0] == "1"
    assert chatapp.run("dialog", "note", "1", " ").code == 2
