"""The updates that Telegram pushes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final

import structlog
from telethon import TelegramClient
from telethon.errors import InvalidBufferError, SecurityError
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.peers import number_of
from chatapp_cli.domain import border
from chatapp_cli.domain.border import ExternalId

log = structlog.get_logger()

RARELY: Final = 60.0
"""Seconds between requests of all boxes because of unreadable pushes."""


class Client(TelegramClient):  # type: ignore[misc]
    """Forwards every push and makes no requests of its own.

    Telethon's own update loop would interfere: it delays pushes, requests differences, and closes the connection on an
    unreadable one.
    """

    hear: Callable[[Any], None] | None = None
    """Gets every push; earlier ones are covered by the difference."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._doubted_at = -RARELY
        state = self._sender._state  # the only place where Telethon decodes a packet
        state.decrypt_message_data = partial(self._readable, state.decrypt_message_data)

    def _readable(self, read: Callable[[bytes], Any], packet: bytes) -> Any:
        """Skip an unreadable push and request the difference; on some, Telethon would disconnect."""
        try:
            return read(packet)
        except (SecurityError, InvalidBufferError):
            raise
        except Exception as error:  # noqa: BLE001 - a newer layer stumbles in every way
            log.warning("push.not_understood", problem=type(error).__name__, size=len(packet))
            if self.hear is not None and time.monotonic() - self._doubted_at > RARELY:
                self._doubted_at = time.monotonic()
                self.hear(tl.UpdatesTooLong())
            return None

    async def get_me(self, input_peer: bool = False) -> None:
        """Returns nobody: on connecting, Telethon would request our user, which is known, and a difference."""

    async def _update_loop(self) -> None:
        while True:
            push = await self._updates_queue.get()
            if self.hear is not None and not getattr(push, "_self_outgoing", False):
                self.hear(push)


@dataclass(frozen=True, slots=True)
class Pushed:
    """One update, and the peers that the push described."""

    update: Any
    entities: Mapping[int, Any]


def unpacked(push: Any) -> Iterator[Pushed]:
    """The updates of a push, in the order of their counters."""
    if isinstance(push, tl.Updates | tl.UpdatesCombined):
        entities = {number_of(one): one for one in chain(push.users, push.chats)}
        yield from (Pushed(update, entities) for update in sorted(push.updates, key=_place))
    else:
        yield Pushed(push.update if isinstance(push, tl.UpdateShort) else push, {})


def typists(push: Any) -> Iterator[ExternalId]:
    """The keys of the private chats in which a push says that somebody types or records."""
    for pushed in unpacked(push):
        update = pushed.update
        if isinstance(update, tl.UpdateUserTyping) and not isinstance(update.action, tl.SendMessageCancelAction):
            yield border.external_id(update.user_id)


def _place(update: Any) -> int:
    return int(getattr(update, "pts", 0) or 0) - int(getattr(update, "pts_count", 0) or 0)
