"""A look or a call beside the messages that fails costs its own entry, and the link only what its proof meets too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog
from chatapp_cli.services.crm_routing import RuleDesk

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.errors import ChannelError, Misconfigured, NeedsRebind, RateLimited, Rejected, Retryable
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.runtime.ledger import Bundle, LedgerQueue
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import VerdictWriter
from chatapp_cli.services import ledger
from chatapp_cli.services.crm_entries import EntryLoader
from tests.services.paired import CRM, linked
from tests.stores import Shop

SHOWN, SCOPE = CrmReceipt(chat="55", remote="9"), Rejected("scope", "Forbidden")
PARKED = RateLimited("method_parked", retry_after=60.0)


class Looked:
    """A CRM that answers about each entry, and fails when it is looked at or proved."""

    def __init__(
        self,
        answers: Sequence[CrmReceipt | ChannelError],
        look: ChannelError | None = None,
        proof: ChannelError | None = None,
    ) -> None:
        self._answers, self._look, self._proof = [*answers], look, proof

    async def find(self, entry: LedgerEntry) -> None:
        if self._look:
            raise self._look

    async def prove(self) -> None:
        if self._proof:
            raise self._proof

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[CrmReceipt | ChannelError]:
        return [self._answers.pop(0) for _ in entries]


@pytest.fixture
async def store(company: Company) -> AsyncIterator[AsyncStore]:
    store = AsyncStore(company)
    yield store
    await store.aclose()


async def test_a_right_to_tell_more_about_messages_is_not_that_to_show_them(store: AsyncStore, tmp_path: Path) -> None:
    fell: list[ChannelError] = []
    queue = queue_of(store, tmp_path, Looked([SCOPE] * 4), 4, fell.append)
    [bundle] = await store.write(lambda tx: queue.claim(tx, 1))
    await queue.carry(Bundle([(row._replace(act="delivered"), entry) for row, entry in bundle.entries]))
    assert [row.state for row in store.company.read(ledger.everything)] == ["dead"] * 4
    assert fell == []


@pytest.mark.parametrize(
    ("look", "proof"),
    [
        (SCOPE, None),
        (PARKED, None),
        (Retryable("server_error"), None),
        (Retryable("unreachable"), Retryable("unreachable")),
        (Misconfigured("scope"), NeedsRebind("unauthorised")),
        (PARKED, PARKED),
    ],
)
async def test_a_look_that_fails_keeps_its_entry_and_the_others_only_if_the_link_is_not_let_in_at_all(
    store: AsyncStore, tmp_path: Path, look: ChannelError, proof: ChannelError | None
) -> None:
    rests: list[object] = []
    queue = queue_of(store, tmp_path, Looked([SHOWN], look, proof), 2, rests.append)
    [bundle] = await store.write(lambda tx: queue.claim(tx, 1))
    (row, entry), other = bundle.entries
    await queue.carry(Bundle([(row._replace(doubtful=1), entry), other]))
    (left,) = store.company.read(ledger.everything)
    assert (left.id, left.state) == (row.id, "waiting")
    assert rests == ([] if proof is None else [60.0] if proof is PARKED else [proof])


def queue_of(store: AsyncStore, folder: Path, crm: Any, clients: int, rests: Callable[[Any], None]) -> LedgerQueue:
    """The queue of a link that so many clients have written to; ``rests`` hears of an end and of a pause."""
    company = store.company
    shop = Shop(company.database, company.world.clock, company.media, company.vault)  # type: ignore[arg-type]
    desk = linked(shop, shop.channel(kind="email"), "north.example")
    for number in range(clients):
        shop.hear(desk.channel, who=f"client-{number}")
    loader = EntryLoader(
        crm=CRM, manifest=lambda _row: manifest("email"), vault=company.vault, public_url="", rules=RuleDesk(folder)
    )
    verdicts = VerdictWriter(store, structlog.get_logger())
    return LedgerQueue(store, desk.link, crm, loader, verdicts, broke=rests, pause=rests)
