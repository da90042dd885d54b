"""What happened as a sentence, for each type of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from chatapp_cli.domain.journal import (
    chains,
    channels,
    company,
    contacts,
    dialogs,
    lines,
    messages,
    operators,
    presence,
)
from chatapp_cli.domain.journal.base import JournalEvent, topic
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.moment import local
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services.words import action, health, stage, state, template_state

E = TypeVar("E", bound=JournalEvent)


def sentence(entry: JournalEntry) -> Text:
    """An entry of the journal in words; one of an unknown type by its topic."""
    event = entry.event
    say = _WORDS.get(type(event))
    if say is None:
        return Text(topic(event))
    said = say(event)
    return Text(said.msgid, {"actor": entry.actor, **said.params})


def _moment(value: int) -> str:
    """A time on the clock of this machine."""
    return f"{local(value):%Y-%m-%d %H:%M}"


def _said(kind: type[E], say: Callable[[E], Text]) -> tuple[type[JournalEvent], Callable[[Any], Text]]:
    """Pair a type with its words; ``{actor}`` in them is who did it."""
    return kind, say


def _changed(kind: type[E], say: Callable[[E], Text]) -> tuple[type[JournalEvent], Callable[[Any], Text]]:
    """The words for a change of a dialog stand in the sentence that all of them share."""
    return kind, lambda event: T("Dialog changed: {changed}", changed=say(event))


_ABOUT_COMPANY = (
    _said(lines.LineAdded, lambda e: T("Line added: {name}", name=e.name)),
    _said(lines.LineRenamed, lambda e: T("Line renamed: {name}", name=e.name)),
    _said(lines.LineRemoved, lambda e: T("Line removed: {name}", name=e.name)),
    _said(
        lines.LineConfigured,
        lambda e: T("Options of line {name} changed: {changed}", name=e.name, changed=", ".join(e.changed)),
    ),
    _said(
        company.CompanyConfigured,
        lambda e: T("Options of the company changed: {changed}", changed=", ".join(e.changed)),
    ),
    _said(operators.OperatorAdded, lambda e: T("Operator added: {name}", name=e.name)),
    _said(operators.OperatorDisabled, lambda e: T("{name} can log in no longer", name=e.name)),
    _said(operators.OperatorEnabled, lambda e: T("{name} can log in again", name=e.name)),
    _said(operators.PasswordChanged, lambda e: T("{name} has a new password", name=e.name)),
    _said(operators.RightsChanged, lambda e: T("{name} has other rights", name=e.name)),
    _said(operators.VisibleLinesChanged, lambda e: T("{name} sees other lines", name=e.name)),
    _said(operators.OperatorRemoved, lambda e: T("Operator removed: {name}", name=e.name)),
    _said(operators.LoggedIn, lambda e: T("{name} logged in", name=e.name)),
    _said(operators.LoggedOut, lambda e: T("{name} logged out", name=e.name)),
    _said(company.ViewKept, lambda e: T("View kept: {name}", name=e.name)),
    _said(company.ViewMoved, lambda e: T("View moved: {name}", name=e.name)),
    _said(company.ViewRemoved, lambda e: T("View removed: {name}", name=e.name)),
    _said(
        company.ApplicationMoved,
        lambda e: T(
            "Application {application} of {title}: {stage}",
            application=e.application,
            title=e.title,
            stage=stage(e.stage),
        ),
    ),
    _said(
        company.TemplateMoved,
        lambda e: T(
            "Template {name} of channel {channel}: {standing}",
            name=e.name,
            channel=e.channel,
            standing=template_state(e.standing),
        ),
    ),
    _said(
        company.TemplateUnannounced,
        lambda e: T("Nobody could be told by mail about template {name}: {why}", name=e.name, why=e.why),
    ),
    _said(company.SectionAdded, lambda e: T("Section of quick replies added: {name}", name=e.name)),
    _said(company.SectionRenamed, lambda e: T("Section of quick replies renamed: {name}", name=e.name)),
    _said(company.SectionRemoved, lambda e: T("Section of quick replies removed: {name}", name=e.name)),
    _said(
        company.EditorInvited,
        lambda e: T("{operator} may edit the quick replies in {name}", operator=e.operator, name=e.name),
    ),
    _said(
        company.EditorUninvited,
        lambda e: T("{operator} may edit the quick replies in {name} no longer", operator=e.operator, name=e.name),
    ),
    _said(company.ReplyAdded, lambda e: T("Quick reply added: {title}", title=e.title)),
    _said(company.ReplyEdited, lambda e: T("Quick reply changed: {title}", title=e.title)),
    _said(company.ReplyRemoved, lambda e: T("Quick reply removed: {title}", title=e.title)),
    _said(
        company.ClockSetBack,
        lambda e: T("The clock was set back by {seconds} s; what waits was moved with it", seconds=e.seconds),
    ),
)
_ABOUT_CHANNELS = (
    _said(channels.ChannelBound, lambda e: T("Channel bound: {title}", title=e.title)),
    _said(channels.ChannelUnbound, lambda e: T("Channel unbound: {title}", title=e.title)),
    _said(channels.ChannelConfigured, lambda e: T("Channel {channel} set up anew", channel=e.channel)),
    _said(
        channels.HealthChanged, lambda e: T("Channel {channel}: {health}", channel=e.channel, health=health(e.health))
    ),
    _said(
        channels.ChannelPaused,
        lambda e: T(
            "Channel {channel} sends nothing until {until}: {code} {detail}",
            channel=e.channel,
            until=_moment(e.until),
            code=e.code,
            detail=e.detail,
        ),
    ),
    _said(channels.ChannelResumed, lambda e: T("Channel {channel} sends again", channel=e.channel)),
    _said(
        channels.StrangersPaused,
        lambda e: T("Channel {channel} writes to no strangers for {seconds} s", channel=e.channel, seconds=e.seconds),
    ),
    _said(channels.RequestMade, lambda e: T("Channel {channel} was asked: {what}", channel=e.channel, what=e.what)),
    _said(
        channels.RequestEnded,
        lambda e: T("Channel {channel} answered: {state}", channel=e.channel, state=state(e.state)),
    ),
    _said(channels.OutboxReplayed, lambda e: T("{messages} messages go out once more", messages=e.messages)),
    _said(messages.DeadLetterKept, lambda _: T("Something arrived that could not be understood")),
    _said(messages.DeadLetterRevived, lambda e: T("Dead letter {arrived} understood after all", arrived=e.arrived)),
    _said(messages.DeadLetterForgotten, lambda e: T("Dead letter {arrived} forgotten", arrived=e.arrived)),
)
_ABOUT_DIALOGS = (
    _said(dialogs.DialogOpened, lambda _: T("New dialog")),
    _said(dialogs.DialogSeen, lambda _: T("Dialog read")),
    _said(dialogs.AnswerTyped, lambda _: T("Somebody writes in a dialog")),
    _said(dialogs.ClientReachable, lambda _: T("Can be reached again")),
    _said(dialogs.ClientUnreachable, lambda _: T("Cannot be reached any more")),
    _said(dialogs.DialogMoved, lambda _: T("The chat moved to a new address")),
    _said(presence.LookMoved, lambda _: T("{actor} looks at another dialog")),
    _said(presence.ColleagueTyped, lambda _: T("{actor} writes")),
    _said(presence.DraftKept, lambda _: T("{actor} has a draft")),
    _said(presence.DraftDropped, lambda _: T("{actor} has no draft any more")),
    _changed(dialogs.MarkedRead, lambda _: T("marked as read")),
    _changed(dialogs.MarkedUnread, lambda _: T("marked as unread")),
    _changed(dialogs.Pinned, lambda _: T("pinned")),
    _changed(dialogs.Unpinned, lambda _: T("unpinned")),
    _changed(dialogs.Blocked, lambda _: T("put on the blacklist")),
    _changed(dialogs.Unblocked, lambda _: T("taken off the blacklist")),
    _changed(dialogs.DialogRenamed, lambda e: T("named {value}", value=e.name)),
    _changed(dialogs.ChainChanged, lambda e: T("tried in this order: {value}", value=e.chain)),
    _changed(dialogs.PersonChanged, lambda e: T("belongs to contact {value}", value=e.contact)),
    _changed(dialogs.PersonCompared, lambda e: T("compared with contact {value}", value=e.contact)),
    _changed(dialogs.Tagged, lambda e: T("tag {value} added", value=e.tag)),
    _changed(dialogs.Untagged, lambda e: T("tag {value} removed", value=e.tag)),
    _changed(dialogs.Assigned, lambda e: T("{value} answers for it", value=e.name)),
    _changed(dialogs.Unassigned, lambda e: T("{value} answers for it no longer", value=e.name)),
    _changed(dialogs.AnswerWaived, lambda _: T("no answer is needed")),
    _changed(dialogs.AnswerAwaited, lambda _: T("an answer is needed after all")),
    _changed(dialogs.Snoozed, lambda e: T("put off until {value}", value=_moment(e.until))),
    _changed(dialogs.Returned, lambda _: T("back in the list")),
    _changed(dialogs.ProducerJoined, lambda e: T("{value} is its producer", value=e.name)),
    _changed(dialogs.ParticipantJoined, lambda e: T("{value} is a participant", value=e.name)),
    _changed(dialogs.ObserverJoined, lambda e: T("{value} is an observer", value=e.name)),
    _changed(dialogs.NoteWritten, lambda e: T("note {value} written", value=e.note)),
    _changed(dialogs.MemberLeft, lambda e: T("{value} is no member any more", value=e.name)),
    _said(
        contacts.ContactChainChanged,
        lambda e: T("Chain of contact {contact}: {chain}", contact=e.contact, chain=e.chain),
    ),
    _said(
        contacts.ContactMerged,
        lambda e: T("Contact {contact} is the same person as contact {into}", contact=e.contact, into=e.into),
    ),
    _said(
        contacts.ContactParted,
        lambda e: T(
            "Contact {contact} is a person of its own again, apart from contact {kept}", contact=e.contact, kept=e.kept
        ),
    ),
    _said(
        contacts.ContactsCompared,
        lambda e: T(
            "Contacts {contact} and {other}: said whether they are one person", contact=e.contact, other=e.other
        ),
    ),
)
_ABOUT_MESSAGES = (
    _said(messages.MessageReceived, lambda e: T("Message {message} came", message=e.message)),
    _said(messages.MessageWritten, lambda e: T("Message {message} written", message=e.message)),
    _said(messages.MessageEchoed, lambda e: T("Message {message} written", message=e.message)),
    _said(messages.StateChanged, lambda e: T("Message {message}: {state}", message=e.message, state=state(e.state))),
    _said(messages.TextChanged, lambda e: T("Message {message} edited", message=e.message)),
    _said(messages.MessageWithdrawn, lambda e: T("Message {message} deleted", message=e.message)),
    _said(
        messages.ForeignChangeIgnored,
        lambda e: T(
            "Somebody who had not written message {message} tried to change it; it stays as it is", message=e.message
        ),
    ),
    _said(messages.ReactionsShown, lambda e: T("Reaction to message {message}", message=e.message)),
    _said(
        messages.ChangeAsked,
        lambda e: T("Asked of message {message}: {action}", message=e.message, action=action(e.action)),
    ),
    _said(
        messages.ChangeRefused,
        lambda e: T("Message {message}: {action} refused", message=e.message, action=action(e.action)),
    ),
    _said(
        messages.MessageRescheduled,
        lambda e: T("Message {message} goes at {at}", message=e.message, at=_moment(e.at)),
    ),
    _said(messages.MessageMerged, lambda e: T("Message {message} joined with its copy", message=e.message)),
    _said(
        messages.VoiceTranscribed,
        lambda e: T("What is said in file {file} of message {message} is written down", file=e.file, message=e.message),
    ),
    _said(
        messages.VoiceNotTranscribed,
        lambda e: T(
            "What is said in file {file} of message {message} could not be written down",
            file=e.file,
            message=e.message,
        ),
    ),
    _said(
        messages.FileArrived,
        lambda e: T("File {file} of message {message} is here", file=e.file, message=e.message),
    ),
    _said(
        messages.FileMissing,
        lambda e: T("File {file} of message {message} will not come", file=e.file, message=e.message),
    ),
    _said(
        chains.ChannelPassed,
        lambda e: T("Channel {channel} was stepped over: {why}", channel=e.channel, why=Text(**e.why)),
    ),
    _said(chains.HandedOn, lambda e: T("Goes on as message {into} through the next channel", into=e.into)),
    _said(
        chains.Continued,
        lambda e: T("Continues message {before}, which failed in the channel before", before=e.before),
    ),
    _said(chains.ChainEnded, lambda e: T("No other channel is left for it: {why}", why=Text(**e.why))),
)
_WORDS: Mapping[type[JournalEvent], Callable[[Any], Text]] = MappingProxyType(
    dict((*_ABOUT_COMPANY, *_ABOUT_CHANNELS, *_ABOUT_DIALOGS, *_ABOUT_MESSAGES))
)
