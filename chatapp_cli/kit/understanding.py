"""Parses arrivals so that nothing is lost: an arrival that our code fails on is kept for a person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, MessageArrived, MessageEdited, ProviderEvent

log = structlog.get_logger()

Raw = TypeVar("Raw")
Part = TypeVar("Part")


def digest(raw: bytes) -> str:
    """A provider id for an arrival without one: the same bytes are a duplicate."""
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def dead(raw: bytes, problem: str, *, provider_id: str = "", shown: MessageArrived | None = None) -> Arrival:
    """An arrival that cannot be parsed, with the reason; ``shown`` is the placeholder of the message that it brings."""
    events = () if shown is None else (shown,)
    return Arrival(
        provider_id=border.external_id(provider_id or digest(raw)),
        raw=raw,
        problem=border.text(problem),
        events=events,
    )


def guarded(
    raw: bytes,
    understand: Callable[[bytes], Arrival],
    *,
    provider_id: str = "",
    glimpse: Callable[[bytes], MessageArrived | None] = lambda _raw: None,
) -> Arrival:
    """Parse an arrival; any error makes it a dead letter and never ends the session.

    ``glimpse`` reads at least who wrote in which chat, under which id, so that a placeholder can stand there.
    """
    try:
        return understand(raw)
    except Exception as error:  # noqa: BLE001 - that is what it is for: a decoder's, a converter's, the recursion limit
        problem = f"{type(error).__name__}: {error}"
        log.warning("arrival.not_understood", problem=type(error).__name__, size=len(raw))
        return dead(raw, problem, provider_id=provider_id, shown=glimpsed(raw, glimpse))


def glimpsed(raw: Raw, glimpse: Callable[[Raw], MessageArrived | None]) -> MessageArrived | None:
    """The placeholder of what could not be parsed, if its chat and its id are known."""
    try:
        shown = glimpse(raw)
    except Exception:  # noqa: BLE001 - as odd as the rest of it: there is no place for it then
        return None
    return shown if shown and shown.peer.key and shown.peer.address and shown.ext_id else None


def with_gaps(event: ProviderEvent, names: Iterable[str]) -> ProviderEvent:
    """Add the names of unreadable parts in brackets below a message's text, each once."""
    if not isinstance(event, MessageArrived | MessageEdited):
        return event
    gaps = (f"[{name}]" for name in dict.fromkeys(names))
    new = [gap for gap in gaps if gap not in event.text.splitlines()]
    return replace(event, text=border.text("\n".join(filter(None, (event.text, *new))))) if new else event


def gapped(arrival: Arrival, names: Sequence[str], *, provider_id: str = "") -> Arrival:
    """Name the unreadable parts of an arrival below its words, or set it aside if nothing else came with them."""
    gaps = {f"[{name}]" for name in names}
    if names and any(is_bare(event, gaps) for event in arrival.events):
        return unshown(arrival, names, provider_id=provider_id)
    return replace(arrival, events=tuple(with_gaps(event, names) for event in arrival.events))


def unshown(arrival: Arrival, names: Sequence[str], *, provider_id: str = "") -> Arrival:
    """Set an arrival aside whose content cannot be read, with a placeholder for the message that it brings.

    It gets an id of its own: where the provider's id is the message's, the real message comes under the same one.
    """
    kept = (event for event in arrival.events if not isinstance(event, MessageEdited))
    gaps = {f"[{name}]" for name in names}
    events = tuple(_placeholder(event, gaps) if isinstance(event, MessageArrived) else event for event in kept)
    problem = border.text(f"cannot be read: {', '.join(dict.fromkeys(names))}")
    log.warning("arrival.not_understood", problem=ValueError.__name__, size=len(arrival.raw))
    return replace(
        arrival, provider_id=border.external_id(provider_id or digest(arrival.raw)), problem=problem, events=events
    )


def _placeholder(event: MessageArrived, gaps: Collection[str]) -> MessageArrived:
    return replace(event, text=border.NO_TEXT if is_bare(event, gaps) else event.text, placeholder=True)


def is_bare(event: ProviderEvent, gaps: Collection[str] = ()) -> bool:
    """Whether a message or an edit has neither files nor words, apart from the names of gaps."""
    if not isinstance(event, MessageArrived | MessageEdited):
        return False
    return set(event.text.splitlines()).issubset(gaps) and not (isinstance(event, MessageArrived) and event.files)


def readable(raw: Iterable[Raw], read: Callable[[Raw], Part]) -> tuple[list[Part], int]:
    """Parse the decorations of a message separately; returns the valid ones and the number of others."""
    found: list[Part] = []
    unread = 0
    for one in raw:
        try:
            found.append(read(one))
        except Exception as error:  # noqa: BLE001 - an odd attachment must not take the words beside it away
            log.warning("decoration.not_understood", problem=type(error).__name__)
            unread += 1
    return found, unread
