"""Who sits at the window: logging in, seeing one's lines alone, and being shown the door."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from chatapp_cli.bootstrap import Desk
from chatapp_cli.services import lines, operators, passwords
from chatapp_cli.tui.app import Inbox
from tests.tui.conftest import GOOD, Opener, Window
from tests.tui.stage import ME

PASSWORD = "семь осенних листьев"
HASH = passwords.hashed(PASSWORD)
ANNA, HOTEL = "Анна Кузнецова", "Гостиница «Север»"


@pytest.fixture
def pyotr(desk: Desk) -> str:
    """An operator who sees wholesale alone, logged in; returns the token."""
    line = desk.read(lambda tx: lines.find(tx, "Опт").id)
    desk.write(lambda tx: operators.add(tx, "Пётр", HASH, [line], actor=ME))
    desk.write(lambda tx: operators.open_session(tx, "Пётр", "token"))
    return "token"


Entrance = Callable[[str], AbstractAsyncContextManager[Window]]


@pytest.fixture
def window_of(desk: Desk) -> Entrance:
    @asynccontextmanager
    async def opened(token: str) -> AsyncIterator[Window]:
        app = Inbox(desk, alone=True, token=token)
        async with app.run_test(size=GOOD) as pilot:
            yield Window(app, pilot)

    return opened


@pytest.mark.req("S-128")
async def test_the_window_shows_the_lines_of_whoever_logged_in_and_no_others(window_of: Entrance, pyotr: str) -> None:
    async with window_of(pyotr) as it:
        await it.sees(HOTEL)
        assert ANNA not in it.text()
        await it.press("f2")
        await it.sees("opt@teply-dom.example")
        assert "Розница" not in it.text()


@pytest.mark.req("S-128")
async def test_without_a_login_that_holds_nothing_is_seen_until_the_password_is_right(
    window_of: Entrance, pyotr: str
) -> None:
    async with window_of("no longer") as it:
        await it.sees("You are logged in no longer.", "Enter: log in.")
        assert HOTEL not in it.text()
        await it.press("f2", "ctrl+p", *"Пётр", "enter", *"не тот пароль", "enter")
        await it.sees("Name or password is wrong.")
        assert "осен" not in it.text()
        await it.press(*PASSWORD, "enter")
        await it.sees(HOTEL)
        assert it.app.office.actor == "Пётр"


@pytest.mark.req("S-128")
async def test_a_window_hears_at_once_of_other_lines_and_of_the_end(
    window_of: Entrance, desk: Desk, pyotr: str
) -> None:
    async with window_of(pyotr) as it:
        await it.sees(HOTEL)
        await it.press("g", "p")
        desk.write(lambda tx: operators.see_lines(tx, "Пётр", None, actor=ME))
        await it.sees(HOTEL, ANNA)
        await it.press("f2")
        desk.write(lambda tx: operators.disable(tx, "Пётр", actor=ME))
        await it.sees("You are logged in no longer.")
        assert ANNA not in it.text()
        assert it.app.office.actor == ""


async def test_the_owner_needs_no_login_and_acts_as_their_account_if_they_have_one(window: Opener, desk: Desk) -> None:
    line = desk.read(lambda tx: lines.find(tx, "Опт").id)
    async with window() as it:
        await it.sees(ANNA)
        assert it.app.office.actor == ME
        desk.write(lambda tx: operators.add(tx, ME, "", [line], actor=ME))
        await it.sees_no(ANNA)
        await it.sees(HOTEL)
