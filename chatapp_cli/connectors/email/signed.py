"""Signed and encrypted mails: what is said of them, and the content of those that can be read without a key.

No signature is verified: the desk knows no keys (RFC 3156, RFC 8551, RFC 9580).
"""

from __future__ import annotations

from email.message import Message

from chatapp_cli.connectors.email.armor import ENCRYPTED_PGP, SIGNED_PGP
from chatapp_cli.connectors.email.texts import payload
from chatapp_cli.i18n import N_, _

_SIGNED_SMIME = N_("Signed with S/MIME; the signature was not checked")
_ENCRYPTED_SMIME = N_("Encrypted with S/MIME: it can be read only where its key is")
_DAMAGED_SMIME = N_("Signed with S/MIME, but damaged: it cannot be read")
_KINDS = {
    "multipart/encrypted": N_("Encrypted, but without its content: nothing of it can be read"),
    "application/pgp-signature": SIGNED_PGP,
    "application/pgp-encrypted": ENCRYPTED_PGP,
    "application/pkcs7-signature": _SIGNED_SMIME,
    "application/x-pkcs7-signature": _SIGNED_SMIME,
}
_CMS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
"""Object identifiers of the Cryptographic Message Syntax (RFC 5652)."""
_SEQUENCE, _SET, _INTEGER, _OCTETS, _CONSTRUCTED_OCTETS, _EXPLICIT = 0x30, 0x31, 0x02, 0x04, 0x24, 0xA0
_INDEFINITE = 0x80


def note(part: Message) -> str:
    """What a part says of the mail, in brackets: that it is signed or encrypted; empty for other parts."""
    kind = part.get_content_type()
    if kind in _CMS:
        damaged = str(part.get_param("smime-type", "")).lower() == "signed-data"
        otherwise = _DAMAGED_SMIME if damaged else _ENCRYPTED_SMIME
        said = _SIGNED_SMIME if _SIGNED_DATA in payload(part)[:64] else otherwise
    else:
        said = _KINDS.get(kind, "")
    return f"[{_(said)}]" if said else ""


def opened(part: Message) -> bytes | None:
    """The mail in a part that is signed as a whole; ``None`` for other parts. Raises ValueError for a damaged one."""
    data = payload(part) if part.get_content_type() in _CMS else b""
    return _signed_content(data) if _SIGNED_DATA in data[:64] else None


def _signed_content(data: bytes) -> bytes:
    """The bytes that a CMS message signs: the way to them has fixed steps, and nothing else of it is read."""
    at = _enter(data, 0, _SEQUENCE)
    at = _enter(data, _pass(data, at, _SIGNED_DATA), _EXPLICIT)
    at = _enter(data, at, _SEQUENCE)
    at = _skip(data, _skip(data, at, _INTEGER), _SET)
    at = _enter(data, at, _SEQUENCE)
    at = _enter(data, _pass(data, at, _DATA), _EXPLICIT)
    return _octets(data, at)


def _octets(data: bytes, at: int) -> bytes:
    tag, start, end = _element(data, at)
    if tag == _OCTETS:
        return data[start:end]
    if tag != _CONSTRUCTED_OCTETS:
        raise ValueError("no content")
    pieces: list[bytes] = []
    at = start
    while at < end and data[at] == _OCTETS:
        _tag, start, at = _element(data, at)
        pieces.append(data[start:at])
    return b"".join(pieces)


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """The tag of an element, where its content begins, and where it ends; the end of the data if that is not said."""
    if at + 2 > len(data):
        raise ValueError("cut off")
    tag, size, start = data[at], data[at + 1], at + 2
    if size == _INDEFINITE:
        return tag, start, len(data)
    if size > _INDEFINITE:
        start += size - _INDEFINITE
        size = int.from_bytes(data[at + 2 : start], "big")
    return tag, start, min(start + size, len(data))


def _enter(data: bytes, at: int, tag: int) -> int:
    found, start, _end = _element(data, at)
    if found != tag:
        raise ValueError("unexpected element")
    return start


def _skip(data: bytes, at: int, tag: int) -> int:
    found, _start, end = _element(data, at)
    if found != tag:
        raise ValueError("unexpected element")
    return end


def _pass(data: bytes, at: int, expected: bytes) -> int:
    if not data.startswith(expected, at):
        raise ValueError("unexpected element")
    return at + len(expected)
