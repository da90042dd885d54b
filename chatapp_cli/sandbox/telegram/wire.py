"""Telegram's «full» TCP transport: packets with a length, a number and a checksum."""

from __future__ import annotations

import asyncio
import struct
from zlib import crc32

_HEAD = struct.Struct("<II")
_AROUND = 12
"""The overhead of a packet, in bytes."""


class BrokenFrameError(ConnectionError):
    """The data is not a packet of this transport."""


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """The payload of the next packet."""
    head = await reader.readexactly(_HEAD.size)
    length, _number = _HEAD.unpack(head)
    if not _AROUND <= length <= 1 << 24:
        raise BrokenFrameError("no packet has this length")
    rest = await reader.readexactly(length - _HEAD.size)
    payload, checksum = rest[:-4], rest[-4:]
    if crc32(head + payload).to_bytes(4, "little") != checksum:
        raise BrokenFrameError("the checksum is wrong")
    return payload


def frame(number: int, payload: bytes) -> bytes:
    """A packet with this sequence number."""
    packet = _HEAD.pack(len(payload) + _AROUND, number) + payload
    return packet + crc32(packet).to_bytes(4, "little")
