"""Who answers, who else looks, put off until later, no answer needed: by keys, and taken back by one."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.services import dialogs, duties, notes, operators
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.actions import many
from chatapp_cli.tui.undoing import UndoPiece
from chatapp_cli.tui.widgets.composer import Pen
from tests.stores import owner
from tests.tui.conftest import Opener, Window
from tests.tui.stage import HOUR, ME, MINUTE, NOON, HeldClock


def card(company: Company, dialog: DialogId) -> DialogCard:
    return company.read(lambda tx: dialogs.card(tx, dialog))


_WAITING = [DialogId(n) for n in (1, 2, 3)]
"""Dialogs of the stage."""


async def told(it: Window, words: str) -> None:
    await it.until(lambda: any(words in note.message for note in it.app._notifications), words)


@pytest.mark.req("S-117")
@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_a_dialog_is_claimed_given_away_and_filtered_by_who_has_it(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        await it.press("escape", "I")
        await told(it, "You answer for Анна Кузнецова now.")
        await it.sees(f"@{ME}")
        assert card(company, dialog).assignee == ME
        await it.press("escape", "8")
        await it.until(lambda: list(it.app.screen.query_one("DialogList").order.ids) == [dialog])
        await it.sees(f"▿ @{ME}")
        await it.press("8")
        await it.sees("nobody answers")
        await it.until(lambda: dialog not in it.app.screen.query_one("DialogList").order.ids)
        company.write(lambda tx: duties.assign(tx.by(owner("Пётр")), dialog, "Пётр"))
        await it.press("1")
        await it.sees("@Пётр")
        await it.press("I")
        await told(it, "Пётр answers for this dialog already.")


@pytest.mark.req("S-128", part="access limited to the dialogs that are theirs")
async def test_of_a_dialog_that_is_somebody_elses_now_only_ones_own_text_stays_until_it_is_given_back(
    window: Opener, company: Company
) -> None:
    company.write(lambda tx: operators.add(tx, ME, "", (), only_own=True))
    [dialog] = company.read(lambda tx: tx.compose(DialogId, "SELECT id FROM dialog WHERE name = 'Анна Кузнецова'", {}))

    def give(to: str) -> None:
        company.write(lambda tx: duties.assign(tx.by(owner("Пётр")), dialog, to))

    give(ME)
    async with window() as it:
        await it.open("Анна")
        page = it.app.screen
        shown = ("anna_kuz", "Доброе утро!")
        await it.sees(*shown)
        await it.type("Ждём")
        give("Пётр")
        await told(it, "This dialog is not yours any more.")
        for words in shown:
            await it.sees_no(words)
        assert ("unbound" in it.text(), page.query_one(Pen).text) == (False, "Ждём")
        give(ME)
        await it.sees(*shown)
        assert not page.query_one(Pen).disabled


async def test_an_assignment_is_chosen_and_taken_back(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        await it.press("escape", "A")
        await it.sees("Who answers?", "Somebody else…")
        await it.press("down", "enter")
        await it.type("Вера")
        await it.press("enter")
        await it.until(lambda: card(company, dialog).assignee == "Вера")
        await told(it, "Take back")
        await it.press("U")
        await it.until(lambda: card(company, dialog).assignee == "")
        await it.press("U")
        await told(it, "There is nothing to take back.")


_OTHERS = {
    "claim": (many.claim, lambda tx, n: duties.assign(tx, n, "Вера"), "assignee"),
    "assign": (partial(many._assign, name="Пётр"), lambda tx, n: duties.assign(tx, n, "Вера"), "assignee"),
    "snooze": (partial(many._snooze, typed="+2h"), lambda tx, n: duties.snooze(tx, n, NOON + HOUR), "snoozed_until"),
    "wait": (many.no_answer, lambda tx, n: duties.awaits_answer(tx, n, NOON + 1), "waiting_since"),
    "pin": (many.pin, lambda tx, n: dialogs.pin(tx, n, pinned=False), "pinned"),
}
"""Something done with three dialogs, what somebody else does with the second one after it, and the value meant."""


async def test_what_somebody_else_changed_meanwhile_stays_when_a_deed_is_taken_back(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        page = it.app.screen
        for name, (act, other, value) in _OTHERS.items():
            before = [card(company, one) for one in _WAITING]
            await act(page, before)
            company.write(lambda tx, other=other: other(tx.by(owner("Вера")), _WAITING[1]))
            theirs = getattr(card(company, _WAITING[1]), value)
            it.app._notifications.clear()
            await page.take_back()
            after = [getattr(card(company, one), value) for one in _WAITING]
            kept = [getattr(before[0], value), theirs, getattr(before[2], value)]
            assert after == kept, name
            said = (
                "Taken back."
                if name == "pin"
                else "Taken back. 1 dialog stays as it is: somebody has changed it since."
            )
            await it.until(lambda said=said: said in [note.message for note in it.app._notifications], name)
            company.write(lambda tx: duties.unassign(tx.by(owner("Вера")), _WAITING[1]))


async def test_a_tag_that_was_taken_off_and_a_snooze_that_is_over_are_taken_back_too(
    window: Opener, company: Company, clock: HeldClock
) -> None:
    one = _WAITING[0]
    async with window() as it:
        page = it.app.screen
        await many._tag(page, [card(company, one)], "срочно")
        company.write(lambda tx: dialogs.untag(tx.by(owner("Вера")), one, "срочно"))
        await page.take_back()
        await told(it, "Taken back.")
        company.write(lambda tx: duties.snooze(tx.by(owner("Вера")), one, NOON + 10_000))
        await many._snooze(page, [card(company, one)], "+2h")
        clock.at += 11_000
        await page.take_back()
        assert card(company, one).snoozed_until is None


async def test_what_breaks_off_while_it_is_taken_back_goes_on_by_the_same_key(window: Opener, company: Company) -> None:
    broken, done = {2}, []

    def piece(n: int) -> UndoPiece:
        def write(_tx: Tx) -> int:
            if n in broken:
                raise Refused("odd", T("The disk is full."))
            done.append(n)
            return 0

        return UndoPiece(write, 50)

    async with window() as it:
        it.app.screen.done("Done", piece(1), piece(2), piece(3))
        await it.press("U")
        await told(it, "Taken back so far: 50 of 150.\nU: Take back")
        await told(it, "The disk is full.")
        broken.clear()
        await it.press("U")
        await told(it, "Taken back.")
        assert done == [1, 2, 3]
        await it.press("U")
        await told(it, "There is nothing to take back.")


async def test_what_needs_no_answer_leaves_the_unanswered_and_comes_back_by_undo(
    window: Opener, company: Company, clock: HeldClock
) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        since = card(company, dialog).waiting_since
        await it.press("escape", "E")
        await it.until(lambda: card(company, dialog).waiting_since is None)
        await it.press("U")
        await it.until(lambda: card(company, dialog).waiting_since == since)
        await it.press("E")
        await it.until(lambda: it.app.screen._undoing.last)
        clock.at += MINUTE
        await it.press("U")
        await told(it, "There is nothing to take back.")
        assert card(company, dialog).waiting_since is None


async def test_a_dialog_is_put_off_until_a_time_and_seen_under_its_own_key(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        await it.press("escape", "Z", "enter")
        await it.until(lambda: card(company, dialog).snoozed_until == NOON + HOUR // 2)
        await it.press("escape", "1")
        await it.until(lambda: dialog not in it.app.screen.query_one("DialogList").order.ids)
        await it.press("9")
        await it.until(lambda: list(it.app.screen.query_one("DialogList").order.ids) == [dialog])
        await it.sees("☾ Анна")
        await it.press("Z", "enter")
        await it.until(lambda: card(company, dialog).snoozed_until is None)
        await it.press("U")
        await it.until(lambda: card(company, dialog).snoozed_until == NOON + HOUR // 2)


@pytest.mark.req("S-127")
async def test_members_stand_on_the_card_with_their_roles(window: Opener, company: Company) -> None:
    async with window((160, 45)) as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        await it.press("escape", "i", "M", "enter")
        await it.type("Вера")
        await it.press("enter")
        await it.sees("Вера (Producer)")
        assert company.read(lambda tx: duties.members(tx, dialog)) == [("Вера", "producer")]
        await it.press("M", "end", "enter")
        await it.sees_no("Вера (Producer)")


async def test_pins_tags_and_the_blacklist_are_taken_back(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        before = card(company, dialog)
        tags = company.read(lambda tx: dialogs.tags(tx, dialog))
        await it.press("escape", "p")
        await it.until(lambda: card(company, dialog).pinned != before.pinned)
        await it.press("U")
        await it.until(lambda: card(company, dialog).pinned == before.pinned)
        await it.press("t")
        await it.type("срочно")
        await it.press("enter")
        await it.until(lambda: "срочно" in company.read(lambda tx: dialogs.tags(tx, dialog)))
        await it.press("U")
        await it.until(lambda: company.read(lambda tx: dialogs.tags(tx, dialog)) == tags)
        await it.press("b", "y")
        await it.until(lambda: card(company, dialog).blocked)
        await it.press("U")
        await it.until(lambda: not card(company, dialog).blocked)
        assert card(company, dialog).waiting_since == before.waiting_since


async def test_a_note_stands_in_the_conversation_with_a_look_of_its_own(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "N")
        await it.sees("A note for colleagues")
        await it.type("Обещали свечу")
        await it.press("enter")
        await it.sees(f"✎ {ME}: a note, not for the client", "┆ Обещали свечу")
        await it.press("tab", "e")
        await told(it, "A note is for colleagues only.")
        dialog = it.app.screen.opening.card.id
        assert [row.text for row in company.read(lambda tx: notes.between(tx, dialog))] == ["Обещали свечу"]


async def test_whoever_is_mentioned_sees_it_among_what_needs_a_person(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        company.write(lambda tx: notes.add(tx.by(owner("Пётр")), dialog, f"@{ME}, взгляни"))
        await it.sees("┆ @Марина, взгляни")
        await it.press("escape", "f3")
        await it.sees("Пётр mentioned you")
