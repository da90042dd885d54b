"""Parts of the daemon outside its core: our own (``builtin.PARTS``) and those of other packages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from chatapp_cli.domain.whole_file import write_whole
from chatapp_cli.kit.entry_points import entry_points
from chatapp_cli.runtime.restarting import WorkerState
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Worker
from chatapp_cli.services.timers import Handler

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

log = structlog.get_logger()

LONGEST_IMPORT = 20.0
"""Seconds after which a part that is still being imported counts as failing."""

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
    name: str = ""
    """Of its entry point; set when it is loaded."""


class Installed(NamedTuple):
    """The parts of other packages."""

    parts: Sequence[Part] = ()
    failing: Sequence[WorkerState] = ()
    """Those that could not be loaded."""


async def load_installed(stop: asyncio.Event | None = None, *, longest: float = LONGEST_IMPORT) -> Installed:
    """Load the parts of other packages; one that fails, or takes too many seconds, is logged and skipped.

    Returns early when ``stop`` is set.
    """
    stop = stop or asyncio.Event()
    parts: list[Part] = []
    failing: list[WorkerState] = []
    stopping = asyncio.create_task(stop.wait())
    for point in entry_points(group=ENTRY_POINTS):
        loading = _loading(point)
        waits: tuple[asyncio.Future[Any], ...] = (loading, stopping)
        await asyncio.wait(waits, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            break
        try:
            parts.append(_checked(point, loading))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a foreign package must not stop the daemon
            failing.append(_failing(point.name, error))
    stopping.cancel()
    return Installed(parts, failing)


def workers_of(
    parts: Sequence[Part], store: AsyncStore, own: Sequence[Worker] = ()
) -> tuple[list[Worker], list[WorkerState]]:
    """The workers of the core and of all parts, and the parts that fail to make theirs, which are logged.

    A worker with a name that another has already is refused.
    """
    found, failing = list(own), []
    for part in parts:
        name = part.name or repr(part.workers)
        try:
            for worker in part.workers(store):
                found.append(_with_new_name(worker, found))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a foreign package must not stop the daemon
            failing.append(_failing(name, error))  # the workers made before the failure stay
    return found, failing


def handlers_of(parts: Sequence[Part]) -> Mapping[str, Handler]:
    """The handlers of all parts; of two for one kind of timer the first is used, which is logged."""
    found: dict[str, Handler] = {}
    for kind, handler in (item for part in parts for item in part.timers.items()):
        if found.setdefault(kind, handler) is not handler:
            log.error("part.timer_taken", kind=kind)
    return found


def note(folder: Path, failing: Sequence[WorkerState]) -> None:
    """Write down which parts fail, for ``chatapp doctor``; it must not import them itself."""
    file = folder / _NOTED
    with suppress(OSError):  # health and the log name them as well
        if failing:
            write_whole(file, "".join(f"{one.name}\t{one.why}\n" for one in failing).encode())
        else:
            file.unlink(missing_ok=True)


def noted(folder: Path) -> Sequence[tuple[str, str]]:
    """The parts that failed when the daemon started: what health calls them, and the types of their errors."""
    try:
        lines = (folder / _NOTED).read_text("utf-8").splitlines()
    except OSError:
        return ()
    return [(name, why) for name, _, why in (line.partition("\t") for line in lines)]


_NOTED = "parts.failing"


def _failing(name: str, error: BaseException) -> WorkerState:
    why = f"{type(error).__name__}: {error}"
    log.error("part.failed", part=name, why=why, exc_info=error)
    state = WorkerState(f"part {name}")
    state.failures, state.why = 1, type(error).__name__
    return state


def _with_new_name(worker: object, others: Sequence[Worker]) -> Worker:
    if not isinstance(worker, Worker) or not isinstance(getattr(worker, "name", None), str):
        raise TypeError(f"not a Worker with a name: {worker!r}")
    if any(other.name == worker.name for other in others):
        raise NameTaken(f"there is another worker {worker.name}")
    return worker


class NameTaken(Exception):
    """Another worker has the name."""


def _loading(point: EntryPoint) -> asyncio.Future[_Outcome]:
    """Load a part on a thread that the process does not wait for when it ends."""
    loop = asyncio.get_running_loop()
    loading: asyncio.Future[_Outcome] = loop.create_future()

    def load() -> None:
        outcome = _outcome(point)
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(loading.set_result, outcome)

    threading.Thread(target=load, name=f"part {point.name}", daemon=True).start()
    return loading


class _Outcome(NamedTuple):
    """What an entry point refers to, or what its import raised."""

    part: object
    error: BaseException | None


def _outcome(point: EntryPoint) -> _Outcome:
    try:
        return _Outcome(point.load(), None)
    except BaseException as error:  # noqa: BLE001 - a package may even exit; raised again on the loop
        return _Outcome(None, error)


def _checked(point: EntryPoint, loading: asyncio.Future[_Outcome]) -> Part:
    """The part under the name of its entry point. Raises what its import raised, TimeoutError, TypeError."""
    if not loading.done():
        raise TimeoutError("its import takes too long")
    part, error = loading.result()
    if error is not None:
        raise error
    if not isinstance(part, Part):
        raise TypeError(f"{point.value} is not a Part")
    return replace(part, name=point.name, timers=dict(part.timers))
