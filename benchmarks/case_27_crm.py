"""Case 27: what linked CRMs cost, and how fast they are told and heard.

A backlog is told at the pace of a CRM in miniature, which has the limits of a real one, so it takes its time: of 10,000
messages for a portal a sixth is measured. After the first requests, which may go at once, each second is like the one
before, so the whole takes longer at the same ratio, four minutes; no message needs more requests then. Each message
for an account is a request; the limit of its chats is not published, and the desk keeps to ``crm.amocrm.chats.RATE``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from benchmarks import account, ingesting, portal
from benchmarks.case_04_webhook import REQUESTS, Server
from benchmarks.harness import Case
from benchmarks.linked import Backlog, idle, joined, of_account, of_portal, write
from benchmarks.load import load
from benchmarks.portal import ServedPortal
from benchmarks.shop import shop
from chatapp_cli.crm.amocrm.chats import RATE as CHATS_RATE
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.kit.brackets import parse
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import ledger, links

EVENTS = 6000
DIALOGS = 500
LEAK = 2.0
"""Requests a second that a portal counts (b24-rest-docs ``limits.md``)."""
AT_ONCE = 20
"""Requests to a portal that we let go at once after a pause."""
BUNDLE = 20
"""Messages of a request: so many we would not know of if its answer were lost."""
ACCOUNT_RATE = 7.0
"""Requests a second that an account takes (amoCRM's page on limits)."""
_numbers = count()


class LinkTo(NamedTuple):
    """A CRM that is told of every message, without one that answers."""

    kind: str
    place: Place


PORTAL, ACCOUNT = LinkTo(portal.KIND, portal.LINE), LinkTo(account.KIND, account.PIPELINE)
INGESTS: Final = (
    ("ingest, 64 callers, with a linked portal; without", 0.8, (PORTAL,)),
    ("ingest, 64 callers, with two linked CRMs; without", 0.7, (PORTAL, ACCOUNT)),
)
IDLE: Final = (
    ("idle daemon's memory for a link", 10, (of_portal,)),
    ("idle daemon's memory for links to two CRMs", 15, (of_portal, of_account(chats=True))),
)
BACKLOGS: Final = (
    Backlog(
        name="1,600 messages of 500 dialogs told; the portal's rate", join=of_portal, messages=1_600, dialogs=DIALOGS,
        rate=BUNDLE * LEAK, at_once=AT_ONCE, pause=AT_ONCE / LEAK, a_message=0.1,
    ),
    Backlog(
        name="300 messages told to an account's chats; its rate", join=of_account(chats=True), messages=300,
        dialogs=20, rate=CHATS_RATE, at_once=5, pause=2, begun=20,
    ),
    Backlog(
        name="300 messages told to an account without chats; its rate", join=of_account(chats=False), messages=300,
        dialogs=20, rate=ACCOUNT_RATE, at_once=5, pause=2, begun=20,
    ),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """With links, of the same without; backlogs, of the CRM's own rate."""
    for name, at_least, to in INGESTS:
        yield Case(
            name,
            "ev/s",
            ours=lambda to=to: _with_links(*to),  # type: ignore[misc]
            peer=lambda: ingesting.measured(ingesting.by_product, 64, EVENTS),
            at_least=at_least,
        )
    for name, body in shapes():
        yield Case(
            f"bracket form, {name}; urllib's parse_qsl",
            "MB/s",
            ours=lambda b=body: _speed(lambda: parse(b), len(b)),  # type: ignore[misc]
            peer=lambda b=body: _speed(lambda: parse_qsl(b.decode(), keep_blank_values=True), len(b)),  # type: ignore[misc]
            at_least=0.25,
        )
    yield from _hooks()
    for name, limit, joins in IDLE:
        yield from idle(name, limit, *joins)
    for backlog in BACKLOGS:
        yield from backlog.cases()


def _with_links(*to: LinkTo) -> float:
    with ingesting.company() as opened:
        for kind, place in to:
            bound = Bound(account=f"demo.{kind}.ru", title="demo", hook_key=kind * 4)
            number = opened.write(lambda tx, bound=bound, kind=kind: links.save(tx, opened.vault, bound, kind=kind))  # type: ignore[misc]
            portal.pair(opened, number, kind=kind, place=place)
        done = ingesting.by_product(64, EVENTS, opened)
        owed = opened.read(lambda tx: len(ledger.everything(tx, n=len(to) * EVENTS + 1)))
        assert owed == len(to) * EVENTS, f"{owed} entries for {EVENTS} messages"
        return done


def shapes() -> Iterator[tuple[str, bytes]]:
    """Forms as a portal sends them, and as nobody should."""
    said = [(f"data[MESSAGES][{n}][message][text]", "[b]Светлана:[/b] Добрый день!") for n in range(3_000)]
    yield "usual", urlencode(said).encode()
    yield "names not encoded", "&".join(f"{name}={urlencode({'': text})[1:]}" for name, text in said).encode()
    yield "15,000 five-level names not encoded", "&".join(f"a[{n}][b][c][d]=x" for n in range(15_000)).encode()


def _speed(read: Callable[[], object], size: int) -> float:
    """Megabytes a second of processor, the best of three."""
    took = []
    for _ in range(3):
        began = time.process_time()
        read()
        took.append(time.process_time() - began)
    return size / min(took) / 1e6


def _hooks() -> Iterator[Case]:
    with ExitStack() as stack:
        made = stack.enter_context(shop())
        port, pid, (crm,) = joined(stack, made, of_portal)
        row = made.company.read(links.everything)[0]
        write(made, crm, DIALOGS, DIALOGS, "b")
        daemon = Server(port, pid, made.path)
        events = EventLoad(Server(port, pid, f"/hooks/{row.hook_key}/event"), crm.served)
        yield Case(
            "event of a portal → durable → 200; webhook of case 04",
            "req/cpu s",
            ours=events.take,
            peer=lambda: daemon.take(REQUESTS)[1],
            at_least=0.8,
        )


class EventLoad:
    """Ends of conversations that the desk knows: stored, answered, and applied soon afterwards."""

    def __init__(self, server: Server, served: ServedPortal) -> None:
        self._server, self._portal = server, served.portal
        self._chats = [chat.outside for chat in served.portal.chats]

    def take(self) -> float:
        """So many a second of the daemon's processor."""
        start = next(_numbers) * REQUESTS
        requests = [self._request(number) for number in range(start, start + REQUESTS)]
        self._server.rests()
        before = self._server.spent()
        outcome = load(self._server.port, requests)
        assert outcome.statuses == {200}, outcome.statuses
        return REQUESTS / (self._server.spent() - before)

    def _request(self, number: int) -> bytes:
        auth = {"domain": self._portal.domain, "member_id": self._portal.member_id, "status": "L",
                "client_endpoint": self._portal.client_endpoint, "server_endpoint": self._portal.server_endpoint,
                "application_token": self._portal.application_token, "access_token": "x" * 70, "expires": "1796003600",
                "expires_in": "3600", "scope": "crm,im,imconnector,imopenlines", "user_id": "27"}  # fmt: skip
        item = "data[DATA][0]"
        said = {
            "event": "ONIMCONNECTORDIALOGFINISH", "eventId": "12", "ts": str(1_796_000_000 + number),
            "data[CONNECTOR]": "chatapp_whatsapp", "data[LINE]": "107", f"{item}[connector][connector_id]": "c",
            f"{item}[chat][id]": self._chats[number % DIALOGS], f"{item}[session][id]": str(number),
            f"{item}[session][closed]": "Y", **{f"auth[{name}]": value for name, value in auth.items()},
        }  # fmt: skip
        body = urlencode(said).encode()
        head = (
            f"POST {self._server.path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
