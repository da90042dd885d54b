"""A Bitrix24 portal in miniature that serves from a thread, linked to a company and paired with its channel."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from benchmarks.shop import BenchCompany, Told
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.services import channels, links, options, pairings
from chatapp_cli.store.rows.crm import LinkRow

KIND = "bitrix24"
LINE = Place(id="107", name="Продажи")
MIRRORED = "whatsapp_web"
"""What the company's channel passes for, because the portal has a connector for it."""
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Served:
    """Something that serves from a thread, and a way to ask it from outside."""

    loop: asyncio.AbstractEventLoop

    def do(self, what: Coroutine[Any, Any, R]) -> R:
        """Do something in its thread."""
        return asyncio.run_coroutine_threadsafe(what, self.loop).result()


@dataclass(frozen=True, slots=True)
class ServedPortal(Served):
    """The portal."""

    portal: Portal

    @property
    def answers(self) -> dict[str, str]:
        """What linking it takes."""
        one = self.portal
        return {
            "portal": one.address,
            "client_id": one.client_id,
            "client_secret": one.client_secret,
            "auth_server": one.auth_address,
        }


@contextmanager
def thread() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs in a thread of its own."""
    loop = asyncio.new_event_loop()
    running = threading.Thread(target=loop.run_forever)
    running.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        running.join()
        loop.close()


@contextmanager
def portal() -> Iterator[ServedPortal]:
    """A portal with the limits of a real one."""
    with thread() as loop:
        served = ServedPortal(loop, Portal())
        served.do(served.portal.__aenter__())
        yield served
        served.do(served.portal.__aexit__(None, None, None))


def link(made: BenchCompany, served: ServedPortal, port: int) -> LinkRow:
    """Link the company, whose daemon will answer at this port."""
    address = f"http://127.0.0.1:{port}"
    made.company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
    number = asyncio.run(linking.link(made.company, Told(served.answers), kind=KIND))
    return made.company.read(lambda tx: links.one(tx, number))


def install(made: BenchCompany, served: ServedPortal, row: LinkRow, port: int) -> None:
    """Install the application while the daemon runs; the link works afterwards."""
    url = f"http://127.0.0.1:{port}/hooks/{row.hook_key}/install"
    wait(lambda: served.do(served.portal.install(url)).status == 200, "the installation")
    wait(lambda: made.company.read(lambda tx: links.one(tx, row.id)).state == LinkState.OK, "the link")
    pair(made.company, row.id)
    wait(lambda: bool(served.portal.active), "the line")


def pair(company: Company, number: LinkId, *, kind: str = KIND, place: Place = LINE) -> None:
    """Pair the company's first channel with a line or a pipeline, whatever kind it is."""
    channel = company.read(channels.everything)[0]._replace(kind=MIRRORED)
    company.write(lambda tx: pairings.attach(tx, manifest(kind), number, channel, place, {}))


def wait(is_so: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for something that happens elsewhere."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, f"{what} did not come"
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
