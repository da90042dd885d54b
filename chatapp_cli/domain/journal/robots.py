"""Events of runs of robots, and of steps of bots."""

from __future__ import annotations

from typing import ClassVar

from chatapp_cli.domain.journal.base import Audience, JournalEvent
from chatapp_cli.domain.text import T, Text


class RunEvent(JournalEvent):
    """Something happened to a run; only people who see every line see it."""

    audience: ClassVar[Audience] = Audience.ALL_LINES
    run: int
    robot: str


class RunBegan(RunEvent):
    """Somebody asked for it here, or asked for what failed again."""

    topic: ClassVar[str] = "robot.began"
    words: ClassVar[Text] = T("Robot {robot} began: run {run}")


class RunEnded(RunEvent):
    """All that it had to do has been done, or has failed."""

    topic: ClassVar[str] = "robot.ended"
    words: ClassVar[Text] = T("Robot {robot} ended: run {run}")
