"""Names with brackets: whatever a user or a provider calls something stands there as it is, and ends nothing."""

from __future__ import annotations

import ast
import asyncio
import json
import shutil
import sqlite3
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widgets import OptionList, Select

import chatapp_cli.tui
from chatapp_cli import i18n
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services import channels
from chatapp_cli.tui.app import InboxApp
from tests.tui import gallery
from tests.tui.conftest import GOOD, Opener
from tests.tui.gallery import Shot, company_of
from tests.tui.scenes import SCENES, Scene, listed
from tests.tui.stage import Stage

HOSTILE = " [/x] [WEB] [b]"
NAMES = {
    "line": ("name",),
    "channel": ("title", "account", "health_detail", "paused_detail"),
    "dialog": ("name", "address", "assignee", "preview", "unreachable_code"),
    "dialog_member": ("operator",),
    "contact": ("name", "username", "email", "phone", "first_name", "last_name"),
    "tag": ("name",),
    "reply_section": ("name",),
    "quick_reply": ("title", "text", "keywords", "category"),
    "quick_reply_file": ("name",),
    "reply_editor": ("operator",),
    "robot_part": ("address",),
    "robot_run": ("actor",),
    "saved_view": ("name",),
    "template": ("name", "body", "reason"),
    "application": ("title", "reason", "document_name"),
    "message": ("author", "text", "subject", "code", "detail"),
    "mail": ("whole", "notes", "signature"),
    "message_revision": ("text",),
    "reaction": ("name", "emoji"),
    "attempt": ("address", "detail"),
    "file": ("name", "words"),
    "note": ("author", "text"),
    "operator": ("name",),
    "operator_line": ("operator",),
    "presence": ("operator",),
    "arrived": ("problem", "who"),
    "alarm": ("text",),
    "journal": ("actor",),
    "contact_merge": ("actor",),
    "outbox": ("actor",),
    "crm_link": ("title", "detail"),
    "crm_pairing": ("place_name", "detail", "pipeline"),
    "crm_entry": ("detail",),
    "crm_employee": ("operator", "name"),
    "crm_arrived": ("problem",),
    "crm_rule": ("name",),
    "crm_upload": ("name",),
    "attendance": ("reason",),
    "auto_act": ("name",),
    "auto_rule": ("name",),
    "message_buttons": ("pressed",),
}
OURS = {
    "alarm": {"kind", "ref"},
    "application": {"kind", "state", "document_sha256"},
    "arrived": {"provider_id", "raw_sha256"},
    "attempt": {"action", "verdict", "code"},
    "attendance": {"operator", "hours", "zone"},
    "auto_act": {"cause", "kind", "outcome", "state", "why"},
    "auto_answer": {"wanted_by"},
    "auto_call": {"body", "url"},
    "auto_rule": {"about", "acts", "condition", "event", "forms", "halted", "kind", "otherwise"},
    "broken_effect": {"name", "why"},
    "channel": {
        "kind", "hook_key", "settings", "facts", "capabilities", "cursor", "health", "health_code", "paused_code",
    },
    "channel_memory": {"name"},
    "contact": {"chain"},
    "crm_arrived": {"provider_id", "event", "state"},
    "crm_dialog": {"chat", "remote", "session", "code", "seen", "owner", "owner_card", "owner_way"},
    "crm_employee": {"employee", "way"},
    "crm_entry": {"chat", "remote", "employee", "reason", "act", "state", "code"},
    "crm_text": {"remote", "employee", "told"},
    "crm_link": {"kind", "account", "hook_key", "settings", "facts", "state", "code", "tells"},
    "crm_memory": {"name"},
    "crm_message": {"chat", "remote", "employee", "told"},
    "crm_pairing": {"kind", "place", "options", "code", "makes"},
    "crm_route": {"chat", "card"},
    "crm_question": {"what", "arguments", "state", "code", "detail", "result"},
    "crm_rule": {"condition", "forms", "outcome", "trouble"},
    "crm_ruleset": {"rules"},
    "crm_stage": {"card", "pipeline", "pipeline_id", "stage", "stage_id"},
    "crm_stage_name": {"pipeline", "stage"},
    "message_buttons": {"texts"},
    "crm_upload": {"key", "sha256", "mime", "kind"},
    "dialog": {"key", "kind", "last_direction", "last_state", "search"},
    "dialog_member": {"role"},
    "dialog_unread": {"operator"},
    "draft": {"operator", "sheet"},
    "early_news": {"ext_id", "state", "code", "detail", "dialog_key", "change", "about"},
    "errand": {"what", "arguments", "actor", "state", "code", "detail", "result"},
    "file": {"kind", "mime", "sha256", "remote", "state", "code"},
    "follower": {"name"},
    "journal": {"topic", "data"},
    "lease": {"holder", "kind", "wanted_by"},
    "login_attempt": {"kind", "value"},
    "mail": {"recipients", "answers", "event", "invitation", "calendar"},
    "message": {
        "author_phone", "direction", "origin", "ext_id", "key", "state", "reply_to", "album", "template", "chain",
        "sender", "asked",
    },
    "message_part": {"ext_id"},
    "operator": {"password", "role", "rights", "email"},
    "operator_identity": {"way", "realm", "person", "operator", "name"},
    "operator_session": {"token_sha256", "operator"},
    "outbox": {"action", "value", "state", "wait_code"},
    "presence": {"id"},
    "quick_reply": {"folded", "buttons"},
    "quick_reply_file": {"mime", "sha256", "kind"},
    "raw_dictionary": {"kind"},
    "reaction": {"person"},
    "reply_section": {"folded"},
    "robot_part": {"verdict", "code", "detail", "reason", "facts"},
    "robot_run": {"key", "robot", "arguments", "card", "remote", "state", "reason"},
    "saved_view": {"operator", "wanted"},
    "stored_option": {"subject", "name", "value"},
    "template": {"language", "category", "state"},
    "timer": {"kind", "ref"},
}  # fmt: skip
"""Texts that nobody but the program writes, that no page shows, and JSON, which is spoilt apart (facts, options)."""
OPTIONS = ("company_name", "sender_name")
MARKED = {"Static", "Label", "OptionList", "SelectionList"}
SEEN = 1.5
"""Seconds within which a page is there; with such names some of what is waited for may be cut off."""


def spoil(folder: Path) -> None:
    """Give everything that has a name one with brackets, and the facts of a channel too."""
    store = sqlite3.connect(folder / "chatapp.db")
    with store:
        for table, columns in NAMES.items():
            for one in columns:
                store.execute(f"UPDATE \"{table}\" SET {one} = {one} || ? WHERE {one} <> ''", [HOSTILE])
        for option in OPTIONS:
            store.execute("UPDATE stored_option SET value = value || ? WHERE name = ?", [HOSTILE, option])
        store.execute("UPDATE channel SET facts = ?", [json.dumps({HOSTILE: HOSTILE})])
    store.close()


def test_every_text_of_the_store_is_spoilt_unless_it_is_the_programs_own(company: Company) -> None:
    """So that a new column has to be put into one of the two lists."""
    store = sqlite3.connect(company.settings.folder / "chatapp.db")
    found = store.execute(
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND t.name <> 'alembic_version' AND (c.type LIKE '%CHAR%' OR c.type LIKE '%TEXT%')"
    )
    texts = set(found.fetchall())
    store.close()
    spoilt = {(table, column) for table, columns in NAMES.items() for column in columns}
    ours = {(table, column) for table, columns in OURS.items() for column in columns}
    assert spoilt | ours == texts
    assert not spoilt & ours


class Spoilt:
    """A page of the company whose names are spoilt; what is asked of a provider is answered with such names too."""

    def __init__(self, scene: Scene) -> None:
        answers = json.loads(json.dumps(scene.answers, ensure_ascii=False), object_hook=_spoilt)
        self.scene = replace(scene, answers=answers, before=partial(_before, scene))
        self.shot = Shot(self.scene, "en", "dark", GOOD)


def _spoilt(answer: dict[str, object]) -> dict[str, object]:
    return {key: f"{value}{HOSTILE}" if key in {"title", "name"} else value for key, value in answer.items()}


def _before(scene: Scene, stage: Stage) -> None:
    scene.before(stage)
    spoil(stage.company.settings.folder)


@pytest.mark.parametrize("scene", [one for one in SCENES if not one.bare], ids=lambda scene: scene.name)
async def test_a_page_stands_whatever_brackets_are_in_names(furnished: Path, tmp_path: Path, scene: Scene) -> None:
    spoilt = Spoilt(scene)
    i18n.use("en")
    shutil.copytree(furnished, tmp_path / "home")
    async with company_of(tmp_path / "home", spoilt.shot) as company:
        app = InboxApp(company, alone=True, user_files=scene.user_files(tmp_path), token=scene.token)
        async with app.run_test(size=GOOD, notifications=True) as pilot:
            await gallery.until(pilot, lambda: len(app.screen_stack) > 1 or listed(app))
            await lead(app, pilot, spoilt.scene)
            assert app.is_running
        assert app.return_code in {None, 0}
        assert not app.guard.unexpected


async def lead(app: InboxApp, pilot: Pilot[None], scene: Scene) -> None:
    """As far as the scene goes; a name that is longer now may not be found on the screen."""
    for step in (*scene.keys, scene.there):
        if isinstance(step, str):
            await pilot.press(step)
            continue
        with suppress(TimeoutError, NoMatches, StopIteration):
            async with asyncio.timeout(SEEN):
                while not step(app):
                    await pilot.pause(gallery.STEP)


async def test_the_messenger_of_a_new_dialog_is_named_with_its_brackets(
    window: Opener, company: Company, stage: Stage
) -> None:
    line = company.read(lambda tx: channels.one(tx, ChannelId(1))).line_id
    stage.channel(line, "sms", "1", "[WEB] WhatsApp")
    async with window() as it:
        await it.press("ctrl+n")
        await it.until(lambda: it.app.screen.query("#channel"))
        picked = it.app.screen.query_one("#channel", Select)
        shown = [str(prompt) for prompt, _value in picked._options]
        assert "SMS · [WEB] WhatsApp" in shown
        picked.value = next(value for prompt, value in picked._options if "[WEB]" in str(prompt))
        await it.sees("SMS · [WEB] WhatsApp")


@pytest.mark.parametrize(
    "name", ["[/b] Склад", "[/x] [WEB] [b]", "[", "[[[", "[red]Опт[/red]", "[@click=app.leave]x[/]"]
)
async def test_a_line_may_be_called_anything(window: Opener, company: Company, name: str) -> None:
    async with window() as it:
        await it.press("f2")
        await it.until(lambda: it.app.screen.query("#tree"))
        await it.press("a")
        await it.until(lambda: it.app.screen.query("Input"))
        it.app.screen.query_one("Input").value = name
        await it.press("enter")
        await it.sees(name)
        assert it.app.screen.query_one(OptionList).option_count


@pytest.mark.parametrize("words", ["[/b] Склад", "[red]x[/red]", "[", "\\[x]"])
async def test_a_notice_says_brackets_as_they_are(window: Opener, words: str) -> None:
    async with window() as it:
        it.app.notify(words)
        await it.until(lambda: it.app._notifications)
        assert [note.message for note in it.app._notifications] == [words]
        assert not any(note.markup for note in it.app._notifications)
        it.app.screen.notify(words)
        await it.until(lambda: len(it.app._notifications) > 1)
        assert not any(note.markup for note in it.app._notifications)


def test_no_widget_is_made_that_reads_markup() -> None:
    """A class, not a case: every text that a widget is given stands there as it is."""
    folder, wrong = Path(chatapp_cli.tui.__path__[0]), []
    for file in folder.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            name = getattr(getattr(call, "func", None), "id", "")
            if isinstance(call, ast.Call) and name in MARKED and not _plain(call):
                wrong.append(f"{file.relative_to(folder)}:{call.lineno}")
    assert wrong == []


def _plain(call: ast.Call) -> bool:
    """Whether it reads no markup, or is given rows that were made without it."""
    if isinstance(call.func, ast.Name) and call.func.id == "SelectionList":
        return True
    return any(word.arg == "markup" and getattr(word.value, "value", True) is False for word in call.keywords)
