"""Makes a winmail.dat, byte for byte ([MS-OXTNEF])."""

from __future__ import annotations

from struct import pack

MESSAGE, FILE = 1, 2
MARK = bytes.fromhex("0703020000000000c000000000000046")


def winmail(*attributes: bytes) -> bytes:
    return pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def attribute(level: int, name: int, value: bytes) -> bytes:
    return pack("<BHHI", level, name, 6, len(value)) + value + pack("<H", sum(value) & 0xFFFF)


def properties(*pairs: bytes, count: int | None = None) -> bytes:
    return pack("<I", len(pairs) if count is None else count) + b"".join(pairs)


def number(name: int, value: int) -> bytes:
    return pack("<HHI", 0x03, name, value)


def data(name: int, value: bytes, kind: int = 0x102) -> bytes:
    return pack("<HHII", kind, name, 1, len(value)) + value + bytes(-len(value) % 4)


def words(name: int, value: str) -> bytes:
    return data(name, value.encode("utf-16-le") + b"\0\0", 0x1F)


def file(name: str, content: bytes, *more: bytes) -> bytes:
    return (
        attribute(FILE, 0x9002, bytes(14))
        + attribute(FILE, 0x8010, name.encode("cp1251", "replace") + b"\0")
        + attribute(FILE, 0x800F, content)
        + (attribute(FILE, 0x9005, properties(*more)) if more else b"")
    )
