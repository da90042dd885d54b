"""What an undecodable answer still tells: the state after it, the chats listed, and its bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from telethon.extensions import BinaryReader
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.durable import finding
from chatapp_cli.connectors.telegram.errors import NotUnderstood
from chatapp_cli.connectors.telegram.names import named
from chatapp_cli.connectors.telegram.peers import SERVICE, number_of
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.kit.understanding import digest

_ENTITIES = (tl.User, tl.Chat, tl.ChatForbidden, tl.Channel, tl.ChannelForbidden)
_STATE: Final = 24
"""Bytes of a state, which ends every difference of the account."""
_SILENT: Final = " (its content is not kept: it may be a login code or a note of the owner's)"


class Size:
    """The page size: halved after an unreadable answer, doubled after a readable one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.now = most

    @property
    def whole(self) -> bool:
        """Whether the size is at its maximum."""
        return self.now == self._most

    def halve(self) -> bool:
        """Halve the size; false if it was one already."""
        smaller = self.now > 1
        self.now = max(1, self.now // 2)
        return smaller

    def grow(self) -> None:
        """Double the size."""
        self.now = min(self._most, self.now * 2)


def lost(unread: NotUnderstood, me: int) -> Arrival:
    """The arrival for an unreadable item; private matters of the owner are not stored."""
    name, problem = f"unread:{unread.place or digest(unread.raw)}", f"{unread.detail}: not understood"
    private = any(bytes(tl.PeerUser(number)) in unread.raw for number in (SERVICE, me))
    return finding(name, problem + _SILENT) if private else finding(name, problem, unread.raw)


def readable_part(raw: bytes) -> Any:
    """A difference whose events are readable although a person in it is not: people come after the events.

    ``None`` if it is anything else.
    """
    try:
        with BinaryReader(raw) as reader:
            return _events(reader, raw)
    except Exception:  # noqa: BLE001 - a newer layer stumbles in every way: its events are unreadable too
        return None


def _events(reader: Any, raw: bytes) -> Any:
    kind, head = reader.read_int(signed=False), {}
    if kind == tl.updates.ChannelDifference.CONSTRUCTOR_ID:
        flags = reader.read_int()
        head = {"final": bool(flags & 1), "pts": reader.read_int(), "timeout": reader.read_int() if flags & 2 else None}
    elif kind not in {one.CONSTRUCTOR_ID for one in _OWN}:
        return None
    told = {"new_messages": reader.tgread_vector()}
    if not head:
        told["new_encrypted_messages"] = reader.tgread_vector()
    told["other_updates"] = reader.tgread_vector()
    events = [*told["new_messages"], *told["other_updates"]]
    described = entities_of(raw[reader.tell_position() :], {number for one in events for number in _named(one)})
    told["users"] = [one for one in described if isinstance(one, tl.User)]
    told["chats"] = [one for one in described if not isinstance(one, tl.User)]
    if head:
        return tl.updates.ChannelDifference(**head, **told)
    state = state_after(raw)
    if kind == tl.updates.Difference.CONSTRUCTOR_ID:
        return tl.updates.Difference(**told, state=state) if state else None
    return tl.updates.DifferenceSlice(**told, intermediate_state=state) if state else None


_OWN = (tl.updates.Difference, tl.updates.DifferenceSlice)


def _named(event: Any) -> Iterator[int]:
    return named(tl.UpdateNewMessage(event, 0, 0) if hasattr(event, "peer_id") else event)


def state_after(raw: bytes) -> Any:
    """The account's state after an unread difference; ``None`` if not given."""
    tail = raw[-_STATE:]
    return _object(tail) if _begins(tail, tl.updates.State) else None


def pts_after(raw: bytes) -> int | None:
    """The channel's counter after an unread difference, which is at its beginning."""
    if not _begins(raw, tl.updates.ChannelDifference):
        return None
    return int.from_bytes(raw[8:12], "little", signed=True)


def dialog_of(raw: bytes) -> Any:
    """The chat of a «difference too long» answer; ``None`` for any other answer."""
    if not _begins(raw, tl.updates.ChannelDifferenceTooLong):
        return None
    return _object(raw[12 if raw[4] & 2 else 8 :])


def dialogs_of(raw: bytes) -> Sequence[Any]:
    """The chats of an unread list, which come before the messages."""
    start = {tl.messages.Dialogs: 4, tl.messages.DialogsSlice: 8}
    found = [_object(raw[at:]) for kind, at in start.items() if _begins(raw, kind)]
    dialogs = found[0] if found and isinstance(found[0], list) else []
    return [one for one in dialogs if isinstance(one, tl.Dialog)]


def entities_of(raw: bytes, numbers: Collection[int]) -> list[Any]:
    """The people and chats described in an unread answer; they can be decoded separately."""
    found = [_object(raw[at:]) for kind in _ENTITIES for at in _places(raw, kind)]
    return [one for one in found if isinstance(one, _ENTITIES) and number_of(one) in numbers]


def _places(raw: bytes, kind: Any) -> Iterator[int]:
    head = int(kind.CONSTRUCTOR_ID).to_bytes(4, "little")
    at = raw.find(head)
    while at >= 0:
        yield at
        at = raw.find(head, at + 1)


def _begins(raw: bytes, kind: Any) -> bool:
    return raw[:4] == int(kind.CONSTRUCTOR_ID).to_bytes(4, "little")


def _object(raw: bytes) -> Any:
    try:
        with BinaryReader(raw) as reader:
            return reader.tgread_object()
    except Exception:  # noqa: BLE001 - a newer layer stumbles in every way: it stays unreadable
        return None
