"""Whose dialog something is done with: the one that is open and read, unless a person puts the cursor on another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.dialog import MOST_AT_ONCE, TOGETHER, DialogFilter
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.services import channels, dialogs, duties, notes, persons
from chatapp_cli.store import dialog_list
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.actions import many
from chatapp_cli.tui.actions.dialog import ACTIONS
from chatapp_cli.tui.popups import Choose, Confirm, TextPrompt
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import Opener, Window
from tests.tui.stage import ME, Stage

NAME = "Игорь"
Change = Callable[[Company, DialogId], object]


def card(company: Company, dialog: DialogId) -> dialogs.DialogCard:
    return company.read(lambda tx: dialogs.card(tx, dialog))


def tags(company: Company, dialog: DialogId) -> list[str]:
    return list(company.read(lambda tx: dialogs.tags(tx, dialog)))


def noted(company: Company, dialog: DialogId) -> int:
    return len(company.read(lambda tx: notes.between(tx, dialog)))


def members(company: Company, dialog: DialogId) -> list[str]:
    return [one.operator for one in company.read(lambda tx: duties.members(tx, dialog))]


@dataclass(frozen=True)
class Deed:
    """A deed, the keys that answer what it asks, and what of a dialog it changes."""

    keys: tuple[str, ...]
    seen: Change
    asks: tuple[type, ...] = ()
    before: Callable[[Company, DialogId], object] | None = None
    """What has to be so for the deed to do anything."""


def _tagged(company: Company, dialog: DialogId) -> None:
    company.write(lambda tx: dialogs.tag(tx, dialog, "вип"))


TABLE = {
    "mark": Deed(("r",), lambda company, one: card(company, one).unread),
    "claim": Deed(("I",), lambda company, one: card(company, one).assignee),
    "assign": Deed(("A", "enter"), lambda company, one: card(company, one).assignee, (Choose,)),
    "no_answer": Deed(
        ("E",),
        lambda company, one: card(company, one).waiting_since,
        before=lambda company, one: company.write(lambda tx: duties.awaits_answer(tx, one, 1)),
    ),
    "snooze": Deed(("Z", "enter"), lambda company, one: card(company, one).snoozed_until, (Choose,)),
    "pin": Deed(("p",), lambda company, one: card(company, one).pinned),
    "block": Deed(("b", "y"), lambda company, one: card(company, one).blocked, (Confirm,)),
    "tag": Deed(("t", *"брак", "enter"), tags, (TextPrompt,)),
    "untag": Deed(("u",), tags, before=_tagged),
    "member": Deed(("M", "enter", *"Вера", "enter"), members, (Choose, TextPrompt)),
    "note": Deed(("N", *"ждём", "enter"), noted, (TextPrompt,)),
    "rename": Deed(("n", *" Ж.", "enter"), lambda company, one: card(company, one).name, (TextPrompt,)),
    "chain": Deed(("C", *"api", "enter"), lambda company, one: card(company, one).chain, (TextPrompt,)),
}
ELSEWHERE = {
    "peek": "only somebody with an account has something unread for themselves; the same card",
    "same": "asks nothing and joins two people; its notice is held by test_persons",
    "not_same": "as «same»",
    "pick_same": "names the client in its question; held below",
    "part": "as «same»",
    "template": "the bot has no templates; it is sent to the card that was meant, as every deed here",
    "group": "a group of its own; the same card",
}


def test_every_deed_of_a_dialog_is_in_the_table() -> None:
    assert set(TABLE) | set(ELSEWHERE) == set(ACTIONS)


async def answered(it: Window, company: Company) -> DialogId:
    """In the unanswered ones, somebody is answered and the list goes on to the next."""
    await it.open(NAME)
    open_one = it.app.screen.opening.card.id
    await it.press("escape", "1", "3")
    await it.until(lambda: it.app.screen.query_one(DialogList).order.dialog_filter.waiting)
    shown = it.app.screen.query_one(DialogList)
    await it.until(lambda: open_one in shown.ids)
    await it.press("tab", "tab")
    await it.type("Заменим!")
    await it.press("enter")
    await it.until(lambda: open_one not in shown.ids)
    assert shown.under_cursor not in {None, open_one}
    await it.press("escape")
    await it.until(lambda: shown.has_focus)
    return open_one


def told(it: Window) -> str:
    return "\n".join(note.message for note in it.app._notifications)


@pytest.mark.parametrize("name", TABLE)
async def test_after_an_answer_a_deed_is_done_with_the_open_dialog_and_names_it(
    window: Opener, company: Company, name: str
) -> None:
    action = TABLE[name]
    async with window() as it:
        one = await answered(it, company)
        other = it.app.screen.query_one(DialogList).under_cursor
        if action.before is not None:
            action.before(company, one)
        untouched, before = action.seen(company, other), action.seen(company, one)
        it.app._notifications.clear()
        await it.press(action.keys[0], *(action.keys[1:2] if action.keys[0] == "g" else ()))
        rest = action.keys[2:] if action.keys[0] == "g" else action.keys[1:]
        if action.asks:
            await it.until(lambda: isinstance(it.app.screen, action.asks))
            await it.sees(NAME)
        await it.press(*rest)
        await it.until(lambda: action.seen(company, one) != before, name)
        await it.until(lambda: NAME in told(it), f"a notice that names {NAME}: {told(it)}")
        assert action.seen(company, other) == untouched


async def test_a_cursor_that_a_person_moved_says_what_is_meant(window: Opener, company: Company) -> None:
    async with window() as it:
        one = await answered(it, company)
        await it.press("j")
        chosen = it.app.screen.query_one(DialogList).under_cursor
        await it.press("p")
        await it.until(lambda: card(company, chosen).pinned)
        assert not card(company, one).pinned
        assert card(company, chosen).name in told(it)


async def test_reading_on_makes_the_open_dialog_meant_again(window: Opener, company: Company) -> None:
    async with window() as it:
        one = await answered(it, company)
        await it.press("j", "tab")
        await it.until(lambda: it.app.screen.query_one(Transcript).has_focus)
        await it.press("escape", "p")
        await it.until(lambda: card(company, one).pinned)


async def test_going_through_the_list_goes_on_where_the_cursor_goes_on(window: Opener, company: Company) -> None:
    async with window() as it:
        one = await answered(it, company)
        shown = it.app.screen.query_one(DialogList)
        await it.press("j")
        first = shown.under_cursor
        await it.press("E")
        await it.until(lambda: first not in shown.ids)
        second = shown.under_cursor
        await it.press("E")
        await it.until(lambda: second not in shown.ids)
        assert card(company, one).waiting_since is None


async def test_those_picked_out_are_meant_whatever_is_open(window: Opener, company: Company) -> None:
    async with window() as it:
        one = await answered(it, company)
        shown = it.app.screen.query_one(DialogList)
        await it.press("V", "V")
        picked = shown.picked
        assert len(picked) == 2
        await it.press("p")
        await it.until(lambda: all(card(company, each).pinned for each in picked))
        assert not card(company, one).pinned or one in picked


async def test_more_than_one_write_may_change_are_refused(window: Opener, company: Company, stage: Stage) -> None:
    channel = company.read(channels.everything)[0].id
    for n in range(MOST_AT_ONCE):
        stage.hear(channel, Profile(id=border.external_id(f"crowd-{n}")), "Добрый день")
    async with window() as it:
        shown = it.app.screen.query_one(DialogList)
        shown.focus()
        before = company.read(lambda tx: dialog_list.count(tx, "sqlite", DialogFilter(pinned=True)))
        await it.until(lambda: len(shown.ids) > MOST_AT_ONCE)
        await it.press("*", "p")
        await it.until(lambda: any("at most 1000" in note.message for note in it.app._notifications))
        assert company.read(lambda tx: dialog_list.count(tx, "sqlite", DialogFilter(pinned=True))) == before


async def test_many_are_changed_some_at_a_time_and_those_before_a_refusal_are_told_and_taken_back_by_one_key(
    window: Opener, company: Company, stage: Stage
) -> None:
    channel = company.read(channels.everything)[0].id
    for n in range(TOGETHER + 2):
        stage.hear(channel, Profile(id=border.external_id(f"crowd-{n}")), "Добрый день")
    found = company.read(lambda tx: dialog_list.page(tx, "sqlite", DialogFilter(), n=TOGETHER + 2))
    cards = [company.read(lambda tx, one=one.id: dialogs.card(tx, one)) for one in found]

    def pinned() -> int:
        return sum(bool(card(company, one.id).pinned) for one in cards)

    def pin(tx: Tx, one: dialogs.DialogCard) -> None:
        if one is cards[-1]:
            raise Refused("odd", T("This one cannot be pinned."))
        dialogs.pin(tx, one.id, pinned=True)

    async with window() as it:
        with pytest.raises(Refused):
            await many._run(it.app.screen, cards, pin, lambda tx, one: dialogs.pin(tx, one.id, pinned=False), "")
        assert pinned() == TOGETHER
        await it.until(lambda: any(f"Done with {TOGETHER} dialogs." in note.message for note in it.app._notifications))
        await it.press("U")
        await it.until(lambda: pinned() == 0)


async def test_where_only_the_list_is_seen_its_row_is_meant(window: Opener, company: Company) -> None:
    async with window((60, 24)) as it:
        await it.open(NAME)
        one = it.app.screen.opening.card.id
        await it.press("escape", "1", "home")
        shown = it.app.screen.query_one(DialogList)
        await it.until(lambda: shown.under_cursor not in {None, one})
        row = shown.under_cursor
        await it.press("I")
        await it.until(lambda: card(company, row).assignee == ME)
        assert card(company, one).assignee == ""


async def test_the_menu_names_whom_it_is_about_and_keeps_to_them(
    window: Opener, company: Company, stage: Stage
) -> None:
    async with window() as it:
        one = await answered(it, company)
        await it.press("full_stop")
        await it.sees(f"What to do · {NAME}")
        await it.press("p")
        await it.until(lambda: card(company, one).pinned)


async def test_whoever_is_joined_to_the_open_client_is_named_with_them(window: Opener, company: Company) -> None:
    async with window() as it:
        await answered(it, company)
        await it.press("g", "=")
        await it.sees(f"Who is the same person? · {NAME}")
        await it.type("Дмитрий")
        await it.sees("Дмитрий")
        await it.press("enter")
        await it.until(lambda: NAME in told(it) and "Дмитрий" in told(it))
        mine = it.app.screen.opening.card.contact_id
        assert len(company.read(lambda tx: persons.person(tx, mine)).contacts) > 1
