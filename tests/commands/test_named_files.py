"""What a person names as a file: no device, no pipe that nobody fills, nothing longer than may be."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused
from chatapp_cli.services import files
from tests.commands.conftest import Shell, Write

pytestmark = [pytest.mark.timeout(30)]
BIG = 17 * 1_048_576


def kept(company: Company) -> list[str]:
    """The names of everything that lies among the files of messages."""
    return sorted(path.name for path in company.media.root.rglob("*") if path.is_file())


def sparse(path: Path, size: int = BIG) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.fixture
def dialog(client_writes: Write) -> int:
    client_writes("Здравствуйте")
    return 1


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/dev/stdin", "/tmp", "none.pdf", "pipe"])
def test_only_a_regular_file_is_attached(
    chatapp: Shell, company: Company, dialog: int, tmp_path: Path, name: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / "pipe" if name == "pipe" else name
    for words in (
        ("reply", dialog, "--file", path),
        ("send", "client-7", "--channel", "api", "--file", path),
        ("quick", "add", "Цены", "Новая", "--text", "x", "--file", path),
    ):
        target = chatapp.run(*words)
        assert (target.code != 0, target.err.splitlines()[0]) == (True, f"There is no readable file {path}."), words
    assert kept(company) == []


def test_a_file_too_long_for_the_channel_is_refused_before_it_is_copied(
    chatapp: Shell, company: Company, dialog: int, tmp_path: Path
) -> None:
    long = sparse(tmp_path / "film.bin", 3 * 1024**3)
    began = time.monotonic()
    for words in (("reply", dialog), ("send", "client-7", "--channel", "api"), ("send", "a", "b", "--channel", "api")):
        target = chatapp.run(*words, "--file", long)
        assert (target.code, target.err.splitlines()[0]) == (1, "film.bin has 3072.0 MB; this channel takes 16 MB.")
    assert (kept(company), time.monotonic() - began < 10) == ([], True)


def test_a_file_that_the_disk_has_no_room_for_is_refused_before_it_is_copied(
    chatapp: Shell, company: Company, tmp_path: Path
) -> None:
    chatapp("quick", "add-section", "Цены")
    target = chatapp.run("quick", "add", "Цены", "Фильм", "--file", sparse(tmp_path / "film.bin", 2**42))
    assert (target.code != 0, target.err.splitlines()[0]) == (
        True,
        "film.bin does not fit on the disk beside the store.",
    )
    assert kept(company) == []


def test_a_file_of_a_refused_message_does_not_stay(
    chatapp: Shell, company: Company, dialog: int, tmp_path: Path
) -> None:
    (price := tmp_path / "price.txt").write_text("fir 900")
    for more in (["--quote", "999"], ["--quick", "none"], ["--file", tmp_path / "none"], ["--at", "9999-12-31T23:59"]):
        assert chatapp.run("reply", dialog, "--text", "x", "--file", price, *more).code != 0
    assert chatapp.run("send", "client-7", "--channel", "api", "--text", "x", "--file", price, "--dry-run").code == 0
    assert chatapp.run("quick", "add", "Нет", "x", "--text", "x", "--file", price).code != 0
    assert kept(company) == []


def test_a_file_that_something_else_refers_to_stays(
    chatapp: Shell, company: Company, dialog: int, tmp_path: Path
) -> None:
    (price := tmp_path / "price.txt").write_text("fir 900")
    chatapp("reply", dialog, "--file", price, "--at", "+1h")
    before = kept(company)
    assert chatapp.run("reply", dialog, "--file", price, "--quote", "999").code != 0
    assert (kept(company), len(before)) == (before, 1)


@pytest.mark.parametrize("words", [("reply", "1", "--text", "-"), ("send", "--to-file", "-"), ("quick", "import", "-")])
def test_standard_input_without_end_is_left_with_words(chatapp: Shell, dialog: int, words: tuple[str, ...]) -> None:
    target = chatapp.run(*words, stdin="x" * BIG)
    assert (target.code, target.err.splitlines()[0]) == (2, "Standard input is too long: at most 16 MB are read.")


@pytest.mark.parametrize("path", ["/dev/zero", "long", "/tmp", "none"])
def test_answers_lists_and_settings_are_files_of_a_sensible_length(
    chatapp: Shell, env: Mapping[str, str], tmp_path: Path, path: str
) -> None:
    named = sparse(tmp_path / "long") if path == "long" else path
    chatapp("line", "add", "Магазин")
    for words in (("line", "bind", "api", "--answers", named), ("send", "--to-file", named, "--channel", "api")):
        target = chatapp.run(*words, "--text", "x") if words[0] == "send" else chatapp.run(*words)
        assert target.code == 2
        assert "too long" in target.err or "cannot be read" in target.err
    if path != "none":
        assert chatapp.run("line", "list", CHATAPP_CONFIG=str(named)).code == 2


def test_a_list_may_come_from_a_program_that_the_shell_put_in_its_place(chatapp: Shell, bound: int) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"client-1\nclient-2\n")
    os.close(writing)
    target = chatapp("send", "--to-file", f"/dev/fd/{reading}", "--channel", "api", "--text", "x", "--dry-run")
    os.close(reading)
    assert [row[0] for row in target.rows] == ["client-1", "client-2"]


def test_a_file_that_turns_out_longer_than_it_says_is_left_off(company: Company) -> None:
    with pytest.raises(Refused, match="this channel takes"):
        company.media.put_file(Path("/proc/self/maps"), most=10)
    assert kept(company) == []


def test_a_content_that_somebody_else_took_in_meanwhile_stays(company: Company, tmp_path: Path) -> None:
    (price := tmp_path / "price.txt").write_text("fir 900")
    ours, theirs = files.stage(company.media, price), files.stage(company.media, price)
    company.write(lambda tx: files.drop_unused(tx, company.media, [ours, theirs]))
    assert company.media.path(theirs.sha256).read_text() == "fir 900"


def test_what_was_begun_and_left_is_swept_after_a_day(company: Company) -> None:
    old, young = company.media.scratch(), company.media.scratch()
    os.utime(old, (time.time() - 90_000,) * 2)
    kept_for_good = company.media.put(b"fir")
    os.utime(company.media.path(kept_for_good), (0, 0))
    assert (company.media.sweep(), kept(company)) == (1, sorted([young.name, kept_for_good]))


OURS = (
    "config.toml",
    "session-main",
    "session-other",
    "own.toml",
    "home/main/secret.key",
    "home/main/chatapp.db",
    "home/main/media/{media}",
    "home/other/secret.key",
    "home/other/notes.txt",
    "harmless.txt",
)
THEIRS = ("keys.toml", "session.txt", "home/price.txt", "home/folder/price.txt")


@pytest.fixture
def desks_files(chatapp: Shell, company: Company, tmp_path: Path) -> Path:
    """Everything that the program keeps of its own, and what only lies near."""
    chatapp("--company", "other", "line", "add", "Опт")
    media = company.media.path(company.media.put(b"other clients' words"))
    for name in (*OURS, *THEIRS):
        path = tmp_path / name
        if not (path.exists() or "{" in name or name == "harmless.txt"):
            path.parent.mkdir(exist_ok=True)
            path.write_text("" if name.endswith(".toml") or name.startswith("session-") else "900")
    (tmp_path / "harmless.txt").symlink_to(tmp_path / "session-main")
    (tmp_path / "home/main/media/{media}").symlink_to(media)
    return tmp_path


@pytest.mark.parametrize("name", OURS)
def test_nothing_that_the_program_keeps_of_its_own_is_attached(
    chatapp: Shell, company: Company, dialog: int, desks_files: Path, name: str
) -> None:
    chatapp("quick", "add-section", "Цены")
    before = kept(company)
    for words in (("reply", dialog), ("send", "client-7", "-c", "api"), ("quick", "add", "Цены", "Новая", "-t", "x")):
        target = chatapp.run(*words, "--file", desks_files / name, CHATAPP_OWN=str(desks_files / "own.toml"))
        assert target.code == 1, words
        assert f"{Path(name).name} belongs to the desk itself" in target.err
    assert kept(company) == before


@pytest.mark.parametrize("name", THEIRS)
def test_what_lies_beside_it_is_a_persons_own(chatapp: Shell, dialog: int, desks_files: Path, name: str) -> None:
    chatapp("reply", dialog, "--wait", "0", "--file", desks_files / name)
