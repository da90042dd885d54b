"""Rules of a link in words of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.domain.condition import joined
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.rule_outcomes import ResponsibleWay, RuleOutcome

WAYS: Final[Mapping[ResponsibleWay, Text]] = {
    ResponsibleWay.NOBODY: T("the CRM decides"),
    ResponsibleWay.FIXED: T("employee {who}"),
    ResponsibleWay.TURNS: T("in turn {who}"),
    ResponsibleWay.CONTACT: T("the contact's employee"),
    ResponsibleWay.ASSIGNEE: T("the dialog's operator"),
}
"""Who is responsible for a card."""


def condition(asked: Mapping[str, Any], names: SourceNames) -> Text:
    """A condition as it was asked for."""
    parts = [*_source(asked, names), *_words(asked), *_hours(asked), *_nested(asked, names)]
    return joined(parts, T(" and ")) if parts else T("always")


def _source(asked: Mapping[str, Any], names: SourceNames) -> Sequence[Text]:
    lines = [names.lines.get(one, str(one)) for one in asked.get("lines", ())]
    channels = [names.channels.get(one, str(one)) for one in asked.get("channels", ())]
    return [
        T("by {source}", source=", ".join(said)) for said in (lines, list(asked.get("kinds", ())), channels) if said
    ]


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
    hours, days = ", ".join(asked.get("hours", ())), ", ".join(asked.get("days", ()))
    if not (hours or days):
        return ()
    when = " ".join(filter(None, (hours, days, asked.get("zone"), asked.get("calendar"))))
    return (T("outside {when}", when=when) if asked.get("outside") else T("within {when}", when=when),)


def _nested(asked: Mapping[str, Any], names: SourceNames) -> Sequence[Text]:
    found = [Text("({inner})", {"inner": condition(one, names)}) for one in asked.get("all", ())]
    if some := asked.get("any"):
        found.append(Text("({inner})", {"inner": joined([condition(one, names) for one in some], T(" or "))}))
    if asked.get("not"):
        found.append(T("not ({inner})", inner=condition(asked["not"], names)))
    return found


def responsible(outcome: RuleOutcome) -> Text:
    """Who is responsible, by the CRM's ids."""
    return Text(WAYS[outcome.way].msgid, {"who": ", ".join(outcome.employees)})


def target(outcome: RuleOutcome) -> str:
    """Pipeline and stage, by the CRM's ids; a dash for those that the pairing decides."""
    return " · ".join(filter(None, (outcome.pipeline, outcome.stage))) or "–"
