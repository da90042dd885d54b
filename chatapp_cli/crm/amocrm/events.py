"""Hooks of the chats as events; what is kept of one can be read again without the account.

Sources: providers' sheet §5.5, §5.6; ``amojo.hook.event.json`` and ``amojo.history.answer.json`` of the contracts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from chatapp_cli.crm.amocrm import salesbot
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.crm.amocrm.salesbot import KeptStep
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.events import (
    CardChanged,
    CopyCame,
    CrmArrival,
    CrmEvent,
    CrmReacted,
    CrmWrote,
    CrmWroteFirst,
    MirroredChat,
    RemoteFile,
    StrayWords,
)
from chatapp_cli.domain.ids import ChannelId, Millis, PairingId
from chatapp_cli.domain.text import T
from chatapp_cli.kit.lenient import read_as

_TYPES: Final[Mapping[str, str]] = {
    "picture": "image/jpeg",
    "sticker": "image/webp",
    "video": "video/mp4",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
}
"""The likely type of a file by the kind of its message; its name says more if there is one."""
_MAIL: Final = "email"


class KeptChatWords(msgspec.Struct, frozen=True, kw_only=True):
    """What an employee wrote in a chat, as it is kept."""

    kind: str
    place: str
    channel: int = 0
    chat: str = ""
    """Ours; empty if the employee began the conversation."""
    remote: str
    remote_chat: str = ""
    author: str = ""
    text: str = ""
    type: str = "text"
    media: str = ""
    file_name: str = ""
    file_size: int = 0
    quoted: str = ""
    quoted_key: str = ""
    quoted_remote: str = ""
    phone: str = ""
    email: str = ""
    at: int = 0
    noted: bool = False
    """Whether it is a note, in an account without a chat channel of ours."""
    pairing: int = 0
    """Whose chat it is, if its channel is not paired now."""
    found: bool = False
    """Whether a look found it in the history of a chat, which does not tell all that a hook does."""


class KeptReaction(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's reaction to a message, as it is kept."""

    kind: str
    place: str
    pairing: int = 0
    """Whose chat it is, if its channel is not paired now."""
    chat: str
    remote_chat: str = ""
    reacted_to: str
    """The message's id in the chats."""
    key: str = ""
    """Ours."""
    emoji: str = ""
    author: str = ""


class KeptStir(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened that only a look into a chat tells, as it is kept."""

    kind: str
    place: str
    stirred: str
    """Our id of the chat."""


class KeptCard(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else is responsible for a card, as it is kept."""

    handed: str
    """Its number."""
    handed_kind: str


def newest(chats: Sequence[MirroredChat], *, most: int) -> Sequence[MirroredChat]:
    """The chats of the newest dialogs, these first."""
    return sorted(chats, key=lambda one: _number(one.chat), reverse=True)[:most]


def _number(chat: str) -> int:
    digits = chat.rpartition("-")[2]
    return int(digits) if digits.isascii() and digits.isdecimal() else 0


def words(tree: Mapping[str, Any], ours: OurIds, **where: Any) -> KeptChatWords:
    """What is kept of the ``message`` of a hook, with what was found out about its place."""
    inner, receiver = _map(tree, "message"), _map(tree, "receiver")
    answered = _map(_map(inner, "reply_to"), "message")
    said = _texts(inner)
    return KeptChatWords(
        remote=_text(inner, "id"),
        remote_chat=_text(_map(tree, "conversation"), "id"),
        text="\n".join(filter(None, said)),
        type=_text(inner, "type") or "text",
        media=_text(inner, "media"),
        file_name=_text(inner, "file_name"),
        file_size=_whole(inner.get("file_size")),
        quoted=_text(answered, "text"),
        quoted_key=ours.read_message(_text(answered, "msgid")),
        quoted_remote=_text(answered, "id"),
        phone=_text(receiver, "phone"),
        email=_text(receiver, "email"),
        at=_moment(tree),
        **where,
    )


def _texts(inner: Mapping[str, Any]) -> Sequence[str]:
    """The words of a message: its text, a place, a contact, the labels of buttons."""
    place, contact = _map(inner, "location"), _map(inner, "contact")
    found = [_text(inner, "text")]
    if "lat" in place and "lon" in place:
        found.append(f"{place['lat']}, {place['lon']}")
    found.append(" ".join(filter(None, (_text(contact, name) for name in ("name", "phone")))))
    return [*found, *_buttons(_map(inner, "markup"))]


def _buttons(markup: Mapping[str, Any]) -> Sequence[str]:
    rows = markup.get("buttons")
    found = [one for row in rows if isinstance(row, list) for one in row] if isinstance(rows, list) else []
    return [f"[{_text(one, 'text')}]" for one in found if isinstance(one, dict) and one.get("text")]


def arrival(kept: KeptChatWords, now: Millis) -> CrmArrival:
    """A message, the same for a hook and for what a look into its chat finds."""
    prefix = "note" if kept.noted else "message"
    raw = msgspec.json.encode(kept)
    return CrmArrival(provider_id=f"{prefix}:{kept.remote}", event=_event(kept, now), raw=raw)


def stir(kept: KeptStir, mark: str) -> CrmArrival:
    """A chat that has to be looked into, once for each mark."""
    return CrmArrival(provider_id=f"stir:{mark}", event=_stirred(kept), raw=msgspec.json.encode(kept))


def card_changed(card: str, number: str, mark: str) -> CrmArrival:
    """A card for which somebody else is responsible now, once for each mark."""
    raw = msgspec.json.encode(KeptCard(handed=number, handed_kind=card))
    provider_id = border.external_id(f"card:{card}:{number}:{mark}")
    return CrmArrival(provider_id=provider_id, event=CardChanged(card=card, id=border.external_id(number)), raw=raw)


def reaction(kept: KeptReaction, mark: str) -> CrmArrival:
    """A reaction, once for each mark: its hook has no id."""
    return CrmArrival(provider_id=f"reaction:{mark}", event=_reacted(kept), raw=msgspec.json.encode(kept))


def dead(raw: bytes, mark: str, problem: str) -> CrmArrival:
    """What cannot be used, for a person to see."""
    return CrmArrival(provider_id=f"odd:{mark}", event=None, raw=raw, problem=problem)


def stray(raw: bytes, remote: str, author: str) -> CrmArrival:
    """A message in a chat of another link, as of one that was removed: a person sees it, and its author is told."""
    problem = T("This desk does not know its chat, as after a link was removed. Write it in the client's new chat.")
    told = StrayWords(remote=border.external_id(remote), author=border.external_id(author))
    return CrmArrival(provider_id=f"odd:{remote}", event=None, raw=raw, problem=problem, stray=told)


def understand(raw: bytes, now: Millis) -> CrmEvent:
    """Parse a kept event again. Raises ValueError."""
    try:
        return _stirred(read_as(raw, KeptStir))
    except ValueError:
        pass
    try:
        kept = read_as(raw, KeptCard)
        return CardChanged(card=kept.handed_kind, id=border.external_id(kept.handed))
    except ValueError:
        pass
    try:
        return _reacted(read_as(raw, KeptReaction))
    except ValueError:
        pass
    try:
        return salesbot.event_of(read_as(raw, KeptStep))
    except ValueError:
        return _event(read_as(raw, KeptChatWords), now)


def _stirred(kept: KeptStir) -> CopyCame:
    return CopyCame(kind=kept.kind, place=kept.place, chat=kept.stirred)


def _reacted(kept: KeptReaction) -> CrmReacted:
    return CrmReacted(
        kind=kept.kind,
        place=kept.place,
        chat=border.external_id(kept.chat),
        remote=border.external_id(kept.reacted_to),
        key=border.external_id(kept.key),
        remote_chat=border.external_id(kept.remote_chat),
        emoji=border.text(kept.emoji),
        author=border.external_id(kept.author),
        pairing=PairingId(kept.pairing) if kept.pairing else None,
    )


def _event(kept: KeptChatWords, now: Millis) -> CrmEvent:
    if not kept.chat:
        return CrmWroteFirst(
            channel=ChannelId(kept.channel),
            phone=border.address(_reached(kept)),
            text=border.text(kept.text),
            files=_files(kept),
            mark=kept.remote,
            author=border.external_id(kept.author),
            remote=border.external_id(kept.remote),
            remote_chat=border.external_id(kept.remote_chat),
            at=border.at(kept.at, now) if kept.at else None,
            found=kept.found,
            pairing=PairingId(kept.pairing) if kept.pairing else None,
        )
    return CrmWrote(
        kind=kept.kind,
        place=kept.place,
        chat=border.external_id(kept.chat),
        remote=border.external_id(kept.remote),
        remote_chat=border.external_id(kept.remote_chat),
        author=border.external_id(kept.author),
        text=border.text(kept.text),
        files=_files(kept),
        quoted=border.text(kept.quoted),
        quoted_key=border.external_id(kept.quoted_key),
        quoted_remote=border.external_id(kept.quoted_remote),
        at=border.at(kept.at, now) if kept.at else None,
        pairing=PairingId(kept.pairing) if kept.pairing else None,
    )


def _reached(kept: KeptChatWords) -> str:
    """Where a client can be written to first: the value in the card that was clicked (S-186).

    Never the receiver's name, which clients choose themselves.
    """
    if kept.kind == _MAIL:
        return kept.email or kept.phone
    return kept.phone or kept.email


def _files(kept: KeptChatWords) -> Sequence[RemoteFile]:
    if not kept.media:
        return ()
    name = kept.file_name or kept.media.partition("?")[0].rpartition("/")[2] or kept.type
    mime = _TYPES.get(kept.type, "")
    size = border.count(kept.file_size)
    return [RemoteFile(name=border.file_name(name), address=kept.media, mime=mime, size=size)]


def _moment(tree: Mapping[str, Any]) -> int:
    return _whole(tree.get("msec_timestamp")) or _whole(tree.get("timestamp")) * 1000


def _whole(said: Any) -> int:
    return said if isinstance(said, int) and not isinstance(said, bool) else 0


def _map(tree: Any, name: str) -> Mapping[str, Any]:
    found = tree.get(name) if isinstance(tree, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(tree: Mapping[str, Any], name: str) -> str:
    found = tree.get(name)
    return found if isinstance(found, str) else ""
