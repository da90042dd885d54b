"""Flags that are to be set on mails of others in the mailbox: that they were read, or answered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

import structlog

from chatapp_cli.connectors.email import imap
from chatapp_cli.connectors.email.identity import plain_id
from chatapp_cli.connectors.email.known import Known, remember
from chatapp_cli.connectors.email.reuse import Reused

_log = structlog.get_logger(__name__)

SEEN = "\\Seen"
ANSWERED = "\\Seen \\Answered"
_MOST = 2000
"""Mails that wait for their flags."""


class FlagErrands:
    """See ``Errands``."""

    failure = "mail not marked"

    def __init__(self, connection: Reused[imap.Imap], known: Known) -> None:
        self._connection = connection
        self._known = known
        self._waiting: OrderedDict[str, str] = OrderedDict()
        self._set: OrderedDict[str, str] = OrderedDict()
        self._overflowed = False

    def add(self, ext_ids: Iterable[str], flags: str) -> bool:
        """Let mails wait for flags, unless they have them or too many wait; returns whether any was added."""
        added = False
        for ext_id in ext_ids:
            known = self._waiting.get(ext_id) or self._set.get(ext_id)
            if known in {flags, ANSWERED}:  # an answered mail is marked as read too
                continue
            if len(self._waiting) >= _MOST:
                self._warn_of_too_many()
                break
            self._waiting[ext_id] = flags
            added = True
        return added

    def _warn_of_too_many(self) -> None:
        if not self._overflowed:
            _log.warning("mail not marked", code="too_many", detail=str(_MOST))
        self._overflowed = True

    async def do_next(self) -> bool:
        """Set the oldest flags; a mail that is no longer there, or not certainly this one, gets none."""
        if not self._waiting:
            return False
        ext_id, flags = next(iter(self._waiting.items()))
        async with self._connection.held() as connection:
            for folder, uids in (await self._where(connection, ext_id)).items():
                if connection.inside != folder:
                    await connection.select(folder)
                await connection.add_flags(uids, flags)
        if self._waiting.get(ext_id) == flags:
            del self._waiting[ext_id]
        remember(self._set, ext_id, flags)
        return True

    async def give_up(self) -> None:
        """See ``Errands``."""
        if self._waiting:
            ext_id, _ = self._waiting.popitem(last=False)
            _log.warning("mail not marked", code="given_up", detail=ext_id)

    async def _where(self, connection: imap.Imap, ext_id: str) -> Mapping[str, Sequence[int]]:
        """The mail's number in its folder: where it was read, or else where its Message-ID is found once."""
        spot = self._known.spot(ext_id)
        if spot is not None and await connection.select(spot.folder) == spot.uidvalidity:
            return {spot.folder: (spot.uid,)}
        message_id = plain_id(ext_id)
        if self._known.is_shared(ext_id) or not _is_searchable(message_id):
            return {}
        await connection.select()
        found = await connection.with_message_id(message_id)
        return {imap.INBOX: found} if len(found) == 1 else {}


def _is_searchable(message_id: str) -> bool:
    return message_id != "" and message_id.isascii() and message_id.isprintable()
