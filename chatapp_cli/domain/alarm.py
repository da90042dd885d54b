"""The kinds of alarms that the desk itself raises; a part from outside may raise others."""

from __future__ import annotations

from enum import StrEnum


class AlarmKind(StrEnum):
    """What an alarm is about; programs and the alarm command see its value."""

    AUTOMATION = "automation"
    CHANNEL = "channel"
    CRM = "crm"
    DEAD_LETTER = "deadletter"
    DISK = "disk"
    FOLLOWER = "follower"
    STORE = "store"
    """Told by the command alone (``runtime/store_alarm.py``): it cannot be stored."""
    UNCERTAIN = "uncertain"
    WORKER = "worker"
