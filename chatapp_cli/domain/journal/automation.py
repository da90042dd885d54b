"""Events of rules and automatic answers."""

from __future__ import annotations

from typing import ClassVar

from chatapp_cli.domain.ids import ChannelId, DialogId, Millis
from chatapp_cli.domain.journal.base import Audience, JournalEvent
from chatapp_cli.domain.text import T, Text


class AutomationEvent(JournalEvent):
    """Something happened to a rule; only people who see every line see it."""

    audience: ClassVar[Audience] = Audience.ALL_LINES
    rule: int
    name: str


class AutoRuleChanged(AutomationEvent):
    """A rule was added, changed, moved, switched on or off, or removed."""

    topic: ClassVar[str] = "rule.changed"
    change: str
    """``added``, ``changed``, ``moved``, ``enabled``, ``disabled`` or ``removed``."""
    cancelled: int = 0
    """How many of its planned acts will not be done."""


class AutoRuleHalted(AutomationEvent):
    """The desk itself switched a rule off or paused it; the alarm says why."""

    topic: ClassVar[str] = "rule.halted"
    words: ClassVar[Text] = T("Rule {name} stopped by itself")


class AutomationStormed(JournalEvent):
    """The automation of a channel was stopped after too many automatic answers."""

    topic: ClassVar[str] = "rule.storm"
    words: ClassVar[Text] = T("Automatic answers of this channel stopped: there were too many")
    channel: ChannelId


class AutomationResumed(JournalEvent):
    """The automation of a channel goes on."""

    topic: ClassVar[str] = "rule.resumed"
    words: ClassVar[Text] = T("Automatic answers of this channel go on")
    channel: ChannelId


class AutomationDue(JournalEvent):
    """The time of an act has come."""

    topic: ClassVar[str] = "rule.due"
    words: ClassVar[Text] = T("The time of an act of a rule has come")
    live: ClassVar[bool] = True
    audience: ClassVar[Audience] = Audience.ALL_LINES
    act: int


class RuleTimeCame(JournalEvent):
    """The time of a rule that runs by the clock came, and its condition holds for a dialog."""

    topic: ClassVar[str] = "rule.time"
    words: ClassVar[Text] = T("The time of the rule {name} has come")
    dialog: DialogId
    rule: int
    name: str
    due: Millis
    """When that was; later than this only because the desk was down or busy."""


class RuleTimesMissed(AutomationEvent):
    """The desk slept over times of a rule: only the last of them counts."""

    topic: ClassVar[str] = "rule.missed"
    words: ClassVar[Text] = T("The desk was down at {missed} times of the rule {name}: they are left out")
    missed: int


class AutomationClock(JournalEvent):
    """The daemon has to look which rules have their time now."""

    topic: ClassVar[str] = "rule.clock"
    words: ClassVar[Text] = T("Rules that run by the clock are looked at")
    live: ClassVar[bool] = True
    audience: ClassVar[Audience] = Audience.ALL_LINES
