"""Finding dialogs in the window: what it opens with, saved views, all filters on a page, names with slips."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.services import duties, search, views
from chatapp_cli.store import dialog_list
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.questions.narrow import Narrow
from chatapp_cli.tui.questions.views import Views
from chatapp_cli.tui.widgets.views_bar import ViewsBar
from tests.stores import owner
from tests.tui.conftest import GOOD, Opener, Window
from tests.tui.stage import HOUR, NOON, HeldClock, Stage, opened


def listed(it: Window) -> list[int]:
    return list(it.app.screen.query_one("DialogList").order.ids)


def wanted(it: Window) -> DialogFilter:
    return it.app.screen.query_one("DialogList").order.dialog_filter


def fitting(company: Company, **filters: object) -> list[int]:
    return company.read(lambda tx: dialog_list.ids(tx, "sqlite", DialogFilter(**filters)))


@asynccontextmanager
async def opening_with(view: str, company_folder: Path) -> AsyncIterator[Window]:
    company = opened(company_folder, HeldClock(), view=view)
    try:
        app = InboxApp(company, alone=True)
        async with app.run_test(size=GOOD) as pilot:
            found = Window(app, pilot)
            await found.until(lambda: app.screen.query_one("DialogList").order is not None)
            yield found
    finally:
        company.close()


@pytest.mark.parametrize(
    ("view", "filters"), [("unanswered", {"waiting": True}), ("all", {}), ("unread", {"unread": True})]
)
async def test_the_window_opens_with_the_view_that_is_set_and_all_are_a_key_away(
    company: Company, tmp_path: Path, view: str, filters: dict[str, bool]
) -> None:
    async with opening_with(view, tmp_path / "desk") as it:
        assert wanted(it) == DialogFilter(**filters)
        await it.until(lambda: listed(it) == fitting(company, **filters))
        await it.press("1")
        await it.until(lambda: listed(it) == fitting(company))


async def test_the_window_opens_with_a_saved_view_or_with_the_queue_if_that_is_gone(
    company: Company, tmp_path: Path
) -> None:
    company.write(lambda tx: views.add(tx, "Важное", DialogFilter(pinned=True)))
    async with opening_with("важное", tmp_path / "desk") as it:
        assert wanted(it) == DialogFilter(pinned=True)
    async with opening_with("прежнее", tmp_path / "desk") as it:
        assert wanted(it) == DialogFilter(waiting=True)
        assert any("There is no view прежнее." in note.message for note in it.app._notifications)


@pytest.mark.req("S-117")
async def test_a_filter_is_kept_as_a_view_counted_gone_to_and_forgotten(
    window: Opener, company: Company, stage: Stage
) -> None:
    async with window() as it:
        await it.press("3", "g", "v")
        await it.sees("Saved views", "There is none yet.")
        await it.press("a")
        await it.type("Ждут")
        await it.press("enter", "enter")
        await it.sees("Saved views", "Ждут")
        await it.press("escape", "1")
        await it.until(lambda: it.app.screen.query(ViewsBar))
        count = len(fitting(company, waiting=True))
        await it.sees(f"Ждут {count}")
        await it.press(">")
        await it.until(lambda: wanted(it) == DialogFilter(waiting=True))
        assert it.app.screen.query_one(ViewsBar).chosen is not None
        await it.press("1")
        await it.until(lambda: wanted(it) == DialogFilter())
        assert it.app.screen.query_one(ViewsBar).chosen is None
        await it.pilot.click(ViewsBar, offset=(2, 0))
        await it.until(lambda: wanted(it) == DialogFilter(waiting=True))
        await it.press("g", "v")
        await it.until(lambda: isinstance(it.app.screen, Views))
        await it.press("d")
        await it.until(lambda: company.read(views.seen) == [])
        await it.press("escape")
        await it.until(lambda: not isinstance(it.app.screen, Views))
        await it.press("U")
        await it.until(lambda: [row.name for row in company.read(views.seen)] == ["Ждут"])


async def test_what_others_do_to_views_and_dialogs_is_counted_a_moment_later(window: Opener, company: Company) -> None:
    async with window() as it:
        company.write(lambda tx: views.add(tx.by(owner("Пётр")), "Ждут", DialogFilter(waiting=True)))
        count = len(fitting(company, waiting=True))
        await it.sees(f"Ждут {count}")
        one = fitting(company, waiting=True)[0]
        company.write(lambda tx: duties.no_answer(tx.by(owner("Пётр")), one))
        await it.sees(f"Ждут {count - 1}")


@pytest.mark.req("S-117")
async def test_several_filters_are_set_at_once_on_one_page(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.press("0")
        await it.until(lambda: isinstance(it.app.screen, Narrow))
        await it.press("down", "right", "down", "down", "down", "right")
        await it.sees("#возврат", "‹ only these ›")
        await it.press("down", "down", "down", "down", "down")
        await it.type("2h")
        await it.press("enter")
        since = NOON - 2 * HOUR
        await it.until(lambda: wanted(it) == DialogFilter(tag="возврат", waiting=True, since="2h"))
        assert listed(it) == fitting(company, tag="возврат", waiting=True, since=since) != []
        await it.sees("#возврат · since 2h")


async def test_a_moment_of_an_older_view_stays_as_it_was_until_it_is_changed(window: Opener, company: Company) -> None:
    then = NOON - 2 * HOUR + 1
    company.write(lambda tx: views.add(tx, "Сегодня", DialogFilter(since=then)))
    async with window() as it:
        await it.sees("Сегодня")
        await it.press(">")
        await it.until(lambda: wanted(it) == DialogFilter(since=then))
        await it.press("0")
        await it.until(lambda: isinstance(it.app.screen, Narrow))
        it.app.screen.query_one("#until").focus()
        await it.type("1h")
        await it.press("enter")
        await it.until(lambda: wanted(it) == DialogFilter(since=then, until="1h"))
        assert listed(it) == fitting(company, since=then, until=NOON - HOUR) != []


async def test_a_date_that_is_none_is_said_on_the_page(window: Opener) -> None:
    async with window() as it:
        await it.press("0")
        await it.until(lambda: isinstance(it.app.screen, Narrow))
        it.app.screen.query_one("#since").focus()
        await it.type("вчера-то")
        await it.press("enter")
        await it.sees("вчера-то is not a time.")


@pytest.mark.req("S-116")
async def test_a_name_with_a_slip_is_offered_below_and_marked(window: Opener, company: Company) -> None:
    while search.advance(company.database, company.search):
        pass
    async with window() as it:
        await it.press("/")
        await it.type("Кузнецва")
        await it.sees("≈ Анна Кузнецова", "≈ similar names")
        await it.press("enter", "enter")
        await it.until(lambda: it.app.screen.opening is not None)
        assert it.app.screen.opening.card.name == "Анна Кузнецова"
