"""Which parts of a mail a person reads: of several alternatives, one (RFC 2046 §5.1.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message
from typing import NamedTuple

from chatapp_cli.connectors.email.texts import payload, text
from chatapp_cli.connectors.email.tree import children, is_leaf
from chatapp_cli.kit.understanding import readable

_FORMS = frozenset({"text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext", "text/rtf"})
_WORD = re.compile(r"\w+")
_LONGEST_STUB, _LONGEST_NOTICE = 400, 2000
"""The most bytes of a plain text that is compared with the HTML beside it, and of one that speaks of HTML."""
_MUCH_MORE = 4
_SAYS_SO = re.compile(
    r"\bhtml\b|view (?:this|it|the) .{0,40}(?:browser|online)|(?:откр|посмотр|просмотр)\w+ .{0,40}(?:браузер|онлайн)",
    re.IGNORECASE,
)
_ONE_OF = ("html", "browser", "online", "браузер", "онлайн")
"""Without one of these no text matches, which is known a hundred times sooner."""


class _Below(NamedTuple):
    """A part with the parts below it."""

    part: Message
    leaves: Sequence[Message]
    has_choice: bool
    """Whether alternatives below it were chosen from already."""


def leaves(message: Message) -> Sequence[Message]:
    """The parts that have no parts; of alternatives to read, only the chosen ones."""
    return _below(message).leaves


def _below(message: Message) -> _Below:
    if is_leaf(message):
        return _Below(message, [message], has_choice=False)
    found = [_below(part) for part in children(message)]
    is_choice = message.get_content_subtype() == "alternative"
    return _Below(
        message,
        _of_choice(found) if is_choice else [leaf for one in found for leaf in one.leaves],
        has_choice=is_choice or any(one.has_choice for one in found),
    )


def _of_choice(found: Sequence[_Below]) -> Sequence[Message]:
    chosen = _best(found)
    return [
        leaf
        for one in found
        for leaf in one.leaves
        if one.part in chosen or not _is_left_out(leaf, beside=bool(chosen))
    ]


def is_text(part: Message) -> bool:
    """Whether it can be body text; a multipart without parts is the rest of a damaged mail."""
    kind = part.get_content_type()
    return (
        kind in {"text/plain", "text/html"} or kind.startswith("multipart/")
    ) and part.get_content_disposition() != "attachment"


def _is_left_out(leaf: Message, *, beside: bool) -> bool:
    """Whether a part is another alternative to read, or the same text in a form for some programs, such as AMP."""
    if is_text(leaf):
        return True
    return beside and leaf.get_content_type() in _FORMS and leaf.get_content_disposition() != "attachment"


def _best(found: Sequence[_Below]) -> Sequence[Message]:
    """Plain text, unless it is empty or a stub beside HTML; otherwise the richest alternative, which comes last."""
    rich = next((one for one in reversed(found) if any(map(is_text, one.leaves))), None)
    if rich is None:
        return ()
    plain = next((one.part for one in found if _is_plain(one.part)), None)
    if plain is None or plain is rich.part:
        return (rich.part,)
    return (plain,) if rich.has_choice else _better(plain, rich)


def _is_plain(part: Message) -> bool:
    return part.get_content_type() == "text/plain" and bool(payload(part).strip())


def _better(plain: Message, rich: _Below) -> Sequence[Message]:
    """The HTML if the plain text only says that there is HTML, or is little of it; both if it is little of its own."""
    size = len(payload(plain))
    words = readable((plain,), text)[0] if size <= _LONGEST_NOTICE else ()
    if size > _LONGEST_STUB and not any(map(_may_say_so, words)):
        return (plain,)
    said = _without_links(words)
    is_notice = _SAYS_SO.search(said) is not None
    if size > _LONGEST_STUB and not is_notice:
        return (plain,)
    shown = _without_links(readable(filter(is_text, rich.leaves), text)[0])
    own, others = (_WORD.findall(one.lower()) for one in (said, shown))
    is_part = set(own) <= set(others)
    if is_notice:
        return (rich.part,) if 2 * len(others) > len(own) and not is_part else (plain,)
    if len(others) <= _MUCH_MORE * len(own) or not others:
        return (plain,)
    return (rich.part,) if is_part else (plain, rich.part)


def _may_say_so(text: str) -> bool:
    lower = text.lower()
    return any(one in lower for one in _ONE_OF)


def _without_links(texts: Sequence[str]) -> str:
    words = (word for one in texts for word in one.split())
    return " ".join(word for word in words if "://" not in word and "www." not in word)
