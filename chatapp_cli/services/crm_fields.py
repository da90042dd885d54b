"""What fills the fields of cards that a CRM has us make, and what would be written for a dialog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.outcome import CrmPipeline
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId, LinkId
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import crm_rules, dialogs, employees, rule_words, transcript
from chatapp_cli.services.crm_route_choice import occasion
from chatapp_cli.services.crm_rules import PipelineRule
from chatapp_cli.services.rule_outcomes import ResponsibleWay, RuleOutcome
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.store.rows.messages import MessageRow

_LOOKED_AT: Final = 200
"""Messages of a dialog among which the client's newest one is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledField:
    """A field of cards, and what fills it."""

    id: str
    name: str
    places: Sequence[str]
    """The pipelines whose cards have it."""
    by: Mapping[str, str] = field(default_factory=dict)
    """Values by the names of the rules that fill it, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDraft:
    """What would be written on a card that was made for a dialog now."""

    rule: PipelineRule | None
    """The rule that decides; ``None``: the card is made where the channel is paired, with nothing filled."""
    text: str
    """The client's message of which the rules are asked."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Values by the names of fields."""
    responsible: Text | None = None


def filled(pipelines: Sequence[CrmPipeline], rules: Sequence[PipelineRule]) -> Sequence[FilledField]:
    """Every field once, in the order of the CRM; a rule that is passed over fills none."""
    there = [(one.id, one.name, place.name) for place in pipelines for one in place.fields]
    order = list(dict.fromkeys(number for number, _name, _place in there))
    there.sort(key=lambda one: order.index(one[0]))
    return [_filled(number, list(same), rules) for number, same in groupby(there, key=lambda one: one[0])]


def _filled(number: str, same: Sequence[tuple[str, str, str]], rules: Sequence[PipelineRule]) -> FilledField:
    by = {one.name: one.outcome.fields[number] for one in rules if one.problem is None and number in one.outcome.fields}
    return FilledField(id=number, name=same[0][1], places=[place for _number, _name, place in same], by=by)


def draft(
    tx: Tx,
    link: LinkId,
    dialog: DialogId,
    rules: Sequence[PipelineRule],
    names: Mapping[str, str],
    staff: Sequence[Employee],
) -> CardDraft:
    """What the newest message of a dialog's client would have written. Changes nothing.

    ``names``: how the CRM calls its fields, by id. Raises NotFound for a dialog without a message of its client.
    """
    card, said = dialogs.card(tx, dialog), _newest(tx, dialog)
    rule = crm_rules.compiled(rules).choose(occasion(card, said.text, said.at))
    if rule is None:
        return CardDraft(rule=None, text=said.text)
    mine = employees.of(tx, link, card.assignee) if card.assignee else ""
    return CardDraft(
        rule=rule,
        text=said.text,
        fields={names.get(number, number): value for number, value in rule.outcome.fields.items()},
        responsible=_responsible(rule.outcome, mine, staff),
    )


def _newest(tx: Tx, dialog: DialogId) -> MessageRow:
    found = [one.message for one in transcript.latest(tx, dialog, n=_LOOKED_AT) if one.message.direction == "in"]
    if not found:
        raise NotFound(T("No client has written in dialog {n} lately.", n=dialog))
    return found[-1]


def _responsible(outcome: RuleOutcome, mine: str, staff: Sequence[Employee]) -> Text:
    if outcome.way is ResponsibleWay.ASSIGNEE:
        who = next((one.name for one in staff if one.id == mine), "")
        return T("{who}, who answers", who=who) if who else T("nobody: who answers is no employee of the CRM")
    return rule_words.responsible(outcome)


def lines(made: CardDraft) -> Iterator[tuple[Text, str]]:
    """The same as what it is about and what would stand there."""
    if made.rule is None:
        return
    yield T("Pipeline"), rule_words.target(made.rule.outcome)
    for name, value in made.fields.items():
        yield T("{name}", name=name), value
    if made.rule.outcome.tags:
        yield T("Tags"), ", ".join(made.rule.outcome.tags)
