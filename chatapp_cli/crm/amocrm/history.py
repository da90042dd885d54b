"""What was written in a chat, read back to a moment; whether a message of ours is there.

Sources: providers' sheet §5.4, §5.7, addendum C5; ``amojo.history.answer.json``: what an employee wrote has no id of
ours. In which order a history comes is not documented.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.amocrm import convert, names
from chatapp_cli.crm.amocrm.chats import PAGE, ChatsApi
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.errors import OutcomeUnknown
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.pace import Urgency

MOST_PAGES: Final = 200
"""A history is read no further: ten thousand messages, half a minute of requests."""
AROUND: Final[Millis] = 15 * 60_000
"""How far before a moment it is read: the messages of a page are dated by the clocks of others (§5.2)."""

Json = Mapping[str, Any]


class EndlessHistory(Exception):
    """A history was not read back to the moment."""


class AmoHistory:
    """Reads the chats of an account."""

    def __init__(self, chats: ChatsApi, ours: OurIds, *, pages: int = MOST_PAGES) -> None:
        self._chats, self._ours, self._pages = chats, ours, pages

    async def there(self, entry: LedgerEntry, keys: Collection[str]) -> tuple[str, Mapping[str, str]]:
        """The chat of an entry, and the ids in it of those of the messages that bear our ``keys``, by these.

        Nothing of an entry was told before its message was written. Raises OutcomeUnknown for a history that does not
        end.
        """
        chat = names.chat_of(entry.chat.remote) or await self._chats.chat(convert.opened(entry, self._ours))
        found: dict[str, str] = {}
        try:
            async for messages in self.back_to(chat, entry.at - AROUND, urgency=Urgency.CLIENT):
                said = [one.get("message") for one in messages]
                found |= {
                    str(one["client_id"]): str(one.get("id") or "")
                    for one in said
                    if isinstance(one, dict) and one.get("client_id") in keys
                }
                if len(found) == len(keys):
                    break
        except EndlessHistory as error:
            raise OutcomeUnknown("history_too_long", entry.key) from error
        return chat, found

    async def back_to(
        self, chat: str, since: Millis, *, urgency: Urgency = Urgency.BACKGROUND
    ) -> AsyncGenerator[Sequence[Json], None]:
        """The messages of a chat in pages, until one of which all are older. Raises EndlessHistory."""
        for page in range(self._pages):
            messages = await self._chats.history(chat, page * PAGE, urgency=urgency)
            yield messages
            if len(messages) < PAGE or (is_newest_first(messages) and max(map(moment_of, messages)) < since):
                return
        raise EndlessHistory


def is_newest_first(messages: Sequence[Json]) -> bool:
    """Whether a page of a history begins with its newest message."""
    return bool(messages) and moment_of(messages[0]) >= moment_of(messages[-1])


def moment_of(message: Json) -> Millis:
    """When a message was written; 0 if nothing tells."""
    said = message.get("msec_timestamp")
    if isinstance(said, int):
        return said
    seconds = message.get("timestamp")
    return seconds * 1000 if isinstance(seconds, int) else 0
