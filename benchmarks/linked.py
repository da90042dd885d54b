"""CRMs in miniature that are linked to a company whose daemon runs, all measured in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from benchmarks import account, ingesting, portal
from benchmarks.account import ServedAccount
from benchmarks.case_19_idle import SECONDS, megabytes
from benchmarks.harness import Case
from benchmarks.portal import ServedPortal
from benchmarks.shop import Shop, serving, shop
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services.ingest import ingest

SEND = "imconnector.send.messages"


class Telling(NamedTuple):
    """A request by which a CRM is told of messages."""

    at: int
    """In milliseconds."""
    messages: int


@dataclass(frozen=True, slots=True)
class JoinedCrm:
    """A CRM that is linked and paired."""

    served: Any
    tellings: Callable[[], Sequence[Telling]]
    requests: Callable[[], int]
    """All of them so far."""
    refused: Callable[[], int]
    """Those that it refused for coming too fast."""


Join: TypeAlias = Callable[[ExitStack, Shop, int], Callable[[], JoinedCrm]]
"""Begins a link to a company, whose daemon will answer at a port; what it returns ends it once that runs."""


def of_portal(stack: ExitStack, made: Shop, port: int) -> Callable[[], JoinedCrm]:
    """A portal, which installs an application."""
    served = stack.enter_context(portal.portal())
    row = portal.link(made, served, port)

    def finish() -> JoinedCrm:
        portal.install(made, served, row, port)
        one = served.portal
        return JoinedCrm(served, lambda: _bundles(served), lambda: one.requests, lambda: one.refused)

    return finish


def _bundles(served: ServedPortal) -> Sequence[Telling]:
    calls = [call for call in list(served.portal.calls) if call.method == SEND]
    return [Telling(call.at, len(call.params["MESSAGES"])) for call in calls]


def of_account(*, chats: bool) -> Join:
    """An account, with a chat channel of ours or without."""

    def begin(stack: ExitStack, made: Shop, port: int) -> Callable[[], JoinedCrm]:
        served = stack.enter_context(account.account(chats=chats))

        def finish() -> JoinedCrm:
            account.link(made, served, port)
            return JoinedCrm(served, lambda: _posts(served), lambda: len(served.account.calls), lambda: 0)

        return finish

    return begin


def _posts(served: ServedAccount) -> Sequence[Telling]:
    tell = f"/v2/origin/custom/{served.account.channel.scope_id}" if served.chats else "/notes"
    calls = [call for call in list(served.account.calls) if call.method == "POST" and call.path.endswith(tell)]
    return [Telling(call.at, 1) for call in calls if call.status == 200]


def joined(stack: ExitStack, made: Shop, *joins: Join) -> tuple[int, int, Sequence[JoinedCrm]]:
    """A daemon's port and process, and the CRMs that it is linked to."""
    port = portal.free_port()
    begun = [one(stack, made, port) for one in joins]
    _, pid = stack.enter_context(serving(made, CHATAPP_HTTP_PORT=str(port)))
    return port, pid, [finish() for finish in begun]


def idle(name: str, limit: float, *joins: Join) -> Iterator[Case]:
    """The memory of a daemon at rest, of the same without links, in megabytes."""
    with ExitStack() as stack:
        _, without = stack.enter_context(serving(stack.enter_context(shop())))
        _, linked, _ = joined(stack, stack.enter_context(shop()), *joins)
        time.sleep(SECONDS / 2)
        ours = lambda: megabytes(linked) - megabytes(without)  # noqa: E731
        yield Case(name, "MB", ours=ours, limit=limit, at_most=1, rounds=3, warm_up=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Messages that wait for a CRM, and how fast it may be told of them."""

    name: str
    join: Join
    messages: int
    dialogs: int
    rate: float
    """Messages a second that it takes."""
    at_once: int
    """Requests that we let go at once after a pause."""
    pause: float
    """Seconds after which so many may."""
    begun: int = 0
    """Messages that are told before it is measured, so that the conversations are begun."""
    a_message: float = 0.0
    """The most requests for a message; 0: not measured."""

    def cases(self) -> Iterator[Case]:
        """The rate, of the CRM's own."""
        with ExitStack() as stack:
            made = stack.enter_context(shop())
            _, _, (crm,) = joined(stack, made, self.join)
            speed, requests = self._told(made, crm)
            yield Case(
                self.name, "msg/s", ours=lambda: speed, limit=self.rate, at_least=0.9, rounds=1, warm_up=False
            )  # fmt: skip
            if self.a_message:
                most = self.a_message
                yield Case(
                    "requests for a message", "req", ours=lambda: requests, limit=most, at_most=1, rounds=1,
                    warm_up=False,
                )  # fmt: skip

    def _told(self, made: Shop, crm: JoinedCrm) -> tuple[float, float]:
        """Messages a second once no more may go at once, and requests for a message."""
        write(made, crm, self.begun, self.dialogs, "first")
        time.sleep(self.pause)
        before, asked = len(crm.tellings()), crm.requests()
        write(made, crm, self.messages, self.dialogs, "late")
        told = crm.tellings()[before + self.at_once - 1 :]
        assert crm.refused() == 0
        speed = sum(one.messages for one in told[1:]) / ((told[-1].at - told[0].at) / 1000)
        return speed, (crm.requests() - asked) / self.messages


def write(made: Shop, crm: JoinedCrm, messages: int, dialogs: int, name: str) -> None:
    """Let clients write, and wait until the CRM was told."""
    wanted = _told_of(crm) + messages
    arrivals = [ingesting.arrival(f"{name}{number}", number % dialogs) for number in range(messages)]
    if arrivals:
        made.company.write(lambda tx: ingest(tx, ChannelId(1), Batch(arrivals=arrivals)))
    portal.wait(lambda: _told_of(crm) >= wanted, "the clients' messages", 600)


def _told_of(crm: JoinedCrm) -> int:
    return sum(one.messages for one in crm.tellings())
