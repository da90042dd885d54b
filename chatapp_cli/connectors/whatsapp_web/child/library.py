"""Everything of neonize that is used, in one place: it comes without types, so all of these are ``Any``."""

from __future__ import annotations

from typing import Any, TypeAlias

from neonize import __version__ as version  # type: ignore[import-untyped]
from neonize._binder import ProxySettings  # type: ignore[import-untyped]
from neonize.aioze.client import NewAClient  # type: ignore[import-untyped]
from neonize.exc import NeonizeError  # type: ignore[import-untyped]
from neonize.proto import Neonize_pb2 as events  # type: ignore[import-untyped]
from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import (  # type: ignore[import-untyped]
    DeviceProps,
)
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import (  # type: ignore[import-untyped]
    AudioMessage,
    ContextInfo,
    DocumentMessage,
    ExtendedTextMessage,
    ImageMessage,
    Message,
    ProtocolMessage,
    VideoMessage,
)
from neonize.utils.enum import (  # type: ignore[import-untyped]
    ChatPresence,
    ChatPresenceMedia,
    MediaType,
    ParticipantChange,
    Presence,
    ReceiptType,
)
from neonize.utils.log import log  # type: ignore[import-untyped]

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
    "ReceiptType",
    "VideoMessage",
    "events",
    "log",
    "version",
]
