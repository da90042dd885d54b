"""What becomes of entries that a CRM refuses, or of which nobody knows whether it has them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmStepAsked, RobotAsked
from chatapp_cli.domain.errors import ChannelError, Misconfigured, OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.runtime.ledger import LedgerQueue
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import VerdictWriter
from chatapp_cli.services import crm_steps, ledger, links, robots
from chatapp_cli.services.crm_entries import EntryLoader
from chatapp_cli.services.crm_route_choice import RuleDesk
from chatapp_cli.store.rows.crm import ShownEntryRow
from chatapp_cli.store.tx import Tx
from tests.services.paired import CRM, linked
from tests.stores import Shop

SHOWN, HIDDEN = CrmReceipt(chat="55", remote="9"), CrmReceipt()
SCOPE, OTHER = Rejected("scope", "Forbidden"), Rejected("refused")


class OneByOne:
    """A CRM that answers about each entry as it is told."""

    def __init__(self, answers: Sequence[CrmReceipt | ChannelError], found: ChannelError | None) -> None:
        self._answers, self._found = [*answers], found

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[CrmReceipt | ChannelError]:
        return [self._answers.pop(0) for _ in entries]

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        del entry
        if self._found is not None:
            raise self._found
        return None


class Telling:
    """A CRM that is told of clients' messages, as long as it answers."""

    def __init__(
        self,
        store: AsyncStore,
        folder: Path,
        answers: Sequence[CrmReceipt | ChannelError],
        *,
        clients: int,
        found: ChannelError | None = None,
    ) -> None:
        company = store.company
        shop = Shop(company.database, company.world.clock, company.media, company.vault)  # type: ignore[arg-type]
        desk = linked(shop, shop.channel(kind="email"), "north.example")
        for number in range(clients):
            shop.hear(desk.channel, who=f"client-{number}")
        loader = EntryLoader(
            crm=CRM, manifest=lambda _row: manifest("email"), vault=company.vault, public_url="", rules=RuleDesk(folder)
        )
        crm: Any = OneByOne(answers, found)
        self.store, self.link = store, desk.link
        self.fell: list[ChannelError] = []
        self.struggles = 0
        verdicts = VerdictWriter(store, structlog.get_logger())
        self.queue = LedgerQueue(
            store, desk.link, crm, loader, verdicts, self.fell.append, lambda _: None, self._struggles
        )

    def _struggles(self) -> None:
        self.struggles += 1

    async def turn(self) -> None:
        """Tell, or ask about, all that waits, whatever it waits for."""
        await self.store.write(lambda tx: links.resume(tx, self.link))
        for bundle in await self.store.write(lambda tx: self.queue.claim(tx, 1)):
            await self.queue.carry(bundle)

    def entries(self) -> Sequence[ShownEntryRow]:
        found: Sequence[ShownEntryRow] = self.store.company.read(ledger.everything)
        return found

    async def fault(self) -> tuple[str, str] | None:
        return await self.store.read(lambda tx: ledger.struggle(tx, self.link))


@pytest.fixture
async def store(company: Company) -> AsyncIterator[AsyncStore]:
    store = AsyncStore(company)
    yield store
    await store.aclose()


@pytest.mark.parametrize(
    ("answers", "states"),
    [
        ([SCOPE, SCOPE], ["dead", "dead"]),
        ([SCOPE, SCOPE, SHOWN, SCOPE], ["dead", "dead", "dead"]),
        ([SCOPE, OTHER, SCOPE], ["dead", "dead", "dead"]),
        ([SCOPE, SCOPE, SCOPE], ["waiting", "waiting", "waiting"]),
        ([SCOPE, SCOPE, HIDDEN, OTHER, SCOPE], ["dead", "waiting", "waiting", "waiting"]),
    ],
)
async def test_entries_wait_for_a_right_that_is_lacking_one_after_the_other_and_one_alone_is_given_up(
    store: AsyncStore, tmp_path: Path, answers: list[CrmReceipt | ChannelError], states: list[str]
) -> None:
    telling = Telling(store, tmp_path, answers, clients=len(answers))
    await telling.turn()
    assert sorted(row.state for row in telling.entries()) == states
    assert [type(one) for one in telling.fell] == ([Misconfigured] if "waiting" in states else [])


def _bot(tx: Tx, link: LinkId) -> bool:
    return crm_steps.expect(tx, link, CrmStepAsked(remote="/continue/1", until=0, card=CardRef("deal", "17")))


def _robot(tx: Tx, link: LinkId) -> bool:
    return robots.expect(tx, link, RobotAsked(remote="w1|A1|x", robot="set_tags", arguments={}, until=1))


@pytest.mark.parametrize("expect", [_bot, _robot])
async def test_what_stands_still_is_told_once_the_right_is_back_and_until_then_the_link_is_at_fault(
    store: AsyncStore, tmp_path: Path, expect: Callable[[Tx, LinkId], bool]
) -> None:
    telling = Telling(store, tmp_path, [SCOPE] * 4 + [HIDDEN], clients=0)
    assert await store.write(lambda tx: expect(tx, telling.link))
    for _ in range(4):
        await telling.turn()
        assert [row.state for row in telling.entries()] == ["waiting"]
    assert await telling.fault() == ("scope", "Forbidden")
    await telling.turn()
    assert (telling.entries(), telling.fell) == ([], [])


async def test_what_a_crm_takes_only_in_doubt_is_asked_about_later_and_told_more_and_more_rarely(
    store: AsyncStore, tmp_path: Path
) -> None:
    telling = Telling(store, tmp_path, [OutcomeUnknown("server_error", "HTTP 500")] * 5 + [SHOWN], clients=1)
    pauses, faults = [], []
    for _ in range(5):
        await telling.turn()
        [row] = telling.entries()
        pauses.append((row.not_before - store.company.world.clock.now()) / 1000)
        faults.append(await telling.fault())
        await telling.turn()  # it is asked, and has it not
        [row] = telling.entries()
        assert (row.doubtful, row.not_before) == (0, 0)
    assert min(pauses) > ledger.FIRST_LOOK - 2
    assert pauses[-1] > 2.0**5 / 2 - 2
    assert faults == [None, None, *[("server_error", "HTTP 500")] * 3]
    assert telling.struggles == 3
    await telling.turn()
    assert (telling.entries(), await telling.fault(), telling.struggles) == ([], None, 4)


async def test_an_entry_that_stays_in_doubt_is_left_to_a_person_after_some_looks_and_ends_the_fault(
    store: AsyncStore, tmp_path: Path
) -> None:
    lost = OutcomeUnknown("history_too_long")
    telling = Telling(store, tmp_path, [lost], clients=1, found=lost)
    for _ in range(ledger.MOST_LOOKS + 1):
        assert [row.state for row in telling.entries()] == ["waiting"]
        await telling.turn()
    assert [(row.state, row.code) for row in telling.entries()] == [("dead", ledger.UNCERTAIN)]
    assert await telling.fault() is None
