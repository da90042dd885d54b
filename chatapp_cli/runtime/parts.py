"""Parts of the daemon outside its core: our own (``builtin.PARTS``) and those of other packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Worker
from chatapp_cli.services.timers import Handler

log = structlog.get_logger()

ENTRY_POINTS = "chatapp.parts"
"""A package adds a part by an entry point of this group that refers to a :class:`Part`: ``package.module:PART``."""


def _none(store: AsyncStore) -> Sequence[Worker]:
    del store
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Workers and timer handlers that belong together."""

    workers: Callable[[AsyncStore], Sequence[Worker]] = _none
    """Makes the workers for a starting daemon."""
    timers: Mapping[str, Handler] = field(default_factory=dict)
    """Handlers by the kind of timer."""


def installed() -> Sequence[Part]:
    """The parts of other packages; one that fails to load is logged and skipped."""
    from importlib import metadata

    return [part for point in metadata.entry_points(group=ENTRY_POINTS) if (part := _loaded(point)) is not None]


def workers_of(parts: Sequence[Part], store: AsyncStore) -> list[Worker]:
    """The workers of all parts; a part that fails to make its own is logged and skipped."""
    found: list[Worker] = []
    for part in parts:
        try:
            found += part.workers(store)
        except Exception:  # a foreign package must not stop the daemon
            log.exception("part.failed", part=repr(part.workers))
    return found


def handlers_of(parts: Sequence[Part]) -> Mapping[str, Handler]:
    """The handlers of all parts; of two for one kind of timer the first is used, which is logged."""
    found: dict[str, Handler] = {}
    for kind, handler in (item for part in parts for item in part.timers.items()):
        if found.setdefault(kind, handler) is not handler:
            log.error("part.timer_taken", kind=kind)
    return found


def _loaded(point: object) -> Part | None:
    try:
        part = point.load()  # type: ignore[attr-defined]  # importlib.metadata is imported by the daemon alone
    except Exception:  # a foreign package must not stop the daemon
        log.exception("part.failed", part=getattr(point, "name", ""))
        return None
    return part if isinstance(part, Part) else None
