"""Endpoints for monitoring: liveness, readiness and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp_cli.documents.channels import standing as document
from chatapp_cli.domain.errors import ChatappError, StoreError
from chatapp_cli.domain.moment import iso
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.runtime.daemon import Daemon
from chatapp_cli.services import channels, figures
from chatapp_cli.services.standings import ChannelStanding, standing

LONGEST = 10.0
"""Seconds that the store has for an answer."""


async def healthz(request: Request) -> Response:
    """Liveness: the process answers and its store is readable; failing workers and event effects are named."""
    daemon: Daemon = request.app.state.daemon
    try:
        found = await _figures(daemon)
    except ChatappError as error:
        return _unavailable(error.what, error.next_step)
    workers = {c.name: "ok" if c.works else c.why or "ended" for c in daemon.conditions}
    broken = sorted(daemon.store.company.database.effects.broken)
    status = "ok" if all(c.works for c in daemon.conditions) and not broken else "degraded"
    states = {str(one.channel.id): one.state.value for one in standings(daemon, found)}
    said = {"status": status, "workers": workers, "channels": states}
    return JSONResponse(said | ({"effects": broken} if broken else {}))


async def readyz(request: Request) -> Response:
    """Readiness: the daemon was started and proved lately that it can store; includes what each channel does."""
    daemon: Daemon = request.app.state.daemon
    if daemon.ready and (why := daemon.readiness.why_not) is not None:
        return _unavailable(*why)
    try:
        found = await _figures(daemon)
    except ChatappError as error:
        return _unavailable(error.what, error.next_step)
    told = [_channel(one) for one in standings(daemon, found)]
    ready = daemon.ready and daemon.readiness.proved
    return JSONResponse({"status": "ready" if ready else "starting", "channels": told}, 200 if ready else 503)


def _channel(one: ChannelStanding) -> Mapping[str, Any]:
    row = one.channel
    kept = {"channel": row.id, "kind": row.kind, "health": row.health, "proof_at": row.proof_at}
    return {**kept, **document(one), "last_sign_of_life": iso(row.proof_at)}


def standings(daemon: Daemon, found: figures.Figures) -> list[ChannelStanding]:
    """What each channel does, by what it did since the daemon started."""
    company = daemon.store.company
    now, since = company.world.clock.now(), daemon.started_at
    rows = (channels.seen(row, company.manifest(row)) for row in found.channels)
    return [standing(row, company.manifest(row), now, held=True, since=since) for row in rows]


async def metrics(request: Request) -> Response:
    """Prometheus text; without a readable store, what the process itself knows."""
    daemon: Daemon = request.app.state.daemon
    found: figures.Figures | None = None
    with suppress(ChatappError):  # the metric of the store says that it is not ready
        found = await _figures(daemon)
    text = await daemon.store.off_loop(lambda: _exposition(daemon, found))
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _exposition(daemon: Daemon, found: figures.Figures | None) -> bytes:
    from chatapp_cli.api.metrics import exposition

    return exposition(daemon, found, () if found is None else standings(daemon, found))


async def _figures(daemon: Daemon) -> figures.Figures:
    """Raises StoreError if the store cannot be read, or not in time."""
    try:
        async with asyncio.timeout(LONGEST):
            return await daemon.store.read(figures.gather)
    except TimeoutError as error:
        raise StoreError(
            T("The store did not answer for {n} s.", n=int(LONGEST)), T("Check the disk or the database.")
        ) from error


def _unavailable(what: Text, next_step: Text | None) -> Response:
    said = {"status": "unavailable", "why": show(what), "next_step": show(next_step) or None}
    return JSONResponse(said, 503, headers={"retry-after": "10"})
