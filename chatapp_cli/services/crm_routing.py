"""Asks the rules of a link where the card of a conversation goes, and remembers what they said.

The same message decides the same again, however often it is told, also if the rules were changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.ids import LinkId, RuleId
from chatapp_cli.services import crm_rules, employees
from chatapp_cli.services.crm_rules import PipelineRule
from chatapp_cli.services.rule_outcomes import ResponsibleWay
from chatapp_cli.store.rows.crm import EntryRow, RouteRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.choosing import Chooser

_MINUTE: Final = 60_000
_NO_RULE: Final = RuleId(0)


class RuleDesk:
    """The rules of links, compiled once for each change of them; ``folder`` is where calendars of the company are."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[LinkId, tuple[int, Chooser[PipelineRule]]] = {}

    def chooser(self, tx: Tx, link: LinkId) -> Chooser[PipelineRule]:
        """The rules of a link, ready to choose."""
        revision = int(tx.value("rules.revision", link=link) or 0)
        known, found = self._known.get(link, (-1, None))
        if found is None or known != revision:
            found = crm_rules.compiled(crm_rules.everything(tx, link, self._folder) if revision else ())
            self._known[link] = revision, found
        return found

    def outcome(self, tx: Tx, row: EntryRow, card: DialogCard, message: MessageRow) -> CardOutcome | None:
        """Where the card of a client's message goes, if it is made for it; ``None`` if no rule says so."""
        chooser = self.chooser(tx, row.link_id)
        if not chooser.rules:
            return None
        before = tx.one(RouteRow, "routes.find", pairing=row.pairing_id, chat=row.chat)
        if before is not None and before.message_id == message.id:
            rule = next((one.then for one in chooser.rules if one.then.id == before.rule_id), None)
            return None if rule is None else self._told(tx, row, card, rule, before.turn)
        rule = chooser.choose(occasion(card, message.text, message.at))
        if before is None:
            return self._first(tx, row, card, message, rule)
        if rule is None:
            return None
        moves = before.card if _is_moved([one.then for one in chooser.rules], before, rule, message) else ""
        return self._told(tx, row, card, rule, _turn(tx, rule), moves=moves)

    def _first(
        self, tx: Tx, row: EntryRow, card: DialogCard, message: MessageRow, rule: PipelineRule | None
    ) -> CardOutcome | None:
        turn = 0 if rule is None else _turn(tx, rule)
        _keep(tx, row, message, rule, turn)
        if rule is None:
            return None
        tx.run("rules.take_turn", id=rule.id)
        return self._told(tx, row, card, rule, turn)

    def _told(
        self, tx: Tx, row: EntryRow, card: DialogCard, rule: PipelineRule, turn: int, *, moves: str = ""
    ) -> CardOutcome:
        said = rule.outcome
        return CardOutcome(
            number=rule.id,
            name=rule.name,
            pipeline=said.pipeline,
            stage=said.stage,
            fields=said.fields,
            tags=said.tags,
            like_contact=said.way is ResponsibleWay.CONTACT,
            employees=_employees(tx, row.link_id, card, rule),
            turn=turn if said.way is ResponsibleWay.TURNS else 0,
            moves=moves,
        )


def occasion(card: DialogCard, text: str, at: int) -> Occasion:
    """What rules are asked about: a message of a dialog."""
    return Occasion.of(OnSource(card.line_id, card.kind, card.channel_id), text, at)


def _turn(tx: Tx, rule: PipelineRule) -> int:
    return int(tx.value("rules.turn", id=rule.id) or 0)


def _keep(tx: Tx, row: EntryRow, message: MessageRow, rule: PipelineRule | None, turn: int) -> None:
    number = _NO_RULE if rule is None else rule.id
    about = {"pairing": row.pairing_id, "chat": row.chat, "message": message.id, "at": message.at}
    tx.run("routes.keep", rule=number, turn=turn, **about)


def _is_moved(order: Sequence[PipelineRule], before: RouteRow, rule: PipelineRule, message: MessageRow) -> bool:
    """Whether a later message moves the card: soon enough, and by a rule before the one that decided."""
    numbers = [one.id for one in order]
    if not before.card or before.rule_id not in numbers:
        return False
    decided = order[numbers.index(before.rule_id)]
    soon = message.at - before.at <= decided.outcome.window * _MINUTE
    return soon and numbers.index(rule.id) < numbers.index(decided.id)


def _employees(tx: Tx, link: LinkId, card: DialogCard, rule: PipelineRule) -> Sequence[str]:
    said = rule.outcome
    if said.way is ResponsibleWay.ASSIGNEE:
        mine = employees.of(tx, link, card.assignee) if card.assignee else ""
        return (mine,) if mine else ()
    return tuple(said.employees)
