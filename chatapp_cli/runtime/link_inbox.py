"""Applies what a CRM told: fetches the files of its messages, and accepts them for sending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import structlog

from chatapp_cli.domain.crm.events import (
    CopyCame,
    CrmEvent,
    CrmStepAsked,
    CrmWrote,
    CrmWroteFirst,
    PlaceConfigured,
    RemoteFile,
    RobotAsked,
)
from chatapp_cli.domain.crm_manifest import CrmManifest
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import ChannelError, ChatappError, NotFound, RateLimited, Rejected, StoreError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmSession
from chatapp_cli.runtime.fitting import FittingNumber
from chatapp_cli.runtime.link_files import staged
from chatapp_cli.runtime.link_owners import OwnerKeeper
from chatapp_cli.runtime.link_places import PlaceKeeper
from chatapp_cli.runtime.link_steps import StepKeeper, asks_first
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import crm_event_form, crm_gaps, crm_intake, crm_looks, ledger, words
from chatapp_cli.services.crm_intake import CrmContext
from chatapp_cli.services.crm_targets import NotYet
from chatapp_cli.store.rows.crm import CrmArrivedRow, LinkRow

log = structlog.get_logger()
_WITH_FILES = (CrmWrote, CrmWroteFirst)

CAUGHT_UP_WITHIN = 15.0
"""Seconds that what comes waits, at most, for a look for what employees wrote and nobody told.

Before the first look of a session everything waits, since most of what is missing was written while none was up; in
later ones the messages of employees do. What was told before a look began is not called back: that a message before
it is missing only the look tells.
"""
LOOK = 30.0
"""Seconds after which it looks even without a wake-up."""
TOGETHER = 20
"""Events that are applied in one transaction, at most."""
APART = 4
"""Events for which something is fetched at once, apart from the others: a slow one holds up only its own chat."""
FOR_UNKNOWN = 2.0
"""Seconds until an event is tried again that came before what it is about; doubled each time."""


class LinkInbox:
    """The events of one link."""

    def __init__(self, store: AsyncStore, link: LinkRow, applied: Callable[[], None]) -> None:
        """``applied`` is called after events: the CRM may have to be told something because of it."""
        self._store = store
        self._link, self._about = link.id, manifest(link.kind)
        self._applied = applied
        self._places, self._owners = PlaceKeeper(store, link), OwnerKeeper(store, link)
        self._steps = StepKeeper(store, link)
        self._clock = store.company.world.clock
        self._news = WakeUp()
        self._caught_up = WakeUp()
        self._held_until = 0.0
        """Until when messages wait for the look that is open, on the monotonic clock."""
        self._understand: Callable[[bytes], CrmEvent] = _nothing
        self._together = FittingNumber(self._clock, TOGETHER)
        self._apart: dict[int, asyncio.Task[Mapping[int, bool]]] = {}
        """What is being applied apart, by the number of its event, until the turn after it is done."""

    def hold(self) -> None:
        """Let messages wait for those that were written before them: a look for these begins."""
        self._caught_up.clear()
        self._held_until = self._clock.monotonic() + CAUGHT_UP_WITHIN

    def release(self) -> None:
        """Everything that was written before is here."""
        self._held_until = 0.0
        self._caught_up.set()
        self.wake()

    def wake(self) -> None:
        """Wake it: the CRM told something."""
        self._news.set()
        self._owners.wake()

    async def heed_owners(self, session: CrmSession) -> None:
        """Apply who is responsible for cards, until cancelled."""
        await self._owners.run(session)

    async def look_at_cards(self, session: CrmSession, since: Millis) -> int:
        """Look for the cards that changed since a moment; returns how many are new."""
        return await self._owners.changed_since(session, since)

    async def run(self, session: CrmSession, understand: Callable[[bytes], CrmEvent]) -> None:
        """Apply events until cancelled; ``understand`` parses what could not be understood when it came."""
        self._understand = understand
        await self._caught_up.wait_by(self._clock, CAUGHT_UP_WITHIN)
        try:
            await self._apply_all(session)
        finally:
            apart = [*self._apart.values()]
            self._apart.clear()
            for task in apart:
                task.cancel()
            await asyncio.gather(*apart, return_exceptions=True)

    async def _apply_all(self, session: CrmSession) -> None:
        while True:
            self._news.clear()
            if await self._turn(session):
                continue
            due = await self._store.read(partial(crm_intake.next_due, link=self._link))
            later = LOOK if due is None else (due - self._clock.now()) / 1000
            held = self._held_until - self._clock.monotonic()
            await self._news.wait_by(self._clock, min(max(later, 0.01), held if held > 0 else LOOK, LOOK))

    async def _turn(self, session: CrmSession) -> bool:
        """Apply what may be applied now; in a chat a message waits for those before it. True: more can be done now."""
        held: set[tuple[str, str]] = set()
        moved = self._collect()
        found = await self._waiting()
        left = False
        for some in bundles(in_order(found), self._together):
            free = [pair for pair in some if not self._waits(held, *pair)]
            if free and _is_slow(free[0][1]):
                self._begin_apart(session, *free[0], held)
                continue
            done = await self._apply(session, free) if free else {}
            moved |= any(done.values())
            left |= len(done) < len(free)
            held.update(where for row, event in free if not done.get(row.id) and (where := _held_by(event)))
        return left or (moved and len(found) >= crm_intake.PAGE)

    def _collect(self) -> bool:
        """Take what was applied apart and is done; True: there was any. Raises what ends the session, as StoreError."""
        moved = False
        for number in [number for number, task in self._apart.items() if task.done()]:
            moved |= any(self._apart.pop(number).result().values())
        return moved

    def _begin_apart(
        self, session: CrmSession, row: CrmArrivedRow, event: CrmEvent, held: set[tuple[str, str]]
    ) -> None:
        """Apply an event apart from the others, unless enough are; the chat of a message waits, steps are of none."""
        if (where := _held_by(event)) is not None:
            held.add(where)
        if len(self._apart) < APART:
            task = asyncio.create_task(self._apply(session, [(row, event)]), name=f"crm event {row.id}")
            task.add_done_callback(lambda _: self._news.set())
            self._apart[row.id] = task

    def _waits(self, held: set[tuple[str, str]], row: CrmArrivedRow, event: CrmEvent) -> bool:
        later = row.id in self._apart or row.next_at > self._clock.now() or self._is_held(event)
        waits = later or crm_intake.chat_of(event) in held
        if waits and (where := _held_by(event)):
            held.add(where)
        return waits

    def _is_held(self, event: CrmEvent) -> bool:
        """Whether a look is open that may find what was written before a message."""
        return isinstance(event, CrmWrote) and self._clock.monotonic() < self._held_until

    async def _waiting(self) -> list[tuple[CrmArrivedRow, CrmEvent]]:
        """Events that are not applied; one that cannot be read becomes a dead letter."""
        found = []
        for row in await self._store.read(partial(crm_intake.waiting, link=self._link)):
            try:
                found.append((row, crm_event_form.event_of(row) if row.event else self._understand(row.raw)))
            except Exception as error:  # noqa: BLE001 - what the code of a CRM does to one event must not keep the others
                problem = str(error) if isinstance(error, ValueError) else type(error).__name__
                await self._store.write(partial(crm_intake.die, row=row, problem=crm_intake.not_understood(problem)))
        return found

    async def _apply(self, session: CrmSession, some: Sequence[tuple[CrmArrivedRow, CrmEvent]]) -> Mapping[int, bool]:
        """Apply a bundle; whether each one that was tried is done with, and not tried again later."""
        errors = dict[int, Exception | None]()
        try:
            errors |= await self._carried_out(session, some)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - of what needs the network, which is alone in its bundle
            errors |= {row.id: error for row, _ in some}
        done = {
            row.id: error is None or await self._failed(row, event, error)
            for row, event in some
            for error in ([errors[row.id]] if row.id in errors else [])
        }
        if any(done.values()):
            self._applied()
        return done

    async def _failed(self, row: CrmArrivedRow, event: CrmEvent, error: Exception) -> bool:
        """Record what hindered an event; false if it is tried again later. Raises StoreError alone."""
        try:
            return await self._recorded(row, event, error)
        except StoreError:
            raise
        except Exception as another:  # noqa: BLE001 - no event may end the link, whatever is wrong with it
            return await self._tried_later(row, event, another)

    async def _recorded(self, row: CrmArrivedRow, event: CrmEvent, error: Exception) -> bool:
        if isinstance(error, Rejected):
            await self._reject(row, event, error)
            return True
        if isinstance(error, NotFound):
            await self._strand(row, event, error)
            return True
        return await self._tried_later(row, event, error)

    async def _tried_later(self, row: CrmArrivedRow, event: CrmEvent, error: Exception) -> bool:
        if not isinstance(error, ChatappError):  # a mistake of ours
            log.error("crm.not_applied", link=self._link, arrived=row.id, exc_info=error)
            error = ChatappError(T("{error}", error=type(error).__name__))
        told = error.retry_after if isinstance(error, RateLimited) else 0.0
        seconds = max(told, min(ledger.LONGEST_WAIT, FOR_UNKNOWN * 2.0**row.tries))
        later = partial(crm_intake.put_off, row=row, event=event, problem=self._why(error), seconds=seconds)
        await self._store.write(partial(later, is_unknown=isinstance(error, NotYet)))
        return False

    def _why(self, error: ChatappError) -> Text:
        """Why an event cannot be used, for a person."""
        return (
            words.what_there(self._about, error.code, error.detail) if isinstance(error, ChannelError) else error.what
        )

    async def _carried_out(
        self, session: CrmSession, some: Sequence[tuple[CrmArrivedRow, CrmEvent]]
    ) -> Mapping[int, Exception | None]:
        """What hindered each event that was tried; ``None`` for one that is applied."""
        row, event = some[0]
        if isinstance(event, PlaceConfigured):
            await self._places.apply(session, row, event)
            return {row.id: None}
        if isinstance(event, CrmStepAsked | RobotAsked) and asks_first(event):
            await self._steps.apply(session, row, event)
            return {row.id: None}
        if isinstance(event, CopyCame):
            await self._look_into(session, row, event)
            return {row.id: None}
        files = [await self._fetched(session, one.files) for _, one in some if isinstance(one, _WITH_FILES)]
        context = CrmContext(able=self._store.company.capabilities, files=[file for one in files for file in one])
        applying = partial(crm_intake.apply_each, found=some, context=context)
        return await self._store.write(partial(self._together.timed, job=applying, n=len(some)), patient=True)

    async def _look_into(self, session: CrmSession, row: CrmArrivedRow, event: CopyCame) -> None:
        """Look whether an employee wrote what seems to be a copy of one of our messages."""
        since = await self._store.read(partial(crm_gaps.looks_back_to, link=self._link))
        chats = await self._store.read(partial(crm_looks.mirrored, link=self._link, chat=event.chat))
        found = [one async for some in session.catch_up(chats, since) for one in some]
        await self._store.write(partial(crm_looks.done, row=row, arrivals=found, since=since))
        self._news.set()

    async def _reject(self, row: CrmArrivedRow, event: CrmEvent, error: Rejected) -> None:
        if isinstance(event, _WITH_FILES) and event.remote:
            refusal = ChatappError(why_not_fetched(self._about, error))
            try:
                await self._store.write(partial(crm_intake.reject, row=row, event=event, refusal=refusal))
            except NotFound as gone:
                await self._strand(row, event, gone)
        else:
            await self._store.write(partial(crm_intake.die, row=row, problem=self._why(error)))

    async def _strand(self, row: CrmArrivedRow, event: CrmEvent, gone: NotFound) -> None:
        await self._store.write(partial(crm_intake.strand, row=row, event=event, problem=gone.what))

    async def _fetched(self, session: CrmSession, remote: Sequence[RemoteFile]) -> Sequence[StagedFile]:
        return [await staged(self._store, partial(_fetch, session, file)) for file in remote]


async def _fetch(session: CrmSession, file: RemoteFile, target: Path) -> tuple[str, str]:
    await session.fetch(file.address, target)
    return file.name, file.mime


def why_not_fetched(about: CrmManifest, error: Rejected) -> Text:
    """What the author of a message is told whose file is refused."""
    why = words.what_there(about, error.code, error.detail)
    return T("A file cannot be fetched from the CRM: {why}", why=why)


def _nothing(raw: bytes) -> CrmEvent:
    raise ValueError(raw)


def in_order(found: Sequence[tuple[CrmArrivedRow, CrmEvent]]) -> Iterator[tuple[CrmArrivedRow, CrmEvent]]:
    """The same events, the messages of each chat in the order in which they were written.

    Those that a catch-up finds come after the events that overtook them.
    """
    chats: dict[tuple[str, str], list[tuple[CrmArrivedRow, CrmWrote]]] = {}
    for row, event in found:
        if isinstance(event, CrmWrote):
            chats.setdefault((event.place, event.chat), []).append((row, event))
    sorted_ones = {chat: iter(_sorted(some)) for chat, some in chats.items()}
    for row, event in found:
        yield next(sorted_ones[event.place, event.chat]) if isinstance(event, CrmWrote) else (row, event)


def _sorted(messages: Sequence[tuple[CrmArrivedRow, CrmWrote]]) -> Sequence[tuple[CrmArrivedRow, CrmWrote]]:
    """By the CRM's numbers of the messages of a chat; without them by their times, if it tells those of all."""
    numbers, times = ([tell(event) for _, event in messages] for tell in (_number, _moment))
    known = next((some for some in (numbers, times) if None not in some), None)
    if known is None:
        return messages
    return [one for _, one in sorted(zip(known, messages, strict=True), key=lambda pair: (pair[0], pair[1][0].id))]


def _number(event: CrmWrote) -> int | None:
    return int(event.remote) if event.remote.isascii() and event.remote.isdecimal() else None


def _moment(event: CrmWrote) -> Millis | None:
    return event.at


def bundles(
    found: Iterable[tuple[CrmArrivedRow, CrmEvent]], together: FittingNumber
) -> Iterator[Sequence[tuple[CrmArrivedRow, CrmEvent]]]:
    """The same events in bundles for one transaction each; one that needs the network first is alone."""
    bundle: list[tuple[CrmArrivedRow, CrmEvent]] = []
    for row, event in found:
        alone = isinstance(event, PlaceConfigured | CopyCame) or _is_slow(event)
        if bundle and (alone or len(bundle) >= together.now):
            yield bundle
            bundle = []
        bundle.append((row, event))
        if alone:
            yield bundle
            bundle = []
    if bundle:
        yield bundle


def _is_slow(event: CrmEvent) -> bool:
    """Whether something is fetched for an event, which is alone in its bundle and applied apart from the others."""
    return (isinstance(event, _WITH_FILES) and bool(event.files)) or asks_first(event)


def _held_by(event: CrmEvent) -> tuple[str, str] | None:
    """The chat whose later events wait for this one."""
    return crm_intake.chat_of(event) if isinstance(event, CrmWrote) else None
