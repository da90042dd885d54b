"""What the outside world may make of an arrival: bytes, JSON, mail and Telegram's own encoding, bent in every way."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeAlias

Mutation: TypeAlias = Callable[[bytes, Random], bytes]

PIECES = (
    b"\xff",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\xed\xa0\xbd",
    b"\xcf\xf0\xe8",
    b"\\ud83d",
    b"\r",
    b"\x1b[2J",
    b"\x85",
    b'"',
)
WHOLE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'""',
    b"0",
    b"\xef\xbb\xbf{}",
    b"[[]]",
    b"[null]",
    b"NaN",
    b"\xff" * 64,
    b"{" * 99,
)


def bend_bytes(raw: bytes, chance: Random) -> bytes:
    """Flip, cut, double or insert."""
    at, length = _span(raw, chance)
    match chance.randrange(6):
        case 0:
            flipped = bytearray(raw)
            for _ in range(chance.randint(1, 8)):
                if flipped:
                    flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            return bytes(flipped)
        case 1:
            return raw[:at]
        case 2:
            return raw[:at] + raw[at + length :]
        case 3:
            return raw[: at + length] + raw[at:]
        case 4:
            return raw[:at] + chance.choice(PIECES) * chance.choice((1, 1, 1, 3, 300)) + raw[at:]
        case _:
            return chance.choice(WHOLE)


def _span(raw: bytes, chance: Random) -> tuple[int, int]:
    at = chance.randrange(len(raw) + 1)
    return at, chance.choice((1, 2, 8, 64, 512))


ODD = (
    *(
        "null",
        "true",
        "false",
        "[]",
        "{}",
        '""',
        "[null]",
        '{"": null}',
        "[[[]]]",
        '[""]',
        "[{}]",
        "[1,2]",
        '{"id": {}}',
    ),
    *("0", "-1", "1.5", "-0.0", "1e400", "-1e400", "1e-400", "NaN", "Infinity"),
    *(str(2**31), str(2**53 + 1), str(2**63), str(-(2**63) - 1), str(2**64), str(10**400), str(-(10**400))),
    *("99999999999999", "253402300800", "253402300799999", "-62135596801", "1e18"),
    *(
        r'"\ud83d"',
        r'"\udc00\ud83d"',
        r'"a\u0000b"',
        r'"\u202e\u2066"',
        r'"\u001b]0;x\u0007"',
        r'"\ufeff"',
        '"\\uFFFF"',
    ),
    *('"0"', '"-1"', '"null"', '"1e5"', f'"{2**63}"', f'"{"9" * 5000}"', '"١٢٣"', '"²"', '"+7 916"', '"@"', '" "'),
    *('"9999-12-31T23:59:59-12:00"', '"0001-01-01T00:00:00+14:00"', '"2026-02-30T25:61:00Z"', '"T"', '"24:00"'),
    *(
        '"http://["',
        '"//"',
        '"data:,"',
        '"file:///etc/passwd"',
        '"../../x"',
        '"a/b\\u0000.txt"',
        '"' + "я" * 300 + '.txt"',
    ),
    '"' + "ё" * 20_000 + '"',
)
TOWERS = ("[" * 3_000 + "]" * 3_000, '{"a":' * 3_000 + "1" + "}" * 3_000, "[" * 100_000, "[" * 1_000 + '"' + "x" * 9)
MARK = "\ue000here\ue001"
"""Stands where a piece of JSON goes that no encoder would write."""


def bend_json(raw: bytes, chance: Random) -> bytes:
    """Change the shape: another value, another type, a field less, twice or of another name."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return bend_bytes(raw, chance)
    places = list(_places(value))
    if not places:
        return chance.choice(ODD).encode("utf-8", "surrogatepass")
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        holder, key = chance.choice(places)
        _bend(holder, key, chance)
    said = json.dumps(value, ensure_ascii=chance.random() < 0.3)
    odd = chance.choice(TOWERS) if chance.random() < 0.02 else chance.choice(ODD)
    said = said.replace(json.dumps(MARK), odd).replace(f'"{MARK}"', odd)
    if chance.random() < 0.05:
        said = _doubled(said, chance)
    return said.encode("utf-8", "surrogatepass")


def _places(value: Any) -> Any:
    """Every place that holds something, as its holder and its key."""
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in held:
        yield value, key
        yield from _places(below)


def _bend(holder: Any, key: Any, chance: Random) -> None:
    try:
        value = holder[key]
    except (KeyError, IndexError):  # gone by the change before
        return
    match chance.randrange(8):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[f"{key}_"] = holder.pop(key)
        case 1:
            holder.insert(key, value)
        case 2:
            holder[key] = [value]
        case 3:
            holder[key] = {"value": value, "type": MARK}
        case 4 if isinstance(value, str):
            holder[key] = _odd_words(value, chance)
        case 4 if isinstance(value, int):
            holder[key] = str(value)
        case _:
            holder[key] = MARK


def _odd_words(value: str, chance: Random) -> str:
    at = chance.randrange(len(value) + 1)
    return (
        value[:at]
        + chance.choice(("\x00", "\ud83d", "\ufffe", "\u202e", "ё" * 500, "\r\n", "'", "%", ":"))
        + value[at:]
    )


def _doubled(said: str, chance: Random) -> str:
    """A name that stands twice in one object."""
    at = said.find("{", chance.randrange(len(said) + 1))
    return said if at < 0 else f'{said[: at + 1]}"id": {chance.choice(ODD[:30])}, "type": null, {said[at + 1 :]}'


VALUES = (
    *(
        b"",
        b" ",
        b"<>",
        b"<",
        b"@",
        b"a@",
        b"\xcf\xf0\xe8\xe2\xe5\xf2",
        b"=?utf-8?B?0J/R?=",
        b"=?x-none?Q?=FF?=",
        b"=?utf-8?B?",
    ),
    *(
        b"=?windows-1251?Q?=CF=F0?= =?utf-8?Q?=D0?=",
        b"a" * 20_000,
        b"<a@b>,<c@d>" * 300,
        b'"',
        b"undisclosed-recipients:;",
    ),
    *(b"Fri, 31 Dec 9999 23:59:59 -1200", b"Mon, 00 Foo 0001 99:99:99 +9999", b"0", b"(((((" * 200, b"[", b"\x00"),
    *(
        b"multipart/mixed",
        b"multipart/mixed; boundary=",
        b'multipart/mixed; boundary="\xff"',
        b"text/plain; charset=x-none",
    ),
    *(b"text/html; charset=\x00", b"text/plain; charset*=utf-8''%FF", b"message/rfc822", b"message/delivery-status"),
    *(b"multipart/report; report-type=delivery-status", b"base64", b"quoted-printable", b"x-uuencode", b"8bit"),
    *(
        b"attachment; filename*0*=utf-8''%D0; filename*1=x",
        b'attachment; filename="../../\xff"',
        b"inline",
        b"auto-replied",
    ),
    *(b"text/calendar", b"application/ms-tnef", b"text/plain; charset=utf-7", b"text/plain; charset=idna", b"image/"),
)
NAMES = (
    *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"Reply-To", b"Content-Type"),
    *(b"Content-Transfer-Encoding", b"Content-Disposition", b"Auto-Submitted", b"Return-Path", b"X-Failed-Recipients"),
)


def bend_mail(raw: bytes, chance: Random) -> bytes:
    """Change header lines, the parts and how they are encoded."""
    lines = raw.split(b"\r\n") if b"\r\n" in raw else raw.split(b"\n")
    heads = [n for n, line in enumerate(lines) if b": " in line[:60] or line[:1] in b"\t "]
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.choice(heads) if heads and chance.random() < 0.8 else chance.randrange(len(lines))
        at = min(at, len(lines) - 1)
        match chance.randrange(6):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(at, chance.choice(NAMES) + b": " + chance.choice(VALUES))
            case 2:
                lines.insert(at, lines[at])
            case 3:
                lines[at] = bend_bytes(lines[at], chance)
            case 4:
                lines[at:at] = [b'Content-Type: multipart/mixed; boundary="b"', b"", b"--b"] * chance.choice((1, 3, 90))
            case _:
                lines[at] = lines[at].partition(b": ")[0] + b": " + chance.choice(VALUES)
    return chance.choice((b"\r\n", b"\r\n", b"\n", b"\r")).join(lines)


NUMBERS = (0, 1, -1, 2**31 - 1, -(2**31), 0x1CB5C415, 0x997275B5 - 2**32, 0x3FEDD339, 0x7FFFFFFE, 1 << 16)
"""Among them the vector, true and null of Telegram's encoding."""


def bend_words(raw: bytes, chance: Random) -> bytes:
    """Change the four-byte words that Telegram's encoding is made of."""
    words = [raw[at : at + 4] for at in range(0, len(raw), 4)]
    if not words:
        return chance.choice(WHOLE)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(words))
        match chance.randrange(5):
            case 0:
                words[at] = struct.pack("<i", chance.choice(NUMBERS))
            case 1:
                words[at] = chance.choice(words)
            case 2 if len(words) > 1:
                del words[at]
            case 3:
                words[at:at] = words[at : at + chance.choice((1, 4, 16))]
            case _:
                words[at] = bytes(chance.randrange(256) for _ in range(4))
    return b"".join(words)


SHAPES: dict[str, Mutation] = {"email": bend_mail, "telegram": bend_words}
"""Channels that do not speak JSON."""


def bent(kind: str, seeds: Sequence[bytes], chance: Random) -> bytes:
    """One mutation of an arrival of a channel."""
    raw = chance.choice(seeds)
    bend = bend_bytes if chance.random() < 0.25 else SHAPES.get(kind, bend_json)
    return bend(raw, chance)
