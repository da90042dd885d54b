"""Robots from the command line: what each returns, to the letter (C-09, S-170 to S-178)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Program, Shell

UNSERVED = "The daemon is not running; this runs when it starts: chatapp serve\n"
pytestmark = pytest.mark.usefixtures("bound")


@pytest.mark.req("S-172", part="phones and chat ids by comma and semicolon, each once")
@pytest.mark.req("S-175", part="from the command line")
def test_everybody_gets_the_message_once_and_the_result_names_each_as_the_form_says(
    chatapp: Shell, program: Program
) -> None:
    said = chatapp.run(
        "robot", "run", "send-message", "--phone", "8 (900) 000-00-01; +79000000002, 79000000001", "--message", "Готово"
    )
    assert (said.code, said.err) == (0, f"Run: 1\n{UNSERVED}")
    assert said.rows == [["status", "Y"], ["detail", "79000000001:Y; 79000000002:Y"], ["timeout", "1"]]
    assert program.heard == []


def test_the_final_word_is_waited_for_with_the_asynchronous_result(chatapp: Shell, program: Program) -> None:
    said = chatapp("robot", "run", "chatapp_send_message", "--chat-id", "client-7", "--message", "Готово", "--async")
    assert said.rows == [["status", "Y"], ["detail", "client-7:Y"], ["timeout", "1"]]
    assert program.heard == ["Готово"]


@pytest.mark.parametrize(
    ("words", "detail"),
    [
        (["--message", "Ау"], ":N:[NO_RECIPIENT] There is no phone and no chat id"),
        (["--chat-id", "client-7"], "client-7:N:[FIELD_MISSING] The field “Message” is empty"),
        (["--chat-id", "client-7", "--message", "Ау", "--channel", "sms"],
         "client-7:N:[NO_CHANNEL] There is no channel sms that the robot may use"),
        (["--chat-id", "a b;client-7", "--message", "Ау"],
         "a b:N:[CANNOT_WRITE_FIRST] An address in Программа has no spaces; client-7:Y"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_the_form_for_those_alone(chatapp: Shell, words: list[str], detail: str) -> None:
    said = chatapp.run("robot", "run", "send-message", *words, "--json")
    title = chatapp("line", "show", "1", "--json").json["channels"][0]["title"]
    assert (said.code, said.json["status"]) == (1, "N")
    assert said.json["detail"] == detail.replace("Программа", title)


def test_a_result_of_another_program_is_read(chatapp: Shell) -> None:
    said = "79000000000: N: license not found; 79000000001:Y"
    rows = [["79000000000", "N", "", "license not found"], ["79000000001", "Y", "", ""]]
    assert chatapp.run("robot", "read", "-", stdin=said).rows == rows
    failed = {"recipient": "79000000000", "done": False, "code": "", "message": "license not found"}
    assert chatapp("robot", "read", said, "--json").json == [failed, {"recipient": "79000000001", "done": True}]
    assert chatapp.run("robot", "read", "as it was: well").code == 2


def test_the_same_key_does_it_once_and_for_nothing_else(chatapp: Shell, program: Program) -> None:
    words = ("robot", "run", "send-message", "--chat-id", "client-7", "--async", "--idempotency-key", "order-15")
    assert chatapp(*words, "--message", "Раз").out == chatapp(*words, "--message", "Раз").out
    assert program.heard == ["Раз"]
    another = chatapp.run(*words, "--message", "Два")
    assert (another.code, another.out) == (1, "")
    assert "This key was used for another robot" in another.err
    assert "--idempotency-key" not in another.err
    assert program.heard == ["Раз"]


STEPS = """
- robot: send-message
  chat_id: [client-7, client-8]
  message: "Раз"
  async: "yes"
- robot: set_tags
  chat_id: client-7; client-9
  tags: VIP
"""


@pytest.mark.req("S-178")
def test_several_robots_of_a_file_run_in_order(chatapp: Shell, program: Program, tmp_path: Path) -> None:
    file = tmp_path / "steps.yaml"
    file.write_text(STEPS, "utf-8")
    done = chatapp.run("robot", "run", "--file", str(file), "--json")
    assert done.code == 1
    assert done.json == [
        {"robot": "send_message", "run": 1, "status": "Y", "detail": "client-7:Y; client-8:Y", "timeout": "1"},
        {
            "robot": "set_tags",
            "run": 2,
            "status": "N",
            "detail": "client-7:Y; client-9:N:[NO_DIALOG] client-9 has no dialog here yet",
            "timeout": "1",
        },
    ]
    assert program.heard == ["Раз", "Раз"]
    assert chatapp.run("robot", "run", "--file", "-", stdin=STEPS).rows[0] == ["robot", "send-message"]
    listed = chatapp("robot", "runs", "--json").json
    assert [(one["robot"], one["operator"], one["state"]) for one in listed] == [
        ("set_tags", "Ольга", "ended"),
        ("send_message", "Ольга", "ended"),
    ] * 2


def test_a_file_that_is_missing_is_told_before_the_first_robot_of_several_works(
    chatapp: Shell, program: Program
) -> None:
    steps = f"{STEPS}- robot: send-file\n  chat_id: client-7\n  file: /no/such\n"
    said = chatapp.run("robot", "run", "--file", "-", stdin=steps)
    assert (said.code, said.out, program.heard) == (1, "", [])
    assert "/no/such" in said.err
    assert chatapp("robot", "runs", "--json").json == []


@pytest.mark.parametrize("as_json", [False, True])
def test_robots_that_stop_half_way_say_what_was_done_and_how_to_go_on(
    chatapp: Shell, program: Program, *, as_json: bool
) -> None:
    words = ("robot", "run", "--file", "-", "--idempotency-key", "k", *(["--json"] if as_json else []))
    one, other = "- robot: send-message\n  chat_id: client-7\n", "\n  async: 'yes'\n"
    steps = f"{one}  message: Раз{other}{one}  message: Два{other}"
    assert chatapp.run(*words, stdin=steps).code == 0
    stopped = chatapp.run(*words, stdin=steps.replace("Два", "Три"))
    done = [each["detail"] for each in stopped.json] if as_json else [stopped.rows[2][1]]
    assert (stopped.code, done, program.heard) == (1, ["client-7:Y"], ["Раз", "Два"])
    assert "1 of 2 robots were run. To go on, repeat the command with: --idempotency-key k\n" in stopped.err


def test_what_would_be_refused_again_is_not_offered_to_be_done_again(chatapp: Shell) -> None:
    assert chatapp.run("robot", "run", "send-message", "--chat-id", "client-7").code == 1
    said = chatapp.run("robot", "retry", "1")
    assert (said.code, said.out) == (1, "")
    assert "It would be refused again: The field “Message” is empty." in said.err


@pytest.mark.parametrize(
    ("words", "stdin", "complaint"),
    [
        (["fly"], "", "There is no robot fly."),
        ([], "", "No robot is named."),
        (["--file", "/no/such"], "", "There is no file /no/such."),
        (["--file", "-"], "robot: send-message", "It is no list of robots."),
        (["--file", "-"], "- robot: [", "The robots are not understood: Line 1 is no correct YAML."),
        (["--file", "-"], "- robot: x\n  message: 'a\n- robot: y\n", "Line 4 is no correct YAML."),
        (["--file", "-"], "- robot: \u0007", "has signs that YAML does not allow."),
        (["--file", "-"], "- robot: send-message\n  phones: 1", "The robot send-message has no field phones."),
        (["--file", "-"], "- robot: send-message\n  phone: 1\n  'phone': 2", "Line 3 has phone again."),
        (["--file", "-"], "- &a robot: send-message\n- *a", "It has references."),
        (["send-message", "--tags", "VIP"], "", "The robot send-message has no field tags."),
    ],
)
def test_what_is_no_robot_is_explained(chatapp: Shell, words: list[str], stdin: str, complaint: str) -> None:
    said = chatapp.run("robot", "run", *words, stdin=stdin)
    assert (said.code, said.out) == (2, "")
    assert complaint in said.err


def test_the_list_names_all_robots_also_by_their_codes_in_the_portal(chatapp: Shell) -> None:
    listed = chatapp("robot", "list", "--json").json
    assert len(listed) == 11
    assert (listed[0]["name"], listed[0]["title"]) == ("chatapp_send_message", "Send a message")
    assert (
        chatapp("robot", "list").rows[8][2] == "group_id*, message, document, format, line_id, channel, async, comment"
    )


def test_what_was_refused_is_done_again_by_its_number(chatapp: Shell, program: Program) -> None:
    words = (
        "robot",
        "run",
        "send-message",
        "--phone",
        "502",
        "--chat-id",
        "a b; client-7",
        "--message",
        "Раз",
        "--async",
    )
    first = chatapp.run(*words)
    (number,) = [one["id"] for one in chatapp("robot", "runs", "--json").json]
    assert (first.code, f"Do again what was not done: chatapp robot retry {number}\n" in first.err) == (1, True)
    done = chatapp("robot", "retry", number)
    assert done.out == f"{number + 1}\n"
    assert f"Run {number + 1} does again what was not done: 502:N:[NO_PHONE]" in done.err
    assert "chatapp robot runs" not in done.err
    (again, _) = chatapp("robot", "runs", "--json").json
    named = [again["arguments"][field] for field in ("phone", "chat_id")]
    assert (named, again["results"]["status"]) == (["502", "a b"], "N")
    twice = chatapp.run("robot", "retry", number)
    assert (twice.code, program.heard) == (1, ["Раз"])
    assert "It was tried again already." in twice.err
    assert chatapp.run("robot", "runs", "-n", "0").code == 2


def test_what_is_done_again_is_waited_for(chatapp: Shell, program: Program) -> None:
    words = ("robot", "run", "send-message", "--chat-id", "client-7", "--message", "Раз", "--async")
    chatapp.run(*words, "--wait", "0")
    assert chatapp("robot", "runs", "--json").json[0]["results"]["timeout"] == "0"
    assert "Run 2 does again what was not done: client-7:Y\n" in chatapp("robot", "retry", "1").err
    assert program.heard == ["Раз"]


def test_a_document_is_filled_in_from_the_shell(chatapp: Shell, program: Program, tmp_path: Path) -> None:
    file = tmp_path / "bill.pdf"
    file.write_bytes(b"%PDF-1.4")
    said = chatapp("robot", "run", "send-document", "--chat-id", "client-7", "--document", str(file))
    assert said.rows[1] == ["detail", "client-7:Y"]
