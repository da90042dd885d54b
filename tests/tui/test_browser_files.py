"""In a browser no path leads to the files of the machine that the daemon runs on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.api.web.child import DRIVER
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused, UsageError
from chatapp_cli.domain.form import Field, Form
from chatapp_cli.domain.text import T
from chatapp_cli.ports.bind import Asker
from chatapp_cli.runtime.restricted import RESTRICTED_VARIABLE, UPLOADS_VARIABLE, enter, restrict
from chatapp_cli.services import files, lines, operators, reply_file
from chatapp_cli.settings import load
from chatapp_cli.tui.conversation.editor import edit_in_own_editor
from chatapp_cli.tui.media import opener, paths
from chatapp_cli.tui.screens.bind import BindScreen
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.session import outgoing
from chatapp_cli.tui.widgets.composer import Composer, Pen
from tests.tui.conftest import Opener, Window

WORDS = "In a browser files come from your own computer."


@pytest.fixture
def uploads(company: Company, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The window as a browser's process has it, with a tray that holds one file."""
    folder = company.settings.folder / files.UPLOADS / "olga"
    folder.mkdir(parents=True)
    (folder / "Смета.txt").write_text("цены", "utf-8")
    monkeypatch.setenv("TEXTUAL_DRIVER", DRIVER)
    monkeypatch.setenv(UPLOADS_VARIABLE, str(folder))
    return folder


@pytest.fixture
def secret(company: Company, uploads: Path, tmp_path: Path) -> Path:
    """A file of the machine, with a way to it from the tray."""
    outside = tmp_path / "other-company.csv"
    outside.write_text("section,title,text\nA,b,чужое\n", "utf-8")
    (uploads / "link.csv").symlink_to(outside)
    (company.settings.folder / files.UPLOADS / "ivan").mkdir()
    (company.settings.folder / files.UPLOADS / "ivan" / "own.txt").write_text("Ивана", "utf-8")
    return outside


def ways_out(secret: Path) -> list[str]:
    """Everything that somebody would try."""
    up = os.path.relpath(secret, secret.parent / "desk")
    return [str(secret), f"../../../{up}", "~/.ssh/id_ed25519", "link.csv", "../ivan/own.txt", "..", ".", "", "a\0b"]


def test_an_upload_is_named_by_its_name_and_nothing_else_can_be_named(uploads: Path, secret: Path) -> None:
    assert paths.named("Смета.txt") == uploads / "Смета.txt"
    for way in ways_out(secret):
        with pytest.raises(Refused, match=WORDS):
            paths.named(way)


def test_neither_is_looked_at_attached_saved_nor_read_what_was_not_uploaded(
    company: Company, uploads: Path, secret: Path
) -> None:
    for way in ways_out(secret):
        for forbidden in (outgoing.inspect_file, lambda way: outgoing.stage_file(company.media, way)):
            with pytest.raises(Refused, match=WORDS):
                forbidden(way)
        with pytest.raises(Refused, match=WORDS):
            paths.lasting(company.media, way)
    staged = outgoing.stage_file(company.media, "Смета.txt")
    assert company.media.path(staged.sha256).read_text("utf-8") == "цены"


def test_a_file_of_replies_takes_along_only_what_was_uploaded(company: Company, uploads: Path, secret: Path) -> None:
    def taken(path: str) -> tuple[int, list[str]]:
        text = f"sections: [{{name: Общие, replies: [{{title: Прайс, text: Вот, files: ['{path}']}}]}}]"
        sheet = reply_file.read(company.media, text.encode(), uploads / "replies.yaml", find=paths.named)
        return sum(len(entry.answer.files) for entry in sheet.entries), [str(fault.what) for fault in sheet.faults]

    assert taken("Смета.txt") == (1, [])
    assert taken(str(secret)) == (0, [WORDS])


def test_only_uploads_complete_a_path_and_the_newest_is_offered(uploads: Path, secret: Path) -> None:
    assert [paths.completed(begun) for begun in ("См", "/", "~/", "../", str(secret)[:-3])] == [
        "Смета.txt",
        *[None] * 4,
    ]
    (uploads / "Фото.png").write_bytes(b"png")
    os.utime(uploads / "Фото.png", (4e9, 4e9))
    (uploads / ".half").write_bytes(b"still coming")
    assert paths.offered() == "Фото.png"
    assert paths.completed(".h") is None


def test_a_browser_without_a_tray_has_no_files_at_all(uploads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(UPLOADS_VARIABLE)
    for named in (lambda: paths.named("Смета.txt"), lambda: paths.named("/dev/zero"), paths.offered):
        with pytest.raises(Refused, match=WORDS):
            named()


async def test_no_program_is_started_for_a_browser(uploads: Path, company: Company, window: Opener) -> None:
    async with window() as it:
        with pytest.raises(Refused, match="starts no other program"):
            edit_in_own_editor(it.app, "Да", uploads, {"EDITOR": "touch"})
        with pytest.raises(Refused, match="starts no other program"):
            await opener._run("true", "anything")
        await it.open("Анна")
        await it.type("Черновик")
        await it.press("ctrl+e")
        await it.until(lambda: said(it, "starts no other program"))
        assert it.app.screen.query_one(Pen).text == "Черновик"


def said(it: Window, words: str) -> bool:
    return any(words in note.message for note in it.app._notifications)


async def attach(it: Window, typed: str, *, fresh: bool = True) -> None:
    if fresh:
        await it.press("ctrl+o")
    await it.sees("Attach a file")
    box = it.app.screen.query_one("Input")
    assert not fresh or box.value == "Смета.txt"
    box.value = typed or box.value
    await it.press("enter")


async def test_what_was_uploaded_is_offered_and_attached(uploads: Path, secret: Path, window: Opener) -> None:
    (uploads / "link.csv").unlink()
    async with window() as it:
        await it.open("Анна")
        await attach(it, str(secret))
        await it.sees(WORDS[:20])
        assert it.app.screen_stack[0].query_one(Composer).state.files == []
        await attach(it, "Смета.txt", fresh=False)
        await it.until(lambda: it.app.screen.query_one(Composer).state.files)
        (file,) = it.app.screen.query_one(Composer).state.files
        assert (file.name, file.size) == ("Смета.txt", len("цены".encode()))


BROWSER_STEP = "Press “Upload a file” at the top of the page, then try again."
RESTRICTED_STEP = "Have the file copied into {folder}, then try again."


@pytest.mark.parametrize(("restricted", "step"), [(False, BROWSER_STEP), (True, RESTRICTED_STEP)])
async def test_with_nothing_uploaded_the_window_says_how_and_invites_nobody_to_type_a_name(
    uploads: Path, window: Opener, monkeypatch: pytest.MonkeyPatch, *, restricted: bool, step: str
) -> None:
    (uploads / "Смета.txt").unlink()
    async with window() as it:
        await it.open("Анна")
        if restricted:
            monkeypatch.delenv("TEXTUAL_DRIVER")
            monkeypatch.setenv(RESTRICTED_VARIABLE, "1")
        await it.press("ctrl+o")
        await it.until(lambda: said(it, step.format(folder=uploads)))
        assert not said(it, "name")
        assert isinstance(it.app.screen, InboxScreen)


class Trusting(BindScreen):
    """A conversation that asks for certificates alone."""

    answers: Mapping[str, str] | None = None

    async def converse(self, ask: Asker) -> str:
        field = Field(name="ca_file", label=T("Certificates"), kind="file", required=False)
        self.answers = await self.answer(Form(title=T("Certificates"), fields=(field,)))
        return ""


async def test_a_channels_file_is_an_upload_that_is_kept(
    uploads: Path, secret: Path, company: Company, window: Opener
) -> None:
    async with window() as it:
        page = Trusting(company.read(lines.everything)[0], "api", None)
        await it.app.push_screen(page)
        await it.until(lambda: page.query("FieldRow Input"))
        page.query_one("FieldRow Input").value = str(secret)
        page.query_one("FormView Button").press()
        await it.sees(WORDS)
        page.query_one("FieldRow Input").value = "Смета.txt"
        page.query_one("FormView Button").press()
        await it.until(lambda: page.answers)
        (uploads / "Смета.txt").unlink()
        kept = Path(page.answers["ca_file"])
        assert kept.read_text("utf-8") == "цены"
        assert kept.is_relative_to(company.media.root)


def test_a_restricted_window_names_only_files_in_the_operators_own_folder(
    company: Company, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEXTUAL_DRIVER")
    env: dict[str, str] = {}
    olgas = replace(company, settings=replace(company.settings, operator="../Ольга"))
    restrict(olgas.settings, env)
    company.write(lambda tx: operators.add(tx, "../Ольга", "", ()))
    enter(olgas)
    own = Path(env[UPLOADS_VARIABLE])
    assert own.parent == company.settings.folder.absolute() / "uploads"
    assert own.name.startswith("___Ольга-")
    (own / "Смета.txt").write_text("цены", "utf-8")
    (own / "link.csv").symlink_to(secret)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert files.look(paths.named("Смета.txt")).size == 8
    for way in ways_out(secret):
        with pytest.raises(Refused, match="only from your own folder"):
            paths.named(way)
    assert (paths.completed("Сме"), paths.completed("/et"), paths.offered()) == ("Смета.txt", None, "Смета.txt")
    assert load(env={**env, "HOME": "/"}).passed_over == []
    with pytest.raises(UsageError):
        restrict(replace(company.settings, operator=""), env)
