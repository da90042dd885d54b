"""What Telegram pushes, as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from telethon import TelegramClient
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.peers import number_of


class Client(TelegramClient):  # type: ignore[misc]
    """Hands every push over and asks for nothing by itself.

    Telethon's own loop counts beside us: it holds pushes back, asks for differences of its own, and closes the
    connection where it cannot read one.
    """

    hear: Callable[[Any], None] | None = None
    """Gets every push; what comes before it is set is asked for anyway."""

    async def _on_login(self, user: Any) -> Any:
        """Telethon would ask for a difference to count from, and not come up where it cannot read one."""
        return user

    async def _update_loop(self) -> None:
        while True:
            push = await self._updates_queue.get()
            if self.hear is not None and not getattr(push, "_self_outgoing", False):
                self.hear(push)


@dataclass(frozen=True, slots=True)
class Pushed:
    """One update, and whom the push described."""

    update: Any
    entities: Mapping[int, Any]


def unpacked(push: Any) -> Iterator[Pushed]:
    """The updates of a push, in the order of their counters."""
    if isinstance(push, tl.Updates | tl.UpdatesCombined):
        entities = {number_of(one): one for one in chain(push.users, push.chats)}
        yield from (Pushed(update, entities) for update in sorted(push.updates, key=_place))
    else:
        yield Pushed(push.update if isinstance(push, tl.UpdateShort) else push, {})


def _place(update: Any) -> int:
    return int(getattr(update, "pts", 0) or 0) - int(getattr(update, "pts_count", 0) or 0)
