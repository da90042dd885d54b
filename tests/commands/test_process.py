"""The program as a process: what scripts rely on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.restricted import own_settings
from chatapp_cli.services import operators
from chatapp_cli.settings import save
from tests.commands.conftest import Shell, Write
from tests.commands.process import AS_ON_A_TERMINAL, PIPES, PROGRAM, in_a_shell, run


def a_login(company: Company, name: str) -> str:
    """The token of an operator who sees every line."""
    company.write(lambda tx: operators.add(tx, name, "", ()))
    company.write(lambda tx: operators.open_session(tx, name, "token"))
    return "token"


def read_until(words: str, out: IO[str]) -> str:
    """What a process prints up to the line with these words."""
    said = ""
    while words not in said:
        line = out.readline()
        assert line, f"It ended without «{words}»: {said}"
        said += line
    return said


@pytest.mark.req("S-012")
def test_help_and_errors_are_russian_unless_somebody_says_otherwise(env: Mapping[str, str], tmp_path: Path) -> None:
    said = run(env, "line", "--help", CHATAPP_LANG="")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("Использование: chatapp line [ПАРАМЕТРЫ]")
    assert "Создать линию" in said.stdout
    assert run(env, "--lang", "en", "line", "show", CHATAPP_LANG="ru").stderr.startswith("There is no line yet.")
    own = tmp_path / "own.toml"
    own.write_text('lang = "en"\n', "utf-8")
    russian = {"CHATAPP_LANG": "", "LC_ALL": "ru_RU.UTF-8"}
    assert run(env, "line", "--help", **russian).stdout.startswith("Использование:")
    assert run(env, "line", "--help", **russian, CHATAPP_OWN=str(own)).stdout.startswith("Usage:")
    Path(env["CHATAPP_CONFIG"]).write_text('lang = "en"\n', "utf-8")
    assert run(env, "line", "--help", **russian).stdout.startswith("Usage:")
    assert run(env, "line", "--help", CHATAPP_LANG="ru", CHATAPP_OWN=str(own)).stdout.startswith("Использование:")


@pytest.mark.req("S-012")
def test_a_restricted_window_speaks_the_language_that_its_operator_chose(env: Mapping[str, str]) -> None:
    save(own_settings(Path(env["CHATAPP_HOME"]) / "main", "Ольга"), "lang", "en")
    said = {
        name: run(env, "--operator", name, "inbox", "--restricted", CHATAPP_LANG="", LC_ALL="C").stderr.splitlines()[0]
        for name in ("Ольга", "Иван")
    }
    assert said == {"Ольга": "The window needs a terminal.", "Иван": "Окну нужен терминал."}


@pytest.mark.req("S-012")
@pytest.mark.parametrize(
    "words",
    [
        "lin", "line ad", "line zzz", "line add", "line list --jsn", "line rename a b c", "dialog show x", "line bind",
        "reply 1 -t x --wait soon", "message resolve 1 perhaps", "tail -n", "line list --json=1", "send a --at never",
    ],
)  # fmt: skip
def test_a_slip_of_the_fingers_is_told_in_russian_alone(env: Mapping[str, str], words: str) -> None:
    said = run(env, *words.split(), CHATAPP_LANG="ru")
    typed = set(
        re.findall(
            r"[A-Za-z]+", f"chatapp help {words} line add list dialog channels json sent failed NAME KIND SENT FAILED"
        )
    )
    assert said.returncode == 2
    assert set(re.findall(r"[A-Za-z]+", said.stderr)) <= typed


def test_a_mistake_in_the_settings_file_is_said_without_a_traceback(env: Mapping[str, str]) -> None:
    Path(env["CHATAPP_CONFIG"]).write_text("colour =\n", "utf-8")
    said = run(env, "line", "list")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.splitlines()[1] == "→ Correct it, or set CHATAPP_CONFIG."


def test_settings_that_are_not_known_are_passed_over_with_one_note(env: Mapping[str, str]) -> None:
    file = Path(env["CHATAPP_CONFIG"])
    file.write_text("colour = 1\nflavour = 2\n", "utf-8")
    said = run(env, "config", "set", "theme", "light")
    note = f"Settings in {file} that are passed over: colour, flavour"
    assert (said.returncode, said.stderr.splitlines()) == (0, [note, f"theme is set in {file}."])
    found = run(env, "doctor", "--json")
    assert (found.returncode, found.stderr.strip()) == (1, note)
    assert [one["what"].split()[0] for one in json.loads(found.stdout) if one["name"] == "setting"] == [
        "colour",
        "flavour",
    ]


@pytest.mark.parametrize(
    ("words", "what", "step"),
    [
        (["lin"], "There is no command lin.", "Did you mean: chatapp line"),
        (
            ["line", "ad"],
            "There is no command ad.",
            "Did you mean: chatapp line add",
        ),
        (["line", "zzz"], "There is no command zzz.", "See: chatapp line --help"),
        (
            ["line", "rename", "a", "b", "c"],
            "This is more than the command takes: c",
            "See: chatapp line rename --help",
        ),
        (
            ["message", "resolve", "1", "perhaps"],
            "SENT|FAILED cannot be perhaps, only one of: sent, failed",
            "See: chatapp message resolve --help",
        ),
        (["line", "add"], "NAME is missing.", "See: chatapp line add --help"),
        (["line", "list", "--jsn"], "There is no option --jsn.", "Did you mean: --json"),
        (["tail", "-n"], "Option -n needs a value, or takes none.", "See: chatapp --help"),
        (["dialog", "show", "x"], "x is not a number.", "Lists show the numbers, such as: chatapp dialog list"),
    ],
)
def test_a_slip_of_the_fingers_ends_with_2_and_the_next_step(
    chatapp: Shell, words: list[str], what: str, step: str
) -> None:
    target = chatapp.run(*words)
    assert (target.code, target.out, target.err) == (2, "", f"{what}\n→ {step}\n")


def test_a_surprise_is_one_line_with_the_way_to_its_traceback(env: Mapping[str, str]) -> None:
    spoiled = {**env, "CHATAPP_HOME": "/dev/null/nowhere"}
    said = run(spoiled, "line", "list")
    assert said.returncode in {1, 2}
    assert "Traceback" not in said.stderr
    assert "Traceback" in run(spoiled, "line", "list", CHATAPP_TRACEBACK="1").stderr


def test_a_reader_that_leaves_early_is_no_error_to_shout_about(env: Mapping[str, str]) -> None:
    script = f"{sys.executable} -m chatapp_cli config list | true"
    done = subprocess.run(["sh", "-c", script], env={**os.environ, **env}, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize(("where", "why"), [(">&-", "Bad file descriptor"), (">/dev/full", "No space left on device")])
@pytest.mark.parametrize("words", ["line list --json", "config list", "--help"])
def test_output_that_goes_nowhere_is_said(
    env: Mapping[str, str], chatapp: Shell, words: str, where: str, why: str
) -> None:
    chatapp("line", "add", "Магазин")
    shell = ["/bin/sh", "-c", f"{' '.join(PROGRAM)} {words} {where}"]
    what = f"Standard output cannot be written to: {why}."
    for unbuffered in ("", "1"):
        around = {**os.environ, **env, "PYTHONUNBUFFERED": unbuffered}
        said = subprocess.run(shell, env=around, capture_output=True, text=True, check=False)
        assert (said.returncode, said.stderr) == (2, f"{what}\n→ Free some space there, or redirect it elsewhere.\n")


def test_nothing_is_done_that_could_not_be_told(env: Mapping[str, str], chatapp: Shell) -> None:
    command = f"{' '.join(PROGRAM)} line add Опт >&-"
    subprocess.run(["/bin/sh", "-c", command], env={**os.environ, **env}, capture_output=True, check=False)
    assert chatapp("line", "list").out == ""


@pytest.mark.parametrize("words", [("line", "bind", "api"), ("user", "add", "Вера"), ("login",)])
def test_one_press_of_ctrl_c_ends_a_question(env: Mapping[str, str], chatapp: Shell, words: tuple[str, ...]) -> None:
    chatapp("line", "add", "Магазин")
    person, terminal = os.openpty()
    command = [*AS_ON_A_TERMINAL, *PROGRAM, *words]
    asked = subprocess.Popen(
        command, env={**os.environ, **env}, stdin=terminal, stdout=terminal, stderr=terminal, process_group=0
    )
    said = b""
    while not said.rstrip().endswith(b":"):
        said += os.read(person, 4096)
    time.sleep(0.2)
    os.killpg(asked.pid, signal.SIGINT)
    assert in_a_shell(asked.wait(10)) == 130


def test_following_prints_news_as_they_happen_until_interrupted(env: Mapping[str, str], chatapp: Shell) -> None:
    words = [*AS_ON_A_TERMINAL, *PROGRAM, "tail", "-f", "--json", "--after", "0"]
    with subprocess.Popen(words, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tail:
        try:
            chatapp("line", "add", "Продажи")
            chatapp("line", "add", "Опт")
            assert tail.stdout is not None
            assert tail.stderr is not None
            assert json.loads(tail.stdout.readline())["topic"] == "line.added"
            tail.send_signal(signal.SIGINT)
            assert in_a_shell(tail.wait(10)) == 130
            assert b"Traceback" not in tail.stderr.read()
        finally:
            tail.kill()


@pytest.mark.req("S-128", part="access by lines, assignees")
@pytest.mark.parametrize(
    ("words", "before", "after", "ended"),
    [
        (("tail", "-f"), "Message 1 received", "Message 2", "disable"),
        (("inbox", "--plain"), "До", "После", "disable"),
        (("inbox", "--plain"), "До", "После", "remove"),
    ],
)
def test_who_may_no_longer_log_in_stops_reading_at_once(
    env: Mapping[str, str],
    chatapp: Shell,
    company: Company,
    client_writes: Write,
    words: tuple[str, ...],
    before: str,
    after: str,
    ended: str,
) -> None:
    token = a_login(company, "Пётр")
    around = {**os.environ, **env, "CHATAPP_TOKEN": token, "CHATAPP_HTTP_HOST": ""}
    with subprocess.Popen([*PROGRAM, *words], env=around, stdin=subprocess.PIPE, **PIPES) as reading:
        try:
            assert reading.stdout is not None
            assert reading.stderr is not None
            client_writes("До", ext_id="before")
            read_until(before, reading.stdout)
            chatapp("user", ended, "Пётр")
            client_writes("После", ext_id="after")
            assert reading.wait(10) == 1
            assert after not in reading.stdout.read()
            assert reading.stderr.read().splitlines() == ["You are logged out.", "→ Log in: chatapp login"]
        finally:
            reading.kill()


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_who_follows_the_journal_sees_the_lines_of_now_and_not_those_of_the_start(
    env: Mapping[str, str], chatapp: Shell, company: Company, client_writes: Write
) -> None:
    around = {**os.environ, **env, "CHATAPP_TOKEN": a_login(company, "Пётр")}
    chatapp("line", "add", "Опт")
    with subprocess.Popen([*PROGRAM, "tail", "-f"], env=around, **PIPES) as reading:
        try:
            assert reading.stdout is not None
            client_writes("До", ext_id="before")
            read_until("Message 1 received", reading.stdout)
            chatapp("user", "lines", "Пётр", "--line", "Опт")
            client_writes("Пока её не видно", ext_id="hidden")
            chatapp("quick", "add-section", "Для всех линий")
            meanwhile = read_until("Для всех линий", reading.stdout)
            chatapp("user", "lines", "Пётр", "--line", "Магазин")
            client_writes("После", ext_id="after")
            again = read_until("Message 3 received", reading.stdout)
            chatapp("user", "disable", "Пётр")
            assert reading.wait(10) == 1
            assert "Message 2" not in meanwhile + again + reading.stdout.read()
        finally:
            reading.kill()


def test_completion_knows_commands_lines_and_channels(env: Mapping[str, str], chatapp: Shell) -> None:
    chatapp("line", "add", "Продажи")

    def complete(words: str) -> str:
        return run(env, _CHATAPP_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(words.count(" "))).stdout

    assert "deadletter" in complete("chatapp dead")
    assert "Продажи" in complete("chatapp line show ")
    assert "telegram_bot" in complete("chatapp line bind t")


def test_the_version_is_that_of_the_package(env: Mapping[str, str]) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert run(env, "--version").stdout == f"chatapp {project['version']}\n"


def test_the_window_asks_for_a_terminal(chatapp: Shell) -> None:
    target = chatapp.run("inbox")
    assert (target.code, target.err.splitlines()[0]) == (2, "The window needs a terminal.")


def test_the_program_alone_says_what_it_can_do(env: Mapping[str, str]) -> None:
    said = run(env)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("Usage: chatapp [OPTIONS] COMMAND")


@pytest.mark.parametrize("said", ["", "now", "1", "1 2 3", "1 два", "folder", "missing", "/dev/zero"])
def test_a_clock_of_tests_that_does_not_say_how_far_time_moved_is_named(
    chatapp: Shell, tmp_path: Path, said: str
) -> None:
    file = Path(said) if said.startswith("/") else tmp_path / "clock"
    if said == "folder":
        file.mkdir()
    elif said != "missing" and not said.startswith("/"):
        file.write_text(said)
    refused = chatapp.run("line", "list", CHATAPP_TEST_CLOCK=str(file))
    assert refused.code == 2
    assert refused.err.startswith(
        f"CHATAPP_TEST_CLOCK names {file}, which does not say how far time was moved.\n→ Unset"
    )
