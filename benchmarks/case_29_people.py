"""Case 29: how long an employee's answer takes while 200 deals of the portal move, of the same while none does.

Each move is an event, and its card is asked of the portal, because the pairing heeds who is responsible for deals. An
answer takes from the moment at which the employee sends it until the client's channel has it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import count

from benchmarks.case_10_replies import PATIENCE, Provider
from benchmarks.harness import Case
from benchmarks.linked import joined, of_portal, write
from benchmarks.portal import Served, ServedPortal, thread, wait
from benchmarks.shop import SECRET, Shop, company
from chatapp_cli.kit.crms import manifest
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.services import crm_intake, links, pairings

CARDS = 200
REPLIES = 40
_numbers = count(1)


def cases() -> Iterator[Case]:
    """The 99th percentile, in milliseconds."""
    with ExitStack() as stack:
        provider, beside = Provider(), Served(stack.enter_context(thread()))
        runner = beside.do(provider.listen())
        stack.callback(lambda: beside.do(runner.cleanup()))
        plain = stack.enter_context(company())
        path = plain.bind("api", {"name": "Замер", "secret": SECRET, "url": provider.url})
        made = Shop(plain.folder, plain.company, path)
        _, _, (crm,) = joined(stack, made, of_portal)
        served: ServedPortal = crm.served
        served.portal.misbehaviour.tracker_delay = (0.0, 0.0)
        _heed(made, served)
        write(made, crm, CARDS, CARDS, "first")
        desk = AnsweringDesk(made, served, provider)
        wait(lambda: len(desk.deals) == CARDS, "the deals")
        yield Case(
            "an employee's answer, p99, while 200 deals move; while none does",
            "ms",
            ours=desk.while_moving,
            peer=desk.take,
            at_most=2.0,
            rounds=3,
            warm_up=False,
        )


def _heed(made: Shop, served: ServedPortal) -> None:
    row = made.company.read(pairings.everything)[0]
    changes = {"owner_sync": "from_crm"}
    made.company.write(lambda tx: pairings.configure(tx, manifest("bitrix24"), row, changes))
    wait(lambda: any(one.event == "ONCRMDEALUPDATE" for one in served.portal.bindings), "the events of deals")


class AnsweringDesk:
    """An employee who answers one client again and again."""

    def __init__(self, made: Shop, served: ServedPortal, provider: Provider) -> None:
        self._made, self._served, self._provider = made, served, provider

    @property
    def deals(self) -> Sequence[PortalCard]:
        """The deals of the portal."""
        return [card for card in list(self._served.portal.cards) if card.kind == "deal"]

    def while_moving(self) -> float:
        """The same as ``take`` while every deal moves to another stage."""
        self._rests()
        self._served.do(self._move(f"STAGE{next(_numbers)}"))
        return self._replies()

    async def _move(self, stage: str) -> None:
        for card in self.deals:
            await self._served.portal.staff.changes(card, stageId=stage)

    def _rests(self) -> None:
        """Wait until every card that moved has been asked of."""
        link = self._made.company.read(links.everything)[0].id
        wait(lambda: not self._made.company.read(lambda tx: crm_intake.waiting_cards(tx, link, n=1)), "the cards", 300)

    def take(self) -> float:
        """The 99th percentile of the times of some answers, in milliseconds."""
        self._rests()
        return self._replies()

    def _replies(self) -> float:
        took = sorted(self._reply() for _ in range(REPLIES))
        return took[int(REPLIES * 0.99)] * 1000

    def _reply(self) -> float:
        text, came, chat = f"Ответ {next(_numbers)}.", threading.Event(), self._served.portal.chats[0]
        self._provider.waiting[text] = came
        began = time.perf_counter()
        self._served.do(self._served.portal.staff.writes(chat.connector, chat.line, chat.outside, text))
        assert came.wait(PATIENCE), f"{text} did not come"
        return time.perf_counter() - began
