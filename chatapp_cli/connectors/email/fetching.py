"""Fetching the mails of a folder so that one that the server does not hand out holds up no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from chatapp_cli.connectors.email.errors import ImapRefused, imap_refusal
from chatapp_cli.connectors.email.imap import Entry, Imap
from chatapp_cli.connectors.email.incoming import Mail
from chatapp_cli.connectors.email.known import BREAKS, Fault, Known, Spot
from chatapp_cli.connectors.email.missed import Missed
from chatapp_cli.domain.errors import Retryable
from chatapp_cli.ports.world import Clock

_log = structlog.get_logger(__name__)
_WINDOW = 200
"""Mails whose sizes are requested at once."""
_LARGEST = 48 * 1024 * 1024
"""Bytes of the largest mail that is read whole: our choice. Of a larger one only the beginning is read and shown."""
_BEGINNING = 1024 * 1024
"""Bytes of that beginning."""
_PATIENCE = 600.0
"""Seconds for which a refusal may be a fault of the whole server, if no other mail shows the contrary."""
_NEAR = 50
"""How far away another mail is looked for, to see whether the server hands out any."""


class Fetching:
    """Fetches from the entered folder; ``sent``: what this session sent itself is left out."""

    def __init__(self, imap: Imap, folder: str, clock: Clock, known: Known, *, sent: bool) -> None:
        self._imap = imap
        self._folder = folder
        self._clock = clock
        self._known = known
        self._faults = known.faults
        self._sent = sent

    def is_suspect(self, entry: Entry) -> bool:
        """Whether fetching a mail failed before, so that it is to be fetched alone."""
        return self._spot(entry.uid) in self._faults

    async def entries(self, uids: Sequence[int]) -> Sequence[Entry]:
        """Size and time of these mails, 0 where the server does not say them; deleted ones are left out."""
        windows = [await self._window(uids[at : at + _WINDOW]) for at in range(0, len(uids), _WINDOW)]
        return [entry for window in windows for entry in window]

    async def _window(self, uids: Sequence[int]) -> Sequence[Entry]:
        try:
            found = {entry.uid: entry for entry in await self._imap.entries(uids)}
        except ImapRefused:
            return await self._halved(uids)
        absent = [uid for uid in uids if uid not in found]
        silent = await self._imap.existing(absent) if absent else ()
        return [found.get(uid) or Entry(uid=uid, size=0, at=0) for uid in uids if uid in found or uid in silent]

    async def _halved(self, uids: Sequence[int]) -> Sequence[Entry]:
        """Ask for fewer at once: the server may refuse only one of them."""
        if len(uids) == 1:
            return [Entry(uid=uids[0], size=0, at=0)]
        half = len(uids) // 2
        return [*await self._window(uids[:half]), *await self._window(uids[half:])]

    async def mails(self, run: Sequence[Entry]) -> Sequence[Mail | Missed]:
        """The mails of a run in their order, fetched together or, if that fails, one by one.

        Raises Retryable if the connection breaks, or if the server may be refusing every mail.
        """
        wanted = await self._unknown(run) if self._sent else run
        together = {} if any(map(self.is_suspect, wanted)) else await self._together(wanted)
        found = [(entry, together.get(entry.uid) or await self._alone(entry)) for entry in wanted]
        if not any(isinstance(one, Mail) for _, one in found):
            await self._blame([(entry, one) for entry, one in found if isinstance(one, Fault)])
        whole = [await self._missed(entry, one) if isinstance(one, Fault) else one for entry, one in found]
        return [one for one in whole if one is not None]

    async def _unknown(self, run: Sequence[Entry]) -> Sequence[Entry]:
        """Those that we did not send ourselves: large files are not fetched only to be recognised."""
        try:
            ids = await self._imap.message_ids([entry.uid for entry in run])
        except ImapRefused:
            return run
        return [entry for entry in run if not self._known.was_sent(ids.get(entry.uid, ""))]

    async def _together(self, run: Sequence[Entry]) -> Mapping[int, Mail]:
        if not run:
            return {}
        try:
            return {mail.uid: mail for mail in await self._imap.fetch(run, _first(run[0]))}
        except ImapRefused:
            self._suspect(run)
            return {}
        except Retryable:
            self._suspect(run)
            raise

    def _suspect(self, run: Sequence[Entry]) -> None:
        """Note that each of these mails is to be fetched alone."""
        for entry in run:
            self._faults.of(self._spot(entry.uid))

    async def _alone(self, entry: Entry) -> Mail | Fault | None:
        """A mail; what is wrong with it; or ``None`` if it is no longer there."""
        fault = self._faults.of(self._spot(entry.uid))
        if fault.breaks >= BREAKS:
            return fault
        if fault.breaks:
            fault.head = await self._head(entry)
        try:
            found = await self._imap.fetch([entry], _first(entry))
        except ImapRefused as error:
            fault.why = _reason(error)
            fault.refused_since = self._clock.monotonic() if fault.refused_since is None else fault.refused_since
            return fault
        except Retryable as error:
            fault.why = _reason(error)
            fault.breaks += 1
            raise
        if not found:
            return await self._without_content(entry, fault)
        self._faults.forget(self._spot(entry.uid))
        return found[0]

    async def _without_content(self, entry: Entry, fault: Fault) -> Fault | None:
        await self._imap.noop()  # lets the server tell of what was deleted
        if await self._imap.existing([entry.uid]):
            fault.why, fault.refused_since = "an answer without it", None
            return fault
        _log.info("mail gone before it was fetched", folder=self._folder, uid=entry.uid)
        self._faults.forget(self._spot(entry.uid))
        return None

    async def _blame(self, faults: Sequence[tuple[Entry, Fault]]) -> None:
        """Make sure that refusals are about these mails: another one is handed out, or it has lasted for long.

        Raises Retryable if all of the server may be at fault.
        """
        refused = [fault.refused_since for _, fault in faults if fault.refused_since is not None]
        if not refused or self._clock.monotonic() - min(refused) >= _PATIENCE:
            return
        if not await self._hands_out_another([entry.uid for entry, _ in faults]):
            raise imap_refusal(faults[0][1].why)

    async def _hands_out_another(self, uids: Sequence[int]) -> bool:
        near = await self._imap.existing(range(max(1, min(uids) - _NEAR), max(uids) + _NEAR))
        for uid in [uid for uid in near if uid not in uids and self._spot(uid) not in self._faults][-3:]:
            try:
                if await self._imap.fetch([Entry(uid=uid, size=1, at=0)], 1):
                    return True
            except ImapRefused:
                continue
        return False

    async def _missed(self, entry: Entry, fault: Fault) -> Missed:
        if not fault.head and fault.breaks < BREAKS:
            fault.head = await self._head(entry)
        fault.asked = self._clock.monotonic()
        spot = self._spot(entry.uid)
        _log.warning("mail not handed out", folder=spot.folder, uid=spot.uid, detail=fault.why)
        return Missed(spot=spot, at=entry.at, why=fault.why, head=fault.head, sent=self._sent)

    async def _head(self, entry: Entry) -> bytes:
        """The head of a mail, as far as the server gives it."""
        fault = self._faults.of(self._spot(entry.uid))
        try:
            return await self._imap.head(entry.uid)
        except ImapRefused:
            return b""
        except Retryable:
            fault.breaks += 1
            raise

    def _spot(self, uid: int) -> Spot:
        return Spot(self._folder, self._imap.uidvalidity, uid)


def _reason(error: Retryable) -> str:
    return " ".join(filter(None, (error.code, error.detail)))


def _first(entry: Entry) -> int | None:
    """How much of a mail is fetched; ``None`` for all of it."""
    return _BEGINNING if entry.size > _LARGEST else None
