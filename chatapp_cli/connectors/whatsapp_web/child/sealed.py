"""Decrypt what WhatsApp apps encrypt a second time: edits, reactions, comments. Pure functions.

The key is derived from the secret in the target message, its author and the author of the change (whatsmeow,
``msgsecret.go``). Both people have two addresses and it is not known which were used: all are tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chatapp_cli.connectors.whatsapp_web.child.library import Content, SecretEncryptedMessage

EDIT: Final = "Message Edit"
REACTION: Final = "Enc Reaction"
COMMENT: Final = "Enc Comment"
_KEY: Final = 32
_FIELDS: Final[Mapping[str, str]] = {"encReactionMessage": REACTION, "encCommentMessage": COMMENT}
_CHANGES: Final = frozenset(
    {
        SecretEncryptedMessage.MESSAGE_EDIT,
        SecretEncryptedMessage.EVENT_EDIT,
        SecretEncryptedMessage.POLL_EDIT,
        SecretEncryptedMessage.POLL_ADD_OPTION,
    }
)


def within(message: Content) -> tuple[str, Content] | None:
    """The encrypted part of an unwrapped message and its use; an empty use is a change that is never decrypted."""
    for field, use in _FIELDS.items():
        if message.HasField(field):
            return use, getattr(message, field)
    if not message.HasField("secretEncryptedMessage"):
        return None
    one = message.secretEncryptedMessage
    if one.secretEncType not in _CHANGES:
        return None
    return (EDIT if one.secretEncType == SecretEncryptedMessage.MESSAGE_EDIT else ""), one


def opened(one: Content, secret: bytes, use: str, authors: Iterable[str], changers: Iterable[str]) -> bytes | None:
    """The decrypted content; ``None`` if no pair of these addresses fits."""
    for author, changer in product(dict.fromkeys(authors), dict.fromkeys(changers)):
        try:
            return AESGCM(key(secret, one.targetMessageKey.ID, use, author, changer)).decrypt(
                one.encIV, one.encPayload, None
            )
        except (InvalidTag, ValueError):
            continue
    return None


def key(secret: bytes, message_id: str, use: str, author: str, changer: str) -> bytes:
    """The key of one change to one message; addresses are without a device."""
    info = f"{message_id}{author}{changer}{use}".encode()
    return HKDF(SHA256(), length=_KEY, salt=None, info=info).derive(secret)
