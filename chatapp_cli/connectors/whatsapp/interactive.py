"""Buttons below a message: up to three as reply buttons, more or longer ones as a list that the client opens.

``InteractiveObject`` of https://github.com/facebook/openapi, business-messaging-api v23: a reply button has 20
characters, a row of a list 24, and a list ten rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show

_MOST_REPLIES: Final = 3
_LONGEST_REPLY: Final = 20


def interactive(text: str, buttons: Sequence[str]) -> Mapping[str, Any]:
    """The content of the message."""
    if len(buttons) <= _MOST_REPLIES and all(len(one) <= _LONGEST_REPLY for one in buttons):
        replies = [{"type": "reply", "reply": {"id": str(n), "title": one}} for n, one in enumerate(buttons, 1)]
        return {"type": "button", "body": {"text": text}, "action": {"buttons": replies}}
    rows = [{"id": str(n), "title": one} for n, one in enumerate(buttons, 1)]
    action = {"button": show(T("Choose"))[:_LONGEST_REPLY], "sections": [{"rows": rows}]}
    return {"type": "list", "body": {"text": text}, "action": action}
