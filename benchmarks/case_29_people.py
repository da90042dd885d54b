"""Case 29: how long an operator's reply takes while 200 deals of the portal move, of the same while none does.

Each move is an event, and its card is asked of the portal, because the pairing heeds who is responsible for deals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count

from benchmarks.case_10_replies import Desk, listening
from benchmarks.harness import Case
from benchmarks.linked import joined, of_portal, write
from benchmarks.portal import ServedPortal, wait
from benchmarks.shop import SECRET, Shop, company
from chatapp_cli.kit.crms import manifest
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.services import crm_intake, links, pairings

CARDS = 200
_stages = count(1)


def cases() -> Iterator[Case]:
    """The 99th percentile of the replies."""
    with ExitStack() as stack:
        provider = stack.enter_context(listening())
        plain = stack.enter_context(company())
        path = plain.bind("api", {"name": "Замер", "secret": SECRET, "url": provider.url})
        made = Shop(plain.folder, plain.company, path)
        _, _, (crm,) = joined(stack, made, of_portal)
        served: ServedPortal = crm.served
        served.portal.misbehaviour.tracker_delay = (0.0, 0.0)
        _heed(made, served)
        write(made, crm, CARDS, CARDS, "first")
        desk = HeedingDesk(Desk(made, provider), served)
        wait(lambda: len(desk.deals) == CARDS, "the deals")
        yield Case(
            "reply while 200 deals of a portal move, p99; while none does",
            "ms",
            ours=desk.while_moving,
            peer=desk.at_rest,
            at_most=2,
            rounds=3,
            warm_up=False,
        )


def _heed(made: Shop, served: ServedPortal) -> None:
    row = made.company.read(pairings.everything)[0]
    changes = {"owner_sync": "from_crm"}
    made.company.write(lambda tx: pairings.configure(tx, manifest("bitrix24"), row, changes))
    wait(lambda: any(one.event == "ONCRMDEALUPDATE" for one in served.portal.bindings), "the events of deals")


@dataclass(frozen=True, slots=True)
class HeedingDesk:
    """A desk that heeds who is responsible for the deals of a portal."""

    desk: Desk
    served: ServedPortal

    @property
    def deals(self) -> Sequence[PortalCard]:
        """The deals of the portal."""
        return [card for card in list(self.served.portal.cards) if card.kind == "deal"]

    def at_rest(self) -> float:
        """Replies once every card that moved has been asked of."""
        store = self.desk.made.company
        link = store.read(links.everything)[0].id
        wait(lambda: not store.read(lambda tx: crm_intake.waiting_cards(tx, link, n=1)), "the cards", 300)
        return self.desk.replies()

    def while_moving(self) -> float:
        """Replies from the moment at which every deal goes to another stage."""
        self.served.do(self._move(f"STAGE{next(_stages)}"))
        return self.desk.replies()

    async def _move(self, stage: str) -> None:
        for card in self.deals:
            await self.served.portal.staff.changes(card, stageId=stage)
