"""A store that may not be written, or whose user has no name: reading works, the rest is refused in words."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from tests.commands.conftest import Write
from tests.commands.process import PROGRAM

BOUND_BY_RIGHTS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
"""Root too is then held to the rights of files."""
NAMELESS = ("setpriv", "--reuid=54321", "--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
LOOKS = (
    "line list",
    "dialog list",
    "dialog show 1",
    "message show 1",
    "trace 1",
    "tail",
    "outbox list",
    "deadletter list",
    "contact suggestions",
    "whoami",
    "config list",
    "company configure",
)
CHANGES = ("line add Опт", "reply 1 -t да --wait 0", "dialog note 1 важно", "search плед", "serve --no-http")


def run(env: Mapping[str, str], words: str, before: Sequence[str]) -> subprocess.CompletedProcess[str]:
    around = {**os.environ, **env}
    return subprocess.run(
        [*before, *PROGRAM, *words.split()], env=around, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def closed(client_writes: Write, home: Path) -> Iterator[Path]:
    """The company's folder with one message in the store, on which nothing may be written."""
    client_writes("Есть ли плед?")
    folder = home / "main"
    yield folder
    folder.chmod(0o755)


def close(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)


@pytest.mark.parametrize("words", LOOKS)
def test_what_a_closed_store_holds_can_be_read(env: Mapping[str, str], closed: Path, words: str) -> None:
    close(closed)
    said = run(env, words, BOUND_BY_RIGHTS)
    assert (said.returncode, "Something went wrong" in said.stderr) == (0, False), said.stderr
    assert "Есть ли плед?" in said.stdout or words not in {"dialog list", "dialog show 1"}


@pytest.mark.parametrize("words", CHANGES)
def test_what_has_to_write_beside_a_closed_store_is_refused_in_words(
    env: Mapping[str, str], closed: Path, words: str
) -> None:
    close(closed)
    said = run(env, words, BOUND_BY_RIGHTS)
    assert (said.returncode, said.stdout) == (2, "")
    assert "cannot be written" in said.stderr
    assert "Something went wrong" not in said.stderr


def test_a_closed_store_that_another_process_has_open_is_read_as_it_is_now(
    env: Mapping[str, str], closed: Path, client_writes: Write
) -> None:
    close(closed)
    assert (closed / "chatapp.db-wal").stat().st_size > 0
    assert "Есть ли плед?" in run(env, "dialog show 1", BOUND_BY_RIGHTS).stdout
    client_writes("А синий?", ext_id="in-2")
    assert "А синий?" in run(env, "dialog show 1", BOUND_BY_RIGHTS).stdout


def test_a_closed_store_that_nobody_has_open_is_read_from_its_file_alone(
    env: Mapping[str, str], closed: Path, company: Company
) -> None:
    company.close()
    assert not (closed / "chatapp.db-wal").exists()
    close(closed)
    assert "Есть ли плед?" in run(env, "dialog show 1", BOUND_BY_RIGHTS).stdout
    said = run(env, "line add Опт", BOUND_BY_RIGHTS)
    assert (said.returncode, "cannot be written" in said.stderr) == (2, True)


def test_a_closed_store_whose_last_changes_lie_beside_it_is_not_read_without_them(
    env: Mapping[str, str], closed: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy" / "main"
    copy.mkdir(parents=True)
    for name in ("chatapp.db", "chatapp.db-wal"):
        shutil.copy(closed / name, copy)
    close(copy)
    said = run({**env, "CHATAPP_HOME": str(copy.parent)}, "dialog show 1", BOUND_BY_RIGHTS)
    copy.chmod(0o755)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.splitlines() == [
        f"The store {copy}/chatapp.db cannot be read here: its last changes are still in {copy}/chatapp.db-wal.",
        "→ Copy the folder to where it can be written, and open it there.",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody without a name")
def test_a_user_without_a_name_signs_with_the_number(env: Mapping[str, str], closed: Path) -> None:
    for path in (closed, *closed.iterdir()):
        os.chown(path, 54321, 54321)
    around = {**env, "CHATAPP_OPERATOR": "", "USER": "", "LOGNAME": "", "LNAME": "", "USERNAME": ""}
    assert run(around, "dialog note 1 важно", NAMELESS).stderr == ""
    said = run(around, "whoami", NAMELESS)
    assert (said.returncode, said.stdout.splitlines()[0]) == (0, "Operator\tuid 54321")
