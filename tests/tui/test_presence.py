"""Several windows on one store: colleagues see one another, and nobody loses what they began to write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import DialogId, Millis
from chatapp_cli.domain.journal.dialogs import Assigned
from chatapp_cli.services import dialogs, drafts, duties, journal, presence, transcript
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.store.rows.dialogs import PresenceRow
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.conversation.other_windows import OtherWindows
from chatapp_cli.tui.widgets.composer import Pen
from tests.stores import owner
from tests.tui.conftest import GOOD, Opener, Window
from tests.tui.stage import ME, HeldClock, opened

COLLEAGUE = "Пётр"


@pytest.fixture
def other_company(company: Company, tmp_path: Path, clock: HeldClock) -> Iterator[Company]:
    """The same store, as another process opens it."""
    found = opened(tmp_path / "desk", clock, operator=COLLEAGUE)
    yield found
    found.close()


@pytest.fixture
def colleague(other_company: Company) -> Callable[[], AbstractAsyncContextManager[Window]]:
    """A colleague's window."""

    @asynccontextmanager
    async def opened_window() -> AsyncIterator[Window]:
        app = InboxApp(other_company, alone=True)
        async with app.run_test(size=GOOD) as pilot:
            found = Window(app, pilot)
            await found.until(lambda: app.screen.query_one("DialogList").order is not None)
            yield found

    return opened_window


Colleague = Callable[[], AbstractAsyncContextManager[Window]]


async def test_a_colleague_is_seen_looking_writing_and_leaving(window: Opener, colleague: Colleague) -> None:
    async with window() as mine, colleague() as theirs:
        await mine.open("Анна")
        await theirs.open("Анна")
        await mine.sees(f"{COLLEAGUE} looks")
        await theirs.sees(f"{ME} looks")
        await theirs.type("Здравствуйте")
        await mine.sees(f"{COLLEAGUE} is writing…", f"{COLLEAGUE} is writing here just now.")
        await theirs.press(*["backspace"] * len("Здравствуйте"))
        await mine.sees(f"{COLLEAGUE} looks")
        await theirs.press("escape")
        await theirs.open("Игорь")
        await mine.sees_no(f"{COLLEAGUE} looks")


async def test_the_list_shows_quietly_where_colleagues_are(window: Opener, colleague: Colleague) -> None:
    async with window() as mine, colleague() as theirs:
        await theirs.open("Игорь")
        await mine.sees("◎")
        await theirs.type("Уже")
        await mine.sees("✎")
    async with window() as mine:
        assert "◎" not in mine.text()


async def test_a_claim_is_seen_in_another_window_at_once(
    window: Opener, colleague: Colleague, company: Company
) -> None:
    async with window() as mine, colleague() as theirs:
        await mine.open("Анна")
        await theirs.open("Анна")
        await theirs.press("escape", "I")
        await mine.sees(f"@{COLLEAGUE}", f"{COLLEAGUE} answers for this dialog.")
        await mine.press("escape", "I")
        await mine.until(lambda: any("answers for this dialog already" in n.message for n in mine.app._notifications))
        dialog = mine.app.screen.opening.card.id
        company.write(lambda tx: duties.unassign(tx, dialog))
        await mine.sees_no(f"{COLLEAGUE} answers for this dialog.")


async def test_whoever_stops_writing_without_a_word_is_taken_for_looking(
    window: Opener, company: Company, clock: HeldClock
) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        company.write(lambda tx: presence.typing(tx.by(owner(COLLEAGUE)), "elsewhere", dialog))
        await it.sees(f"{COLLEAGUE} is writing…")
        clock.at += presence.TYPING
        it.app.screen.freshness.tick()
        await it.sees(f"{COLLEAGUE} looks")
        clock.at += presence.LASTS
        it.app.screen.freshness.tick()
        await it.sees_no(f"{COLLEAGUE} looks")


async def test_what_was_begun_is_there_again_in_another_window(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        await it.type("Доплата 400")
    assert company.read(lambda tx: drafts.of(tx, dialog)) == Unsent(Draft(text="Доплата 400"))
    assert company.read(presence.everyone) == []
    async with window() as it:
        await it.sees("draft")
        await it.open("Анна")
        await it.sees("Доплата 400")
        await it.type(" ₽")
        await it.press("enter")
        await it.until(lambda: not company.read(drafts.everywhere))
        await it.sees_no("draft ")


async def test_a_pause_in_writing_keeps_it_and_emptying_forgets_it(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("да")
        await it.until(lambda: company.read(drafts.everywhere))
        await it.sees("draft")
        await it.press("backspace", "backspace")
        await it.until(lambda: not company.read(drafts.everywhere))


async def test_a_restored_draft_is_no_sign_of_writing(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        await it.press("escape")
        await it.open("Игорь")
        await it.press("escape")
        company.write(lambda tx: drafts.save(tx, dialog, Unsent(Draft(text="Доплата"))))
        await it.open("Анна")
        await it.sees("Доплата")
        await it.until(lambda: [row.dialog_id for row in company.read(presence.everyone)] == [dialog])
        assert [row.typing_until for row in company.read(presence.everyone)] == [0]


def state(company: Company, *wanted: int) -> list[tuple[bool, str]]:
    cards = [company.read(lambda tx, one=one: dialogs.card(tx, one)) for one in wanted]
    return [(bool(card.pinned), card.assignee) for card in cards]


@pytest.mark.req("S-118")
async def test_what_is_chosen_in_the_list_is_changed_in_one_write_and_taken_back_by_one_key(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        shown = it.app.screen.query_one("DialogList")
        await it.press("j", "V", "j", "S")
        chosen = shown.picked
        assert chosen == list(shown.order.ids[1:4])
        await it.sees("✓ 3 chosen")
        before = state(company, *chosen)
        await it.press("p")
        await it.until(lambda: [pinned for pinned, _who in state(company, *chosen)] == [True] * 3)
        await it.until(lambda: any("Done with 3 dialogs." in note.message for note in it.app._notifications))
        await it.press("U")
        await it.until(lambda: state(company, *chosen) == before)
        await it.press("I")
        await it.until(lambda: [who for _pinned, who in state(company, *chosen)] == [ME] * 3)
        changes = [
            row for row in company.read(lambda tx: journal.after(tx, 0, n=10_000)) if isinstance(row.event, Assigned)
        ]
        assert len({row.at for row in changes}) == 1
        await it.press("n")
        await it.until(lambda: any("one dialog at a time" in note.message for note in it.app._notifications))
        await it.press("escape")
        await it.sees_no("✓ 3 chosen")
        assert shown.picked == []


async def test_all_that_are_listed_can_be_chosen_and_another_list_drops_the_choice(window: Opener) -> None:
    async with window() as it:
        shown = it.app.screen.query_one("DialogList")
        await it.press("*")
        assert len(shown.picked) == len(shown.order.ids)
        await it.press("*")
        assert shown.picked == []
        await it.press("s", "2")
        await it.until(lambda: shown.order.dialog_filter.unread and not shown.picked)


async def test_claiming_many_leaves_those_that_others_have(window: Opener, company: Company) -> None:
    async with window() as it:
        shown = it.app.screen.query_one("DialogList")
        await it.press("s", "s")
        first, second = shown.picked
        company.write(lambda tx: duties.assign(tx.by(owner(COLLEAGUE)), second, COLLEAGUE))
        await it.press("I")
        await it.until(lambda: [who for _pinned, who in state(company, first, second)] == [ME, COLLEAGUE])
        await it.press("t")
        await it.sees("Add a tag")
        await it.type("vip")
        await it.press("enter")
        await it.until(lambda: "vip" in company.read(lambda tx: dialogs.tags(tx, second)))
        await it.press("U")
        await it.until(
            lambda: not any("vip" in company.read(lambda tx, o=o: dialogs.tags(tx, o)) for o in (first, second))
        )


async def test_a_dialog_that_is_opened_again_is_still_written_in(
    window: Opener, company: Company, clock: HeldClock
) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Здравствуйте")
        await it.until(lambda: typing(company, clock))
        conversation = it.app.screen.conversation
        await conversation.open(conversation.opening.card.id, exact=True)
        if announcing := [one for one in it.app.workers if one.group == "presence"]:  # without any it waits for all
            await it.app.workers.wait_for_complete(announcing)
        assert typing(company, clock)


def typing(company: Company, clock: HeldClock) -> bool:
    """Whether an open window says that its operator is writing."""
    return any(row.typing_until > clock.now() for row in company.read(presence.everyone))


class AnsweredByHand:
    """A workspace whose reads end when and as a test says."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.reads: list[asyncio.Future[list[PresenceRow]]] = []

    async def read(self, job: object) -> list[PresenceRow]:
        self.reads.append(asyncio.get_running_loop().create_future())
        return await self.reads[-1]


async def test_who_is_there_is_told_by_the_read_that_began_last(company: Company) -> None:
    workspace = AnsweredByHand(company)
    windows = OtherWindows(workspace)
    seen = [asyncio.create_task(windows.refresh()) for _ in range(2)]
    await asyncio.sleep(0)
    looking, writing = (PresenceRow("theirs", COLLEAGUE, DialogId(1), typing, until=9) for typing in (0, 9))
    workspace.reads[1].set_result([writing])
    workspace.reads[0].set_result([looking])
    await asyncio.gather(*seen)
    assert windows.viewers(Millis(1))[DialogId(1)].writing == [COLLEAGUE]


def sayings(company: Company, dialog: DialogId, text: str) -> int:
    return [one.message.text for one in company.read(lambda tx: transcript.latest(tx, dialog))].count(text)


@pytest.mark.parametrize("leaves", [True, False], ids=["the dialog was left", "the dialog stayed open"])
async def test_a_draft_that_another_window_of_the_operator_sent_is_gone_from_this_one(
    window: Opener, company: Company, *, leaves: bool
) -> None:
    async with window() as first:
        await first.open("Анна")
        dialog = first.app.screen.opening.card.id
        await first.type("Доплата 400")
        await first.until(lambda: company.read(lambda tx: drafts.of(tx, dialog)) == Unsent(Draft(text="Доплата 400")))
        if leaves:
            await first.press("escape")
            await first.open("Игорь")
        async with window() as second:
            await second.open("Анна")
            await second.sees("Доплата 400")
            await second.press("enter")
            await second.until(lambda: not company.read(drafts.everywhere))
        if leaves:
            await first.press("escape")
            await first.open("Анна")
        await first.until(
            lambda: first.app.screen.opening.card.id == dialog and not first.app.screen.query_one(Pen).text
        )
        await first.press("enter")
        await first.type("И ещё")
        await first.press("enter")
        await first.until(lambda: sayings(company, dialog, "И ещё") == 1)
    assert sayings(company, dialog, "Доплата 400") == 1


async def test_what_another_window_sent_before_this_one_heard_of_it_goes_again_only_if_it_is_sent_twice(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        await it.type("Доплата 400")
        await it.until(lambda: company.read(lambda tx: drafts.of(tx, dialog)) == Unsent(Draft(text="Доплата 400")))
        company.write(lambda tx: tx.run("drafts.drop", operator=ME, dialog=dialog))  # nothing tells it
        await it.press("enter")
        await it.until(lambda: any("sent or discarded in" in note.message for note in it.app._notifications))
        await it.until(lambda: it.app.screen.query_one(Pen).text == "Доплата 400")
        assert sayings(company, dialog, "Доплата 400") == 0
        await it.press("enter")
        await it.until(lambda: sayings(company, dialog, "Доплата 400") == 1)


async def test_the_same_words_go_twice_at_once_if_this_window_sent_them_itself(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        for times in (1, 2):
            await it.type("да")
            await it.until(lambda: company.read(drafts.everywhere))
            await it.press("enter")
            await it.until(lambda times=times: sayings(company, dialog, "да") == times)
