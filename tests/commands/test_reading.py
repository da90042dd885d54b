"""What only looks: dialogs, messages, the outbox, the journal, traces, the doctor, settings."""

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chatapp_cli.bootstrap import Company
from chatapp_cli.cli import app
from chatapp_cli.domain.arrival import IncomingFile
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.services import transcript
from tests.commands.conftest import NOON, Program, Said, Shell, Write, a_file
from tests.stores import HeldClock


@pytest.mark.req("S-117")
def test_dialogs_are_found_by_filters_that_combine(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?")
    client_writes("Спасибо", ext_id="in-2", key="client-8", name="Борис")
    chatapp("dialog", "tag", "1", "опт")
    chatapp("dialog", "read", "2")
    chatapp("dialog", "pin", "2")

    def found(*words: str) -> list[str]:
        return [row[0] for row in chatapp("dialog", "list", *words).rows]

    assert found() == ["2", "1"]
    assert found("--unread") == ["1"]
    assert found("--unread", "--pinned") == []
    assert found("--tag", "опт", "--line", "Магазин", "--channel", "api") == ["1"]
    assert found("--search", "борис") == found("--pinned") == ["2"]
    assert found("--limit", "1", "--after", "2") == ["1"]
    assert found("--waiting") == ["1", "2"]


@pytest.mark.req("S-118")
@pytest.mark.req("S-119", part="by operators, not by robots")
def test_marks_of_a_dialog_are_set_and_taken_off(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Здравствуйте")
    for words in (["rename", "1", "Анна, опт"], ["tag", "1", "vip"], ["pin", "1"], ["block", "1"]):
        chatapp("dialog", *words)
    shown = chatapp("dialog", "show", "1", "--json").json
    assert [shown[name] for name in ("name", "tags", "pinned", "blocked")] == ["Анна, опт", ["vip"], True, True]
    assert [row["id"] for row in chatapp("dialog", "list", "--blocked", "--json").json] == [1]
    for words in (["rename", "1", ""], ["untag", "1", "vip"], ["unpin", "1"], ["unblock", "1"], ["unread", "1"]):
        chatapp("dialog", *words)
    shown = chatapp("dialog", "show", "1", "--json").json
    assert [shown[name] for name in ("tags", "pinned", "blocked", "unread")] == [[], False, False, 1]
    again = chatapp.run("dialog", "untag", "1", "vip")
    assert (again.code, again.err) == (1, "Dialog 1 has no tag vip.\n")


@pytest.mark.req("S-005")
@pytest.mark.req("S-119", part="by operators, not by robots")
def test_a_transcript_shows_the_chat_id_files_and_states(
    chatapp: Shell, program: Program, client_writes: Write
) -> None:
    client_writes("Вот список", files=(a_file(),))
    chatapp("reply", "1", "--text", "Получили")
    target = chatapp("dialog", "show", "1")
    assert "Chat id\tclient-7" in target.out
    assert "file 1: price.txt, 1 KB" in target.out
    assert "→ Ольга  [sent]" in target.out


def test_control_characters_of_a_client_never_reach_the_terminal(chatapp: Shell, client_writes: Write) -> None:
    client_writes("\x1b]0;owned\x07 привет \x9b31m", name="Зло\x1b[2J")
    for words in (["dialog", "list"], ["dialog", "show", "1"], ["message", "show", "1"], ["trace", "1"]):
        assert not {"\x1b", "\x9b", "\x07"} & set(chatapp(*words).out)


def test_a_received_file_is_saved_beside_what_is_there_and_never_outside(
    chatapp: Shell, client_writes: Write, tmp_path: Path
) -> None:
    client_writes("Вот", files=(a_file("../../price.txt"),))
    first, second = (chatapp("message", "save", "1", "--to", tmp_path).out.strip() for _ in range(2))
    assert [Path(first), Path(second)] == [tmp_path / "price.txt", tmp_path / "price (1).txt"]
    assert Path(second).read_bytes() == b"fir 900"
    missing = chatapp.run("message", "save", "1", "--to", tmp_path / "nowhere")
    assert (missing.code, missing.err.splitlines()[1]) == (1, "→ Name another folder.")


def test_a_file_that_cannot_be_saved_does_not_take_the_others_with_it(
    chatapp: Shell, client_writes: Write, company: Company, tmp_path: Path
) -> None:
    names = ("Щ" * 150 + ".pdf", "lost.txt", "gone.txt", "price.txt")
    client_writes("Вот", files=tuple(a_file(name, name.encode()) for name in names))
    for file in company.read(lambda tx: transcript.entry(tx, MessageId(1))).files[1:3]:
        company.media.path(file.sha256).unlink()
    saved = chatapp.run("message", "save", "1", "--to", tmp_path)
    assert saved.code == 1
    assert saved.out.splitlines() == [str(tmp_path / ("Щ" * 125 + ".pdf")), str(tmp_path / "price.txt")]
    assert [line.split(" is not in ")[0] for line in saved.err.splitlines()[::2]] == [
        "The content of lost.txt",
        "The content of gone.txt",
    ]


def test_a_change_of_a_message_waits_in_the_outbox_and_says_for_what(
    chatapp: Shell, program: Program, bound: int
) -> None:
    chatapp("send", "client-7", "-c", "api", "--text", "Опечтка")
    target = chatapp("message", "edit", "1", "-", stdin="Опечатка\n")
    assert "The daemon is not running" in target.err
    assert [(row["action"], row["state"]) for row in chatapp("outbox", "list", "--json").json] == [("edit", "queued")]
    assert chatapp("message", "react", "1", "👍").code == chatapp("message", "delete", "1").code == 0
    assert [row[1] for row in chatapp("outbox", "list").rows] == [
        "waiting (edit)",
        "waiting (reaction)",
        "waiting (deletion)",
    ]


def test_the_outbox_shows_what_waits_and_what_is_cancelled_never_goes(
    chatapp: Shell, program: Program, bound: int
) -> None:
    chatapp("send", "client-7", "-c", "api", "--text", "Завтра", "--at", "2030-01-01 09:00")
    assert chatapp("outbox", "list").rows == [
        ["1", "scheduled", "client-7", "Ёлочный базар", "2030-01-01 09:00", "It is scheduled.", "Завтра"]
    ]
    chatapp("message", "cancel", "1")
    assert chatapp("outbox", "list").err == "Nothing waits, and nothing went wrong.\n"
    refused = chatapp.run("message", "retry", "1")
    words = "Message 1 was cancelled and will not be sent.\n→ Write it again: chatapp reply 1\n"
    assert (refused.code, refused.err) == (1, words)
    assert chatapp("message", "show", "1", "--json").json["state"] == "cancelled"
    refused = chatapp.run("message", "resolve", "1", "sent")
    assert (refused.code, refused.err) == (1, "Message 1 is cancelled, not uncertain.\n")


def test_the_journal_is_told_in_words_and_goes_on_where_it_was_left(
    chatapp: Shell, program: Program, bound: int
) -> None:
    chatapp("send", "client-7", "-c", "api", "--text", "Ёлка")
    lines = chatapp("tail").out.splitlines()
    assert lines[0].endswith("Line added: Магазин (Ольга)")
    assert lines[-1].endswith("Message 1: sent")
    number = int(lines[-2].split("\t")[0])
    (last,) = chatapp("tail", "--after", number, "--json").rows
    assert '"topic": "message.state"' in last[0]
    assert chatapp("tail", "-n", "2").out.splitlines() == lines[-2:]


def test_a_trace_tells_the_whole_life_of_a_message(chatapp: Shell, program: Program, bound: int) -> None:
    chatapp("send", "client-7", "-c", "api", "--text", "Ёлка")
    said = chatapp("trace", "1").out
    assert "Attempt 1: sending began" in said
    assert "Attempt 1: done shop-" in said
    life = chatapp("trace", "1", "--json").json
    assert [one["verdict"] for one in life["attempts"]] == ["done"]
    assert [one["topic"] for one in life["news"]] == ["message.out", "message.state", "message.state"]


def test_a_short_list_of_dead_letters_says_that_there_are_more(chatapp: Shell, company: Company, bound: int) -> None:
    from chatapp_cli.domain.arrival import Arrival
    from chatapp_cli.domain.ids import ChannelId
    from chatapp_cli.services.ingest import set_aside

    for n in range(103):
        letter = Arrival(provider_id=f"x{n}", raw=b"{}")
        company.write(lambda tx, letter=letter: set_aside(tx, ChannelId(bound), letter, problem="no chat"))
    target = chatapp("deadletter", "list")
    assert (len(target.rows), target.err) == (100, "These are the newest 100 of 103; more with: --limit 103\n")
    assert len(chatapp("deadletter", "list", "--limit", "2", "--json").json) == 2
    assert (len((target := chatapp("deadletter", "list", "-n", "103")).rows), target.err) == (103, "")


def test_a_dead_letter_is_shown_as_it_came_and_forgotten(chatapp: Shell, company: Company, bound: int) -> None:
    from chatapp_cli.domain.arrival import Arrival
    from chatapp_cli.domain.ids import ChannelId
    from chatapp_cli.services.ingest import set_aside

    letter = Arrival(provider_id="x", raw=b'{"odd": 1}')
    company.write(lambda tx: set_aside(tx, ChannelId(bound), letter, problem="no chat"))
    assert chatapp("deadletter", "list").rows[0][2:] == [str(bound), "", "", "no chat"]
    assert chatapp("deadletter", "show", "1").out == '{"odd": 1}\n'
    assert "could not be understood" in chatapp.run("doctor").err
    chatapp("deadletter", "forget", "1")
    assert chatapp("deadletter", "list", "--json").json == []
    assert chatapp.run("deadletter", "forget", "1").err.startswith("There is no arrival 1.\n→ See them with")


def test_the_doctor_finds_an_open_key_and_a_missing_daemon(chatapp: Shell, home: Path, bound: int) -> None:
    found = {one["name"]: one for one in chatapp.run("doctor", "--json").json}
    assert [found[name]["ok"] for name in ("store", "key", "clock")] == [True, True, True]
    assert (found["daemon"]["ok"], found["daemon"]["next_step"]) == (False, "Start it: chatapp serve")
    key = home / "main" / "secret.key"
    key.chmod(0o644)
    target = chatapp.run("doctor")
    assert target.code == 1
    assert f"→ Close it: chmod 600 '{key}'" in target.err
    assert stat.S_IMODE(key.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("now", "ok", "what"),
    [
        (0, True, "The clock is not behind stored times"),
        (-3_600_000, False, "The clock shows 2026-11-18 10:06, but something was stored at 2026-11-18 11:06"),
        (-NOON, False, "The clock shows 1970-01-01 00:00, which is before this program was made"),
    ],
)
def test_the_doctor_says_what_the_clock_shows_and_what_it_is_against(
    env: Mapping[str, str], home: Path, now: int, ok: bool, what: str
) -> None:
    def run(at: int, *words: str) -> Said:
        clock = HeldClock(at)
        done = CliRunner().invoke(app, list(words), env=env, obj=World(clock=clock, chance=SystemChance()))
        return Said(done.exit_code, done.stdout, done.stderr)

    assert run(NOON, "line", "add", "Опт").code == 0
    found = {one["name"]: one for one in run(NOON + now, "doctor", "--json").json}
    assert (found["clock"]["ok"], found["clock"]["what"]) == (ok, what)


def test_the_doctor_names_a_file_that_lost_its_content_and_so_does_saving_it(
    chatapp: Shell, company: Company, client_writes: Write, tmp_path: Path
) -> None:
    photo = IncomingFile(kind="photo", name="ель.jpg", sha256=company.media.put(b"fir"))
    client_writes("Вот", files=(photo, IncomingFile(kind="photo", name="сосна.jpg", sha256=company.media.put(b"pine"))))
    assert "files" not in {one["name"] for one in chatapp.run("doctor", "--json").json}
    company.media.path(photo.sha256).unlink()
    (found,) = [one for one in chatapp.run("doctor", "--json").json if one["name"] == "files"]
    assert (found["ok"], found["what"]) == (False, "The content of 1 of 2 files is lost, such as ель.jpg of message 1")
    refused = chatapp.run("message", "save", "1", "--to", tmp_path)
    assert (refused.code, refused.out) == (1, f"{tmp_path / 'сосна.jpg'}\n")
    assert refused.err.startswith(f"The content of ель.jpg is not in {company.media.root} any more.\n→ Restore")


def test_the_doctor_names_where_settings_come_from_in_words(chatapp: Shell) -> None:
    chatapp("config", "set", "theme", "light")
    said = chatapp.run("doctor", CHATAPP_LANG="ru", CHATAPP_QUIET="22:00-08:00").out
    line = next(line for line in said.splitlines() if "settings" in line)
    assert "theme (файл)" in line
    assert "quiet (окружение)" in line
    assert "env" not in line


def test_the_doctor_explains_a_store_that_is_damaged(chatapp: Shell, home: Path) -> None:
    (home / "main" / "chatapp.db").write_bytes(b"this is no database at all" * 100)
    target = chatapp.run("doctor")
    assert target.code == 1
    assert "is damaged." in target.err
    assert "restore the latest backup" in target.err


def test_settings_are_written_read_and_name_their_source(chatapp: Shell, tmp_path: Path) -> None:
    assert chatapp("config", "path").out == f"{tmp_path / 'config.toml'}\n"
    chatapp("config", "set", "http_port", "9000")
    assert chatapp("config", "get", "http_port").out == "9000\n"
    listed = chatapp("config", "list", "--json").json
    assert listed["http_port"] == {"value": 9000, "source": "file"}
    assert listed["operator"] == {"value": "Ольга", "source": "env"}
    assert chatapp("config", "list", "--json", CHATAPP_SECRET_KEY="geheim").json["secret_key"]["value"] == "***"
    wrong = chatapp.run("config", "set", "theme", "pink")
    assert (wrong.code, wrong.err) == (2, "theme cannot be pink.\n→ Choose one of: contrast, dark, light, mono\n")


@pytest.mark.req("S-014", part="the command")
def test_support_shows_whom_to_ask(chatapp: Shell) -> None:
    chatapp("config", "set", "support", "help@example.org")
    assert dict(chatapp("support").rows)["Support"] == "help@example.org"


@pytest.mark.req("S-027")
def test_another_company_is_another_store(chatapp: Shell) -> None:
    chatapp("line", "add", "Продажи")
    chatapp("--company", "second", "line", "add", "Опт")
    assert [row[1] for row in chatapp("line", "list").rows] == ["Продажи"]
    assert [row[1] for row in chatapp("--company", "second", "line", "list").rows] == ["Опт"]


def test_what_is_said_in_a_voice_message_is_written_down_by_hand_and_shown(
    chatapp: Shell, client_writes: Write, tmp_path: Path
) -> None:
    voice = IncomingFile(kind="voice", name="голос.ogg", mime="audio/ogg", content=b"yelka", seconds=4)
    client_writes("", files=(voice,))
    missing = chatapp.run("message", "transcribe", "1")
    assert (missing.code, missing.err.splitlines()[0]) == (2, "No transcription command is set.")
    command = {"CHATAPP_TRANSCRIBE_COMMAND": "/bin/cat {file}"}
    assert chatapp("message", "transcribe", "1", **command).out == "yelka\n"
    assert "«yelka»" in chatapp("dialog", "show", "1").out
    assert chatapp("message", "show", "1", "--json").json["files"][0]["words"] == "yelka"
    broken = chatapp.run("message", "transcribe", "1", CHATAPP_TRANSCRIBE_COMMAND="/bin/false {file}")
    assert (broken.code, broken.err.splitlines()[0]) == (1, "The transcription command failed.")
