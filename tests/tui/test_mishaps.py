"""What goes wrong beside the keys: the window goes on and says so, and what somebody wrote is not lost."""

from __future__ import annotations

import asyncio
import stat
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.screen import Screen

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.errors import ChatappError, StoreError
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.text import T
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.services import channels, lines
from chatapp_cli.settings import Settings
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.launch import report
from chatapp_cli.tui.popups import Confirm
from chatapp_cli.tui.screens.bind import BindScreen
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.session.error_guard import LONG, ErrorGuard
from chatapp_cli.tui.session.rescue import FOLDER, save_to_file
from chatapp_cli.tui.widgets.composer import Composer, Pen
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.pane import ConversationPane
from tests.postgres import Postgres
from tests.stores import OWNER
from tests.tui.conftest import GOOD, Opener, Window
from tests.tui.stage import ANNA, ME, NOON, HeldClock, Stage, warm_home

BOT = ChannelId(1)


def unbind(company: Company, channel: ChannelId = BOT) -> None:
    row = company.read(lambda tx: channels.one(tx, channel))
    company.write(lambda tx: channels.unbind(tx, row, force=True))


def notices(it: Window) -> str:
    return "\n".join(note.message for note in it.app._notifications)


def kept(company: Company) -> list[str]:
    return [path.read_text("utf-8") for path in sorted((company.settings.folder / FOLDER).glob("*.txt"))]


async def test_a_window_outlives_the_channel_of_its_dialog_and_says_where_the_text_is(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Ждём вас завтра")
        unbind(company)
        await it.until(lambda: "is no more: its channel was unbound" in notices(it))
        assert kept(company) == ["Анна Кузнецова\n\nЖдём вас завтра\n"]
        (path,) = (company.settings.folder / FOLDER).iterdir()
        assert str(path) in notices(it)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        page = it.app.screen
        assert isinstance(page, InboxScreen)
        assert page.query_one(Pen).text == "Ждём вас завтра"
        await page.colleagues.beat()
        page.freshness.tick()
        await it.open("Олег")
        await it.type("Да")
        await it.press("enter")
        await it.until(lambda: page.query_one(Composer).state.text == "")
    assert it.app.return_code in {None, 0}
    assert kept(company) == ["Анна Кузнецова\n\nЖдём вас завтра\n"]


@pytest.mark.parametrize("keys", ["p", "E", "t", "I", "Z", "r"])
async def test_a_deed_with_a_dialog_that_is_no_more_says_so(window: Opener, company: Company, keys: str) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape")
        unbind(company)
        await it.until(lambda: "is no more" in notices(it))
        it.app._notifications.clear()
        await it.press(keys)
        await it.until(lambda: notices(it))
        assert it.app.is_running


async def test_the_presence_that_meets_the_unbound_dialog_first_says_so_too(window: Opener, company: Company) -> None:
    """The beat may come before the news of the unbinding."""
    async with window() as it:
        await it.open("Анна")
        await it.type("Ждём")
        page = it.app.screen
        assert isinstance(page, InboxScreen)
        with company.database.driver.connect() as store:
            store.execute("PRAGMA foreign_keys = ON")
            store.execute("DELETE FROM dialog WHERE id = ?", [page.opening.card.id])
            store.commit()
        page.do(page.colleagues.beat, group="presence")
        await it.until(lambda: "is no more" in notices(it))
        assert kept(company) == ["Анна Кузнецова\n\nЖдём\n"]


async def test_a_tab_of_a_dialog_that_is_no_more_can_be_left(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "1", "end", "T")
        await it.until(lambda: len(it.app.screen.tabs.open) > 1)
        unbind(company)
        await it.press("escape", "{")
        await it.until(lambda: notices(it))
        await it.press("}")
        assert it.app.is_running


async def test_work_that_comes_round_says_the_same_only_once_a_minute() -> None:
    guard = ErrorGuard()
    said = guard.words(StoreError(T("The disk is full.")))
    assert [guard.first_report(said, now) for now in (0.0, 5.0, LONG - 1, LONG + 1)] == [True, False, False, True]
    assert guard.first_report("other", 1.0)
    assert not guard.unexpected


def test_of_many_errors_of_our_own_only_the_last_ones_are_held_on_to() -> None:
    guard = ErrorGuard()
    for n in range(1000):
        guard.words(ZeroDivisionError(n))
    assert [error.args for error in guard.unexpected] == [(997,), (998,), (999,)]


@pytest.mark.parametrize("group", ["news", "presence", "actions", "list", "timer"])
async def test_whatever_work_stumbles_over_the_page_goes_on(
    company: Company, capsys: pytest.CaptureFixture[str], group: str
) -> None:
    app = InboxApp(company, alone=True)
    async with app.run_test(size=GOOD) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one(DialogList).order is not None)

        async def stumble() -> None:
            raise ZeroDivisionError("of our own")

        app.screen.do(stumble, group=group)
        await it.until(lambda: "Something went wrong inside: ZeroDivisionError." in notices(it))
        await it.open("Анна")
    assert [type(error) for error in app.guard.unexpected] == [ZeroDivisionError]
    report(app)
    assert "ZeroDivisionError: of our own" in capsys.readouterr().err


async def test_a_timer_that_stumbles_comes_round_again(company: Company) -> None:
    app, rounds = InboxApp(company, alone=True), []
    async with app.run_test(size=GOOD) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one(DialogList).order is not None)

        def stumble() -> None:
            rounds.append(1)
            raise ZeroDivisionError

        app.screen.every(0.05, stumble)
        await it.until(lambda: len(rounds) > 2)
        assert len([note for note in app._notifications if "ZeroDivision" in note.message]) == 1


class Broken(Screen[None]):
    """A page that cannot be shown: an error of our own in the midst of the keys."""

    def on_mount(self) -> None:
        raise ZeroDivisionError


async def _break(app: InboxApp) -> None:
    async with app.run_test(size=GOOD) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one(DialogList).order is not None)
        await it.open("Анна")
        await it.type("Ждём вас")
        app.push_screen(Broken())
        await pilot.pause(1)


async def test_a_window_that_breaks_off_says_so_and_where_the_draft_is(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    app = InboxApp(company, alone=True)
    with pytest.raises(ZeroDivisionError):
        await _break(app)
    with pytest.raises(ChatappError) as broken:
        report(app)
    assert broken.value.exit_code == 1
    assert str(broken.value.what) == "The window broke off."
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert "Ждём вас" not in told
    dialog = company.read(lambda tx: tx.value("dialogs.at_key", channel=BOT, key=ANNA.id))
    drafted = company.read(lambda tx: tx.value("drafts.one", operator=ME, dialog=dialog)) or ""
    assert "Ждём вас" in drafted + "".join(kept(company))
    where = "lies in" if kept(company) else "is a draft in its dialog"
    assert where in str(broken.value.next_step)


def test_what_is_rescued_is_never_written_over(tmp_path: Path) -> None:
    paths = [save_to_file(tmp_path, "Анна", text, NOON) for text in ("раз", "два", "три")]
    assert len(set(paths)) == len(paths)
    assert [path.read_text("utf-8") for path in paths] == ["Анна\n\nраз\n", "Анна\n\nдва\n", "Анна\n\nтри\n"]


# PostgreSQL


@pytest.fixture
def there(tmp_path: Path, postgres_url: str, clock: HeldClock) -> Iterator[Company]:
    values = {"home": str(tmp_path), "company": "home", "operator": ME, "view": "all", "database_url": postgres_url}
    company = open_company(Settings(**values), World(clock=clock, chance=SystemChance())).seen_by(OWNER)
    warm_home(company, clock)
    yield company
    company.close()


def cut(url: str, server: Postgres) -> None:
    """What a restart or an impatient administrator does to every connection."""
    name = url.split("@/")[1].split("?", maxsplit=1)[0]
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


async def test_a_window_outlives_its_connections(
    there: Company, postgres_url: str, postgres_server: Postgres, clock: HeldClock
) -> None:
    app, stop = InboxApp(there, alone=True), threading.Event()
    stage = Stage(there, clock, first=5000)

    def arrivals() -> None:
        while not stop.is_set():
            try:
                stage.hear(BOT, ANNA, "Ау")
            except ChatappError:
                continue
            stop.wait(0.05)

    async with app.run_test(size=GOOD) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one(DialogList).order is not None)
        await it.open("Анна")
        await it.type("Ждём вас")
        work = asyncio.get_running_loop().run_in_executor(None, arrivals)
        for _round in range(6):
            await asyncio.to_thread(cut, postgres_url, postgres_server)
            await pilot.pause(0.25)
            assert app.is_running
        stop.set()
        await work
        assert app.screen.query_one(Pen).text == "Ждём вас"
        await asyncio.to_thread(partial(stage.hear, BOT, ANNA, "Последнее слово"))
        await it.sees("Последнее слово")
        await it.press("enter")
        await it.until(lambda: app.screen.query_one(Composer).state.text == "" or notices(it))
    assert app.return_code in {None, 0}
    assert not app.guard.unexpected, app.guard.unexpected


@pytest.mark.parametrize("disk", ["there", "full"])
async def test_what_the_store_cannot_keep_when_the_window_is_left_is_not_lost(
    there: Company, postgres_url: str, postgres_server: Postgres, capsys: pytest.CaptureFixture[str], disk: str
) -> None:
    app, name = InboxApp(there, alone=True), postgres_url.split("@/")[1].split("?", maxsplit=1)[0]
    async with app.run_test(size=GOOD) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one(DialogList).order is not None)
        await it.open("Анна")
        with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        await asyncio.to_thread(cut, postgres_url, postgres_server)
        await it.type("Ждём вас")
        await it.until(lambda: "does not answer" in notices(it))
        assert app.screen.query_one(Pen).text == "Ждём вас"
    if disk == "full":
        (there.settings.folder / FOLDER).write_text("no folder can be made here")
    report(app)
    told = capsys.readouterr().err
    if disk == "full":
        assert told == "Анна Кузнецова\n\nЖдём вас\n"
    else:
        assert kept(there) == ["Анна Кузнецова\n\nЖдём вас\n"]
        assert str(there.settings.folder / FOLDER) in told


async def test_a_page_that_closes_while_its_conversation_is_set_up_ends_without_an_error(window: Opener) -> None:
    async with window() as it:
        page = it.app.screen
        assert isinstance(page, InboxScreen)
        body = Vertical()
        await page.mount(body)
        leaving = body.remove()
        conversation = Conversation(page, body, page.dialogs, ConversationPane(page.appearance))
        await conversation.ready()
        await leaving
        assert not conversation.is_ready


async def test_a_page_that_has_gone_misses_none_of_its_widgets(window: Opener, company: Company) -> None:
    """As it happened to the questions of a bind: a window that closes takes the form away before its work ends."""
    company.write(lambda tx: lines.add(tx, "Склад"))
    async with window() as it:
        line = company.read(lambda tx: lines.find(tx, "Склад"))
        page = BindScreen(line, "telegram_bot")
        await it.app.push_screen(page)
        await page.dismiss()
        page.complain(NoMatches("AskedForm"))
        assert (list(it.app.guard.unexpected), notices(it)) == ([], "")
        page.complain(StoreError(T("The disk is full.")))
        await it.until(lambda: "The disk is full." in notices(it))


async def test_a_question_that_has_gone_misses_none_of_its_widgets(window: Opener) -> None:
    async with window() as it:
        question = Confirm("Sure?", "")
        await it.app.push_screen(question)
        await question.dismiss(result=False)

        async def look() -> None:
            question.query_one("#none")

        await question.carry_out(look)
        assert (list(it.app.guard.unexpected), notices(it)) == ([], "")
