"""Buttons below a message: https://dev.vk.com/api/bots/development/keyboard, «Клавиатура внутри сообщения».

A pressed text button makes the client's application send what it says as a message with the button's payload, so a
press needs no answer of its own, unlike a callback button.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

_ROWS: Final = 6
"""Rows of a keyboard inside of a message."""


def keyboard(buttons: Sequence[str]) -> str:
    """The parameter of a message: a button in each row as long as there are rows, else two."""
    keys = [_key(n, text) for n, text in enumerate(buttons, 1)]
    beside = 1 if len(keys) <= _ROWS else 2
    rows = [keys[first : first + beside] for first in range(0, len(keys), beside)]
    return msgspec.json.encode({"one_time": False, "inline": True, "buttons": rows}).decode()


def _key(n: int, text: str) -> dict[str, object]:
    payload = msgspec.json.encode({"button": str(n)}).decode()
    return {"action": {"type": "text", "label": text, "payload": payload}}
