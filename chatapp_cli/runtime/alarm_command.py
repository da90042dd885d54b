"""The company's command for alarms: running it needs neither the store nor the store's disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog

from chatapp_cli.domain.text import Text
from chatapp_cli.i18n import show
from chatapp_cli.kit import commands, volatile
from chatapp_cli.runtime.tasks import left_behind
from chatapp_cli.services import alarms
from chatapp_cli.settings import Settings
from chatapp_cli.store.rows.alarms import AlarmRow

log = structlog.get_logger()

_RAISED, _HEALED = "raised", "healed"


class AlarmCommand:
    """Runs the command once for each state of what a mark names, and in their order.

    Even if the process dies meanwhile or ends without waiting for it.
    """

    def __init__(self, settings: Settings) -> None:
        self._command = settings.alarm_command
        self._company = f"{settings.folder} {settings.store_url}"
        self._folder = volatile.folder() or settings.folder / "alarms"

    @property
    def is_set(self) -> bool:
        """Whether there is a command."""
        return bool(self._command)

    async def run(self, alarm: AlarmRow, words: Text, *, mark: str) -> bool:
        """Run it with words about an alarm; whether it ended well, now or before. Takes up to 30 seconds.

        Another 30 seconds if the command still runs for what was told before under this mark.
        """
        about = _about(alarm)
        tell = partial(commands.tell_once, self._command, f"{show(words)}\n", extra=about, mark=self._file(mark))
        why = await left_behind(partial(tell, what=about["ALARM_STATE"]))
        if why:
            log.error("alarm.untold", why=why)
        return not why

    def was_told(self, mark: str) -> bool:
        """Whether the last that people heard under a mark is that it broke."""
        return commands.was_told(self._file(mark), _RAISED)

    def forget(self, mark: str) -> None:
        """Remove a mark: what comes under it next is new."""
        with suppress(OSError):
            self._file(mark).unlink()

    def _file(self, mark: str) -> Path:
        return self._folder / hashlib.sha256(f"{self._company} {mark}".encode()).hexdigest()[:32]


def _about(alarm: AlarmRow) -> Mapping[str, str]:
    """What the command finds in its environment."""
    state = _RAISED if alarm.healed_at is None else _HEALED
    step = show(alarms.next_step(alarm))
    return {"ALARM_KIND": alarm.kind, "ALARM_REF": alarm.ref, "ALARM_STATE": state, "ALARM_NEXT_STEP": step}
