"""What was written in a chat: whether a message of ours is there, and what employees wrote that no hook brought.

Sources: providers' sheet §5.4, §5.7; ``amojo.history.answer.json``: what an employee wrote has no id of ours.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.amocrm import convert, events, names
from chatapp_cli.crm.amocrm.chats import PAGE, ChatsApi
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.crm.amocrm.record import STAFF
from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, MirroredChat
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.ports.memory import Memory

MOST_PAGES: Final = 20
"""A message that is not among so many pages is not looked for any longer."""

Json = Mapping[str, Any]


class AmoHistory:
    """Reads the chats of an account."""

    def __init__(self, chats: ChatsApi, memory: Memory, ours: OurIds) -> None:
        self._chats, self._memory, self._ours = chats, memory, ours

    async def there(self, entry: LedgerEntry, keys: Collection[str]) -> tuple[str, Mapping[str, str]]:
        """The chat of an entry, and the ids in it of those of the messages that bear our ``keys``, by these.

        Raises OutcomeUnknown for a history that does not end.
        """
        chat = names.chat_of(entry.chat.remote) or await self._chats.chat(convert.opened(entry, self._ours))
        found: dict[str, str] = {}
        for page in range(MOST_PAGES):
            messages = await self._chats.history(chat, page * PAGE, urgency=Urgency.CLIENT)
            said = [one.get("message") for one in messages]
            found |= {
                str(one["client_id"]): str(one.get("id") or "")
                for one in said
                if isinstance(one, dict) and one.get("client_id") in keys
            }
            if len(messages) < PAGE or len(found) == len(keys):
                return chat, found
        raise OutcomeUnknown("history_too_long", entry.key)

    async def owed(self, chats: Sequence[MirroredChat], now: Millis) -> AsyncGenerator[Sequence[CrmArrival], None]:
        """What employees wrote in chats, oldest first in each; what was told before is told under the same id."""
        staff = {name.removeprefix(STAFF): number for name, number in (await self._memory.known(STAFF)).items()}
        known = [one for one in chats if names.is_uuid(one.remote)]
        for chat in events.newest(known):
            try:
                messages = await self._chats.history(chat.remote, 0)
            except Rejected:
                continue
            arrivals = [self._arrival(chat, one, staff, now) for one in _in_order(messages) if _is_theirs(one, staff)]
            if arrivals:
                yield arrivals

    def _arrival(self, chat: MirroredChat, one: Json, staff: Mapping[str, str], now: Millis) -> CrmArrival:
        """The same arrival as the hook would have brought."""
        sender = one.get("sender") or {}
        author = staff.get(str(sender.get("id") or ""), "")
        tree, where = {**one, "conversation": {"id": chat.remote}}, {"kind": chat.kind, "place": chat.place}
        return events.arrival(events.words(tree, self._ours, **where, chat=chat.chat, author=author), now)


def _is_theirs(one: Json, staff: Mapping[str, str]) -> bool:
    """Whether an employee or a robot of the account wrote it: it has no id of ours, and no client sent it."""
    message, sender = one.get("message"), one.get("sender")
    if not isinstance(message, dict) or not isinstance(sender, dict) or message.get("client_id"):
        return False
    return bool(message.get("id")) and (str(sender.get("id")) in staff or not sender.get("client_id"))


def _in_order(messages: Sequence[Json]) -> Sequence[Json]:
    """Oldest first; in which order a history comes is not documented."""
    newest_first = bool(messages) and _at(messages[0]) >= _at(messages[-1])
    return sorted(reversed(messages) if newest_first else messages, key=_at)


def _at(message: Json) -> int:
    said = message.get("msec_timestamp")
    return said if isinstance(said, int) else 0
