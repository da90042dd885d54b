"""Mails that the server does not hand out: what stands for them at the desk until they can be had."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chatapp_cli.connectors.email.convert import glimpse
from chatapp_cli.connectors.email.incoming import Reading
from chatapp_cli.connectors.email.known import Spot
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.understanding import dead, glimpsed

_MARK = b"X-Not-Handed-Out: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A mail that the server has and does not hand out."""

    spot: Spot
    at: Millis
    """When the server received it; 0 if it does not say."""
    why: str = ""
    head: bytes = b""
    """Its head, if at least that could be had."""
    settled: bool = False
    """See ``Mail``."""
    sent: bool = False
    """See ``Mail``."""


def stand_in_id(spot: Spot) -> border.ExternalId:
    """The id of what stands for a mail; its own, under which it comes later, is not known."""
    return border.external_id(f"missed:{spot.folder}:{spot.uidvalidity}:{spot.uid}")


def stand_in(missed: Missed, reading: Reading, now: Millis) -> Arrival:
    """What the desk keeps until the mail can be had: a dead letter, with a placeholder if its head is known."""
    at = border.at(missed.at, now)
    shown = glimpsed(missed.head, lambda head: glimpse(head, at, reading, sent=missed.sent)) if missed.head else None
    if shown is not None:
        shown = replace(shown, silent=missed.settled)
    mark = f"{missed.spot.folder} {missed.spot.uidvalidity} {missed.spot.uid}".encode("utf-8", "replace")
    return dead(
        _MARK + mark + b"\r\n" + missed.head,
        f"the mail server does not hand out mail {missed.spot.uid} of {missed.spot.folder} ({missed.why}); "
        "it is asked again every hour",
        provider_id=stand_in_id(missed.spot),
        shown=shown,
    )


def still_missing(raw: bytes) -> Arrival | None:
    """What a stand-in means when it is read again: nothing more than before; ``None`` for what is a mail."""
    if not raw.startswith(_MARK):
        return None
    where = raw[len(_MARK) :].split(b"\r\n", 1)[0].decode("utf-8", "replace")
    why = f"the mail server has not handed it out yet ({where}); it is asked again every hour"
    return replace(dead(raw, why), awaited=True)
