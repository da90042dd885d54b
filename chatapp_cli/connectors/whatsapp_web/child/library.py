"""All imports from neonize, in one place: it has no type hints, so all of them are ``Any``."""

from __future__ import annotations

from typing import Any, TypeAlias

from neonize import __version__ as version
from neonize._binder import ProxySettings
from neonize.aioze.client import NewAClient
from neonize.exc import NeonizeError
from neonize.proto import Neonize_pb2 as events
from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import (
    DeviceProps,
)
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import (
    AudioMessage,
    ContextInfo,
    DocumentMessage,
    ExtendedTextMessage,
    ImageMessage,
    Message,
    ProtocolMessage,
    ReactionMessage,
    SecretEncryptedMessage,
    VideoMessage,
)
from neonize.utils.enum import (
    ChatPresence,
    ChatPresenceMedia,
    MediaType,
    ParticipantChange,
    Presence,
    ReceiptType,
)
from neonize.utils.log import log

Jid: TypeAlias = Any
"""``Neonize_pb2.JID``."""
Content: TypeAlias = Any
"""``WAWebProtobufsE2E.Message``."""
Event: TypeAlias = Any
"""One of ``Neonize_pb2``'s events."""

__all__ = [
    "AudioMessage",
    "ChatPresence",
    "ChatPresenceMedia",
    "Content",
    "ContextInfo",
    "DeviceProps",
    "DocumentMessage",
    "Event",
    "ExtendedTextMessage",
    "ImageMessage",
    "Jid",
    "MediaType",
    "Message",
    "NeonizeError",
    "NewAClient",
    "ParticipantChange",
    "Presence",
    "ProtocolMessage",
    "ProxySettings",
    "ReactionMessage",
    "ReceiptType",
    "SecretEncryptedMessage",
    "VideoMessage",
    "events",
    "log",
    "version",
]
