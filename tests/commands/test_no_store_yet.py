"""A company whose store is not there yet: looking at it, or being refused there, makes none."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from chatapp_cli.runtime.login_token import TOKEN
from tests.commands.conftest import Shell

LOOKS = (
    "line list",
    "line show --json",
    "line check",
    "dialog list --json",
    "dialog mentions",
    "search ёлка",
    "search ёлка --json",
    "quick list",
    "contact suggestions",
    "outbox list",
    "deadletter list",
    "template list",
    "application list",
    "user list",
    "view list",
    "config list",
    "company configure --json",
    "tail",
    "whoami",
    "support",
    "doctor",
    "gc",
    "gc --dry-run",
    "logout",
)
REFUSED = (
    "send anna@example.org -t да",
    "send anna@example.org -t да --file {file}",
    "send anna@example.org -t да -c email --file {file}",
    "send anna@example.org boris@example.org -t да -c email --yes",
    "reply 1 -t да --file {file}",
    "line bind api",
    "line rename Опт Розница",
    "line remove Опт --force",
    "line configure api --set url=https://example.org",
    "dialog note 1 важно",
    "message retry 1",
    "message cancel 1",
    "quick remove Адрес",
    "user disable Пётр",
    "user password Пётр",
    "login Пётр",
    "quick add Адреса Склад -t Опт --file {file}",
    "company configure --set undo_send=раз",
    "outbox replay api --since 10:00",
    "config list --line Опт",
    "serve --web",
)


@pytest.fixture
def nowhere(tmp_path: Path, env: Mapping[str, str]) -> Shell:
    """A shell where there is no store at all."""
    return Shell({**env, "CHATAPP_HOME": str(tmp_path / "nowhere")})


@pytest.mark.parametrize("words", LOOKS)
def test_a_command_that_only_looks_makes_no_store(nowhere: Shell, words: str) -> None:
    target = nowhere.run("--company", "other", *words.split(), **{TOKEN: "left-over"} if words == "logout" else {})
    assert target.code in {0, 1}
    assert not Path(nowhere.env["CHATAPP_HOME"]).exists()


@pytest.mark.parametrize("words", REFUSED)
def test_a_refused_command_makes_no_store(nowhere: Shell, tmp_path: Path, words: str) -> None:
    file = tmp_path / "price.txt"
    file.write_text("900")
    target = nowhere.run("--company", "other", *words.format(file=file).split(), stdin="geheim-geheim\n")
    assert target.code in {1, 2}
    assert "Traceback" not in target.err
    assert not Path(nowhere.env["CHATAPP_HOME"]).exists()


def test_the_first_change_makes_it_and_stands_in_it_once(nowhere: Shell) -> None:
    assert nowhere("line", "add", "Опт").out == "1\n"
    folder = Path(nowhere.env["CHATAPP_HOME"]) / "main"
    with sqlite3.connect(folder / "chatapp.db") as store:
        assert store.execute("SELECT id, name FROM line").fetchall() == [(1, "Опт")]
        assert store.execute("SELECT COUNT(*) FROM journal").fetchone() == (1,)
    assert nowhere("line", "list", "--json").json[0]["name"] == "Опт"


def test_the_doctor_says_that_there_is_none(nowhere: Shell) -> None:
    assert "There is no store in" in nowhere.run("doctor").out


def test_a_folder_that_cannot_be_looked_into_is_not_taken_for_an_empty_one(nowhere: Shell, tmp_path: Path) -> None:
    (tmp_path / "nowhere").write_text("a file")
    target = nowhere.run("line", "list")
    assert "cannot be written" in target.err
    assert (target.code, target.out) == (2, "")
