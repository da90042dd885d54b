"""The names of a mail's files, in each of the ways in which programs write them (RFC 2231, RFC 2047, neither)."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from email.message import Message
from urllib.parse import unquote_to_bytes

from chatapp_cli.connectors.email.charset import decode
from chatapp_cli.connectors.email.headers import decode_words, words
from chatapp_cli.kit.understanding import readable

_PLACES = (("content-disposition", "filename"), ("content-type", "name"))
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069]+')
_LETTERS = re.compile(r"[^\W_]")
_PERCENT = re.compile(r"[^%\s]*(?:%[0-9A-Fa-f]{2}[^%\s]*)+")
_LONGEST = 120
_MAIL = "message.eml"
_BY_TYPE = {"text/calendar": "invitation.ics"}


def name(part: Message) -> str:
    """A safe name for a file; an attached mail without one is named by its subject."""
    said = clean_name(given_name(part))
    if part.get_content_type() == "message/rfc822" and said.lower() in {"", _MAIL}:
        return _subject(part) or _MAIL
    return said or _BY_TYPE.get(part.get_content_type()) or _by_kind(part)


def _by_kind(part: Message) -> str:
    return part.get_content_maintype() + (mimetypes.guess_extension(part.get_content_type()) or ".bin")


def given_name(part: Message) -> str:
    """The name that the sender gave; empty without one. Encoded names count first: others may have lost letters."""
    found = sorted(_names(part), key=lambda one: not one[0])
    names = [decode_words(said) for _, said in found]
    return next((one for one in names if _has_letters(one)), next(iter(names), ""))


def clean_name(said: str) -> str:
    """A safe file name: no folders, no control or bidirectional characters, not too long."""
    said = _FORBIDDEN.sub("_", re.split(r"[/\\]", said)[-1]).strip(" .")
    stem, dot, extension = said.rpartition(".")
    if len(said) <= _LONGEST or not dot:
        return said[:_LONGEST]
    return f"{stem[: _LONGEST - 1 - len(extension[:20])]}.{extension[:20]}"


def _names(part: Message) -> Iterator[tuple[bool, str]]:
    """Each name, and whether it is encoded by RFC 2231."""
    for field, parameter in _PLACES:
        found, _ = readable((part,), lambda one, field=field: one.get_params([], header=field))  # type: ignore[misc]
        for key, value in (pair for pairs in found for pair in pairs):
            if key.lower() == parameter and value:
                yield isinstance(value, tuple), _decoded(value)


def _decoded(value: str | tuple[str | None, str | None, str]) -> str:
    if isinstance(value, str):
        return _without_percents(value) if "%" in value else value
    charset, _, text = value
    try:
        return decode(text.encode("latin-1"), charset)
    except UnicodeEncodeError:
        return text


def _without_percents(value: str) -> str:
    """The name, if it is UTF-8 in the form of a web address."""
    try:
        return unquote_to_bytes(value).decode() if _PERCENT.fullmatch(value) else value
    except UnicodeDecodeError:
        return value


def _has_letters(said: str) -> bool:
    """Whether more than the ending is left of a name: some programs replace each letter that they do not know."""
    return _LETTERS.search(said.rpartition(".")[0] or said) is not None


def _subject(mail: Message) -> str:
    inner = mail.get_payload(0) if mail.is_multipart() else None
    subject = clean_name(words(inner, "Subject").replace("/", "_")) if isinstance(inner, Message) else ""
    return clean_name(f"{subject}.eml") if subject else ""
