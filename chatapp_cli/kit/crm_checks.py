"""The findings of a check of a CRM that every CRM has: a failure in its words, and the clocks."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.connector import Finding

SKEW: Final = 60.0
"""Seconds that our clock may differ from the CRM's."""


def broken(kind: str, name: str, error: ChannelError) -> Finding:
    """Explain a failure in the manifest's words."""
    words = manifest(kind).errors.get(error.code)
    if words is None:
        return Finding(name=name, ok=False, what=error.what, next_step=error.next_step)
    what = T("{problem} ({detail})", problem=words.what, detail=error.said) if error.detail else words.what
    return Finding(name=name, ok=False, what=what, next_step=words.step_when_bound)


def clock(apart: float, *, agrees: Text, differs: Text) -> Finding:
    """Whether two clocks agree that are so many seconds apart, in the words of a CRM."""
    if abs(apart) <= SKEW:
        return Finding(name="clock", ok=True, what=agrees)
    step = T("Let this machine set its clock by the network (NTP).")
    return Finding(name="clock", ok=False, what=differs, next_step=step)
