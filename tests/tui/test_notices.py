"""Who waits for an answer is heard of: once, in time, not at night, and not where one is looking already."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import time

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import DISTRIBUTION
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.journal.dialogs import HandedOver
from chatapp_cli.runtime.identity import as_acting
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import dialogs, duties, journal, notes, options
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.session.notices import Notices, within
from chatapp_cli.tui.session.terminal import Terminal
from chatapp_cli.tui.session.workspace import Workspace
from tests.stores import owner
from tests.tui.conftest import GOOD, Window
from tests.tui.stage import ANNA, HOUR, ME, HeldClock, Stage, opened

BOT = ChannelId(1)
IGOR = Profile(id="502", name="Игорь")
ZOYA = Profile(id="505", name="Зоя Белая")


@dataclass
class Watch:
    """Notices of one person, what they sent, and what waits for the pause to end."""

    workspace: Workspace
    notices: Notices
    sent: list[str]
    waiting: list[Callable[[], None]] = field(default_factory=list)
    reminded: list[str] = field(default_factory=list)
    seen: int = -1

    async def hear(self, dialog: DialogId | None = None) -> list[str]:
        rows = await self.workspace.read(lambda tx: journal.after(tx, self.seen, n=100))
        self.seen = rows[-1].id
        await self.notices.hear(JournalAdvanced(rows), seen=dialog)
        return self.said()

    def pass_the_pause(self) -> list[str]:
        self.waiting.pop()()
        return self.said()

    def said(self) -> list[str]:
        said = [sequence for sequence in self.sent if not sequence.startswith("\x1b]2;")]
        self.sent.clear()
        return said


Watcher = Callable[..., Watch]


@pytest.fixture
async def watching(company: Company, clock: HeldClock) -> AsyncIterator[Watcher]:
    stores = []

    def watch(**settings: str) -> Watch:
        own = as_acting(opened(company.settings.folder.parent, clock, **settings), "")
        stores.append(AsyncStore(own))
        workspace, sent, waiting, reminded = (
            Workspace(own, stores[-1]),
            list[str](),
            list[Callable[[], None]](),
            list[str](),
        )
        notices = Notices(workspace, Terminal({}), sent.append, waiting.append, reminded.append)
        return Watch(workspace, notices, sent, waiting, reminded, own.read(journal.last))

    yield watch
    for store in stores:
        await store.aclose()
        store.company.close()


async def test_a_message_rings_once_and_what_comes_meanwhile_is_told_together(watching: Watcher, stage: Stage) -> None:
    at = watching(notify="both")
    stage.hear(BOT, ANNA, "Ау?")
    assert await at.hear() == ["\a", "\x1b]9;chatapp: New: Анна Кузнецова\a"]
    stage.hear(BOT, ANNA, "Вы тут?")
    assert await at.hear() == []
    stage.hear(BOT, IGOR, "и я")
    assert await at.hear() == []
    assert at.pass_the_pause() == ["\a", "\x1b]9;chatapp: 2 dialogs have something new\a"]
    assert at.pass_the_pause() == []
    stage.hear(BOT, ANNA, "И снова")
    assert await at.hear() != []


async def test_the_words_of_a_message_are_shown_only_if_that_is_wanted(watching: Watcher, stage: Stage) -> None:
    at = watching(notify="desktop", notify_text="on")
    stage.hear(BOT, ANNA, "Код \x1b]0;x\a 4417")
    assert await at.hear() == ["\x1b]9;Анна Кузнецова: Код ]0;x 4417\a"]


async def test_where_one_is_looking_and_on_the_blacklist_nothing_rings(watching: Watcher, stage: Stage) -> None:
    at = watching(notify="bell")
    anna = stage.dialog(BOT, ANNA)
    stage.hear(BOT, ANNA, "Ау?")
    assert await at.hear(anna) == []
    stage.company.write(lambda tx: dialogs.block(tx, anna, blocked=True))
    stage.hear(BOT, ANNA, "Ау?")
    assert await at.hear() == []


async def test_a_note_rings_for_whom_it_mentions(watching: Watcher, stage: Stage) -> None:
    at = watching(notify="bell")
    anna = stage.dialog(BOT, ANNA)
    stage.company.write(lambda tx: notes.add(tx.by(owner("Нина")), anna, "@Олег, глянь"))
    assert await at.hear() == []
    stage.company.write(lambda tx: notes.add(tx.by(owner("Нина")), anna, f"@{ME}, глянь"))
    assert await at.hear() == ["\a"]


async def test_what_was_put_off_is_told_at_its_time_to_whoever_answers_for_it(
    watching: Watcher, stage: Stage, clock: HeldClock
) -> None:
    at = watching(notify="desktop")
    write = stage.company.write
    anna, igor, zoya = stage.dialog(BOT, ANNA), stage.dialog(BOT, IGOR), stage.dialog(BOT, ZOYA)
    write(lambda tx: dialogs.block(tx, zoya, blocked=True))
    for dialog, name in ((anna, ME), (igor, "Нина"), (zoya, ME)):
        write(lambda tx, dialog=dialog, name=name: duties.assign(tx, dialog, name))
        write(lambda tx, dialog=dialog: duties.snooze(tx, dialog, clock.now() + HOUR))
    assert await at.hear() == []
    write(lambda tx: duties.unsnooze(tx, anna))
    write(lambda tx: duties.snooze(tx, anna, clock.now() + HOUR))
    assert await at.hear() == []
    clock.at += HOUR
    write(duties.wake)
    said = await at.hear()
    assert len(said) == 1
    assert "Анна Кузнецова is back: the snooze is over" in said[0]
    assert at.reminded == ["Анна Кузнецова is back: the snooze is over"]


async def test_a_dialog_that_is_given_to_me_or_taken_from_whoever_is_away_rings(
    watching: Watcher, stage: Stage
) -> None:
    at = watching(notify="desktop")
    write = stage.company.write
    anna, igor, zoya = stage.dialog(BOT, ANNA), stage.dialog(BOT, IGOR), stage.dialog(BOT, ZOYA)
    for dialog, name in ((anna, ME), (igor, "Нина"), (zoya, "Нина")):
        write(lambda tx, dialog=dialog, name=name: duties.assign(tx.by(DISTRIBUTION), dialog, name))
    (said,) = await at.hear()
    assert "You answer for Анна Кузнецова now." in said
    assert at.pass_the_pause() == []
    write(lambda tx: duties.assign(tx, igor, ME))
    assert await at.hear() == [], "what one takes oneself does not ring"
    write(lambda tx: duties.unassign(tx.by(DISTRIBUTION), zoya))
    write(lambda tx: tx.emit(HandedOver(dialog=zoya, before="Нина", why="away"), actor=""))
    (said,) = await at.hear()
    assert "Nobody answers for Зоя Белая now." in said


async def test_an_hour_of_peace_by_a_key(watching: Watcher, stage: Stage, clock: HeldClock) -> None:
    at = watching(notify="bell")
    assert at.notices.mute() == clock.now() + HOUR
    stage.hear(BOT, ANNA, "Ау?")
    assert await at.hear() == []
    at.pass_the_pause()
    clock.at += HOUR
    stage.hear(BOT, ANNA, "Ау?")
    assert await at.hear() == ["\a"]


@pytest.mark.parametrize(
    ("hours", "now", "quiet"),
    [
        ("22:00-08:00", time(23, 0), True),
        ("22:00-08:00", time(7, 59), True),
        ("22:00-08:00", time(8, 0), False),
        ("13:00-14:00", time(13, 30), True),
        ("13:00-14:00", time(12, 59), False),
        ("", time(3, 0), False),
    ],
)
def test_hours_of_peace_may_go_past_midnight(hours: str, now: time, quiet: bool) -> None:
    assert within(hours, now) is quiet


def test_each_terminal_hears_what_it_knows_and_tmux_hands_it_on() -> None:
    assert Terminal({"TERM": "foot"}).desktop("a;b", "c") == "\x1b]777;notify;a,b;c\a"
    assert Terminal({"TMUX": "/tmp/tmux"}).desktop("", "c") == "\x1bPtmux;\x1b\x1b]9;c\a\x1b\\"
    assert Terminal({"TMUX": "/tmp/tmux"}).copied("да") == "\x1bPtmux;\x1b\x1b]52;c;0LTQsA==\a\x1b\\"


class Heard(InboxApp):
    """The window, with what it tells the terminal."""

    def __init__(self, company: Company) -> None:
        super().__init__(company, alone=True)
        self.told: list[str] = []

    def tell_terminal(self, sequence: str) -> None:
        self.told.append(sequence)


async def test_the_window_rings_for_another_dialog_and_counts_the_unread_in_its_title(
    company: Company, stage: Stage
) -> None:
    app = Heard(company)
    async with app.run_test(size=GOOD, notifications=True) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: "\x1b]2;(6) chatapp\a" in app.told)
        await it.open("Анна")
        stage.hear(BOT, IGOR, "Ау?")
        await it.until(lambda: "\a" in app.told)
        await it.press("escape", "g", "b")
        await it.sees("No notices until")
    assert (app.told[0], app.told[-1]) == ("\x1b[22;2t", "\x1b[23;2t")


async def test_hours_without_notices_may_be_the_companys_and_hold_at_once(company: Company, stage: Stage) -> None:
    app = Heard(company)
    async with app.run_test(size=GOOD, notifications=True) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: "\x1b]2;(6) chatapp\a" in app.told)
        await it.open("Анна")
        told = {"quiet": "00:00-23:59", "company_name": "Тёплый дом"}
        company.write(lambda tx: options.configure_company(tx, told))
        stage.hear(BOT, IGOR, "Ау?")
        await it.until(lambda: any("Тёплый дом" in sequence for sequence in app.told))
        assert "\a" not in app.told
        company.write(lambda tx: options.configure_company(tx, {"quiet": ""}))
        stage.hear(BOT, IGOR, "Ау!")
        await it.until(lambda: "\a" in app.told)


async def test_the_window_says_whose_time_has_come(company: Company, stage: Stage, clock: HeldClock) -> None:
    anna = stage.dialog(BOT, ANNA)
    stage.company.write(lambda tx: duties.snooze(tx, anna, clock.now() + HOUR))
    app = Heard(company)
    async with app.run_test(size=GOOD, notifications=True) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: any("chatapp" in sequence for sequence in app.told))
        await it.sees("Игорь")
        await it.sees_no("Анна Кузнецова")
        clock.at += HOUR
        stage.company.write(duties.wake)
        await it.sees("Анна Кузнецова is back: the snooze is over")
        await it.until(lambda: "\a" in app.told)
