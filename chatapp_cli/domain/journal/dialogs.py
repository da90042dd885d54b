"""What happens to dialogs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chatapp_cli.domain.ids import DialogId, Millis
from chatapp_cli.domain.journal.base import JournalEvent, keyed


class DialogEvent(JournalEvent):
    """Something happened to a dialog itself, not to what is said in it."""

    dialog: DialogId


class DialogOpened(DialogEvent):
    """There is a new dialog."""

    topic: ClassVar[str] = "dialog.new"


class DialogSeen(DialogEvent):
    """An operator looked at what had arrived: the client may be shown that it was read."""

    topic: ClassVar[str] = "dialog.read"


class AnswerTyped(DialogEvent):
    """An operator writes: the client may be shown so."""

    topic: ClassVar[str] = "dialog.typing"
    live: ClassVar[bool] = True


class ClientReachable(DialogEvent):
    """The client can be reached again."""

    topic: ClassVar[str] = "dialog.reachable"


class ClientUnreachable(DialogEvent):
    """The client cannot be reached any more."""

    topic: ClassVar[str] = "dialog.unreachable"


class DialogMoved(DialogEvent):
    """The chat has a new address; the messages of the old dialog may be in this one now."""

    topic: ClassVar[str] = "dialog.moved"
    old: int | None = None


class DialogChanged(DialogEvent):
    """Something that operators keep about a dialog changed: one type for each change, all under this topic."""

    topic: ClassVar[str] = "dialog.changed"


class MarkedRead(DialogChanged):
    """Nothing in it is unread."""

    fixed: ClassVar[Mapping[str, bool]] = {"read": True}


class MarkedUnread(DialogChanged):
    """Somebody is to look at it again."""

    fixed: ClassVar[Mapping[str, bool]] = {"read": False}


class Pinned(DialogChanged):
    """It stays on top of the list."""

    fixed: ClassVar[Mapping[str, bool]] = {"pinned": True}


class Unpinned(DialogChanged):
    """It stays on top no longer."""

    fixed: ClassVar[Mapping[str, bool]] = {"pinned": False}


class Blocked(DialogChanged):
    """It is on the blacklist."""

    fixed: ClassVar[Mapping[str, bool]] = {"blocked": True}


class Unblocked(DialogChanged):
    """It is on the blacklist no longer."""

    fixed: ClassVar[Mapping[str, bool]] = {"blocked": False}


class DialogRenamed(DialogChanged):
    """It has another name."""

    name: str


class ChainChanged(DialogChanged):
    """The client's channels are tried in another order."""

    chain: str


class PersonChanged(DialogChanged):
    """It belongs to another contact."""

    contact: int = keyed("person")


class PersonCompared(DialogChanged):
    """Somebody said whether its client is the same person as a contact."""

    contact: int = keyed("apart")


class Tagged(DialogChanged):
    """It has a tag more."""

    tag: str


class Untagged(DialogChanged):
    """It has a tag less."""

    tag: str = keyed("untag")


class Assigned(DialogChanged):
    """Somebody answers for it."""

    name: str = keyed("assignee")


class Unassigned(DialogChanged):
    """Somebody answers for it no longer."""

    name: str = keyed("unassigned")


class AnswerWaived(DialogChanged):
    """Nothing has to be answered."""

    fixed: ClassVar[Mapping[str, bool]] = {"waiting": False}


class AnswerAwaited(DialogChanged):
    """Something has to be answered after all."""

    fixed: ClassVar[Mapping[str, bool]] = {"waiting": True}


class Snoozed(DialogChanged):
    """It is put off until a moment."""

    until: Millis = keyed("snoozed")


class Returned(DialogChanged):
    """It was put off and is back in the list; with nobody as the actor, because it was time."""

    fixed: ClassVar[Mapping[str, bool]] = {"snoozed": False}


class ProducerJoined(DialogChanged):
    """It has a producer."""

    name: str = keyed("producer")


class ParticipantJoined(DialogChanged):
    """It has a participant."""

    name: str = keyed("participant")


class ObserverJoined(DialogChanged):
    """It has an observer."""

    name: str = keyed("observer")


class MemberLeft(DialogChanged):
    """It has a member less."""

    name: str = keyed("left")


class NoteWritten(DialogChanged):
    """An operator left a note that no client sees."""

    note: int
