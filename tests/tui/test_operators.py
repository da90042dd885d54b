"""Who sits at the window: logging in, seeing one's lines alone, and being shown the door."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.runtime.restricted import RESTRICTED_VARIABLE
from chatapp_cli.services import duties, lines, operators, passwords, presence
from chatapp_cli.store import dialog_list
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.app import InboxApp
from tests.tui.conftest import GOOD, Opener, Window
from tests.tui.stage import ME

PASSWORD = "семь осенних листьев"
HASH = passwords.hashed(PASSWORD)
ANNA, HOTEL = "Анна Кузнецова", "Гостиница «Север»"


@pytest.fixture
def pyotr(company: Company) -> str:
    """An operator who sees wholesale alone, logged in; returns the token."""
    line = company.read(lambda tx: lines.find(tx, "Опт").id)
    company.write(lambda tx: operators.add(tx, "Пётр", HASH, [line]))
    company.write(lambda tx: operators.open_session(tx, "Пётр", "token"))
    return "token"


Entrance = Callable[[str], AbstractAsyncContextManager[Window]]


@pytest.fixture
def window_of(company: Company) -> Entrance:
    @asynccontextmanager
    async def opened(token: str) -> AsyncIterator[Window]:
        app = InboxApp(company, alone=True, token=token)
        async with app.run_test(size=GOOD) as pilot:
            yield Window(app, pilot)

    return opened


@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_the_window_shows_the_lines_of_whoever_logged_in_and_no_others(window_of: Entrance, pyotr: str) -> None:
    async with window_of(pyotr) as it:
        await it.sees(HOTEL)
        assert ANNA not in it.text()
        await it.press("f2")
        await it.sees("opt@teply-dom.example")
        assert "Розница" not in it.text()


@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_without_a_login_that_holds_nothing_is_seen_until_the_password_is_right(
    window_of: Entrance, pyotr: str
) -> None:
    async with window_of("no longer") as it:
        await it.sees("You are logged out.", "Enter: log in.")
        assert HOTEL not in it.text()
        await it.press("f2", "ctrl+p", *"Пётр", "enter", *"не тот пароль", "enter")
        await it.sees("Name or password is wrong.")
        assert "осен" not in it.text()
        await it.press(*PASSWORD, "enter")
        await it.sees(HOTEL)
        await it.until(lambda: it.app.screen.query("Composer"), "what the page goes on with")
        assert it.app.workspace.actor == "Пётр"


@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_a_window_hears_at_once_of_other_lines_and_of_the_end(
    window_of: Entrance, company: Company, pyotr: str
) -> None:
    (anna,) = company.read(lambda tx: dialog_list.ids(tx, "sqlite", DialogFilter(text=ANNA)))
    async with window_of(pyotr) as it:
        await it.sees(HOTEL)
        await it.press("g", "p")
        company.write(lambda tx: operators.see_lines(tx, "Пётр", None))
        await it.sees(HOTEL, ANNA)
        company.write(lambda tx: operators.see_only_own(tx, "Пётр", only_own=True))
        await it.sees_no(HOTEL)
        await it.sees_no(ANNA)
        company.write(lambda tx: duties.assign(tx, DialogId(anna), "Пётр"))
        await it.sees(ANNA)
        company.write(lambda tx: duties.assign(tx, DialogId(anna), "Олег"))
        await it.sees_no(ANNA)
        await it.press("f2")
        company.write(lambda tx: operators.disable(tx, "Пётр"))
        await it.sees("You are logged out.")
        assert ANNA not in it.text()
        assert it.app.workspace.actor == ""


async def test_a_disabled_operator_is_logged_out_and_no_longer_shown_as_looking(
    window_of: Entrance, company: Company, pyotr: str
) -> None:
    async with window_of(pyotr) as it:
        await it.open("Гостиница")
        await it.until(lambda: [row.operator for row in company.read(presence.everyone)] == ["Пётр"])
        company.write(lambda tx: operators.disable(tx, "Пётр"))
        await it.sees("You are logged out.")
        await it.until(lambda: not company.read(presence.everyone))


async def test_the_owner_needs_no_login_and_acts_as_their_account_if_they_have_one(
    window: Opener, company: Company
) -> None:
    line = company.read(lambda tx: lines.find(tx, "Опт").id)
    async with window() as it:
        await it.sees(ANNA)
        assert it.app.workspace.actor == ME
        company.write(lambda tx: operators.add(tx, ME, "", [line]))
        await it.sees_no(ANNA)
        await it.sees(HOTEL)


@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_the_owner_lets_somebody_in_chooses_their_lines_and_shows_them_the_door(
    window: Opener, company: Company
) -> None:
    def known() -> operators.OperatorAccount:
        (found,) = company.read(operators.accounts)
        return found

    async with window() as it:
        await it.press("g", "o")
        await it.sees("Nobody has an account yet.")
        await it.press("a", *"Пётр", "enter", *PASSWORD, "enter", *"другое слово", "enter")
        await it.sees("These were two different ones.")
        await it.press(*PASSWORD, "enter", *PASSWORD, "enter")
        await it.sees("Lines that Пётр sees")
        await it.press("down", "space", "enter")
        await it.sees("can log in", "Опт")
        assert company.read(lambda tx: operators.verify(tx, "Пётр", PASSWORD)).name == "Пётр"
        assert PASSWORD not in it.text()
        await it.press("enter", "down", "space", "enter")
        await it.sees("every line")
        await it.press("o")
        await it.sees("every line, only their own dialogs")
        await it.press("U")
        await it.sees_no("only their own dialogs")
        await it.press("d")
        await it.sees("cannot log in")
        await it.press("U")
        await it.until(lambda: not known().who.disabled)
        await it.press("p", *"новые девять букв", "enter", *"новые девять букв", "enter")
        await it.until(lambda: not passwords.fits(PASSWORD, known().who.password))
        await it.press("x", "y")
        await it.sees("Nobody has an account yet.")


@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_only_the_owner_changes_accounts(window_of: Entrance, company: Company, pyotr: str) -> None:
    company.write(lambda tx: operators.add(tx, "Вера", HASH, ()))
    async with window_of(pyotr) as it:
        await it.sees(HOTEL)
        await it.press("g", "o")
        await it.sees("Пётр", "Опт")
        assert "Вера" not in it.text()
        await it.press("a")
        refused = "Пётр may not make and change the accounts of operators."
        await it.until(lambda: any(refused in note.message for note in it.app._notifications))


@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_what_one_may_not_do_is_refused_in_words_until_it_is_allowed_and_again_once_it_is_not(
    window_of: Entrance, company: Company, pyotr: str
) -> None:
    def added() -> list[str]:
        return [line.name for line in company.read(lines.everything)]

    async with window_of(pyotr) as it:
        await it.sees(HOTEL)
        await it.press("f2")
        await it.sees("opt@teply-dom.example")
        await it.press("a", *"Сайт", "enter")
        await it.sees("Пётр may not add, rename and remove lines.")
        company.write(lambda tx: operators.allow(tx, "Пётр", {Right.LINES}, ()))
        await it.press("enter")
        await it.until(lambda: "Сайт" in added(), "the line that may be added now")
        company.write(lambda tx: operators.allow(tx, "Пётр", (), {Right.LINES}))
        await it.press("a", *"Опт 2", "enter")
        await it.sees("Пётр may not add, rename and remove lines.")
        assert "Опт 2" not in added()


@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_rights_are_given_on_the_page_of_operators(window: Opener, company: Company, pyotr: str) -> None:
    async with window() as it:
        await it.sees(ANNA)
        await it.press("g", "o")
        await it.sees("Пётр")
        await it.press("r")
        await it.sees("Additional rights of Пётр", "add, rename and remove lines")
        assert "write notes" not in it.text()
        await it.press("space", "enter")
        await it.until(lambda: Right.LINES in company.read(lambda tx: operators.may(tx, "Пётр")), "the right")
        await it.press("r")
        await it.sees("Additional rights of Пётр")
        await it.press("space", "enter")
        await it.until(lambda: Right.LINES not in company.read(lambda tx: operators.may(tx, "Пётр")), "no right")


async def test_a_peek_is_seen_by_nobody_else(window: Opener, company: Company) -> None:
    company.write(lambda tx: operators.add(tx, ME, HASH, ()))

    def unread() -> list[int]:
        name = DialogFilter(text="Игорь")
        (row,) = company.read(lambda tx: dialog_list.page(tx, "sqlite", name))
        own = company.read(lambda tx: tx.compose(int, f"SELECT n FROM dialog_unread WHERE dialog_id = {row.id}", {}))
        return [row.unread, *own]

    async with window() as it:
        await it.sees("Игорь")
        assert unread() == [2, 2]
        await it.press("1", "/", *"Игорь", "enter")
        await it.press("g", "u")
        await it.until(lambda: unread() == [2])


@pytest.mark.req("S-128", part="access by lines, assignees")
@pytest.mark.parametrize(("end", "words"), [(operators.disable, "is disabled"), (operators.remove, "has none")])
async def test_a_restricted_window_has_the_rights_of_its_account_and_shows_nothing_once_that_is_over(
    window: Opener,
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[Tx, str], None],
    words: str,
) -> None:
    line = company.read(lambda tx: lines.find(tx, "Опт").id)
    company.write(lambda tx: operators.add(tx, ME, "", [line]))
    monkeypatch.setenv(RESTRICTED_VARIABLE, "on")
    async with window() as it:
        await it.sees(HOTEL)
        assert ANNA not in it.text()
        await it.press("g", "o")
        await it.sees(ME, "Опт")
        await it.press("a")
        refused = f"{ME} may not make and change the accounts of operators."
        await it.until(lambda: any(refused in note.message for note in it.app._notifications))
        company.write(lambda tx: end(tx, ME))
        await it.sees(f"{ME} {words}", "Enter: log in.")
        assert not any(name in it.text() for name in (HOTEL, ANNA))
        assert it.app.workspace.actor == ""
