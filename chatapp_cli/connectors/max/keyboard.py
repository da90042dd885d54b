"""Buttons below a message, and the answers to pressed ones: https://dev.max.ru/docs-api/methods/POST/answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from chatapp_cli.connectors.max import wire
from chatapp_cli.connectors.max.api import MaxApi
from chatapp_cli.domain.arrival import Arrival, MessageArrived
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.kit.lenient import read_as


class Press(NamedTuple):
    """A press that MAX wants an answer to."""

    id: str
    text: str
    """What the button says."""


def keyboard(buttons: Sequence[str]) -> dict[str, Any]:
    """The attachment of a message: one button in a row, which brings its text when it is pressed."""
    rows = [[{"type": "callback", "text": text, "payload": text}] for text in buttons]
    return {"type": "inline_keyboard", "payload": {"buttons": rows}}


def presses(arrivals: Sequence[Arrival]) -> Iterator[Press]:
    """The presses among some arrivals."""
    for arrival in arrivals:
        for event in arrival.events:
            if isinstance(event, MessageArrived) and event.pressed:
                press = read_as(arrival.raw, wire.Update, lax=True).callback
                if press is not None and press.callback_id:
                    yield Press(press.callback_id, event.text)


async def answer(api: MaxApi, pressed: Sequence[Press]) -> None:
    """Show the clients that it was heard; a press that is too old for that is no error."""
    for one in pressed:
        with suppress(ChannelError):
            await api.change("POST", "/answers", json={"notification": f"✓ {one.text}"}, callback_id=one.id)
