"""A part that is thrown away: its timers write down when they fired, and whether they did so before."""

from __future__ import annotations

from chatapp_cli.runtime.parts import Part
from chatapp_cli.services import timers
from chatapp_cli.store.tx import Tx

DUE, FIRED, TWICE = "rehearsal.due", "rehearsal.fired", "rehearsal.twice"
FAR = 3_650 * 86_400_000
"""Milliseconds by which the time of firing is moved, so that what is written down is never due itself."""


def note(tx: Tx, ref: str) -> None:
    """Write it down."""
    kind = FIRED if timers.at(tx, FIRED, ref) is None else TWICE
    timers.put(tx, kind, ref, tx.now + FAR, keeps_hour=True)


PART = Part(timers={DUE: note})
