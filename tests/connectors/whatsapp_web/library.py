"""Builds neonize's own events as its Go core would, for a town of invented people."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import Message as ProtoMessage
from neonize.proto import Neonize_pb2 as events
from neonize.proto.waCommon.WACommon_pb2 import MessageKey
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message, ProtocolMessage
from neonize.proto.waHistorySync.WAWebProtobufsHistorySync_pb2 import HistorySync

AT = 1_795_000_000_000
ANNA = "79160000001@s.whatsapp.net"
ANNA_HIDDEN = "900000007001@lid"
OWNER = "79161234567@s.whatsapp.net"
OWNER_HIDDEN = "900000000042@lid"
GROUP = "120363000000000001@g.us"


def jid(address: str = "", device: int = 0) -> events.JID:
    user, _, server = address.partition("@")
    return events.JID(User=user, RawAgent=0, Device=device, Integrator=0, Server=server, IsEmpty=not address)


def source(
    *, chat: str = ANNA, sender: str = ANNA, sender_alt: str = "", recipient_alt: str = "", from_me: bool = False
) -> events.MessageSource:
    return events.MessageSource(
        Chat=jid(chat),
        Sender=jid(sender, device=12),
        IsFromMe=from_me,
        IsGroup=chat.endswith("@g.us"),
        SenderAlt=jid(sender_alt),
        RecipientAlt=jid(recipient_alt),
        BroadcastListOwner=jid(),
    )


def info(where: events.MessageSource, ident: str = "3EB0A1") -> events.MessageInfo:
    blank = dict.fromkeys(("Type", "Category", "MediaType", "Edit"), "")
    return events.MessageInfo(
        MessageSource=where, ID=ident, ServerID=0, Pushname="Анна Белова", Timestamp=AT, Multicast=False, **blank
    )


def message(content: Message, ident: str = "3EB0A1", **where: object) -> events.Message:
    flags = ("IsEphemeral", "IsViewOnce", "IsViewOnceV2", "IsViewOnceV2Extension", "IsDocumentWithCaption")
    return events.Message(
        Info=info(source(**where), ident),  # type: ignore[arg-type]
        Message=content,
        IsLottieSticker=False,
        IsEdit=False,
        UnavailableRequestID="",
        RetryCount=0,
        **dict.fromkeys(flags, False),
    )


def text(words: str, ident: str = "3EB0A1", **where: object) -> events.Message:
    return message(Message(conversation=words), ident, **where)


def protocol(kind: int, target: str, edited: Message | None = None, *, claims: bool = False) -> Message:
    """``claims``: the key says that whoever changes it had written it."""
    key = MessageKey(ID=target, fromMe=claims, remoteJID=ANNA)
    return Message(protocolMessage=ProtocolMessage(key=key, type=kind, editedMessage=edited))


def receipt(kind: int, *ids: str, from_me: bool = False) -> events.Receipt:
    return events.Receipt(MessageSource=source(from_me=from_me), MessageIDs=ids, Timestamp=AT // 1000, Type=kind)


def undecryptable(
    ident: str = "3EB0A1", *, unavailable: bool, hide: bool = False, kind: str = "text", **where: object
) -> events.UndecryptableMessage:
    """``unavailable``: the phone has it; ``kind`` is the stanza's type; ``hide``: applications show nothing for it."""
    modes = events.UndecryptableMessage
    about = info(source(**where), ident)  # type: ignore[arg-type]
    about.Type = kind
    mode = modes.DECRYPT_FAIL_HIDE if hide else modes.DECRYPT_FAIL_SHOW
    return events.UndecryptableMessage(Info=about, IsUnavailable=unavailable, DecryptFailMode=mode)


def history(*told: tuple[str, str, int, str], me: Sequence[str] = ()) -> events.HistorySync:
    """Chat, id, seconds and words of each message; those with an id in ``me`` are ours."""
    event = events.HistorySync()
    event.Data.syncType = HistorySync.RECENT
    for chat, ident, at, words in told:
        one = event.Data.conversations.add(ID=chat)
        message = one.messages.add().message
        message.key.ID, message.key.fromMe, message.key.remoteJID = ident, ident in me, chat
        message.messageTimestamp, message.pushName = at, "Анна Белова"
        message.message.conversation = words
    return event


def group_news(*, name: str = "", left: str = "", deleted: bool = False) -> events.GroupInfoEvent:
    blank = dict.fromkeys(("Notify", "PrevParticipantsVersionID", "ParticipantVersionID", "JoinReason"), "")
    event = events.GroupInfoEvent(JID=jid(GROUP), Timestamp=AT // 1000, **blank)
    if name:
        event.Name.CopyFrom(events.GroupName(Name=name, NameSetAt=0, NameSetBy=jid()))
    if left:
        event.Leave.append(jid(left))
    if deleted:
        event.Delete.CopyFrom(events.GroupDelete(Deleted=True, DeletedReason=""))
    return event


def joined(name: str) -> events.JoinedGroup:
    group = events.GroupInfo(JID=jid(GROUP), GroupName=events.GroupName(Name=name, NameSetAt=0, NameSetBy=jid()))
    return whole(events.JoinedGroup(Type="new", GroupInfo=group))


def whole(message: ProtoMessage) -> ProtoMessage:
    """Set what the library always sets."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type and (field.is_required or (not field.is_repeated and message.HasField(field.name))):
            getattr(message, field.name).SetInParent()
            whole(getattr(message, field.name))
        elif field.is_required and not message.HasField(field.name):
            setattr(message, field.name, field.default_value)
    return message
