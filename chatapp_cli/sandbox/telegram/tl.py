"""Telegram's type language (TL), through Telethon's classes."""

from __future__ import annotations

import re
from typing import Any, Final

from telethon.errors import rpcerrorlist
from telethon.extensions import BinaryReader
from telethon.tl import types
from telethon.tl.core import GzipPacked, RpcResult

_TRUE: Final = (0x997275B5).to_bytes(4, "little")
_FALSE: Final = (0xBC799737).to_bytes(4, "little")
_VECTOR: Final = (0x1CB5C415).to_bytes(4, "little")
_WORTH_ZIPPING: Final = 512
_NEWER: Final = {"PRIVACY_PREMIUM_REQUIRED": 403, "ALLOW_PAYMENT_REQUIRED": 403, "INTERNAL": 500}
"""Error codes missing in Telethon's list."""


class Refusal(Exception):
    """An error by a name of Telegram's list, such as ``PHONE_CODE_INVALID`` or ``FLOOD_WAIT_30``."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def unpacked(body: bytes) -> Any:
    """The object in these bytes."""
    with BinaryReader(body) as reader:
        return reader.tgread_object()


def packed(value: Any) -> bytes:
    """An object, a flag or a vector of objects."""
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, list):
        return _VECTOR + len(value).to_bytes(4, "little") + b"".join(map(bytes, value))
    return bytes(value)


def result(msg_id: int, value: Any) -> bytes:
    """The answer to a request, compressed if that is shorter."""
    body = packed(value)
    if len(body) > _WORTH_ZIPPING:
        body = min(body, bytes(GzipPacked(body)), key=len)
    return _result(msg_id, body)


def refused(msg_id: int, refusal: Refusal) -> bytes:
    """The error answer to a request."""
    return _result(msg_id, bytes(types.RpcError(error_code_of(refusal.name), refusal.name)))


def _result(msg_id: int, body: bytes) -> bytes:
    constructor: int = RpcResult.CONSTRUCTOR_ID
    return constructor.to_bytes(4, "little") + msg_id.to_bytes(8, "little") + body


def error_code_of(name: str) -> int:
    """The error code of an error name."""
    known = rpcerrorlist.rpc_errors_dict.get(name)
    if known is None:
        known = next((kind for pattern, kind in rpcerrorlist.rpc_errors_re if re.fullmatch(pattern, name)), None)
    return int(getattr(known, "code", None) or _NEWER.get(name, 400))


def method_name(request: Any) -> str:
    """The method name as in Telegram's documentation: ``messages.sendMessage``."""
    kind = type(request)
    space = kind.__module__.removeprefix("telethon.tl.functions").lstrip(".")
    name = kind.__name__.removesuffix("Request")
    return f"{space}.".lstrip(".") + name[0].lower() + name[1:]
