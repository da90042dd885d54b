"""What employees wrote is applied in the order in which they wrote it, however late a part of it was found."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.crm.events import CrmArrival, CrmConversation, CrmEvent, CrmRewrote, CrmWrote, RemoteFile
from chatapp_cli.domain.errors import Rejected, StoreError
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.fitting import FittingNumber
from chatapp_cli.runtime.link_files import staged
from chatapp_cli.runtime.link_inbox import CAUGHT_UP_WITHIN, TOGETHER, LinkInbox, bundles, in_order, why_not_fetched
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_intake, links
from chatapp_cli.store.rows.crm import CrmArrivedRow
from tests.runtime.desk import eventually
from tests.stores import OWNER, HeldClock


def arrived(number: int, event: CrmEvent) -> tuple[CrmArrivedRow, CrmEvent]:
    row = CrmArrivedRow(number, LinkId(1), f"p{number}", "", b"", "new", "", 0, 0, 0)  # type: ignore[arg-type]
    return row, event


def wrote(remote: str, chat: str = "chat-1", at: int | None = None) -> CrmWrote:
    return CrmWrote(kind="email", place="107", chat=chat, remote=remote, at=at)


def test_messages_of_a_chat_come_as_they_were_written_and_those_of_others_keep_their_places() -> None:
    edit = CrmRewrote(kind="email", place="107", chat="chat-1", remote="100", text="как теперь")
    events: list[CrmEvent] = [wrote("100"), wrote("7", "chat-2"), edit, wrote("99"), wrote("6", "chat-2")]
    found = [event for _, event in in_order([arrived(n, event) for n, event in enumerate(events)])]
    assert found == [wrote("99"), wrote("6", "chat-2"), edit, wrote("100"), wrote("7", "chat-2")]


@pytest.mark.parametrize(
    ("moments", "order"),
    [((None, None, None), (0, 1, 2)), ((9, None, 7), (0, 1, 2)), ((9, 8, 7), (2, 1, 0)), ((9, 7, 7), (1, 2, 0))],
)
def test_messages_without_numbers_come_by_their_times_and_without_those_as_they_arrived(
    moments: tuple[int | None, ...], order: tuple[int, ...]
) -> None:
    events = [arrived(n, wrote(remote, at=at)) for n, (remote, at) in enumerate(zip("cab", moments, strict=True))]
    assert [row.id for row, _ in in_order(events)] == list(order)


def test_events_are_applied_in_bundles_and_one_whose_files_are_fetched_is_alone() -> None:
    file = RemoteFile(name="a.png", address="/a")
    with_file = CrmWrote(kind="email", place="107", chat="chat-1", remote="5", files=(file,))
    events = [*(wrote(str(n)) for n in range(TOGETHER + 1)), with_file, wrote("6")]
    together = FittingNumber(HeldClock(), TOGETHER)
    together.now = TOGETHER
    arrivals = [arrived(n, event) for n, event in enumerate(events)]
    found = [[row.id for row, _ in one] for one in bundles(arrivals, together)]
    assert found == [[*range(TOGETHER)], [TOGETHER], [TOGETHER + 1], [TOGETHER + 2]]


def test_whoever_sent_a_file_that_is_refused_is_told_why_in_words() -> None:
    said = str(why_not_fetched(manifest("bitrix24"), Rejected("file_elsewhere")))
    assert said.startswith("A file cannot be fetched from the CRM: The file's address leads away from the portal")


async def test_a_file_that_the_disk_does_not_take_is_an_error_of_the_store_and_leaves_nothing(
    companies: Callable[..., Company],
) -> None:
    store, tried = AsyncStore(companies()), list[Path]()

    async def fetch(target: Path) -> tuple[str, str]:
        tried.append(target)
        raise OSError(errno.ENOSPC, "No space left on device")

    try:
        with pytest.raises(StoreError, match="A file of the CRM cannot be stored: "):
            await staged(store, fetch)
    finally:
        await store.aclose()
    assert [target.exists() for target in tried] == [False]


class StandingClock(HeldClock):
    """Whoever sleeps by it wakes when the test moves it."""

    async def sleep(self, seconds: float) -> None:
        until = self.at + seconds * 1000
        while self.at < until:
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("end", ["the look ends", "its bound passes"])
async def test_a_message_waits_for_the_look_that_is_open_and_no_longer_than_its_bound(
    companies: Callable[..., Company], end: str
) -> None:
    clock = StandingClock()
    company = open_company(companies().settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)
    bound = Bound(account="demo.amocrm.ru", title="demo", hook_key="k")
    link = company.write(lambda tx: links.save(tx, company.vault, bound, kind="amocrm"))
    store = AsyncStore(company)
    inbox = LinkInbox(store, company.read(partial(links.one, link=link)), lambda: None)

    def keep(*events: CrmEvent) -> None:
        arrivals = [CrmArrival(provider_id=str(event), event=event, raw=b"") for event in events]
        company.write(partial(crm_intake.keep, link=link, arrivals=arrivals))
        inbox.wake()

    def used() -> list[Any]:
        """Nothing is paired: what is applied becomes a dead letter."""
        return company.read(crm_intake.dead)

    inbox.release()
    running = asyncio.create_task(inbox.run(None, None))  # type: ignore[arg-type]
    try:
        keep(wrote("before"))
        await eventually(lambda: len(used()) == 1)
        inbox.hold()
        clock.at += int(CAUGHT_UP_WITHIN * 1000) - 1
        keep(wrote("meanwhile"), CrmConversation(kind="email", place="107", chat="chat-2", session="1"))
        await eventually(lambda: len(used()) > 1)
        assert len(used()) == 2
        if end == "the look ends":
            inbox.release()
        else:
            clock.at += 2
        await eventually(lambda: len(used()) == 3)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.aclose()
        company.close()
