"""Case 30: robots of a portal, all called at once: how long until each is acknowledged, of a bare insert and answer.

The deals of a stage move at the same moment, and the portal calls a robot for each. The calls are written to as many
sockets as there are deals, once by the portal's own form and once to a server that inserts the body as durably and
answers, so neither side waits for a client. A round begins with processes that wait for their answer, and is over when
each of them has got it: what was acknowledged and then lost would be seen.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

from benchmarks.case_04_webhook import Server, peer
from benchmarks.case_10_replies import Desk, listening
from benchmarks.harness import Case
from benchmarks.linked import joined, of_portal, write
from benchmarks.load import load
from benchmarks.portal import ServedPortal, wait
from benchmarks.shop import SECRET, Shop, company
from chatapp_cli.crm.bitrix24.robots import PAGE
from chatapp_cli.domain.robot import ROBOTS, RobotCode
from chatapp_cli.runtime import crm_robots
from chatapp_cli.sandbox.bitrix24.automation import RobotRun, RunState
from chatapp_cli.services import links

ROBOTS_AT_ONCE = 200
SEND = ROBOTS[RobotCode.SEND_MESSAGE].name
STAGE = "PREPARATION"
NOBODY = "http://127.0.0.1:9/"
"""Where the portal itself reaches nobody, so that its calls can be written by hand."""
_numbers = count()


def cases() -> Iterator[Case]:
    """Until the last call is acknowledged; and an operator's reply meanwhile."""
    with ExitStack() as stack:
        provider = stack.enter_context(listening())
        plain = stack.enter_context(company())
        path = plain.bind("api", {"name": "Замер", "secret": SECRET, "url": provider.url})
        made = Shop(plain.folder, plain.company, path)
        port, pid, (crm,) = joined(stack, made, of_portal)
        write(made, crm, ROBOTS_AT_ONCE, ROBOTS_AT_ONCE, "first")
        row = made.company.read(links.everything)[0]
        asyncio.run(crm_robots.install(made.company, row))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        bare = stack.enter_context(peer("bare", f"sqlite:///{folder}/bare.db"))
        stage = RobotStage(Server(port, pid, f"/hooks/{row.hook_key}/{PAGE}"), crm.served)
        stage.place()
        yield Case(
            "200 robots at once, all acknowledged; a bare insert and answer",
            "ms",
            ours=stage.acknowledged,
            peer=lambda: _took(bare, stage.calls_of(ROBOTS_AT_ONCE)),
            at_most=5,
            rounds=3,
        )
        desk = Desk(made, provider)
        yield Case(
            "reply while 200 robots are carried out, p99; while none is",
            "ms",
            ours=lambda: stage.replies_meanwhile(desk),
            peer=desk.replies,
            at_most=2,
            rounds=3,
            warm_up=False,
        )


@dataclass(frozen=True, slots=True)
class RobotStage:
    """A stage with a robot of ours, and the daemon that the portal calls."""

    server: Server
    served: ServedPortal

    def place(self) -> None:
        """Put a robot on the stage that writes to a client whom the desk knows."""
        portal = self.served.portal
        said = {"chat_id": "{=Document:TITLE}", "message": "Заказ {=Document:ID} готов"}
        portal.automation.place(SEND, STAGE, said)
        portal.server.office.robots[SEND]["HANDLER"] = NOBODY

    def acknowledged(self) -> float:
        """Milliseconds until the calls of as many deals were acknowledged; all of their processes go on afterwards."""
        begun, took = self._called()
        _ended(begun)
        return took

    def replies_meanwhile(self, desk: Desk) -> float:
        """An operator's replies from the moment at which all are acknowledged, while they are carried out."""
        begun, _took_them = self._called()
        found = desk.replies()
        _ended(begun)
        return found

    def _called(self) -> tuple[Sequence[RobotRun], float]:
        begun = self.served.do(self._move())
        requests = [self._request(run) for run in begun]
        self.server.rests()
        return begun, _took(self.server, requests)

    def calls_of(self, n: int) -> Sequence[bytes]:
        """The latest calls, as they were written to the daemon."""
        return [self._request(run) for run in self.served.portal.automation.runs[-n:]]

    async def _move(self) -> Sequence[RobotRun]:
        portal, begun = self.served.portal, len(self.served.portal.automation.runs)
        office, start = portal.server.office, next(_numbers) * ROBOTS_AT_ONCE
        deals = [
            office.add_card("deal", title=f"c{n % ROBOTS_AT_ONCE}", responsible=1, stage="NEW")
            for n in range(start, start + ROBOTS_AT_ONCE)
        ]
        for one in deals:
            await portal.staff.changes(one, stageId=STAGE)
        return portal.automation.runs[begun:]

    def _request(self, run: RobotRun) -> bytes:
        portal, card = self.served.portal, f"DEAL_{run.card.id}"
        auth = {"domain": portal.domain, "member_id": portal.member_id, "status": "L",
                "client_endpoint": portal.client_endpoint, "server_endpoint": portal.server_endpoint,
                "application_token": portal.application_token, "access_token": "x" * 70, "expires": "1796003600",
                "expires_in": "3600", "scope": "crm,im,imconnector,imopenlines,bizproc", "user_id": "1"}  # fmt: skip
        filled = {"chat_id": run.card.title, "message": f"Заказ {run.card.id} готов"}
        said = {
            "workflow_id": run.token.partition("|")[0], "code": run.code, "event_token": run.token,
            "document_id[0]": "crm", "document_id[1]": "CCrmDocumentDeal", "document_id[2]": card,
            "document_type[0]": "crm", "document_type[1]": "CCrmDocumentDeal", "document_type[2]": "DEAL",
            **{f"properties[{name}]": filled.get(name, value) for name, value in run.placed.properties.items()},
            "use_subscription": "Y", "timeout_duration": "0", "ts": "1796000000",
            **{f"auth[{name}]": value for name, value in auth.items()},
        }  # fmt: skip
        body = urlencode(said).encode()
        head = (
            f"POST {self.server.path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def _ended(begun: Sequence[RobotRun]) -> None:
    """Wait until each process has its answer, which says that it was done."""
    wait(lambda: all(run.ended.is_set() for run in begun), "the ends of the robots", 300)
    assert {(run.state, run.returned["status"]) for run in begun} == {(RunState.ANSWERED, "Y")}


def _took(server: Server, requests: Sequence[bytes]) -> float:
    """Milliseconds until the last of these was answered, each over a socket of its own."""
    outcome = load(server.port, requests, connections=len(requests))
    assert outcome.statuses == {200}, outcome.statuses
    return len(requests) / outcome.per_second * 1000
