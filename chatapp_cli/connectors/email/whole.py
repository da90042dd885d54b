"""A mail with all that it says, for a person who wants to see more than the conversation shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import Message
from functools import partial
from typing import NamedTuple

from chatapp_cli.connectors.email import html, texts
from chatapp_cli.connectors.email.alternatives import is_text
from chatapp_cli.connectors.email.file_names import given_name, name
from chatapp_cli.connectors.email.headers import fields, head, parsed, words
from chatapp_cli.connectors.email.parts import content, is_calendar
from chatapp_cli.connectors.email.tree import children, is_leaf
from chatapp_cli.domain import border
from chatapp_cli.kit.understanding import readable
from chatapp_cli.ports.connector import WholeMail

_MOST_PARTS = 2000


class _Leaf(NamedTuple):
    """A part that has no parts."""

    part: Message
    is_html: bool
    """Whether it is HTML to read, and not a file."""


def whole(raw: bytes) -> WholeMail:
    """Read all of a mail; what cannot be read of it is left out."""
    message = readable((raw, head(raw)), parsed)[0][0]
    headers = [field for found in readable((message,), fields)[0] for field in found]
    leaves = [leaf for found in readable((message,), _leaves_but_plain)[0] for leaf in found]
    sources, _ = readable((one.part for one in leaves if one.is_html), texts.source)
    return WholeMail(
        headers=[(border.name(field), border.text(value)) for field, value in headers],
        text=border.text(_text(message, leaves)),
        html=border.text("\n".join(sources)),
    )


def _leaves_but_plain(message: Message) -> Sequence[_Leaf]:
    """The parts that have no parts; an attached mail is one. Plain text beside an alternative in HTML is left out."""
    if is_leaf(message):
        return [_Leaf(message, message.get_content_type() == "text/html" and _is_shown(message))]
    found = [leaf for child in children(message) for leaf in _leaves_but_plain(child)][:_MOST_PARTS]
    if message.get_content_subtype() != "alternative" or not any(leaf.is_html for leaf in found):
        return found
    return [leaf for leaf in found if leaf.part.get_content_type() != "text/plain"]


def _is_shown(part: Message) -> bool:
    return is_text(part) and not given_name(part)


def _text(message: Message, leaves: Sequence[_Leaf]) -> str:
    parts = [leaf.part for leaf in leaves]
    pictures = dict(readable(parts, _picture)[0])
    said, _ = readable(filter(_is_shown, parts), partial(_said, pictures=pictures))
    whole = "\n\n".join(filter(None, said))
    if whole and not any(map(is_calendar, parts)):
        return whole
    read = readable((message,), content)[0]
    return "\n\n".join(
        filter(None, (whole or "".join(one.text for one in read), *(e for one in read for e in one.events)))
    )


def _said(part: Message, *, pictures: Mapping[str, str]) -> str:
    if part.get_content_type() == "text/html":
        return html.to_text(texts.source(part), pictures=pictures)
    return texts.text(part)


def _picture(part: Message) -> tuple[str, str]:
    """The Content-ID by which HTML shows a picture, and its name."""
    return words(part, "Content-ID").strip("<> "), name(part)
