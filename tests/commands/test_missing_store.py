"""A store that got lost is not taken for a new company; a database that cannot hold one is told in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.store.secrets import Vault
from tests.commands.conftest import Shell
from tests.postgres import Postgres


@pytest.mark.parametrize("words", ["line list", "line add Опт", "serve --no-http", "dialog list --json"])
@pytest.mark.parametrize("beside", ["secret.key", "search.db", "media"])
def test_a_store_that_is_missing_beside_what_it_left_is_no_new_company(
    chatapp: Shell, home: Path, beside: str, words: str
) -> None:
    folder = home / "main"
    (folder / "chatapp.db").unlink()
    if beside == "media":
        (folder / "media" / "ab").mkdir(parents=True)
    elif beside == "secret.key":
        Vault(folder / beside).seal({})
    else:
        (folder / beside).touch()
    refused = chatapp.run(*words.split())
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines() == [
        f"The store {folder}/chatapp.db is missing, but {beside} of the same company is there.",
        f"→ Restore the store from a backup. To begin anew, move the folder {folder} away.",
    ]
    assert not (folder / "chatapp.db").exists()
    found = {one["name"]: one for one in chatapp.run("doctor", "--json").json}
    assert (found["store"]["ok"], "is missing" in found["store"]["what"]) == (False, True)


@pytest.mark.parametrize("words", ["line list", "line add Опт"])
def test_an_empty_database_beside_what_a_store_left_is_no_new_company(
    chatapp: Shell, home: Path, postgres_server: Postgres, words: str
) -> None:
    folder = home / "main"
    Vault(folder / "secret.key").seal({})
    sqlite_beside = chatapp.run("line", "list", CHATAPP_DATABASE_URL=postgres_server.fresh())
    assert sqlite_beside.code == 0, "the key is the one of the file"
    (folder / "chatapp.db").unlink()
    refused = chatapp.run(*words.split(), CHATAPP_DATABASE_URL=postgres_server.fresh())
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines() == [
        f"The database is empty, but secret.key of the same company is in {folder}.",
        "→ Check CHATAPP_DATABASE_URL, or restore the database. To begin anew, move the folder away.",
    ]


def test_a_company_that_was_only_looked_at_is_still_new(chatapp: Shell, home: Path) -> None:
    (home / "main" / "chatapp.db").unlink()
    (home / "main" / "media").mkdir()
    (home / "main" / "serve.lock").touch()
    assert chatapp("line", "add", "Опт").err
    assert chatapp("line", "list").rows[1:] or chatapp("line", "list").out


def test_a_file_of_another_program_is_left_alone(chatapp: Shell, company: Company, home: Path) -> None:
    file = home / "main" / "chatapp.db"
    company.close()
    file.unlink()
    import sqlite3

    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE bookmark (id INTEGER)")
    refused = chatapp.run("line", "list")
    assert (refused.code, "not empty: bookmark" in refused.err) == (2, True)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://olga:qz xw@127.0.0.1:1/chatapp",
        "postgresql://olga:qz@xw@127.0.0.1:1/chatapp",
        "postgresql://olga:qz/xw@127.0.0.1:1/chatapp",
        "postgresql://olga:qz%xw@127.0.0.1:1/chatapp",
        "postgresql://olga:qzxw@127.0.0.1:harbour/chatapp",
    ],
)
@pytest.mark.parametrize("words", ["line list", "send anna@example.org -t да", "serve"])
def test_an_address_that_cannot_be_read_is_told_without_any_part_of_it(
    chatapp: Shell, address: str, words: str
) -> None:
    refused = chatapp.run(*words.split(), CHATAPP_DATABASE_URL=address)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines()[0] == "The address of the database cannot be read."
    assert not any(part in refused.err for part in ("olga", "qz", "xw", "127.0.0.1", "harbour"))


@pytest.mark.parametrize("words", ["send anna@example.org -t да", "line list", "serve"])
def test_a_server_that_is_down_is_a_failure_of_now(chatapp: Shell, words: str) -> None:
    refused = chatapp.run(*words.split(), CHATAPP_DATABASE_URL="postgresql://desk:secret@127.0.0.1:1/chatapp")
    assert (refused.code, refused.out) == (3, "")
    assert refused.err.startswith("The database does not answer: ")
    assert "secret" not in refused.err
