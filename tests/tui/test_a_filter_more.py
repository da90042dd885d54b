"""A filter that nobody knows but this test: its declaration and its condition are all it takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import DialogFilter, FilterKind, declared
from chatapp_cli.domain.text import T
from chatapp_cli.services import views
from chatapp_cli.store import dialog_list
from chatapp_cli.tui.questions.narrow import Narrow
from chatapp_cli.tui.widgets.views_bar import ViewsBar
from tests.tui.conftest import Opener
from tests.tui.stage import ME

NAME = "unreachable"
CONDITION = "d.reachable = 0 AND c.kind <> 'fax'"


def declare() -> None:
    one = declared(
        FilterKind.FLAG, default=False, help=T("Only lost ones"), row=T("Lost to us"), chip=T("lost to us"), name=NAME
    )
    setattr(DialogFilter, NAME, one)
    dialog_list.CONDITIONS[NAME] = CONDITION


@pytest.fixture
def one_more() -> Iterator[None]:
    declare()
    yield
    delattr(DialogFilter, NAME)
    del dialog_list.CONDITIONS[NAME]


def chatapp(home: Path, *words: str) -> str:
    """The program in a process that knows the filter from its beginning."""
    code = "from tests.tui.test_a_filter_more import declare; declare(); from chatapp_cli.cli import main; main()"
    env = {
        "CHATAPP_HOME": str(home),
        "CHATAPP_COMPANY": "home",
        "CHATAPP_LANG": "en",
        "CHATAPP_OPERATOR": ME,
        "PYTHONPATH": ":".join(sys.path),
    }
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, env=env)
    return done.stdout


@pytest.mark.req("S-117")
async def test_a_declared_filter_works_in_command_page_chip_saved_view_and_query(
    one_more: None, window: Opener, company: Company, tmp_path: Path
) -> None:
    wanted = DialogFilter(**{NAME: True})
    fitting = company.read(lambda tx: dialog_list.ids(tx, "sqlite", wanted))
    assert fitting == [row.id for row in company.read(lambda tx: dialog_list.page(tx, "sqlite", wanted))] != []
    assert len(fitting) == company.read(lambda tx: dialog_list.count(tx, "sqlite", wanted))
    assert "Only lost ones" in chatapp(tmp_path / "desk", "dialog", "list", "--help")
    told = json.loads(chatapp(tmp_path / "desk", "dialog", "list", "--unreachable", "--json"))
    assert [row["id"] for row in told] == fitting
    chatapp(tmp_path / "desk", "view", "add", "Потерянные", "--unreachable", "--waiting")
    view = company.read(lambda tx: views.find(tx, "Потерянные"))
    assert json.loads(view.wanted) == {"waiting": True, NAME: True}
    assert views.filter_of(view, operator=ME) == wanted.but(waiting=True)
    async with window() as it:
        await it.press("1")
        await it.press("0")
        await it.until(lambda: isinstance(it.app.screen, Narrow))
        await it.sees("Lost to us")
        it.app.screen.query_one(f"#{NAME}").focus()
        await it.press("right", "enter")
        await it.sees("▿ lost to us")
        assert list(it.app.screen.query_one("DialogList").order.ids) == fitting
        await it.press("3")
        await it.until(lambda: it.app.screen.query_one(ViewsBar).chosen == view.id)


def test_a_filter_is_never_changed_and_takes_no_name_that_is_not_declared() -> None:
    some = DialogFilter(tag="возврат", unread=True)
    assert some.but(tag="", since=5).chosen == {"unread": True, "since": 5}
    assert hash(some) == hash(DialogFilter(unread=True, tag="возврат", pinned=False))
    assert {some: 1}[DialogFilter(tag="возврат", unread=True)] == 1
    assert some != DialogFilter(tag="возврат")
    with pytest.raises(AttributeError):
        some.unread = False  # type: ignore[misc]
    with pytest.raises(TypeError, match="untread"):
        some.but(untread=True)
