"""Translate the library's events to the protocol's. Pure: lookups are passed in."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import content, jids, scene, sealed
from chatapp_cli.connectors.whatsapp_web.child.library import (
    Content,
    Event,
    Jid,
    Message,
    ProtocolMessage,
    ReactionMessage,
    events,
)
from chatapp_cli.connectors.whatsapp_web.child.scene import Known, Scene

_SECOND: Final = 1000


def hidden(event: Event) -> Sequence[str]:
    """The LIDs in an event that come without a phone."""
    found = dict.fromkeys(jids.bare(jid) for jid, alt in _people(event) if not jids.phone(jids.bare(alt)))
    return [one for one in found if jids.is_hidden(one)]


def pairs(event: Event) -> Mapping[str, str]:
    """The phone digits by LID that an event contains."""
    told = (jids.told(jid, alt) for jid, alt in _people(event))
    return {lid: phone for lid, phone in told if lid and phone}


def group(event: Event) -> str:
    """The group of an event; empty if none."""
    source = _source(event)
    return jids.bare(source.Chat) if source is not None and source.Chat.Server == jids.GROUPS else ""


def target(event: Event) -> str:
    """Id of the message that an event changes; empty if it changes none."""
    if not isinstance(event, events.Message):
        return ""
    inner = content.unwrapped(event.Message)
    found = sealed.within(inner)
    return str(found[1].targetMessageKey.ID if found else inner.protocolMessage.key.ID)


def is_removal(event: Event) -> bool:
    """Whether it deletes a message."""
    if not isinstance(event, events.Message):
        return False
    inner = content.unwrapped(event.Message)
    return inner.HasField("protocolMessage") and bool(inner.protocolMessage.type == ProtocolMessage.REVOKE)


def own_id(event: Event) -> str:
    """The id of a message; empty for other events."""
    return str(event.Info.ID) if isinstance(event, events.Message) else ""


def _people(event: Event) -> Sequence[tuple[Jid, Jid]]:
    """The chat and the sender of a message, each with both addresses."""
    source = _source(event)
    if source is None:
        return ()
    return ((source.Chat, scene.chat_alt(source)), (source.Sender, source.SenderAlt))


def _source(event: Event) -> Event | None:
    if isinstance(event, events.Message | events.UndecryptableMessage):
        return event.Info.MessageSource
    return None


def translated(event: Event, known: Known, remote: str) -> wire.Event | None:
    """Translate an event; ``None`` if it is ignored. ``remote`` is the reference for downloading its file."""
    return _TRANSLATE[type(event)](event, known, remote)


def unreadable(kind: str, at: int, detail: str, data: bytes, message: wire.Message | None = None) -> wire.Unreadable:
    """An untranslatable event, as the library gave it; ``message`` is what is known of it if it is one."""
    return wire.Unreadable(what=kind, at=at, detail=detail, data=base64.b64encode(data).decode(), message=message)


def _message(event: Event, known: Known, remote: str) -> wire.Event | None:
    if scene.for_nobody(event.Info.MessageSource):
        return None
    return _meant(content.unwrapped(event.Message), scene.of(event, known, remote))


def _meant(inner: Content, where: Scene) -> wire.Event | None:
    if inner.HasField("reactionMessage"):
        return _reacted(inner.reactionMessage, inner.reactionMessage.key.ID, where)
    if inner.HasField("protocolMessage"):
        return _correction(inner.protocolMessage, where)
    if found := sealed.within(inner):
        return _unsealed(*found, where)
    said = content.said(inner, where.remote)
    return None if said is None else _spoken(said, where)


def _spoken(said: content.Said, where: Scene, stands_for: str = "") -> wire.Message:
    return wire.Message(
        chat=where.chat,
        id=where.event.Info.ID,
        at=where.at,
        sender=where.speaker,
        from_us=where.from_us,
        text=said.text,
        files=(said.file,) if said.file else (),
        reply_to=said.reply_to,
        stands_for=stands_for,
        beside=not stands_for and where.is_beside,
    )


def _reacted(reaction: Content, to: str, where: Scene) -> wire.Event:
    return wire.Reacted(chat=where.chat, id=to, at=where.at, sender=where.sender, emoji=reaction.text)


def _correction(protocol: Content, where: Scene) -> wire.Event | None:
    to = protocol.key.ID
    if protocol.type == ProtocolMessage.REVOKE and to:
        return _removed(to, where)
    if protocol.type == ProtocolMessage.MESSAGE_EDIT:
        return _edited(to, protocol.editedMessage, where)
    return None


def _removed(to: str, where: Scene) -> wire.Event:
    by_admin = where.is_admin()
    if not by_admin and where.is_foreign(to):
        return _refused("foreign_delete", to, where)
    return wire.Deleted(
        chat=where.chat, id=to, at=where.at, by=where.author_of(to), from_us=where.from_us, by_admin=by_admin
    )


def _edited(to: str, changed: Content, where: Scene) -> wire.Event:
    if where.is_foreign(to):
        return _refused("foreign_edit", to, where)
    now = content.said(content.unwrapped(changed), "")
    text = now.text if now else ""
    return wire.Edited(chat=where.chat, id=to, at=where.at, text=text, by=where.author_of(to), from_us=where.from_us)


def _refused(what: str, to: str, where: Scene) -> wire.Event:
    """The dead letter for a change to another person's message, which WhatsApp's own apps ignore too."""
    detail = f"{where.chat.phone or where.chat.jid}/{to} by {where.sender.phone or where.sender.jid}"
    return wire.Unreadable(what=what, at=where.at, detail=detail)


def _unsealed(use: str, one: Content, where: Scene) -> wire.Event | None:
    to = one.targetMessageKey.ID
    written = where.known.written(to)
    inside = written and sealed.opened(one, written.secret, use, where.authors(written), where.addresses)
    if inside is None:
        return _closed(use, to, where)
    if use == sealed.REACTION:
        return _reacted(ReactionMessage.FromString(inside), to, where)
    opened = content.unwrapped(Message.FromString(inside))
    if use == sealed.COMMENT:
        said = content.said(opened, where.remote)
        return None if said is None else _spoken(content.Said(said.text, said.file, said.reply_to or to), where)
    again = opened.HasField("protocolMessage") and opened.protocolMessage.HasField("editedMessage")
    return _edited(to, opened.protocolMessage.editedMessage if again else opened, where)


def _closed(use: str, to: str, where: Scene) -> wire.Event:
    """An edit that cannot be decrypted is shown in the dialog; a reaction or comment becomes a dead letter."""
    if use in {sealed.REACTION, sealed.COMMENT}:
        return unreadable(use, where.at, f"no key for {to}", where.event.SerializeToString())
    return _spoken(content.Said(reply_to=to), where, stands_for="change")


def _receipt(event: Event, _: Known, __: str) -> wire.Event | None:
    """A receipt. The library reports «played on another device of ours» as SERVER_ERROR: ignored."""
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
    """A placeholder for an undecryptable message; the message replaces it if the phone or the sender resends it.

    WhatsApp gives the reason but the library drops it: a file may have been one to view once.
    """
    if scene.for_nobody(event.Info.MessageSource):
        return None
    where = scene.of(event, known)
    if is_hidden(event):
        detail = f"{where.chat.phone or where.chat.jid}/{event.Info.ID}"
        return wire.Unreadable(what="undecryptable", at=where.at, detail=detail)
    file = event.IsUnavailable and event.Info.Type == "media"
    return _spoken(content.Said(), where, stands_for="either" if file else "waiting")


def is_hidden(event: Event) -> bool:
    """Whether WhatsApp's own apps show no placeholder for it: reactions and edits."""
    return bool(event.DecryptFailMode == event.DECRYPT_FAIL_HIDE)


_TRANSLATE: Final[Mapping[Any, Callable[[Event, Known, str], wire.Event | None]]] = {
    events.Message: _message,
    events.Receipt: _receipt,
    events.JoinedGroup: _joined,
    events.GroupInfoEvent: _group,
    events.UndecryptableMessage: _undecryptable,
}
LASTING: Final[Mapping[str, Any]] = {kind.DESCRIPTOR.name: kind for kind in _TRANSLATE}
"""Events that must not be lost, by name; all others only describe the current state."""
