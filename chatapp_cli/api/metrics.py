"""The daemon's metrics for Prometheus; imported at the first request for them."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chatapp_cli.domain.health import Health
from chatapp_cli.runtime.daemon import Daemon
from chatapp_cli.services.figures import Figures


def exposition(daemon: Daemon, found: Figures) -> bytes:
    """The current metrics as text."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(daemon, found))
    return generate_latest(registry)


class _Snapshot(Collector):
    """The current figures."""

    def __init__(self, daemon: Daemon, found: Figures) -> None:
        self._daemon = daemon
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """Convert the figures to metrics."""
        yield self._counted()
        yield self._health()
        yield self._proof()
        yield self._outbox()
        yield self._alarms()
        yield from self._workers()
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
            family.add_metric([str(channel.id), channel.kind], int(channel.health == Health.OK))
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

    def _alarms(self) -> Metric:
        family = GaugeMetricFamily("chatapp_alarms", "Open alarms", labels=["kind"])
        for kind, number in self._found.alarms.items():
            family.add_metric([kind], number)
        return family

    def _workers(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("chatapp_worker_up", "1 while the worker works", labels=["worker"])
        failures = CounterMetricFamily("chatapp_worker_failures", "How often the worker broke", labels=["worker"])
        for state in self._daemon.conditions:
            up.add_metric([state.name], int(state.works))
            failures.add_metric([state.name], state.failures)
        yield from (up, failures)
