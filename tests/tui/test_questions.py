"""A question stays open, with the reason, until it is answered or left: what is typed next goes nowhere else."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Input

import chatapp_cli.tui
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.text import T
from chatapp_cli.services import dialogs, operators, replies, transcript
from chatapp_cli.tui.keys.typeahead import HAND
from chatapp_cli.tui.popups import Choose, Confirm, Popup, TextPrompt
from chatapp_cli.tui.questions.picker import Picker
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.session.composer_state import ComposerState
from chatapp_cli.tui.widgets.composer import Pen
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import Opener, Window
from tests.tui.stage import ANNA, HOUR, NOON, Stage, locked

BOT = ChannelId(1)
LONG = "я" * 5000
ENTRY: Any = object()
"""Some message of ours."""


def said(company: Company) -> list[str]:
    dialog = company.read(lambda tx: tx.value("dialogs.at_key", channel=BOT, key=ANNA.id))
    return [one.message.text for one in company.read(lambda tx: transcript.latest(tx, dialog, n=40))]


@dataclass(frozen=True)
class Ask:
    """The keys that lead to a question, a wrong answer, what is said of it, and a right one."""

    keys: tuple[str, ...]
    wrong: str
    why: str
    right: str
    before: Callable[[Company, Stage], object] = lambda _company, _stage: None
    writing: str = ""
    """What stands in the text meanwhile."""


def _section(company: Company, _stage: Stage) -> None:
    company.write(lambda tx: replies.add_section(tx, "Магазин"))


def _sections(company: Company, stage: Stage) -> None:
    _section(company, stage)
    company.write(lambda tx: replies.add_section(tx, "Опт"))


def _scheduled(_company: Company, stage: Stage) -> None:
    stage.say(stage.dialog(BOT, ANNA), "Позже", state=None, at=NOON + HOUR)


def _account(company: Company, _stage: Stage) -> None:
    company.write(lambda tx: operators.add(tx, "Пётр", "scrypt", ()))


NO_FILE = "There is no readable file"
ASKED = {
    "later": Ask(("ctrl+l",), "потом", "потом is not a time.", "завтра в 9", writing="Да"),
    "attach": Ask(("ctrl+o",), "/нет/такого.pdf", NO_FILE, "{file}"),
    "retime": Ask(("escape", "tab", "G", "W"), "вчера", "вчера is not a time.", "завтра в 9", _scheduled),
    "snooze": Ask(("escape", "Z", "end", "enter"), "ерунда", "ерунда is not a time.", "завтра в 9"),
    "chain": Ask(("escape", "C"), "голубь", "There is no kind of channel голубь.", "api"),
    "tag": Ask(("escape", "t"), " ", "", "вип"),
    "line": Ask(("f2", "a"), "Розница", "Розница", "Третья"),
    "rename line": Ask(("f2", "n"), "Опт", "Опт", "Розница 2"),
    "section": Ask(("f5", "s"), "Магазин", "Магазин", "Опт", _section),
    "rename section": Ask(("f5", "e"), "Опт", "Опт", "Склад", _sections),
    "take over": Ask(("f5", "i"), "/нет/такого.yaml", NO_FILE, "{book}", _section),
    "export": Ask(("f5", "x"), "/нет/такого/q.yaml", "/нет/такого", "{new}", _section),
}


async def led(it: Window, ask: Ask) -> None:
    await it.open("Анна")
    await it.type(ask.writing)
    for key in ask.keys:
        await it.press(key)
        await it.pilot.pause(0.05)
    await it.until(lambda: isinstance(it.app.screen, TextPrompt))


async def answer(it: Window, words: str) -> None:
    it.app.screen.query_one(Input).value = words
    await it.press("enter")


@pytest.mark.parametrize("name", [one for one in ASKED if one != "tag"])
async def test_a_refused_answer_leaves_its_question_open_and_what_is_typed_next_goes_into_it(
    window: Opener, company: Company, stage: Stage, tmp_path: Path, name: str
) -> None:
    ask = ASKED[name]
    ask.before(company, stage)
    (tmp_path / "счёт.pdf").write_bytes(b"%PDF")
    (tmp_path / "book.yaml").write_text("sections:\n- name: Новый\n", "utf-8")
    places = {"file": tmp_path / "счёт.pdf", "book": tmp_path / "book.yaml", "new": tmp_path / "new.yaml"}
    async with window() as it:
        await led(it, ask)
        before, question = said(company), it.app.screen
        await answer(it, ask.wrong)
        await it.until(lambda: question.query(".why"), name)
        assert it.app.screen is question
        await it.sees(ask.why[:30])
        question.query_one(Input).value = ""
        await it.type("b y q")
        assert question.query_one(Input).value == "b y q"
        assert said(company) == before
        await answer(it, ask.right.format(**places))
        await it.until(lambda: it.app.screen is not question, f"{name}: {ask.right}")
        page = it.app.screen_stack[0]
        assert isinstance(page, InboxScreen)
        if isinstance(it.app.screen, InboxScreen):
            assert page.query_one(Pen).text == ask.writing


@pytest.mark.parametrize("name", ["later", "attach"])
async def test_a_question_that_is_left_leaves_the_text_as_it_was(window: Opener, company: Company, name: str) -> None:
    ask = ASKED[name]
    async with window() as it:
        await led(it, ask)
        before = said(company)
        await answer(it, ask.wrong)
        await it.until(lambda: it.app.screen.query(".why"))
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen))
        assert it.app.screen.query_one(Pen).text == ask.writing
        assert said(company) == before


async def test_the_corrected_time_is_a_time_and_no_answer(window: Opener, company: Company) -> None:
    """As it happened: the wrong time closed the question, and the right one was sent to the client."""
    async with window() as it:
        await led(it, ASKED["later"])
        await it.type("25:99")
        await it.press("enter")
        await it.until(lambda: it.app.screen.query(".why"))
        await it.press(*["backspace"] * 5)
        await it.type("18:30")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, Choose))
        await it.press("1")
        await it.until(lambda: said(company)[-1] == "Да")
        assert "18:30" not in said(company)


async def test_the_choice_after_the_time_leads_back_to_the_time(window: Opener, company: Company) -> None:
    async with window() as it:
        await led(it, ASKED["later"])
        before = said(company)
        await answer(it, "18:30")
        await it.until(lambda: isinstance(it.app.screen, Choose))
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, TextPrompt))
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen))
        assert said(company) == before


async def test_a_choice_that_is_refused_stays_and_says_why(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        await it.press("escape", "N")
        await it.until(lambda: isinstance(it.app.screen, TextPrompt))
        question = it.app.screen
        row = company.read(lambda tx: dialogs.card(tx, dialog))
        with company.database.driver.connect() as store:
            store.execute("PRAGMA foreign_keys = ON")
            store.execute("DELETE FROM dialog WHERE id = ?", [row.id])
            store.commit()
        await it.type("заметка")
        await it.press("enter")
        await it.until(lambda: question.query(".why"))
        assert it.app.screen is question


async def test_forwarding_that_is_refused_leaves_the_list_to_choose_from(
    window: Opener, company: Company, stage: Stage
) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "tab", "G", "F")
        await it.until(lambda: isinstance(it.app.screen, Picker))
        question = it.app.screen
        await it.type("Зоя")
        await it.until(lambda: question.found and question.found[0].name == "Зоя Белая")
        await it.press("enter", "enter")
        await it.until(lambda: question.query(".why"))
        assert it.app.screen is question
        await it.press("escape")
        await it.until(lambda: it.app.screen.query(Transcript))


class Refusing:
    """Takes no answer but the third: refused in words, stumbled over, thought better of."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    async def __call__(self, value: object) -> object:
        self.heard.append(value)
        match len(self.heard):
            case 1:
                raise UsageError(T("Not this one."), T("Try another."))
            case 2:
                raise ZeroDivisionError
            case 3:
                return False
        return None


@pytest.mark.parametrize(
    ("question", "keys"),
    [
        (lambda: TextPrompt("?"), ("x", "enter")),
        (lambda: Choose("?", [("a", "A"), ("b", "B")], keys=["1", "2"]), ("1",)),
        (lambda: Choose("?", [("a", "A"), ("b", "B")]), ("enter",)),
        (lambda: Confirm("?"), ("y",)),
    ],
)
async def test_every_kind_of_question_stays_until_its_answer_is_taken(
    company: Company, question: Callable[[], Popup[object]], keys: tuple[str, ...]
) -> None:
    from chatapp_cli.tui.app import InboxApp

    app, take, page = InboxApp(company, alone=True), Refusing(), question()
    async with app.run_test() as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query("DialogList"))
        app.push_screen(page.taken_by(take))
        await it.until(lambda: app.screen is page and page.focused is not None)
        for n, why in enumerate(("Not this one.", "Something went wrong inside", "Something went wrong inside"), 1):
            await it.press(*keys)
            await it.until(lambda n=n: len(take.heard) == n)
            await it.until(lambda: not page._taking)
            assert app.screen is page
            await it.sees(why)
        await it.press(*keys)
        await it.until(lambda: app.screen is not page)
    assert [type(error) for error in app.guard.unexpected] == [ZeroDivisionError]


class Slow:
    """Takes an answer once it is let, and may refuse it then."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.let, self.begun, self.ended = asyncio.Event(), asyncio.Event(), ""
        self._refuses = refuses

    async def __call__(self, _value: object) -> None:
        self.begun.set()
        try:
            await self.let.wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        self.ended = "taken"
        if self._refuses:
            raise UsageError(T("Not this one."), T("Try another."))


QUESTIONS = {
    "prompt": (lambda: TextPrompt("?"), ("x", "enter"), ("escape",)),
    "choose": (lambda: Choose("?", [("a", "A"), ("b", "B")], keys=["1", "2"]), ("1",), ("escape", "2", "escape")),
    "confirm": (lambda: Confirm("?"), ("y",), ("escape", "n")),
    "no": (lambda: Confirm("?"), ("y",), ("left", "enter", "т")),
}


@asynccontextmanager
async def being_taken(
    company: Company, take: Slow, page: Popup[object], keys: tuple[str, ...]
) -> AsyncIterator[Window]:
    from chatapp_cli.tui.app import InboxApp

    app = InboxApp(company, alone=True)
    async with app.run_test() as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query("DialogList"))
        app.push_screen(page.taken_by(take))
        await it.until(lambda: app.screen is page and page.focused is not None)
        for key in keys:
            app.post_message(events.Key(key, key if len(key) == 1 else None))
            await asyncio.sleep(HAND * 2)
        await asyncio.wait_for(take.begun.wait(), 5)
        yield it


@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("name", QUESTIONS)
async def test_an_answer_that_is_being_taken_is_taken_to_its_end_whatever_is_pressed(
    company: Company, name: str, refuses: bool
) -> None:
    question, answer_keys, leave_keys = QUESTIONS[name]
    take, page = Slow(refuses=refuses), question()
    async with being_taken(company, take, page, answer_keys) as it:
        for key in leave_keys:
            it.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await it.sees("One moment…")
        await it.until(lambda: it.app._typed is None)
        assert it.app.screen is page
        take.let.set()
        await it.until(lambda: take.ended)
        if refuses:
            await it.sees("Not this one.")
            await it.sees_no("One moment…")
            await it.press("escape")
        await it.until(lambda: it.app.screen is not page)
    assert take.ended == "taken"


@pytest.mark.parametrize("refuses", [False, True])
async def test_what_is_refused_of_an_answer_is_heard_even_if_the_question_was_taken_away(
    company: Company, refuses: bool
) -> None:
    """As when another page has to come first."""
    take, page = Slow(refuses=refuses), TextPrompt("?")
    async with being_taken(company, take, page, ("x", "enter")) as it:
        page.dismiss(None)
        await it.until(lambda: it.app.screen is not page and not page.is_attached)
        take.let.set()
        await it.until(lambda: take.ended)
        if refuses:
            await it.until(lambda: it.app._notifications)
        await it.pilot.pause(0.1)
        said = [note.message for note in it.app._notifications]
    assert (take.ended, said) == ("taken", ["Not this one.\nTry another."] if refuses else [])


async def test_escape_while_a_message_is_put_out_for_later_does_not_call_it_back(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await led(it, ASKED["later"])
        await answer(it, "18:30")
        await it.until(lambda: isinstance(it.app.screen, Choose))
        page = it.app.screen_stack[0]
        with locked(company):
            it.app.post_message(events.Key("1", "1"))
            await it.until(lambda: page.query_one(Pen).text == "")
            it.app.post_message(events.Key("escape", None))
            await it.pilot.pause(0.2)
            assert isinstance(it.app.screen, Choose)
        await it.until(lambda: said(company)[-1] == "Да")
        await it.until(lambda: it.app.screen is page)
        assert page.query_one(Pen).text == ""


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("meanwhile", ["", "И ещё"])
async def test_a_text_that_could_not_be_put_out_comes_back_whoever_waited_for_it(
    window: Opener, company: Company, left: bool, meanwhile: str
) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Да")
        page = it.app.screen
        assert isinstance(page, InboxScreen)
        with locked(company) as store:
            it.app.post_message(events.Key("enter", "\r"))
            await it.until(lambda: page.query_one(Pen).text == "")
            await it.until(lambda: any(one.group == "send" for one in it.app.workers))
            page.query_one(Pen).insert(meanwhile)
            if left:
                it.app.workers.cancel_group(page, "send")
            store.execute("DELETE FROM dialog WHERE id = ?", [page.opening.card.id])
        back = "Да\n\nИ ещё" if meanwhile else "Да"
        await it.until(lambda: page.query_one(Pen).text == back, page.query_one(Pen).text)
        assert page.conversation.composer.state.text == back


async def test_a_text_that_could_not_be_put_out_comes_back_to_its_own_dialog(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Да")
        page = it.app.screen
        assert isinstance(page, InboxScreen)
        dialog = page.opening.card.id
        other = company.read(lambda tx: tx.value("dialogs.at_key", channel=BOT, key="502"))
        with locked(company) as store:
            it.app.post_message(events.Key("enter", "\r"))
            await it.until(lambda: page.query_one(Pen).text == "")
            page.conversation._turn_composer(page.opening, page.conversation.states.setdefault(other, ComposerState()))
            store.execute("DELETE FROM dialog WHERE id = ?", [dialog])
        await it.until(lambda: page.conversation.states[dialog].text == "Да")
        assert page.query_one(Pen).text == ""


@pytest.mark.parametrize(
    ("before", "since", "both"),
    [
        (ComposerState(text="а"), ComposerState(), ("а", None)),
        (ComposerState(text="а", editing=ENTRY), ComposerState(text=" \n"), ("а", ENTRY)),
        (ComposerState(text="а", editing=ENTRY), ComposerState(text="б"), ("а\n\nб", None)),
        (ComposerState(text="а"), ComposerState(text="б", editing=ENTRY), ("а\n\nб", ENTRY)),
        (ComposerState(text=""), ComposerState(text="б"), ("б", None)),
    ],
)
def test_what_did_not_go_stands_above_what_was_begun_since(
    before: ComposerState, since: ComposerState, both: tuple[str, object]
) -> None:
    since.put_back(before)
    assert (since.text, since.editing) == both


async def test_take_is_not_called_after_a_no(company: Company) -> None:
    from chatapp_cli.tui.app import InboxApp

    app, take, page = InboxApp(company, alone=True), Refusing(), Confirm("?")
    async with app.run_test() as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query("DialogList"))
        app.push_screen(page.taken_by(take))
        await it.until(lambda: app.screen is page)
        await it.press("n")
        await it.until(lambda: app.screen is not page)
    assert take.heard == []


ANSWERED_AT_ONCE = {
    ("spelling.py", "_('Instead of «{word}»', word=word)"),
    ("actions/file.py", "_('Which file?')"),
    ("actions/invitation.py", "_('Answer all the same?')"),
    ("actions/link.py", "link.address"),
    ("actions/link.py", "_('Which one?')"),
    ("actions/channel.py", "_('Proxies')"),
    ("actions/channel.py", "_('Save them anyway?')"),
    ("actions/waiting.py", "_('Send it again?')"),
    ("actions/quick.py", "_('{title}: what is the value of {gap}?', title=row.title, gap=written[name])"),
    ("screens/applications.py", "_('Which channel?')"),
    ("actions/line.py", "_('Which channel?')"),
    ("actions/crm.py", "_('Which channel?')"),
    ("actions/crm.py", "_('Which place?')"),
    ("actions/crm.py", "_('Which CRM?')"),
    ("actions/crm.py", "_('Give it up?')"),
    ("actions/crm.py", "_('Change the settings of {place}?', place=place.name)"),
    ("actions/crm.py", "_troubles(row, place)"),
    ("actions/crm.py", "title"),
    ("actions/crm.py", "_('Show in {title} what was written before the pairing, from how long?', title=link.title)"),
    ("actions/crm_people.py", "title"),
    ("actions/crm_people.py", "_('Who is who in {title}', title=link.title)"),
    ("actions/crm_robots.py", "title"),
    ("actions/crm_robots.py", "_('Robots in {title}: {states}', title=row.title, states=_states(there))"),
    ("screens/crm_rules.py", "title"),
    ("screens/crm_rules.py", "_('By which channel?')"),
    ("screens/crm_rules.py", "_('What does the client write?')"),
    ("conversation/action_runner.py", "question"),
    ("screens/chats.py", "_('Read back {title}?', title=chat['title'])"),
    ("screens/begin.py", "_('Leave without sending?')"),
    ("screens/troubles.py", "_('Send it again?')"),
    ("screens/troubles.py", "_('Delete this dead letter?')"),
    ("conversation/search.py", "_('Search in this conversation')"),
}
"""Questions whose answer cannot be wrong: a choice of what is there, a yes to what is seen as it happens, any words."""
ASKING = {"hands", "self", "listing", "page"}


def test_every_question_has_what_comes_of_it_taken_while_it_is_open() -> None:
    """The class: whoever asks something new says what comes of it, or that nothing can be wrong with the answer."""
    folder, loose = Path(chatapp_cli.tui.__path__[0]), set()
    for file in folder.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and _asks(call) and not any(word.arg == "take" for word in call.keywords):
                loose.add((str(file.relative_to(folder)), ast.unparse(call.args[0])))
    assert loose == ANSWERED_AT_ONCE


def _asks(call: ast.Call) -> bool:
    asker = getattr(call.func, "value", None)
    whose = getattr(asker, "id", "") or getattr(asker, "attr", "")
    return whose in ASKING and getattr(call.func, "attr", "") in {"prompt", "choose", "confirm"}
