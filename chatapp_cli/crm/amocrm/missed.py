"""What employees wrote in the chats and no hook brought: hooks of the chats come once.

The account's list of events tells in which talks somebody wrote since a moment, however old their chats are, and
also in chats that an employee began. The chats themselves have no such list. Because it is not documented that each
message is among the events, the chats of the newest dialogs are looked into besides; all chats, where the events cannot
be read to that moment.
Sources: providers' sheet §5.6, §5.7; the vendor's pages «События и примечания» (``GET /api/v4/events``, filters
``type`` and ``created_at``, at most 100 in a page) and «Беседы» (``GET /api/v4/talks/{id}``). ``talk_id`` in an event's
``value_after`` is seen in code only: an event without one is passed over.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final

import structlog

from chatapp_cli.crm.amocrm import events, names
from chatapp_cli.crm.amocrm.arrange import SOURCES
from chatapp_cli.crm.amocrm.chats import ChatsApi
from chatapp_cli.crm.amocrm.history import MOST_PAGES, AmoHistory, EndlessHistory, is_newest_first, moment_of
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.crm.amocrm.record import STAFF, PairedSource, paired
from chatapp_cli.crm.amocrm.rest import AmoApi, Params
from chatapp_cli.domain.crm.events import CrmArrival, MirroredChat
from chatapp_cli.domain.errors import Misconfigured, OutcomeUnknown, ReadInPart, Rejected, Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.ports.memory import Memory

log = structlog.get_logger()

EVENTS: Final = "/api/v4/events"
EVENTS_PAGE: Final = 100
MOST_FAILURES: Final = 3
"""Chats one after the other that cannot be read: then it is not they, and the look ends."""

MOST_BESIDES: Final = 600
"""Chats of the newest dialogs that are looked into besides those that the events name: each costs a request."""

Json = Mapping[str, Any]


class AmoMissed:
    """Looks into the chats of an account."""

    def __init__(
        self,
        api: AmoApi,
        chats: ChatsApi,
        memory: Memory,
        ours: OurIds,
        *,
        besides: int = MOST_BESIDES,
        pages: int = MOST_PAGES,
    ) -> None:
        self._api, self._memory, self._ours, self._besides = api, memory, ours, besides
        self._history = AmoHistory(chats, ours, pages=pages)

    async def owed(
        self, chats: Sequence[MirroredChat], since: Millis, now: Millis
    ) -> AsyncGenerator[Sequence[CrmArrival], None]:
        """What employees wrote since a moment, oldest first in each chat; what was told before has the same id.

        Gives something after each request, if only nothing. Raises ReadInPart at the end if something could not be
        read.
        """
        known = {one.remote: one for one in chats if names.is_uuid(one.remote)}
        heard = _Heard()
        async for _ in self._hear(heard, since):
            yield ()
        newest = events.newest(list(known.values()), most=self._besides if heard.whole else len(known))
        others = [one.remote for one in newest if one.remote not in heard.chats]
        look = _Look(staff=await self._staff(), since=since, now=now)
        for remote in (*_turned(list(heard.chats), now), *_turned(others, now)):
            yield await self._read(look, remote, known.get(remote))
        if look.unread:
            raise ReadInPart("read_in_part", str(look.unread))

    async def _staff(self) -> Mapping[str, str]:
        known = await self._memory.known(STAFF)
        return {name.removeprefix(STAFF): number for name, number in known.items()}

    async def _hear(self, heard: _Heard, since: Millis) -> AsyncGenerator[None, None]:
        """Ask in which chats somebody wrote to a client since a moment; gives something after each request."""
        asked: Params = {"filter[type]": "outgoing_chat_message", "filter[created_at][from]": since // 1000}
        talks: dict[int, None] = {}
        try:
            async for page in self._api.by_page(EVENTS, "events", {**asked, "limit": EVENTS_PAGE}):
                talks |= dict.fromkeys(number for one in page for number in _talks_of(one))
                yield
        except (Rejected, ReadInPart, Misconfigured) as error:
            if isinstance(error, Misconfigured) and error.code != "scope":
                raise
            return
        for number in talks:
            if chat := await self._chat_of(number):
                heard.chats[chat] = None
            yield
        heard.whole = True

    async def _chat_of(self, talk: int) -> str:
        """The chat of a talk; empty for one that is gone."""
        try:
            found = await self._api.get(f"/api/v4/talks/{talk}", urgency=Urgency.BACKGROUND)
        except Rejected:
            return ""
        said = found.get("chat_id") if isinstance(found, dict) else None
        return said if isinstance(said, str) and names.is_uuid(said) else ""

    async def _read(self, look: _Look, remote: str, chat: MirroredChat | None) -> Sequence[CrmArrival]:
        """What is owed of one chat; counts one that cannot be read. Raises ChannelError for what hinders all.

        Of a chat that does not end, what was read of it; of one that is not ours, a refusal does not count.
        """
        messages: list[Json] = []
        try:
            async for page in self._history.back_to(remote, look.since):
                messages += [one for one in _in_order(page) if look.is_owed(one)]
        except EndlessHistory:
            log.warning("amocrm.endless_chat", chat=remote)
        except (Rejected, Misconfigured) as error:
            if chat is None:
                return ()  # of another channel; nobody says how those are refused
            if isinstance(error, Misconfigured):
                raise
            look.failed(error)
            return ()
        except (OutcomeUnknown, Retryable) as error:
            look.failed(error)
            return ()
        look.in_a_row = 0
        messages.sort(key=moment_of)
        if chat is not None:
            return [self._arrival(look, chat, one) for one in messages]
        return await self._begun(look, remote, messages)

    def _arrival(self, look: _Look, chat: MirroredChat, one: Json) -> CrmArrival:
        """The same arrival as the hook would have brought."""
        tree, where = {**one, "conversation": {"id": chat.remote}}, {"kind": chat.kind, "place": chat.place}
        kept = events.words(tree, self._ours, **where, chat=chat.chat, author=look.author(one))
        return events.arrival(kept, look.now)

    async def _begun(self, look: _Look, remote: str, messages: Sequence[Json]) -> Sequence[CrmArrival]:
        """What an employee wrote in a chat that they began; nothing of a chat in which the client has an id of a desk.

        A history does not tell the source of its chat: with several channels nobody knows which one was chosen, and
        next to another desk not even whose it is.
        """
        fresh = [one for one in messages if not (one.get("receiver") or {}).get("client_id")]
        if not fresh or await self._has_another_desk():
            return ()
        there = list((await paired(self._memory)).values())
        about = there[0] if len(there) == 1 else PairedSource(kind="", place="")
        where = {"kind": about.kind, "place": about.place, "channel": about.channel, "found": True}
        trees = [{**one, "conversation": {"id": remote}} for one in fresh]
        return [
            events.arrival(events.words(tree, self._ours, **where, author=look.author(tree)), look.now)
            for tree in trees
        ]

    async def _has_another_desk(self) -> bool:
        """Whether another desk uses the chats of this account too."""
        there = await self._api.pages(SOURCES, "sources")
        return any(self._ours.is_of_another_desk(str(one.get("external_id") or "")) for one in there)


class _Heard:
    """What the account's events tell, as far as they were read."""

    def __init__(self) -> None:
        self.chats: dict[str, None] = {}
        """Those in which somebody wrote, in the order in which they are told."""
        self.whole = False
        """Whether they tell all of them."""


class _Look:
    """One look, as far as it has come."""

    def __init__(self, *, staff: Mapping[str, str], since: Millis, now: Millis) -> None:
        self.staff, self.since, self.now = staff, since, now
        self.unread = self.in_a_row = 0

    def author(self, one: Json) -> str:
        """The account's number of who wrote; empty for one that is not known."""
        return self.staff.get(str((one.get("sender") or {}).get("id") or ""), "")

    def is_owed(self, one: Json) -> bool:
        """Whether an employee or a robot wrote a message since the moment."""
        return moment_of(one) >= self.since and _is_theirs(one, self.staff)

    def failed(self, error: Exception) -> None:
        """Count a chat that could not be read. Raises the error if so many could not that it is not they."""
        self.in_a_row += 1
        if isinstance(error, Retryable) and self.in_a_row >= MOST_FAILURES:
            raise error
        self.unread += 1


def _turned(chats: Sequence[str], now: Millis) -> Sequence[str]:
    """The same chats, beginning elsewhere each second: a look that never ends leaves others out each time."""
    first = now // 1000 % max(1, len(chats))
    return [*chats[first:], *chats[:first]]


def _talks_of(event: Json) -> Sequence[int]:
    """The numbers of the talks that an event names."""
    after = event.get("value_after")
    said = [one.get("message") for one in after if isinstance(one, dict)] if isinstance(after, list) else []
    numbers = [one.get("talk_id") for one in said if isinstance(one, dict)]
    return [one for one in numbers if isinstance(one, int) and not isinstance(one, bool)]


def _is_theirs(one: Json, staff: Mapping[str, str]) -> bool:
    """Whether an employee or a robot of the account wrote it: it has no id of ours, and no client sent it."""
    message, sender = one.get("message"), one.get("sender")
    if not isinstance(message, dict) or not isinstance(sender, dict) or message.get("client_id"):
        return False
    return bool(message.get("id")) and (str(sender.get("id")) in staff or not sender.get("client_id"))


def _in_order(messages: Sequence[Json]) -> Sequence[Json]:
    """A page, oldest first."""
    return list(reversed(messages)) if is_newest_first(messages) else messages
