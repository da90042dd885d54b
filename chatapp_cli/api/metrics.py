"""The daemon's metrics for Prometheus; imported at the first request for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chatapp_cli.domain.health import ChannelState
from chatapp_cli.runtime.daemon import Daemon
from chatapp_cli.runtime.link_figures import ANSWERED, CALLS, SLOWEST
from chatapp_cli.services.figures import Figures
from chatapp_cli.services.standings import ChannelStanding

_UP = frozenset({ChannelState.WORKING, ChannelState.RESTING})


def exposition(daemon: Daemon, found: Figures | None, channels: Sequence[ChannelStanding]) -> bytes:
    """The current metrics as text; without ``found``, the store could not be read."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(daemon, found, channels))
    return generate_latest(registry)


class _Snapshot(Collector):
    """The current figures."""

    def __init__(self, daemon: Daemon, found: Figures | None, channels: Sequence[ChannelStanding]) -> None:
        self._daemon = daemon
        self._found = found
        self._channels = channels

    def collect(self) -> Iterable[Metric]:
        """Convert the figures to metrics."""
        yield self._counted()
        yield from self._store()
        yield from self._workers()
        yield from self._crms()
        if self._found is not None:
            yield from self._read(self._found)

    def _read(self, found: Figures) -> Iterable[Metric]:
        """What stands in the store."""
        yield self._up()
        yield self._standing()
        yield self._proof()
        yield self._outbox(found)
        yield self._alarms(found)
        for name, words, value in (
            ("chatapp_dead_letters", "Arrivals that could not be understood", found.dead),
            ("chatapp_messages_uncertain", "Messages whose outcome a person has to decide", found.uncertain),
            ("chatapp_dialogs_unread", "Dialogs with something unread", found.unread),
        ):
            yield GaugeMetricFamily(name, words, value=value)

    def _store(self) -> Iterable[Metric]:
        """Whether anything can be stored, and how long that takes."""
        ready = self._daemon.ready and self._daemon.readiness.proved
        damaged = self._daemon.store.company.database.damaged is not None
        commits = self._daemon.store.commits
        yield GaugeMetricFamily("chatapp_store_ready", "1 while the store can be written", value=int(ready))
        yield GaugeMetricFamily("chatapp_store_damaged", "1 once the store was found to be damaged", value=int(damaged))
        yield CounterMetricFamily("chatapp_store_commits", "Commits since the start", value=commits.number)
        yield CounterMetricFamily(
            "chatapp_store_commit_seconds", "What these commits took on the disk", value=commits.seconds
        )
        yield GaugeMetricFamily(
            "chatapp_store_commit_slowest_seconds",
            "The slowest commit of the last minute or two",
            value=commits.slowest,
        )

    def _counted(self) -> Metric:
        family = CounterMetricFamily("chatapp_messages", "Messages by what became of them", labels=["kind", "what"])
        for (kind, word), number in self._daemon.counted.items():
            family.add_metric([kind, word], number)
        return family

    def _up(self) -> Metric:
        family = GaugeMetricFamily("chatapp_channel_up", "1 while the channel works", labels=["channel", "kind"])
        for one in self._channels:
            family.add_metric([str(one.channel.id), one.channel.kind], int(one.state in _UP))
        return family

    def _standing(self) -> Metric:
        family = GaugeMetricFamily(
            "chatapp_channel_standing", "1 for what the channel does now", labels=["channel", "kind", "standing"]
        )
        for one in self._channels:
            for state in ChannelState:
                family.add_metric([str(one.channel.id), one.channel.kind, state.value], int(one.state is state))
        return family

    def _proof(self) -> Metric:
        words = "When the channel last gave a sign of life"
        family = GaugeMetricFamily("chatapp_channel_proof_timestamp_seconds", words, labels=["channel", "kind"])
        for one in self._channels:
            family.add_metric([str(one.channel.id), one.channel.kind], (one.channel.proof_at or 0) / 1000)
        return family

    def _outbox(self, found: Figures) -> Metric:
        family = GaugeMetricFamily("chatapp_outbox", "What waits to be done", labels=["channel", "state"])
        for channel, state, number in found.outbox:
            family.add_metric([str(channel), state], number)
        return family

    def _alarms(self, found: Figures) -> Metric:
        family = GaugeMetricFamily("chatapp_alarms", "Open alarms", labels=["kind"])
        for kind, number in found.alarms.items():
            family.add_metric([kind], number)
        return family

    def _crms(self) -> Iterable[Metric]:
        """The load of the links to CRMs; nothing without one."""
        named = ["link", "kind"]
        calls = GaugeMetricFamily(CALLS, "Requests to the CRM in the last hour", labels=named)
        answered = GaugeMetricFamily(ANSWERED, "The latest calls of the CRM that the next one speaks of", labels=named)
        slowest = GaugeMetricFamily(
            SLOWEST, "What 99 of 100 of the CRM's latest calls waited for their answer at most", labels=named
        )
        for row, load in self._daemon.links.loads:
            for family, value in zip((calls, answered, slowest), load, strict=True):
                family.add_metric([str(row.id), row.kind], value)
        yield from (calls, answered, slowest) if calls.samples else ()

    def _workers(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("chatapp_worker_up", "1 while the worker works", labels=["worker"])
        failures = CounterMetricFamily("chatapp_worker_failures", "How often the worker broke", labels=["worker"])
        for state in self._daemon.conditions:
            up.add_metric([state.name], int(state.works))
            failures.add_metric([state.name], state.failures)
        yield from (up, failures)
