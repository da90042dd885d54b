"""The parts of a conversation answer in the order that the architecture names, and none looks another one up."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from textual.message import Message
from textual.screen import Screen

from chatapp_cli import tui
from chatapp_cli.tui import questions, screens
from chatapp_cli.tui.conversation.part import ConversationPart
from tests.tui.conftest import Opener

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
TUI = ROOT / "chatapp_cli" / "tui"
COMPOSED = [
    *sorted((TUI / "conversation").glob("*.py")),
    *sorted((TUI / "listing").glob("*.py")),
    *(TUI / name for name in ("screens/inbox.py", "panes.py", "freshness.py")),
]


async def test_parts_answer_in_the_order_that_the_architecture_names(window: Opener) -> None:
    chapter = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition("## The window\n")[2]
    named = re.findall(r"(?m)^\d+\. `(\w+)`", chapter.partition("\n## ")[0])
    async with window() as it:
        assert [type(part).__name__ for part in it.app.screen.conversation.parts] == named
    assert {part.__name__ for part in descendants(ConversationPart)} == set(named)


def test_no_part_looks_a_widget_up() -> None:
    assert [path.name for path in COMPOSED if re.search(r"\.query(_one)?\(", path.read_text("utf-8"))] == []
    actions = sorted((TUI / "actions").glob("*.py"))
    assert "dialog.py" in [path.name for path in actions]
    assert [path.name for path in actions if "page.query" in path.read_text("utf-8")] == []


def test_the_rooms_of_pages_hold_pages_alone() -> None:
    modules = [
        importlib.import_module(found.name)
        for room in (screens, questions)
        for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}.")
    ]
    assert len(modules) > 20
    assert [module.__name__ for module in modules if not list(pages_of(module))] == []


def pages_of(module: ModuleType) -> Iterator[type[Screen[object]]]:
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, Screen) and found.__module__ == module.__name__:
            yield found


def test_what_only_a_conversation_needs_is_not_imported_before_the_first_paint() -> None:
    script = "import sys, chatapp_cli.tui.launch, chatapp_cli.tui.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    late = {f"chatapp_cli.tui.widgets.{name}" for name in ("client_card", "composer", "message_lines")}
    late |= {"chatapp_cli.tui.popups", "chatapp_cli.runtime.login", "chatapp_cli.domain.links", "hashlib"}
    late |= {f"chatapp_cli.{name}" for name in ("services.channels", "services.views", "domain.journal.reading")}
    assert {"structlog", "textual.widgets._text_area", *late} & set(done.stdout.split()) == set()


def test_every_handler_is_named_after_a_message_that_there_is() -> None:
    """Textual finds a handler by its name alone: one for a message that was renamed is never called."""
    for module in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        importlib.import_module(module.name)
    known = {kind.handler_name for kind in descendants(Message)}
    handlers = {
        f"{path.name}: {name}"
        for path in sorted(TUI.rglob("*.py"))
        for names in re.findall(r"(?m)^    (?:async )?def (on_\w+)\(|^    (on_\w+) = ", path.read_text("utf-8"))
        for name in filter(None, names)
        if name not in known
    }
    assert handlers == set()


def descendants(kind: type[T]) -> set[type[T]]:
    return {found for one in kind.__subclasses__() for found in ({one} | descendants(one))}
