"""Reasons for a lost connection that the library does not restore. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chatapp_cli.connectors.whatsapp_web.child.library import Event, events
from chatapp_cli.connectors.whatsapp_web.wire import Failure

_SHORTEST_BAN: Final = 60.0

_BANS: Final[Mapping[int, str]] = {
    events.TemporaryBan.SEND_TO_TOO_MANY_PEOPLE: "ban_strangers",
    events.TemporaryBan.BLOCKED_BY_USERS: "ban_blocked",
    events.TemporaryBan.CREATED_TOO_MANY_GROUPS: "ban_groups",
    events.TemporaryBan.SENT_TOO_MANY_SAME_MESSAGE: "ban_same",
    events.TemporaryBan.BROADCAST_LIST: "ban_broadcast",
}
_REASONS: Final[Mapping[str, Failure]] = {
    "LOGGED_OUT": Failure("logged_out", "rebind"),
    "MAIN_DEVICE_GONE": Failure("logged_out", "rebind"),
    "UNKNOWN_LOGOUT": Failure("logged_out", "rebind"),
    "TEMP_BANNED": Failure("ban", "wait", retry_after=3600.0),
    "CLIENT_OUTDATED": Failure("outdated", "misconfigured"),
    "BAD_USER_AGENT": Failure("outdated", "misconfigured"),
}
"""WhatsApp's reasons; all others are faults of its own."""


def ending(event: Event) -> Failure | None:
    """The failure that an event reports; ``None`` if the connection continues."""
    name = type(event).DESCRIPTOR.name
    return _SAY[name](event) if name in _SAY else None


def _banned(event: Event) -> Failure:
    pause = max(float(event.Expire), _SHORTEST_BAN)
    return Failure(_BANS.get(event.Code, "ban"), "wait", retry_after=pause)


def _refused(event: Event) -> Failure:
    known = _REASONS.get(_reason(event), Failure("connect_failure", "retry"))
    return Failure(known.code, known.outcome, f"{_reason(event)} {event.Message}".strip(), known.retry_after)


def _reason(event: Event) -> str:
    return str(events.ConnectFailureReason.Name(event.Reason))


_SAY: Final[Mapping[str, Callable[[Event], Failure]]] = {
    "LoggedOut": lambda event: Failure("logged_out", "rebind", _reason(event)),
    "StreamReplaced": lambda _: Failure("replaced", "retry"),
    "ClientOutdated": lambda _: Failure("outdated", "misconfigured"),
    "TemporaryBan": _banned,
    "ConnectFailure": _refused,
    "PairStatus": lambda event: Failure("pair_refused", "refused", event.Error),
}
