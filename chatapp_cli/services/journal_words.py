"""Journal entries as sentences: the text of the event's class, or the one given here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from chatapp_cli.domain.attendance import away_in_words
from chatapp_cli.domain.journal import automation, chains, channels, company, dialogs, lines, links, messages, operators
from chatapp_cli.domain.journal.base import JournalEvent, Unknown, in_words, topic
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.network_words import said
from chatapp_cli.domain.stored_text import restored
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services.words import action, health, left_behind, link_state, stage, state, template_state

E = TypeVar("E", bound=JournalEvent)


def sentence(entry: JournalEntry) -> Text:
    """A journal entry as a sentence; one of an unknown type, or with values that do not fit it, by its topic."""
    event = entry.event
    if isinstance(event, Unknown):
        return Text(topic(event))
    say = _WORDS.get(type(event), in_words)
    try:
        text = say(event)
    except Exception:  # noqa: BLE001 - a stored value may be of any type, and the rest of the journal is to be read
        return Text(topic(event))
    if isinstance(event, dialogs.DialogChanged):
        text = T("Dialog changed: {changed}", changed=text)
    return Text(text.msgid, {"actor": entry.actor, **text.params})


def _pair(kind: type[E], say: Callable[[E], Text]) -> tuple[type[JournalEvent], Callable[[Any], Text]]:
    """Pair a type with its text, so that mypy checks the fields."""
    return kind, say


_OF_RULES: Mapping[str, Text] = MappingProxyType(
    {
        "added": T("Rule {name} added"),
        "changed": T("Rule {name} changed"),
        "moved": T("Rule {name} is asked at another place"),
        "enabled": T("Rule {name} switched on"),
        "disabled": T("Rule {name} switched off"),
        "removed": T("Rule {name} removed"),
    }
)


def _auto_rule(event: automation.AutoRuleChanged) -> Text:
    return Text(_OF_RULES.get(event.change, _OF_RULES["changed"]).msgid, {"name": event.name})


def _rights(event: operators.RightsChanged) -> Text:
    if not event.rights:
        return T("{name} has no additional rights any more", name=event.name)
    return T("{name} has the additional rights: {rights}", name=event.name, rights=", ".join(event.rights.split()))


def _logged_in(event: operators.LoggedIn) -> Text:
    if not event.way:
        return T("{name} logged in", name=event.name)
    return T("{name} logged in through {way}", name=event.name, way=event.way)


def _went_away(event: operators.WentAway) -> Text:
    state = away_in_words(event.until, event.reason or "", written)
    return Text("{name}: {state}", {"name": event.name, "state": state})


def _hours_changed(event: operators.OwnHoursChanged) -> Text:
    if not event.hours:
        return T("{name} has the working hours of the lines", name=event.name)
    return T("{name} has the working hours: {hours}", name=event.name, hours=event.hours)


def _limit_changed(event: operators.WaitingLimitChanged) -> Text:
    if not event.most:
        return T("Any number of dialogs may wait for {name}", name=event.name)
    return T("At most {n} dialogs may wait for {name}", n=event.most, name=event.name)


def _handed_over(event: dialogs.HandedOver) -> Text:
    if not event.name:
        return T("Handed over: {before} is not there, so nobody has it now", before=event.before)
    return T("Handed over to {name}: {before} is not there", name=event.name, before=event.before)


def _link_forgotten(event: links.LinkForgotten) -> Text:
    if not event.left:
        return T("CRM unlinked: {title}", title=event.title)
    return T(
        "CRM unlinked: {title}. What the link made there could not be taken away: {why}",
        title=event.title,
        why=event.left,
    )


_REWORDED: Mapping[str, str] = MappingProxyType(
    {"{channel} carries nothing but approved templates.": "{channel} carries only approved templates."}
)
"""Stored reasons whose sentence was reworded: only the present one has a translation."""


def _reason(why: Mapping[str, Any]) -> Text:
    """The stored reason of an event, in its present wording."""
    return Text(_REWORDED.get(why["msgid"], why["msgid"]), why["params"])


_PAIRS = (
    _pair(operators.RightsChanged, _rights),
    _pair(operators.LoggedIn, _logged_in),
    _pair(operators.WentAway, _went_away),
    _pair(operators.OwnHoursChanged, _hours_changed),
    _pair(operators.WaitingLimitChanged, _limit_changed),
    _pair(dialogs.HandedOver, _handed_over),
    _pair(automation.AutoRuleChanged, _auto_rule),
    _pair(
        channels.ChannelConfigured,
        lambda e: T("Channel {channel} configured: {changed}", channel=e.channel, changed=", ".join(e.changed)),
    ),
    _pair(
        lines.LineConfigured,
        lambda e: T("Options of line {name} changed: {changed}", name=e.name, changed=", ".join(e.changed)),
    ),
    _pair(
        company.CompanyConfigured,
        lambda e: T("Options of the company changed: {changed}", changed=", ".join(e.changed)),
    ),
    _pair(
        company.ApplicationMoved,
        lambda e: T(
            "Application {application} of {title}: {stage}",
            application=e.application,
            title=e.title,
            stage=stage(e.stage),
        ),
    ),
    _pair(
        company.TemplateMoved,
        lambda e: T(
            "Template {name} of channel {channel}: {standing}",
            name=e.name,
            channel=e.channel,
            standing=template_state(e.standing),
        ),
    ),
    _pair(company.AlarmRaised, lambda e: T("Alarm: {what}", what=restored(e.what))),
    _pair(company.AlarmHealed, lambda e: T("The alarm is over: {what}", what=restored(e.what))),
    _pair(
        channels.HealthChanged,
        lambda e: T("Channel {channel}: {health}", channel=e.channel, health=health(e.health)),
    ),
    _pair(
        channels.ChannelPaused,
        lambda e: T(
            "Channel {channel} sends nothing until {until}: {code} {detail}",
            channel=e.channel,
            until=written(e.until),
            code=e.code,
            detail=said(e.detail),
        ),
    ),
    _pair(
        links.LinkStateChanged,
        lambda e: T(
            "CRM link {link}: {state} {code} {detail}",
            link=e.link,
            state=link_state(e.state),
            code=e.code,
            detail=said(e.detail),
        ),
    ),
    _pair(links.LinkForgotten, _link_forgotten),
    _pair(
        channels.SessionRequestEnded,
        lambda e: T("Channel {channel} answered: {state}", channel=e.channel, state=state(e.state)),
    ),
    _pair(dialogs.Snoozed, lambda e: T("snoozed until {until}", until=written(e.until))),
    _pair(
        messages.MessageStateChanged,
        lambda e: T("Message {message}: {state}", message=e.message, state=state(e.state, e.code)),
    ),
    _pair(
        messages.ChangeAsked,
        lambda e: T("Message {message}: {action} requested", message=e.message, action=action(e.action)),
    ),
    _pair(
        messages.ChangeRefused,
        lambda e: T("Message {message}: {action} refused", message=e.message, action=action(e.action)),
    ),
    _pair(
        messages.MessageRescheduled,
        lambda e: T("Message {message} scheduled for {at}", message=e.message, at=written(e.at)),
    ),
    _pair(
        chains.ChannelPassed,
        lambda e: T("Channel {channel} was skipped: {why}", channel=e.channel, why=_reason(e.why)),
    ),
    _pair(chains.LeftBehind, lambda e: T("That channel does not carry: {what}.", what=left_behind(e.what))),
    _pair(chains.ChainEnded, lambda e: T("No other channel is left for it: {why}", why=_reason(e.why))),
)
_WORDS: Mapping[type[JournalEvent], Callable[[Any], Text]] = MappingProxyType(dict(_PAIRS))
"""The sentences that need more than an event's values: variants, a time, a list."""
