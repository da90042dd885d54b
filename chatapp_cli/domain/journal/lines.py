"""Events of lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from chatapp_cli.domain.journal.base import Audience, JournalEvent
from chatapp_cli.domain.text import T, Text


class LineEvent(JournalEvent):
    """Something happened to a line."""

    audience: ClassVar[Audience] = Audience.ALL_LINES
    name: str


class LineAdded(LineEvent):
    """A line was made."""

    topic: ClassVar[str] = "line.added"
    words: ClassVar[Text] = T("Line added: {name}")


class LineRenamed(LineEvent):
    """A line has another name."""

    topic: ClassVar[str] = "line.renamed"
    words: ClassVar[Text] = T("Line renamed: {name}")


class LineConfigured(LineEvent):
    """Options of a line changed."""

    topic: ClassVar[str] = "line.configured"
    changed: Sequence[str]


class LineRemoved(LineEvent):
    """A line was removed with its channels and dialogs."""

    topic: ClassVar[str] = "line.removed"
    words: ClassVar[Text] = T("Line removed: {name}")
