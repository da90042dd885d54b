"""Events of dialogs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chatapp_cli.domain.ids import DialogId, Millis
from chatapp_cli.domain.journal.base import JournalEvent, keyed
from chatapp_cli.domain.text import T, Text


class DialogEvent(JournalEvent):
    """Something happened to a dialog itself, not to its messages."""

    dialog: DialogId


class DialogOpened(DialogEvent):
    """There is a new dialog."""

    topic: ClassVar[str] = "dialog.new"
    words: ClassVar[Text] = T("New dialog")


class DialogSeen(DialogEvent):
    """An operator read new messages: the client may be shown a read mark."""

    topic: ClassVar[str] = "dialog.read"
    words: ClassVar[Text] = T("Dialog read")


class AnswerTyped(DialogEvent):
    """An operator is typing: the client may be shown that."""

    topic: ClassVar[str] = "dialog.typing"
    live: ClassVar[bool] = True
    words: ClassVar[Text] = T("Somebody writes in a dialog")


class ClientTyped(DialogEvent):
    """The client is typing: an employee of a CRM may be shown that."""

    topic: ClassVar[str] = "dialog.client_typing"
    live: ClassVar[bool] = True
    words: ClassVar[Text] = T("The client is typing")


class ClientReachable(DialogEvent):
    """The client can be reached again."""

    topic: ClassVar[str] = "dialog.reachable"
    words: ClassVar[Text] = T("Can be reached again")


class ClientUnreachable(DialogEvent):
    """The client cannot be reached any more."""

    topic: ClassVar[str] = "dialog.unreachable"
    words: ClassVar[Text] = T("Cannot be reached any more")


class DialogMoved(DialogEvent):
    """The chat has a new address; the messages of the old dialog may be in this one now."""

    topic: ClassVar[str] = "dialog.moved"
    words: ClassVar[Text] = T("The chat moved to a new address")
    old: int | None = None


class HandedOver(DialogEvent):
    """It was taken from an operator who is not there."""

    topic: ClassVar[str] = "dialog.handed_over"
    before: str
    name: str | None = None
    """Who has it now; ``None``: nobody."""
    why: str
    """An ``Absence``: why the one before got no more."""


class DialogChanged(DialogEvent):
    """An operator changed a dialog: one type for each change, all with this topic."""

    topic: ClassVar[str] = "dialog.changed"


class MarkedRead(DialogChanged):
    """Nothing in it is unread."""

    fixed: ClassVar[Mapping[str, bool]] = {"read": True}
    words: ClassVar[Text] = T("marked as read")


class MarkedUnread(DialogChanged):
    """It is unread again."""

    fixed: ClassVar[Mapping[str, bool]] = {"read": False}
    words: ClassVar[Text] = T("marked as unread")


class Pinned(DialogChanged):
    """It was pinned."""

    fixed: ClassVar[Mapping[str, bool]] = {"pinned": True}
    words: ClassVar[Text] = T("pinned")


class Unpinned(DialogChanged):
    """It was unpinned."""

    fixed: ClassVar[Mapping[str, bool]] = {"pinned": False}
    words: ClassVar[Text] = T("unpinned")


class Blocked(DialogChanged):
    """It was put on the blacklist."""

    fixed: ClassVar[Mapping[str, bool]] = {"blocked": True}
    words: ClassVar[Text] = T("put on the blacklist")


class Unblocked(DialogChanged):
    """It was taken off the blacklist."""

    fixed: ClassVar[Mapping[str, bool]] = {"blocked": False}
    words: ClassVar[Text] = T("taken off the blacklist")


class DialogRenamed(DialogChanged):
    """It has another name."""

    words: ClassVar[Text] = T("named {name}")
    name: str


class ChainChanged(DialogChanged):
    """The client's chain of channels changed."""

    words: ClassVar[Text] = T("tried in this order: {chain}")
    chain: str


class PersonChanged(DialogChanged):
    """It belongs to another contact."""

    words: ClassVar[Text] = T("belongs to contact {contact}")
    contact: int = keyed("person")


class PersonCompared(DialogChanged):
    """An operator said whether its client is the same person as a contact."""

    words: ClassVar[Text] = T("compared with contact {contact}")
    contact: int = keyed("apart")


class Tagged(DialogChanged):
    """A tag was added."""

    words: ClassVar[Text] = T("tag {tag} added")
    tag: str


class Untagged(DialogChanged):
    """A tag was removed."""

    words: ClassVar[Text] = T("tag {tag} removed")
    tag: str = keyed("untag")


class Assigned(DialogChanged):
    """It has an assignee."""

    words: ClassVar[Text] = T("{name} answers for it")
    name: str = keyed("assignee")
    before: str | None = None
    """Who was it until then; in the stored values this stands last. ``None``: nobody, or the row is older."""


class Unassigned(DialogChanged):
    """It has no assignee any more."""

    words: ClassVar[Text] = T("{name} no longer answers for it")
    name: str = keyed("unassigned")


class AnswerWaived(DialogChanged):
    """No answer is needed."""

    fixed: ClassVar[Mapping[str, bool]] = {"waiting": False}
    words: ClassVar[Text] = T("no answer is needed")


class AnswerAwaited(DialogChanged):
    """An answer is needed after all."""

    fixed: ClassVar[Mapping[str, bool]] = {"waiting": True}
    words: ClassVar[Text] = T("an answer is needed after all")


class Snoozed(DialogChanged):
    """It was snoozed until a time."""

    until: Millis = keyed("snoozed")


class Returned(DialogChanged):
    """A snoozed dialog is back in the list; without an actor if its time came."""

    fixed: ClassVar[Mapping[str, bool]] = {"snoozed": False}
    words: ClassVar[Text] = T("back in the list")


class ProducerJoined(DialogChanged):
    """It has a producer."""

    words: ClassVar[Text] = T("{name} is its producer")
    name: str = keyed("producer")


class ParticipantJoined(DialogChanged):
    """It has a participant."""

    words: ClassVar[Text] = T("{name} is a participant")
    name: str = keyed("participant")


class ObserverJoined(DialogChanged):
    """It has an observer."""

    words: ClassVar[Text] = T("{name} is an observer")
    name: str = keyed("observer")


class MemberLeft(DialogChanged):
    """A member left."""

    words: ClassVar[Text] = T("{name} is no member any more")
    name: str = keyed("left")


class NoteWritten(DialogChanged):
    """An operator left a note that no client sees."""

    words: ClassVar[Text] = T("note {note} written")
    note: int
