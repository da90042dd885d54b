"""What was written in a chat: whether a message of ours is there, and what nobody has delivered.

Sources: b24-rest-docs ``imopenlines.session.history.get``; addendum A on §2.5: a message is owed if an employee wrote
it and it has no ``params.connectorMid``, which the portal writes once the delivery was told.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chatapp_cli.crm.bitrix24 import errors, events, names
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import AT_ONCE, BatchCommand
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt
from chatapp_cli.domain.crm.events import CrmArrival, MirroredChat
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, ReadInPart, Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.portions import portions
from chatapp_cli.kit.brackets import members
from chatapp_cli.kit.pace import Urgency

HISTORY: Final = "imopenlines.session.history.get"
_NO_SUCH_CHAT: Final = ("chat_id", "chat_type")
"""The codes of a chat that is not there, or is none of an open line; the only other one is ``ACCESS_DENIED``."""

Tree = Mapping[str, Any]


class ChatHistory:
    """Reads the portal's chats."""

    def __init__(self, api: PortalApi) -> None:
        self._api = api

    async def find(self, chat: CrmChat, person: CrmPerson, connector: str, place: str, key: str) -> CrmReceipt | None:
        """The message with our id; ``None`` if the chat is known and it is not there.

        Raises OutcomeUnknown if the chat cannot be found or read: after the first message of a chat the portal may
        have told nothing of it yet.
        """
        where = _places(chat.remote, chat.session)
        if not where:
            where = await self._by_code(f"{connector}|{place}|{chat.id}|{person.id}")
        answers = await self._ask(where, Urgency.CLIENT)
        for answer in answers.values():
            if isinstance(answer, Mapping) and (found := _with_key(answer, key)):
                return found
        if not all(isinstance(answer, Mapping) for answer in answers.values()):
            raise OutcomeUnknown("chat_unknown", chat.id)
        return None

    async def _by_code(self, code: str) -> Mapping[str, Tree]:
        """The chat by the code that a tutorial builds; another page has the portal's number of the person there."""
        try:
            dialog = await self._api.call("imopenlines.dialog.get", {"USER_CODE": code})
        except Rejected:
            dialog = None
        number = str(dialog.get("id") or "") if isinstance(dialog, Mapping) else ""
        if not number:
            raise OutcomeUnknown("chat_unknown", code)
        return _places(number, "")

    async def owed(self, chats: Sequence[MirroredChat], now: Millis) -> AsyncGenerator[Sequence[CrmArrival], None]:
        """What employees wrote in chats and nobody delivered, for some chats after the other.

        A chat is asked by its number, which shows its newest session, and by the session that we know if it is another.
        Raises ReadInPart at the end if one could not be asked.
        """
        unread = 0
        for some in portions(chats, AT_ONCE):
            answers = await self._newest(some)
            found = [one if isinstance(one, Mapping) else {} for one in answers]
            older = {
                str(place): {"SESSION_ID": int(chat.session)}
                for place, chat in enumerate(some)
                if chat.session.isdecimal() and str(found[place].get("sessionId", "")) != chat.session
            }
            earlier = await self._ask(older, Urgency.BACKGROUND)
            arrivals: list[CrmArrival] = []
            for place, chat in enumerate(some):
                before = earlier.get(str(place))
                arrivals += _owed(chat, [before if isinstance(before, Mapping) else {}, found[place]], now)
            unread += sum(map(_is_put_off, (*answers, *earlier.values())))
            yield arrivals
        if unread:
            raise ReadInPart("read_in_part", str(unread))

    async def _newest(self, chats: Sequence[MirroredChat]) -> Sequence[Any | ChannelError]:
        """What the portal answers about the newest session of each chat."""
        wanted = {
            str(place): {"CHAT_ID": int(chat.remote)} for place, chat in enumerate(chats) if chat.remote.isdecimal()
        }
        answers = await self._ask(wanted, Urgency.BACKGROUND)
        return [answers.get(str(place)) for place in range(len(chats))]

    async def _ask(self, wanted: Mapping[str, Tree], urgency: Urgency) -> Mapping[str, Any | ChannelError]:
        return await self._api.batch(
            {name: BatchCommand(HISTORY, params) for name, params in wanted.items()}, urgency=urgency
        )


def _is_put_off(answer: Any) -> bool:
    """Whether a chat was not read for a reason that may pass, as a lacking right; one that is gone never will be."""
    gone = isinstance(answer, Rejected) and any(errors.begins_with(answer, code) for code in _NO_SUCH_CHAT)
    return isinstance(answer, ChannelError) and not gone


def _places(remote: str, session: str) -> Mapping[str, Tree]:
    found: dict[str, Tree] = {}
    if remote.isdecimal():
        found["chat"] = {"CHAT_ID": int(remote)}
    if session.isdecimal():
        found["session"] = {"SESSION_ID": int(session)}
    return found


def _messages(answer: Tree) -> Iterator[Tree]:
    """The messages of an answer; PHP writes no messages as an empty list."""
    yield from (one for one in members(answer.get("message")) if isinstance(one, Mapping))


def _params(message: Tree) -> Tree:
    found = message.get("params")
    return found if isinstance(found, Mapping) else {}


def _outside_ids(message: Tree) -> Sequence[str]:
    found = _params(message).get("connectorMid")
    return [str(one) for one in (members(found) or [found]) if one]


def _with_key(answer: Tree, key: str) -> CrmReceipt | None:
    for message in _messages(answer):
        if key in _outside_ids(message):
            return CrmReceipt(
                chat=_number(answer.get("chatId")),
                session=_number(answer.get("sessionId")),
                remote=_number(message.get("id")),
            )
    return None


def _owed(chat: MirroredChat, answers: Sequence[Tree], now: Millis) -> Iterator[CrmArrival]:
    """Oldest first; a message that two sessions show comes once."""
    seen: set[str] = set()
    for answer in answers:
        for message in sorted(_messages(answer), key=lambda one: int(_number(one.get("id")) or 0)):
            number = _number(message.get("id"))
            if number and number not in seen and _is_owed(message, answer):
                seen.add(number)
                yield _arrival(chat, message, answer, number, now)


def _is_owed(message: Tree, answer: Tree) -> bool:
    users = answer.get("users")
    sender = _number(message.get("senderid"))
    user = users.get(sender) if isinstance(users, Mapping) else None
    if not sender or sender == events.SYSTEM or not isinstance(user, Mapping):
        return False
    return not user.get("connector") and not user.get("bot") and not _outside_ids(message)


def _arrival(chat: MirroredChat, message: Tree, answer: Tree, number: str, now: Millis) -> CrmArrival:
    """The same arrival as the event would have brought, in a form that ``events`` reads again."""
    files = answer.get("files")
    said = {
        "user_id": _number(message.get("senderid")),
        "text": str(message.get("text") or ""),
        "files": [_file(str(one), files) for one in members(_params(message).get("fileId"))],
    }
    part = events.added_part(
        connector=names.channels()[chat.kind].id,
        line=chat.place,
        item={
            "im": {"chat_id": _number(answer.get("chatId")) or chat.remote, "message_id": number},
            "message": said,
            "chat": {"id": chat.chat},
        },
        at=_at(message.get("date"), now),
    )
    return events.arrival(part, now)


def _file(number: str, files: Any) -> Tree:
    """A file by its number on the portal's disk: its link would bear a token."""
    known = files.get(number) if isinstance(files, Mapping) else None
    about = known if isinstance(known, Mapping) else {}
    return {
        "name": border.file_name(str(about.get("name") or "file")),
        "size": str(about.get("size") or 0),
        "link": f"{events.DISK}{number}",
    }


def _at(said: Any, now: Millis) -> Millis:
    try:
        return int(datetime.fromisoformat(str(said)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return now


def _number(said: Any) -> str:
    found = str(said) if isinstance(said, int | str) and not isinstance(said, bool) else ""
    return found if found.isascii() and found.isdecimal() else ""
