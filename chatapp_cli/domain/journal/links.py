"""Events of links to CRMs, of pairings, and of what CRMs are told."""

from __future__ import annotations

from typing import ClassVar

from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.base import Audience, JournalEvent
from chatapp_cli.domain.text import T, Text


class LinkEvent(JournalEvent):
    """Something happened to a link; only people who see every line see it."""

    audience: ClassVar[Audience] = Audience.ALL_LINES
    link: int


class LinkAdded(LinkEvent):
    """A CRM was linked, or linked again."""

    topic: ClassVar[str] = "crm.linked"
    words: ClassVar[Text] = T("CRM linked: {title}")
    kind: str
    title: str


class LinkGranted(LinkEvent):
    """The CRM gave us tokens: a session can begin."""

    topic: ClassVar[str] = "crm.granted"
    words: ClassVar[Text] = T("The CRM of link {link} installed the application")


class LinkEnding(LinkEvent):
    """A person began to remove a link: it works no more."""

    topic: ClassVar[str] = "crm.ending"
    words: ClassVar[Text] = T("CRM link {link} is being removed")


class LinkForgotten(LinkEvent):
    """A link was removed with what it owed."""

    topic: ClassVar[str] = "crm.unlinked"
    words: ClassVar[Text] = T("CRM unlinked: {title}")
    kind: str
    title: str
    left: str | None = None
    """Why the CRM could not be rid of what the link made there; empty if it is."""


class LinkStateChanged(LinkEvent):
    """The state of a link changed."""

    topic: ClassVar[str] = "crm.state"
    words: ClassVar[Text] = T("CRM link {link}: {state} {code} {detail}")
    state: str
    code: str = ""
    detail: str = ""


class LinkResumed(LinkEvent):
    """A person wants a link to try again now."""

    topic: ClassVar[str] = "crm.resumed"
    words: ClassVar[Text] = T("CRM link {link} tries again")


class LinkAsked(LinkEvent):
    """A question waits for the session of a link."""

    topic: ClassVar[str] = "crm.asked"
    words: ClassVar[Text] = T("CRM link {link} is asked question {question}")
    question: int


class LinkAnswered(LinkEvent):
    """A question to the session of a link was answered, or will not be."""

    topic: ClassVar[str] = "crm.answered"
    words: ClassVar[Text] = T("Question {question} to CRM link {link} has ended")
    question: int


class CatchUpAsked(LinkEvent):
    """A person wants to know now what employees wrote and nobody delivered."""

    topic: ClassVar[str] = "crm.catchup_asked"
    words: ClassVar[Text] = T("CRM link {link} is asked for what was missed")


class CaughtUp(LinkEvent):
    """What employees wrote while the link was down was looked for in all chats."""

    topic: ClassVar[str] = "crm.caught_up"
    words: ClassVar[Text] = T("CRM link {link}: {chats} chats were looked through, {found} missed messages found")
    chats: int
    found: int


class PlaceMended(LinkEvent):
    """A person had settings of a place in the CRM changed from here."""

    topic: ClassVar[str] = "crm.mended"
    words: ClassVar[Text] = T("CRM link {link}: in {place}, {settings} was set")
    place: str
    settings: str


class RobotsChanged(LinkEvent):
    """A person had our robots installed in the CRM, or taken away."""

    topic: ClassVar[str] = "crm.robots"
    words: ClassVar[Text] = T("CRM link {link}: it has {installed} robots of ours now")
    installed: int


class EmployeeMapped(LinkEvent):
    """An operator of ours was said to be an employee of the CRM, or nobody there."""

    topic: ClassVar[str] = "crm.employee"
    words: ClassVar[Text] = T("CRM link {link}: operator {name} is employee {employee}")
    name: str
    employee: str


class EmployeeLeft(LinkEvent):
    """The CRM does not name the employee any more who an operator is."""

    topic: ClassVar[str] = "crm.left"
    words: ClassVar[Text] = T("CRM link {link}: employee {employee}, who is {name}, does not work there any more")
    name: str
    employee: str


class RulesChanged(LinkEvent):
    """A rule that chooses pipelines was added, changed, moved or removed."""

    topic: ClassVar[str] = "crm.rules"
    words: ClassVar[Text] = T("The rules of CRM link {link} changed: {name}")
    rule: int
    name: str
    change: str
    """``added``, ``changed``, ``moved`` or ``removed``."""


class LinkDeadLetterKept(LinkEvent):
    """An event of the CRM could not be used."""

    topic: ClassVar[str] = "crm.dead"
    words: ClassVar[Text] = T("An event of CRM link {link} could not be used: {problem}")
    arrived: int
    problem: str


class LinkDeadLetterRevived(LinkEvent):
    """A person had an event of the CRM tried again that could not be used."""

    topic: ClassVar[str] = "crm.revived"
    words: ClassVar[Text] = T("Event {arrived} of CRM link {link} is tried again")
    arrived: int


class PairingEvent(JournalEvent):
    """Something happened to a pairing of a channel."""

    channel: ChannelId
    link: int


class PairingMade(PairingEvent):
    """A channel was paired with a place of the CRM, or its options changed."""

    topic: ClassVar[str] = "crm.attached"
    words: ClassVar[Text] = T("Channel {channel} is paired with {place} of CRM link {link}")
    place: str


class PairingEnded(PairingEvent):
    """A channel is no longer paired."""

    topic: ClassVar[str] = "crm.detached"
    words: ClassVar[Text] = T("Channel {channel} is no longer paired with {place} of CRM link {link}")
    place: str
    code: str = ""


class PairingRefused(PairingEvent):
    """The CRM refuses a pairing, or a part of it, for a reason that was not known yet."""

    topic: ClassVar[str] = "crm.pairing_refused"
    words: ClassVar[Text] = T("CRM link {link} refuses the pairing of channel {channel} ({code} {detail})")
    code: str
    detail: str = ""


class PairingAccepted(PairingEvent):
    """The CRM takes a pairing that it refused before."""

    topic: ClassVar[str] = "crm.pairing_accepted"
    words: ClassVar[Text] = T("CRM link {link} takes the pairing of channel {channel} again")


class HistoryAsked(PairingEvent):
    """A person wants a CRM shown what was written before a pairing."""

    topic: ClassVar[str] = "crm.history"
    words: ClassVar[Text] = T("CRM link {link}: the messages of channel {channel} from before the pairing go there")


class HistoryEnded(PairingEvent):
    """All of it was given to the ledger, or a person stopped it."""

    topic: ClassVar[str] = "crm.history_ended"
    words: ClassVar[Text] = T("CRM link {link}: no more messages of channel {channel} from before the pairing")


class EntryEvent(JournalEvent):
    """Something happened to an entry of the ledger."""

    dialog: DialogId | None = None
    message: MessageId | None = None
    link: int
    entry: int
    act: str


class EntrySettled(EntryEvent):
    """The CRM has taken it."""

    topic: ClassVar[str] = "crm.told"
    words: ClassVar[Text] = T("CRM link {link} was told: {act}")


class EntryDied(EntryEvent):
    """The CRM refused it; the dialog goes on behind it."""

    topic: ClassVar[str] = "crm.refused"
    words: ClassVar[Text] = T("CRM link {link} refused: {act} ({code} {detail})")
    code: str
    detail: str = ""


class EntryRetried(EntryEvent):
    """A person wants it told again."""

    topic: ClassVar[str] = "crm.retried"
    words: ClassVar[Text] = T("CRM link {link} is told again: {act}")


class EntryDropped(EntryEvent):
    """A person gave it up."""

    topic: ClassVar[str] = "crm.dropped"
    words: ClassVar[Text] = T("CRM link {link} is not told: {act}")


class CardStageChanged(JournalEvent):
    """A card of a client went to another stage; told in the latest dialog of the card on each line."""

    topic: ClassVar[str] = "crm.stage"
    words: ClassVar[Text] = T("The card {card} went from {before} to {stage}")
    dialog: DialogId
    link: int
    card: str
    pipeline: str
    """Empty where the CRM has only one place for such cards."""
    stage: str
    before: str
