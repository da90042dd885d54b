"""The library's events as the protocol's. Pure: what has to be looked up is handed in."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import content, jids
from chatapp_cli.connectors.whatsapp_web.child.library import Content, Event, Jid, ProtocolMessage, events

_SECOND: Final = 1000
_BROADCAST: Final = "broadcast"
"""Server of broadcast lists, whose messages WhatsApp shows in the private chats, and of statuses."""


@dataclass(slots=True)
class Known:
    """What was looked up before."""

    phones: dict[str, str] = field(default_factory=dict)
    """Digits by LID, empty where WhatsApp does not tell."""
    titles: dict[str, str] = field(default_factory=dict)
    """Of groups, by address."""
    me: frozenset[str] = frozenset()
    """Our own addresses."""


def hidden(event: Event) -> Sequence[str]:
    """The LIDs in an event whose phone it does not tell."""
    source = _source(event)
    if source is None:
        return ()
    pairs = ((source.Chat, _chat_alt(source)), (source.Sender, source.SenderAlt))
    found = dict.fromkeys(jids.bare(jid) for jid, alt in pairs if not jids.phone(jids.bare(alt)))
    return [one for one in found if jids.is_hidden(one)]


def group(event: Event) -> str:
    """The group that something was said in; empty if none."""
    source = _source(event)
    return jids.bare(source.Chat) if source is not None and source.Chat.Server == jids.GROUPS else ""


def _source(event: Event) -> Event | None:
    if isinstance(event, events.Message | events.UndecryptableMessage):
        return event.Info.MessageSource
    return None


def _chat_alt(source: Event) -> Jid:
    return source.RecipientAlt if source.IsFromMe else source.SenderAlt


def _who(jid: Jid, alt: Jid, known: Known, name: str = "") -> wire.Who:
    address = jids.bare(jid)
    phone = jids.phone(address) or jids.phone(jids.bare(alt)) or known.phones.get(address, "")
    return wire.Who(jid=address, phone=phone, name=name)


def _chat(source: Event, known: Known) -> wire.Who:
    if source.Chat.Server == _BROADCAST:
        return _who(source.Sender, source.SenderAlt, known)
    if source.IsGroup:
        address = jids.bare(source.Chat)
        return wire.Who(jid=address, name=known.titles.get(address, ""))
    return _who(source.Chat, _chat_alt(source), known)


def translated(event: Event, known: Known, remote: str) -> wire.Event | None:
    """What an event means to the desk; ``None`` if nothing. ``remote`` is what a file in it is fetched by."""
    return _TRANSLATE[type(event)](event, known, remote)


def unreadable(kind: str, at: int, detail: str, data: bytes) -> wire.Unreadable:
    """What could not be translated, as the library gave it."""
    return wire.Unreadable(what=kind, at=at, detail=detail, data=base64.b64encode(data).decode())


def _message(event: Event, known: Known, remote: str) -> wire.Event | None:
    info = event.Info
    source = info.MessageSource
    if _for_nobody(source):
        return None
    inner = content.unwrapped(event.Message)
    chat = _chat(source, known)
    sender = _who(source.Sender, source.SenderAlt, known, info.Pushname)
    if inner.HasField("reactionMessage"):
        reaction = inner.reactionMessage
        return wire.Reacted(chat=chat, id=reaction.key.ID, at=info.Timestamp, sender=sender, emoji=reaction.text)
    if inner.HasField("protocolMessage"):
        return _correction(inner.protocolMessage, chat, info.Timestamp)
    said = content.said(inner, remote)
    if said is None:
        return None
    return wire.Message(
        chat=chat,
        id=info.ID,
        at=info.Timestamp,
        sender=sender,
        from_us=source.IsFromMe,
        text=said.text,
        files=(said.file,) if said.file else (),
        reply_to=said.reply_to,
    )


def _for_nobody(source: Event) -> bool:
    """Statuses, channels, and what the owner sends to a list of their own."""
    chat = source.Chat
    listed = chat.Server == _BROADCAST and (chat.User == "status" or source.IsFromMe)
    return bool(listed or chat.Server == "newsletter")


def _correction(protocol: Content, chat: wire.Who, at: int) -> wire.Event | None:
    if protocol.type == ProtocolMessage.REVOKE and protocol.key.ID:
        return wire.Deleted(chat=chat, id=protocol.key.ID, at=at)
    if protocol.type == ProtocolMessage.MESSAGE_EDIT:
        now = content.said(content.unwrapped(protocol.editedMessage), "")
        return wire.Edited(chat=chat, id=protocol.key.ID, at=at, text=now.text if now else "")
    return None


def _receipt(event: Event, _: Known, __: str) -> wire.Event | None:
    """SERVER_ERROR is what the library makes of «played on another device of ours»: it means nothing."""
    kinds = events.Receipt
    if event.MessageSource.IsFromMe or event.Type not in {kinds.DELIVERED, kinds.READ, kinds.PLAYED}:
        return None
    read = event.Type != kinds.DELIVERED
    return wire.Delivered(ids=list(event.MessageIDs), at=event.Timestamp * _SECOND, read=read)


def _joined(event: Event, known: Known, _: str) -> wire.Event | None:
    info = event.GroupInfo
    address = jids.bare(info.JID)
    known.titles[address] = info.GroupName.Name
    return wire.GroupNews(chat=wire.Who(jid=address, name=info.GroupName.Name), at=round(info.GroupCreated) * _SECOND)


def _group(event: Event, known: Known, _: str) -> wire.Event | None:
    address = jids.bare(event.JID)
    if event.HasField("Name"):
        known.titles[address] = event.Name.Name
    gone = event.HasField("Delete") or _ours(event.Leave, known)
    if not (gone or event.HasField("Name") or _ours(event.Join, known)):
        return None
    chat = wire.Who(jid=address, name=known.titles.get(address, ""))
    return wire.GroupNews(chat=chat, at=event.Timestamp * _SECOND, member=not gone)


def _ours(people: Sequence[Jid], known: Known) -> bool:
    return any(jids.bare(one) in known.me for one in people)


def _undecryptable(event: Event, known: Known, _: str) -> wire.Event | None:
    """What only another device may show, such as a photo that can be viewed once, is at least announced."""
    info = event.Info
    source = info.MessageSource
    chat = _chat(source, known)
    if not event.IsUnavailable:
        return wire.Unreadable(what="undecryptable", at=info.Timestamp, detail=f"{chat.phone or chat.jid}/{info.ID}")
    sender = _who(source.Sender, source.SenderAlt, known, info.Pushname)
    text = "[view once]"
    return wire.Message(chat=chat, id=info.ID, at=info.Timestamp, sender=sender, from_us=source.IsFromMe, text=text)


_TRANSLATE: Final[Mapping[Any, Callable[[Event, Known, str], wire.Event | None]]] = {
    events.Message: _message,
    events.Receipt: _receipt,
    events.JoinedGroup: _joined,
    events.GroupInfoEvent: _group,
    events.UndecryptableMessage: _undecryptable,
}
LASTING: Final[Mapping[str, Any]] = {kind.DESCRIPTOR.name: kind for kind in _TRANSLATE}
"""Events that must not be lost, by name; all others say only what is true just now."""
