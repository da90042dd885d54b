"""Rules of a link in words of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.domain.condition import (
    WEEKDAYS,
    AllOf,
    AnyOf,
    Condition,
    FromSource,
    HasWords,
    Negated,
    WithinHours,
    joined,
)
from chatapp_cli.domain.dialog_condition import ANYBODY, NOBODY, FirstOf, Known
from chatapp_cli.domain.hours_text import weekdays
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import dialog_conditions
from chatapp_cli.services.conditions import KINDS_OF_DAYS, SourceNames
from chatapp_cli.services.rule_outcomes import ResponsibleWay, RuleOutcome

WAYS: Final[Mapping[ResponsibleWay, Text]] = {
    ResponsibleWay.NOBODY: T("the CRM decides"),
    ResponsibleWay.FIXED: T("employee {who}"),
    ResponsibleWay.TURNS: T("in turn {who}"),
    ResponsibleWay.CONTACT: T("the contact's employee"),
    ResponsibleWay.ASSIGNEE: T("the dialog's operator"),
}
"""Who is responsible for a card."""


_OF_DIALOG: Final[Mapping[str, Text]] = {
    "direction": T("written by {value}"),
    "first": T("it is {value}"),
    "chats": T("in {value}"),
    "from": T("from {value}"),
    "match": T("fitting {value}"),
    "tags": T("tagged {value}"),
    "untagged": T("not tagged {value}"),
    "assignee": T("assigned to {value}"),
    "known": T("known: {value}"),
    "unknown": T("not known: {value}"),
    "stages": T("at the stage {value}"),
    "waited": T("when the client has waited for {value} minutes"),
}
"""Each condition on the dialog; ``value`` is what a person wrote."""
_VALUES: Final[Mapping[str, Text]] = {
    Direction.IN: T("the client"),
    Direction.OUT: T("us"),
    FirstOf.EVER: T("the client's first message"),
    FirstOf.DAY: T("the client's first message of the day"),
    "private": T("a private chat"),
    "group": T("a group"),
    "channel": T("a channel"),
    NOBODY: T("nobody"),
    ANYBODY: T("anybody"),
    Known.NAME: T("the name"),
    Known.PHONE: T("the phone number"),
    Known.EMAIL: T("the e-mail address"),
    Known.USERNAME: T("the username"),
}
"""What is chosen from a list, as people read it."""


def condition(asked: Mapping[str, Any], names: SourceNames) -> Text:
    """A condition as it was asked for."""
    parts = [*_source(asked, names), *_words(asked), *_hours(asked), *_of_dialog(asked), *_nested(asked, names)]
    return joined(parts, T(" and ")) if parts else T("always")


def _source(asked: Mapping[str, Any], names: SourceNames) -> Sequence[Text]:
    lines = [names.lines.get(one, str(one)) for one in asked.get("lines", ())]
    channels = [names.channels.get(one, str(one)) for one in asked.get("channels", ())]
    kinds = [names.kinds.get(one, one) for one in asked.get("kinds", ())]
    return [T("by {source}", source=", ".join(said)) for said in (lines, kinds, channels) if said]


def _words(asked: Mapping[str, Any]) -> Sequence[Text]:
    found = []
    if words := asked.get("words"):
        every = T("all of {words}", words=_quoted(words))
        found.append(every if asked.get("every") else T("with {words}", words=_quoted(words)))
    if without := asked.get("without"):
        found.append(T("without {words}", words=_quoted(without)))
    return found


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"«{one}»" for one in words)


def _hours(asked: Mapping[str, Any]) -> Sequence[Text]:
    hours, days = asked.get("hours", ()), asked.get("days", ())
    if not (hours or days):
        return ()
    told = [_plain(", ".join(hours))] if hours else []
    told += [joined([_day(one) for one in days], Text(", "))] if days else []
    told += [_plain(f"({', '.join(filter(None, (asked.get('zone'), asked.get('calendar'))))})")]
    when = joined(told, Text(" "))
    return (T("outside {when}", when=when) if asked.get("outside") else T("within {when}", when=when),)


def _of_dialog(asked: Mapping[str, Any]) -> Sequence[Text]:
    """Conditions on the dialog; of several values one suffices."""
    found = [
        Text(_OF_DIALOG[name].msgid, {"value": _either(said if isinstance(said, list | tuple) else [said])})
        for name in dialog_conditions.NAMES
        if name != "open" and (said := asked.get(name))
    ]
    if "open" in asked:
        found.append(T("while the line is open") if asked["open"] else T("while the line is closed"))
    return found


def _either(said: Sequence[object]) -> Text:
    return joined([_VALUES.get(str(one), _plain(str(one))) for one in said], T(" or "))


def _plain(said: str) -> Text:
    """What a person wrote, in no language of ours."""
    return Text("{value}", {"value": said})


def _day(said: str) -> Text:
    """A day or a span of days, as ``mon-fri``; what is none as it is."""
    if said.lower() in KINDS_OF_DAYS:
        return KINDS_OF_DAYS[said.lower()]
    days = weekdays(said)
    ends = [WEEKDAYS[day] for day in (days if len(days) <= 1 else (days[0], days[-1]))]
    return joined(ends, Text("-")) if ends else _plain(said)


def _nested(asked: Mapping[str, Any], names: SourceNames) -> Sequence[Text]:
    found = [Text("({inner})", {"inner": condition(one, names)}) for one in asked.get("all", ())]
    if some := asked.get("any"):
        found.append(Text("({inner})", {"inner": joined([condition(one, names) for one in some], T(" or "))}))
    if asked.get("not"):
        found.append(T("not ({inner})", inner=condition(asked["not"], names)))
    return found


def part(one: Condition) -> Text:
    """A part of a condition, as it was understood."""
    if isinstance(one, FromSource):
        return T("by {source}", source=one.named)
    if isinstance(one, HasWords):
        words = _quoted([phrase.said for phrase in one.phrases])
        return (
            T("all of {words}", words=words) if one.every and len(one.phrases) > 1 else T("with {words}", words=words)
        )
    if isinstance(one, WithinHours):
        return T("within {when}", when=one.hours())
    if isinstance(one, AllOf | AnyOf):
        between = T(" and ") if isinstance(one, AllOf) else T(" or ")
        return Text("({inner})", {"inner": joined([part(inner) for inner in one.parts], between)})
    return _negated(one.of) if isinstance(one, Negated) else T("always")


def _negated(of: Condition) -> Text:
    if isinstance(of, HasWords):
        return T("without {words}", words=_quoted([phrase.said for phrase in of.phrases]))
    if isinstance(of, WithinHours):
        return T("outside {when}", when=of.hours())
    return T("not ({inner})", inner=part(of))


def responsible(outcome: RuleOutcome) -> Text:
    """Who is responsible, by the names in the CRM when the rule was kept."""
    who = [outcome.called.get(f"employee {one}", one) for one in outcome.employees]
    return Text(WAYS[outcome.way].msgid, {"who": ", ".join(who)})


def target(outcome: RuleOutcome) -> str:
    """Pipeline and stage by those names; a dash for those that the pairing decides."""
    named = ((kind, getattr(outcome, kind)) for kind in ("pipeline", "stage"))
    return " · ".join(outcome.called.get(f"{kind} {one}", one) for kind, one in named if one) or "–"
