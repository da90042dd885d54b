"""Endpoints for monitoring: liveness, readiness and metrics."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp_cli.runtime.daemon import Daemon
from chatapp_cli.services import figures


async def healthz(request: Request) -> Response:
    """Liveness: the process answers and its store is readable; failing workers and event effects are named."""
    daemon: Daemon = request.app.state.daemon
    await daemon.store.read(figures.gather)
    workers = {c.name: "ok" if c.works else c.why or "ended" for c in daemon.conditions}
    broken = sorted(daemon.store.company.database.effects.broken)
    status = "ok" if all(c.works for c in daemon.conditions) and not broken else "degraded"
    return JSONResponse({"status": status, "workers": workers} | ({"effects": broken} if broken else {}))


async def readyz(request: Request) -> Response:
    """Readiness: the channels were started; includes each channel's own health."""
    daemon: Daemon = request.app.state.daemon
    found = await daemon.store.read(figures.gather)
    channels = [{"channel": c.id, "kind": c.kind, "health": c.health, "proof_at": c.proof_at} for c in found.channels]
    status = 200 if daemon.ready else 503
    return JSONResponse({"status": "ready" if daemon.ready else "starting", "channels": channels}, status)


async def metrics(request: Request) -> Response:
    """Prometheus text."""
    daemon: Daemon = request.app.state.daemon
    found = await daemon.store.read(figures.gather)
    text = await daemon.store.off_loop(lambda: _exposition(daemon, found))
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _exposition(daemon: Daemon, found: figures.Figures) -> bytes:
    from chatapp_cli.api.metrics import exposition

    return exposition(daemon, found)
