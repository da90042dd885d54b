"""One ASGI application on the daemon's loop: webhooks, health and metrics."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chatapp_cli.api import health, hooks, media
from chatapp_cli.api.http_protocol import protocol_with
from chatapp_cli.api.limits import LIMITS, Limits
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChatappError, StoreAway, StoreError, StoreLost, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.runtime import store_alarm
from chatapp_cli.runtime.daemon import Daemon, running
from chatapp_cli.runtime.held_lease import HeldLease
from chatapp_cli.runtime.lease import HolderKind, waiting_to_hold

log = structlog.get_logger()

_LAST_PORT = 65_535

LARGEST_SAID = 1_048_576
"""The largest websocket message from a browser in bytes, such as a pasted text."""


def application(daemon: Daemon, web: ASGIApp | None = None, limits: Limits = LIMITS) -> ASGIApp:
    """The daemon's ASGI application: webhooks directly, everything else through the framework."""
    known = Starlette(
        routes=[
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Route("/metrics", health.metrics),
            Route("/media/{token}/{name}", media.media),
            *([Mount("/", web)] if web else []),
        ],
        exception_handlers={ChatappError: _unavailable, Exception: _failed},
    )
    known.state.daemon = daemon
    doors = hooks.Webhooks(daemon, limits)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        hook = scope["type"] == "http" and scope["path"].startswith(hooks.PREFIX)
        wanted = doors if hook else known
        try:
            await wanted(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the caller gets words, and the log one line without values
            log.error("http.failed", hook=hook, error=_where(error))  # noqa: TRY400 - a traceback says no more
            if hook:
                with contextlib.suppress(RuntimeError):  # the answer was begun already
                    await hooks.fail(send)

    return answer


def _where(error: Exception) -> str:
    """The type of an error and the place in our code that it came from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "chatapp_cli" in frame.filename]
    place = f" in {frames[-1].name}, {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


async def _failed(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse(hooks.FAILED, 500)


async def _unavailable(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", 503, {"retry-after": "10"})


async def serve(
    company: Company,
    *,
    http: bool = True,
    web: bool = False,
    announce: Callable[[str], None] | None = None,
    stop: asyncio.Event | None = None,
    kind: HolderKind = HolderKind.DAEMON,
    stuck: Callable[[Exception], None] | None = None,
) -> None:
    """Run the daemon until SIGTERM, SIGINT, SIGHUP or ``stop``; then finish what is in flight.

    Raises Busy, UsageError, and StoreDamaged or StoreLost as soon as nothing can be stored any more.

    ``web`` also serves the window to browsers.
    ``announce`` is called with the listening address, or an empty one without HTTP.
    A daemon embedded in a window also stops when a real one asks for the store.
    ``stuck`` is called on a thread if the process does not end in time after it lost the store.
    """
    stop = stop or asyncio.Event()
    await _checked(company)
    with _stopped_by_signals(stop):
        async with waiting_to_hold(company, kind, stop) as held:
            if held is not None:
                if stuck is not None:
                    held.call_if_stuck(stuck)
                await _telling(company, _serve(company, held, announce, stop, http=http, web=web))


async def _checked(company: Company) -> None:
    """Raise StoreError at once if the store takes no writes; people are told, unless its server is only away."""
    try:
        await asyncio.to_thread(company.database.require_whole)
        company.database.write(lambda _tx: None)
    except StoreError as error:
        if not isinstance(error, StoreAway):
            await store_alarm.tell_at_end(company, error.what)
        raise


async def _telling(company: Company, serving: Coroutine[None, None, None]) -> None:
    """Serve; people are told if that ends because nothing can be stored any more."""
    try:
        await serving
    except (StoreLost, StoreAway) as error:
        await store_alarm.tell_at_end(company, error.what)
        raise


async def _serve(
    company: Company,
    held: HeldLease,
    announce: Callable[[str], None] | None,
    stop: asyncio.Event,
    *,
    http: bool,
    web: bool,
) -> None:
    with _listening(company, wanted=http) as listening:
        async with running(company, held, ended=stop.set, stop=stop) as daemon, _leaving(held, stop):
            log.info("daemon.started", store=company.settings.company, http=listening is not None)
            if listening is None:
                await _announce_and_wait(announce, "", stop)
            else:
                await _serve_http(daemon, listening, announce, stop, web=web)
            log.info("daemon.stopping")
    log.info("daemon.stopped")


@contextlib.asynccontextmanager
async def _leaving(held: HeldLease, stop: asyncio.Event) -> AsyncIterator[None]:
    """Stop when another daemon asks for the store."""

    async def leave() -> None:
        await held.asked_for()
        log.info("daemon.makes_way")
        stop.set()

    leaving = asyncio.create_task(leave(), name="leaving")
    try:
        yield
    finally:
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)


async def _serve_http(
    daemon: Daemon,
    listening: socket.socket,
    announce: Callable[[str], None] | None,
    stop: asyncio.Event,
    *,
    web: bool,
) -> None:
    host, port = listening.getsockname()[:2]
    async with _browsers(daemon, wanted=web) as browsers:
        server = _Server(_config(application(daemon, browsers), web=web))
        task = asyncio.create_task(server.serve(sockets=[listening]), name="http")
        try:
            await _announce_and_wait(announce, f"http://{host}:{port}", stop)
        finally:
            server.leave()
            await task


def _config(app: ASGIApp, *, web: bool) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol_with(LIMITS),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="websockets-sansio" if web else "none",
        ws_max_size=LARGEST_SAID,
        timeout_graceful_shutdown=10,
    )


@contextlib.asynccontextmanager
async def _browsers(daemon: Daemon, *, wanted: bool) -> AsyncIterator[ASGIApp | None]:
    """The application for browsers; closes their windows afterwards."""
    if not wanted:
        yield None
        return
    from chatapp_cli.api.web.application import WebApplication

    company = WebApplication(daemon.store)
    try:
        yield company.application()
    finally:
        await company.aclose()


async def _announce_and_wait(announce: Callable[[str], None] | None, address: str, stop: asyncio.Event) -> None:
    if announce is not None:
        announce(address)
    await stop.wait()


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to the daemon, which has more to finish than requests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Finish open requests and stop."""
        self.should_exit = True
        self._leaving.set()

    async def main_loop(self) -> None:
        """Renew the Date header each second; uvicorn's own loop wakes up ten times as often."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), 1)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not capture signals."""
        yield


@contextlib.contextmanager
def _listening(company: Company, *, wanted: bool) -> Iterator[socket.socket | None]:
    host, port = company.settings.http_host, company.settings.http_port
    if not (wanted and host):
        yield None
        return
    try:
        listening = socket.create_server((host, port), backlog=1024)
    except OSError as error:
        raise UsageError(
            T(
                "Cannot listen on {host}:{port}: {why}.",
                host=host,
                port=port,
                why=os.strerror(error.errno) if error.errno else error,
            ),
            T(
                "Set another port for this company: chatapp --company {company} config set --this-company http_port"
                " {next}",
                company=company.settings.company,
                next=port + 1 if port < _LAST_PORT else 8321,
            ),
            field="http_port",
        ) from error
    with listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio only does so for its own sockets
        yield listening


@contextlib.contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGHUP is left alone where it is ignored: ``nohup`` asks to outlive the terminal."""
    loop = asyncio.get_running_loop()
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    numbers = (signal.SIGTERM, signal.SIGINT, *(() if ignored else (signal.SIGHUP,)))
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
