"""A right that is lacking for one card costs its entry; one that was lost for all of them costs none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.errors import ChannelError, Misconfigured, Rejected
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.runtime.ledger import LedgerQueue
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import VerdictWriter
from chatapp_cli.services import ledger
from chatapp_cli.services.crm_entries import EntryLoader
from chatapp_cli.services.crm_routing import RuleDesk
from tests.services.paired import CRM, linked
from tests.stores import Shop

SHOWN, HIDDEN = CrmReceipt(chat="55", remote="9"), CrmReceipt()
SCOPE, OTHER = Rejected("scope", "Forbidden"), Rejected("refused")


class OneByOne:
    """A CRM that answers about each entry as it is told."""

    def __init__(self, answers: Sequence[CrmReceipt | ChannelError]) -> None:
        self._answers = [*answers]

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[CrmReceipt | ChannelError]:
        return [self._answers.pop(0) for _ in entries]


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
    company, fell = store.company, list[ChannelError]()
    shop = Shop(company.database, company.world.clock, company.media, company.vault)  # type: ignore[arg-type]
    desk = linked(shop, shop.channel(kind="email"), "north.example")
    for number in range(len(answers)):
        shop.hear(desk.channel, who=f"client-{number}")
    loader = EntryLoader(
        crm=CRM, manifest=lambda _row: manifest("email"), vault=company.vault, public_url="", rules=RuleDesk(tmp_path)
    )
    verdicts = VerdictWriter(store, structlog.get_logger())
    crm: Any = OneByOne(answers)
    queue = LedgerQueue(store, desk.link, crm, loader, verdicts, broke=fell.append, pause=lambda _: None)
    [bundle] = await store.write(lambda tx: queue.claim(tx, 1))
    await queue.carry(bundle)
    assert sorted(row.state for row in company.read(ledger.everything)) == states
    assert [type(one) for one in fell] == ([Misconfigured] if "waiting" in states else [])
