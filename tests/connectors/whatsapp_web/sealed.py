"""Edits that only who has the message's secret can open."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from neonize.proto import Neonize_pb2 as events
from neonize.proto.waCommon.WACommon_pb2 import MessageKey
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import (
    Message,
    MessageContextInfo,
    ProtocolMessage,
    SecretEncryptedMessage,
)

from tests.connectors.whatsapp_web import library

SECRET = bytes(range(32))


IV = b"twelve bytes"


def sealed(words: bytes, target: str, author: str, changer: str, use: str, secret: bytes = SECRET) -> bytes:
    """As a client does it (RFC 5869 with one block), not as the desk does."""
    info = (target + author + changer + use).encode()
    inner = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    key = hmac.new(inner, info + b"\x01", hashlib.sha256).digest()
    return AESGCM(key).encrypt(IV, words, None)


def edit(
    target: str, text: str, author: str, changer: str, *, bare: bool = False, secret: bytes = SECRET, **where: object
) -> events.Message:
    now = Message(conversation=text)
    if not bare:
        key = MessageKey(ID=target, fromMe=True)
        now = Message(protocolMessage=ProtocolMessage(key=key, type=ProtocolMessage.MESSAGE_EDIT, editedMessage=now))
    one = SecretEncryptedMessage(
        targetMessageKey=MessageKey(ID=target, fromMe=True, remoteJID=author),
        encPayload=sealed(now.SerializeToString(), target, author, changer, "Message Edit", secret),
        encIV=IV,
        secretEncType=SecretEncryptedMessage.MESSAGE_EDIT,
    )
    return library.message(Message(secretEncryptedMessage=one), f"edit of {target} {changer}", **where)


def original(ident: str, content: Message | None = None, **where: object) -> events.Message:
    message = content or Message(conversation="100 000")
    message.messageContextInfo.CopyFrom(MessageContextInfo(messageSecret=SECRET))
    return library.message(message, ident, **where)
