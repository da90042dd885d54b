"""Events of things that the company shares: views, quick replies, templates, applications, the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.journal.base import Audience, JournalEvent
from chatapp_cli.domain.text import T, Text


class CompanyConfigured(JournalEvent):
    """Options of the company changed."""

    topic: ClassVar[str] = "company.configured"
    audience: ClassVar[Audience] = Audience.LINE_OR_EVERYBODY
    changed: Sequence[str]


class ViewEvent(JournalEvent):
    """Something happened to a saved view."""

    audience: ClassVar[Audience] = Audience.LINE_OR_EVERYBODY
    name: str


class ViewKept(ViewEvent):
    """It was saved or changed."""

    topic: ClassVar[str] = "view.kept"
    words: ClassVar[Text] = T("View saved: {name}")


class ViewMoved(ViewEvent):
    """It was moved among the others."""

    topic: ClassVar[str] = "view.moved"
    words: ClassVar[Text] = T("View moved: {name}")


class ViewRemoved(ViewEvent):
    """It is gone."""

    topic: ClassVar[str] = "view.removed"
    words: ClassVar[Text] = T("View removed: {name}")


class SectionEvent(JournalEvent):
    """Something happened to a section of quick replies."""

    audience: ClassVar[Audience] = Audience.LINE_OR_EVERYBODY
    name: str


class SectionAdded(SectionEvent):
    """It was made."""

    topic: ClassVar[str] = "section.added"
    words: ClassVar[Text] = T("Section of quick replies added: {name}")


class SectionRenamed(SectionEvent):
    """It has another name."""

    topic: ClassVar[str] = "section.renamed"
    words: ClassVar[Text] = T("Section of quick replies renamed: {name}")


class SectionRemoved(SectionEvent):
    """It was removed with its replies."""

    topic: ClassVar[str] = "section.removed"
    words: ClassVar[Text] = T("Section of quick replies removed: {name}")


class EditorInvited(SectionEvent):
    """An operator may edit its replies."""

    topic: ClassVar[str] = "section.invited"
    words: ClassVar[Text] = T("{operator} may edit the quick replies in {name}")
    operator: str


class EditorUninvited(SectionEvent):
    """An operator may no longer edit its replies."""

    topic: ClassVar[str] = "section.uninvited"
    words: ClassVar[Text] = T("{operator} may no longer edit the quick replies in {name}")
    operator: str


class ReplyEvent(JournalEvent):
    """Something happened to a quick reply."""

    audience: ClassVar[Audience] = Audience.LINE_OR_EVERYBODY
    title: str


class ReplyAdded(ReplyEvent):
    """It was made."""

    topic: ClassVar[str] = "reply.added"
    words: ClassVar[Text] = T("Quick reply added: {title}")


class ReplyEdited(ReplyEvent):
    """It was edited."""

    topic: ClassVar[str] = "reply.edited"
    words: ClassVar[Text] = T("Quick reply changed: {title}")


class ReplyRemoved(ReplyEvent):
    """It is gone."""

    topic: ClassVar[str] = "reply.removed"
    words: ClassVar[Text] = T("Quick reply removed: {title}")


class TemplateMoved(JournalEvent):
    """A provider's verdict on a template changed."""

    topic: ClassVar[str] = "template.state"
    channel: ChannelId
    name: str
    language: str
    standing: str
    reason: str | None = None


class TemplateUnannounced(JournalEvent):
    """The notice about a template could not be sent."""

    topic: ClassVar[str] = "template.unannounced"
    words: ClassVar[Text] = T("Nobody could be told by mail about template {name}: {why}")
    channel: ChannelId
    name: str
    to: str
    why: str


class ApplicationMoved(JournalEvent):
    """An application on paper moved to another stage."""

    topic: ClassVar[str] = "application.moved"
    audience: ClassVar[Audience] = Audience.APPLICATION
    application: int
    title: str
    stage: str
    reason: str | None = None


class ClockSetBack(JournalEvent):
    """The wall clock was set back, and waiting times were moved with it."""

    topic: ClassVar[str] = "clock.back"
    audience: ClassVar[Audience] = Audience.LINE_OR_EVERYBODY
    words: ClassVar[Text] = T("The clock was set back by {seconds} s; waiting times were shifted")
    seconds: int


class AlarmEvent(JournalEvent):
    """Something happened to an alarm; without a channel only people who see every line know of it."""

    kind: str
    ref: str
    what: Mapping[str, Any]
    """What is wrong, as a stored ``Text``."""


class AlarmRaised(AlarmEvent):
    """Something broke that a person has to know of."""

    topic: ClassVar[str] = "alarm.raised"


class AlarmHealed(AlarmEvent):
    """It works again."""

    topic: ClassVar[str] = "alarm.healed"
