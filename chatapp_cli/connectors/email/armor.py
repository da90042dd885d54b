"""Signatures and encrypted messages that stand in a text as text (RFC 9580 §6.2, §7)."""

from __future__ import annotations

import re

from chatapp_cli.i18n import N_, _

SIGNED_PGP = N_("Signed with PGP; the signature was not checked")
ENCRYPTED_PGP = N_("Encrypted with PGP: it can be read only where its key is")
_BEGIN, _END = "-----BEGIN PGP {}-----", "-----END PGP {}-----"
_HEADERS = re.compile(r"\s*?\n(?:[A-Za-z-]+: ?[^\n]*\n)*\s*")
_DASHED = re.compile(r"^- ", re.MULTILINE)


def is_encrypted(text: bytes) -> bool:
    """Whether a text contains an encrypted message."""
    return _BEGIN.format("MESSAGE").encode() in text


def without_armor(text: str) -> str:
    """The text, with a sentence in brackets in place of each signature and encrypted message."""
    head, *signed = _replaced(text, "MESSAGE", ENCRYPTED_PGP).split(_BEGIN.format("SIGNED MESSAGE"))
    return head + "".join(map(_signed, signed))


def _signed(block: str) -> str:
    """What stands behind the first line of a signed text: its headers and the dashes before its lines are left out."""
    text, mark, behind = block.partition(_BEGIN.format("SIGNATURE"))
    headers = _HEADERS.match(text)
    if not mark or headers is None:
        return _BEGIN.format("SIGNED MESSAGE") + block
    return _DASHED.sub("", text[headers.end() :]) + _replaced(mark + behind, "SIGNATURE", SIGNED_PGP)


def _replaced(text: str, what: str, sentence: str) -> str:
    """The text with a sentence in place of each block; a beginning without an end stays."""
    begin, end = _BEGIN.format(what), _END.format(what)
    head, *blocks = text.split(begin)
    for block in blocks:
        inner, mark, behind = block.partition(end)
        head += f"[{_(sentence)}]{behind}" if mark else begin + inner
    return head
