"""What counts as read: seen on the screen for a moment, by somebody who is there, and not only looked into."""

from __future__ import annotations

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import dialogs
from tests.tui.conftest import Opener, Window


def unread(company: Company, it: Window) -> int:
    dialog = it.app.screen.opening.card.id
    return company.read(lambda tx: dialogs.card(tx, dialog)).unread


async def let_the_moment_pass(it: Window) -> None:
    """Wait until the timer that counts the moment has done its work."""
    marks = it.app.screen.read_marks
    await it.until(lambda: (task := marks.dwell._task) is not None and task.done())


async def test_nothing_is_read_in_a_window_that_has_not_the_focus(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        it.app.app_focus = False
        await let_the_moment_pass(it)
        assert unread(company, it) > 0
        it.app.app_focus = True
        await it.until(lambda: unread(company, it) == 0)


async def test_a_dialog_that_is_only_looked_into_stays_unread_until_it_is_opened(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.press("/")
        await it.type("Анна")
        await it.until(lambda: it.app.screen.query_one("DialogList").order.dialog_filter.text == "Анна")
        await it.press("enter", "Q")
        await it.sees("stays unread", "Доплачу")
        it.app.screen.read_marks.watch()
        assert it.app.screen.read_marks.dwell is None
        assert unread(company, it) > 0
        await it.press("escape", "enter")
        await it.sees_no("stays unread")
        await it.until(lambda: unread(company, it) == 0)
