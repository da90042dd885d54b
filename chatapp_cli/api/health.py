"""What monitors ask: is it alive, is it ready, what does it count."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp_cli.runtime.daemon import Daemon
from chatapp_cli.services import figures
from chatapp_cli.services.figures import Figures


async def healthz(request: Request) -> Response:
    """Alive: the process answers and its store can be read."""
    daemon: Daemon = request.app.state.daemon
    await daemon.store.read(figures.gather)
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Ready: the channels were started; each channel's own health is told beside it."""
    daemon: Daemon = request.app.state.daemon
    found = await daemon.store.read(figures.gather)
    told = [{"channel": c.id, "kind": c.kind, "health": c.health, "proof_at": c.proof_at} for c in found.channels]
    status = 200 if daemon.ready else 503
    return JSONResponse({"status": "ready" if daemon.ready else "starting", "channels": told}, status)


async def metrics(request: Request) -> Response:
    """Prometheus text."""
    daemon: Daemon = request.app.state.daemon
    found = await daemon.store.read(figures.gather)
    registry = CollectorRegistry()
    registry.register(_Snapshot(daemon, found))
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")


class _Snapshot(Collector):
    """The figures of one moment."""

    def __init__(self, daemon: Daemon, found: Figures) -> None:
        self._daemon = daemon
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """Turn the figures into metrics."""
        yield self._counted()
        yield self._health()
        yield self._proof()
        yield self._outbox()
        for name, words, value in (
            ("chatapp_dead_letters", "Arrivals that could not be understood", self._found.dead),
            ("chatapp_messages_uncertain", "Messages whose outcome a person has to decide", self._found.uncertain),
            ("chatapp_dialogs_unread", "Dialogs with something unread", self._found.unread),
        ):
            yield GaugeMetricFamily(name, words, value=value)

    def _counted(self) -> Metric:
        family = CounterMetricFamily("chatapp_messages", "Messages by what became of them", labels=["kind", "what"])
        for (kind, word), number in self._daemon.counted.items():
            family.add_metric([kind, word], number)
        return family

    def _health(self) -> Metric:
        family = GaugeMetricFamily("chatapp_channel_up", "1 while the channel works", labels=["channel", "kind"])
        for channel in self._found.channels:
            family.add_metric([str(channel.id), channel.kind], int(channel.health == "ok"))
        return family

    def _proof(self) -> Metric:
        words = "When the channel last gave a sign of life"
        family = GaugeMetricFamily("chatapp_channel_proof_timestamp_seconds", words, labels=["channel", "kind"])
        for channel in self._found.channels:
            family.add_metric([str(channel.id), channel.kind], (channel.proof_at or 0) / 1000)
        return family

    def _outbox(self) -> Metric:
        family = GaugeMetricFamily("chatapp_outbox", "What waits to be done", labels=["channel", "state"])
        for channel, state, number in self._found.outbox:
            family.add_metric([str(channel), state], number)
        return family
