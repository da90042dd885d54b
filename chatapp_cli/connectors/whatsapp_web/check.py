"""Check that the account can receive and send by connecting it, without sending a message."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from chatapp_cli.connectors.whatsapp_web import errors
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.ports.connector import Finding, Session

_SIDES: Final = ("receive", "send")


async def findings(opening: AbstractAsyncContextManager[Session]) -> Sequence[Finding]:
    """Connect, or report that the daemon is connected."""
    try:
        async with opening:
            return _good(T("WhatsApp accepts this device, and it is connected."))
    except ChannelError as error:
        if error.code == "in_use" and error.detail == "online":
            return _good(T("The daemon has this device connected just now."))
        words = errors.words(error)
        return [Finding(name=side, ok=False, what=words.what, next_step=words.step_when_bound) for side in _SIDES]


def _good(what: Text) -> Sequence[Finding]:
    return [Finding(name=side, ok=True, what=what) for side in _SIDES]
