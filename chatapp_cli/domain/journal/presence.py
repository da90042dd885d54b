"""Live events: which dialogs operators look at, and their drafts."""

from __future__ import annotations

from typing import ClassVar

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.domain.text import T, Text


class PresenceEvent(JournalEvent):
    """An operator's window shows another dialog, or its operator types."""

    live: ClassVar[bool] = True


class LookMoved(PresenceEvent):
    """An operator opened or left a dialog."""

    topic: ClassVar[str] = "presence.moved"
    words: ClassVar[Text] = T("{actor} looks at another dialog")


class ColleagueTyped(PresenceEvent):
    """An operator types in a dialog."""

    topic: ClassVar[str] = "presence.typing"
    words: ClassVar[Text] = T("{actor} writes")
    dialog: DialogId


class DraftEvent(JournalEvent):
    """An operator's draft changed."""

    live: ClassVar[bool] = True
    dialog: DialogId


class DraftKept(DraftEvent):
    """An operator has a draft."""

    topic: ClassVar[str] = "draft.kept"
    words: ClassVar[Text] = T("{actor} has a draft")


class DraftDropped(DraftEvent):
    """An operator has no draft any more."""

    topic: ClassVar[str] = "draft.dropped"
    words: ClassVar[Text] = T("{actor} no longer has a draft")
