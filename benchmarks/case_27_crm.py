"""Case 27: what a linked CRM costs, and how fast it is told and heard.

The backlog is told at the pace of the portal in miniature, which has the limits of a real one, so it takes its time:
of 10,000 messages a sixth is measured (``BACKLOG``). After the first requests, which may go at once, each second is
like the one before, so the whole takes longer at the same ratio, four minutes; no message needs more requests then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from urllib.parse import parse_qsl, urlencode

from benchmarks import ingesting
from benchmarks.case_04_webhook import REQUESTS, Server
from benchmarks.case_19_idle import SECONDS, megabytes
from benchmarks.harness import Case
from benchmarks.load import load
from benchmarks.portal import KIND, ServedPortal, free_port, install, link, pair, portal, wait
from benchmarks.shop import Shop, serving, shop
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.brackets import parse
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import ledger, links
from chatapp_cli.services.ingest import ingest

EVENTS = 6000
DIALOGS = 500
BACKLOG = 1_600
AT_ONCE = 20
"""Requests that we let go at once after a pause."""
LEAK = 2.0
"""Requests a second that a portal counts (b24-rest-docs ``limits.md``)."""
BUNDLE = 20
"""Messages of a request: so many we would not know of if its answer were lost."""
SEND = "imconnector.send.messages"
_numbers = count()


def cases() -> Iterator[Case]:
    """With a portal, of the same without."""
    yield Case(
        "ingest, 64 callers, with a linked portal; without",
        "ev/s",
        ours=_with_a_link,
        peer=lambda: ingesting.measured(ingesting.by_product, 64, EVENTS),
        at_least=0.8,
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
    yield from _memory()
    yield from _backlog()


def _with_a_link() -> float:
    with ingesting.company() as opened:
        bound = Bound(account="demo.bitrix24.ru", title="demo", hook_key="k" * 32)
        pair(opened, opened.write(lambda tx: links.save(tx, opened.vault, bound, kind=KIND)))
        done = ingesting.by_product(64, EVENTS, opened)
        owed = opened.read(lambda tx: len(ledger.everything(tx, n=EVENTS + 1)))
        assert owed == EVENTS, f"{owed} entries for {EVENTS} messages"
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


@contextmanager
def _linked(stack: ExitStack, made: Shop) -> Iterator[tuple[ServedPortal, int, int]]:
    """A daemon with a link that works: the portal, the daemon's port and its process."""
    served = stack.enter_context(portal())
    port = free_port()
    row = link(made, served, port)
    _, pid = stack.enter_context(serving(made, CHATAPP_HTTP_PORT=str(port)))
    install(made, served, row, port)
    yield served, port, pid


def _hooks() -> Iterator[Case]:
    with ExitStack() as stack:
        made = stack.enter_context(shop())
        served, port, pid = stack.enter_context(_linked(stack, made))
        row = made.company.read(links.everything)[0]
        _write(made, served, DIALOGS)
        daemon = Server(port, pid, made.path)
        events = EventLoad(Server(port, pid, f"/hooks/{row.hook_key}/event"), served)
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


def _memory() -> Iterator[Case]:
    with ExitStack() as stack:
        plain = stack.enter_context(shop())
        _, without = stack.enter_context(serving(plain))
        _, _, linked = stack.enter_context(_linked(stack, stack.enter_context(shop())))
        time.sleep(SECONDS / 2)
        yield Case(
            "idle daemon's memory for a link",
            "MB",
            ours=lambda: megabytes(linked) - megabytes(without),
            limit=10,
            at_most=1,
            rounds=3,
            warm_up=False,
        )


def _backlog() -> Iterator[Case]:
    with ExitStack() as stack:
        made = stack.enter_context(shop())
        served, port, _ = stack.enter_context(_linked(stack, made))
        told = _tell(made, served)
        del port
        yield Case(
            f"{BACKLOG:,} messages of 500 dialogs told; the portal's rate",
            "msg/s",
            ours=lambda: told[0],
            limit=BUNDLE * LEAK,
            at_least=0.9,
            rounds=1,
            warm_up=False,
        )
        yield Case("requests for a message", "req", ours=lambda: told[1], limit=0.1, at_most=1, rounds=1, warm_up=False)


def _tell(made: Shop, served: ServedPortal) -> tuple[float, float]:
    """Messages a second once no more may go at once, and requests for a message."""
    time.sleep(AT_ONCE / LEAK)
    before = served.portal.requests
    _write(made, served, BACKLOG)
    calls = [call for call in served.portal.calls if call.method == SEND]
    late = calls[AT_ONCE:]
    seconds = (late[-1].at - calls[AT_ONCE - 1].at) / 1000
    assert served.portal.refused == 0
    return sum(len(call.params["MESSAGES"]) for call in late) / seconds, (served.portal.requests - before) / BACKLOG


def _write(made: Shop, served: ServedPortal, messages: int) -> None:
    """Let clients write, and wait until the portal shows it."""
    arrivals = [ingesting.arrival(f"b{number}", number) for number in range(messages)]
    made.company.write(lambda tx: ingest(tx, ChannelId(1), Batch(arrivals=arrivals)))
    wait(lambda: _shown(served) >= messages, "the clients' messages", 600)


def _shown(served: ServedPortal) -> int:
    return sum(len(chat.messages) for chat in list(served.portal.chats))
