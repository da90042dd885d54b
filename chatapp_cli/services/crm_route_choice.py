"""Chooses by the rules of a link where the card of a conversation goes, and stores what was chosen.

The rules as they were when a message came decide of it, so that telling the CRM of it again has the same outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.ids import EntryId, LinkId, RuleId
from chatapp_cli.services import calendars, crm_rules, employees, rule_versions
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


class _State(NamedTuple):
    """What the compiled rules were made of: if it differs, they are compiled anew."""

    revision: int
    """A number that grows with every change of the rules, and of the lines and channels that they name."""
    calendars: object
    """The stamp of the files of calendars."""


class _Compiled(NamedTuple):
    """The rules of a link by version, 0 for those of now."""

    state: _State
    versions: dict[int, Chooser[PipelineRule]]


class RuleDesk:
    """The rules of links, compiled once for each change of them; ``folder`` is where calendars of the company are."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[LinkId, _Compiled] = {}

    def chooser(self, tx: Tx, link: LinkId, entry: EntryId) -> Chooser[PipelineRule]:
        """The rules of a link as they were when an entry came, ready to choose."""
        state = _State(int(tx.value("rules.revision", link=link) or 0), calendars.stamp(self._folder))
        known = self._known.get(link)
        if known is None or known.state != state:
            known = self._known[link] = _Compiled(state, {})
        version = rule_versions.of(tx, link, entry) if state.revision else 0
        if version not in known.versions:
            rules = crm_rules.everything(tx, link, self._folder, version=version) if state.revision else ()
            known.versions[version] = crm_rules.compiled(rules)
        return known.versions[version]

    def outcome(self, tx: Tx, row: EntryRow, card: DialogCard, message: MessageRow) -> CardOutcome | None:
        """Where the card goes that is made for a client's message, or moved by it; ``None`` if no rule decides."""
        chooser = self.chooser(tx, row.link_id, row.id)
        if not chooser.rules:
            return None
        before = tx.one(RouteRow, "routes.find", pairing=row.pairing_id, chat=row.chat)
        if before is not None and before.message_id == message.id:
            rule = next((one.then for one in chooser.rules if one.then.id == before.rule_id), None)
            return None if rule is None else self._told(tx, row, card, rule)
        rule = chooser.choose(occasion(card, message.text, message.at))
        if before is None:
            _keep(tx, row, message, rule)
        if rule is None:
            return None
        moved = before is not None and _is_moved([one.then for one in chooser.rules], before, rule, message)
        return self._told(tx, row, card, rule, moves=before.card if before is not None and moved else "")

    def _told(self, tx: Tx, row: EntryRow, card: DialogCard, rule: PipelineRule, *, moves: str = "") -> CardOutcome:
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
            turn=_turn(tx, rule) if said.way is ResponsibleWay.TURNS else 0,
            moves=moves,
        )


def occasion(card: DialogCard, text: str, at: int) -> Occasion:
    """A message of a dialog, as the conditions of rules see it."""
    return Occasion.of(OnSource(card.line_id, card.kind, card.channel_id), text, at)


def _turn(tx: Tx, rule: PipelineRule) -> int:
    return int(tx.value("rules.turn", id=rule.id) or 0)


def _keep(tx: Tx, row: EntryRow, message: MessageRow, rule: PipelineRule | None) -> None:
    number = _NO_RULE if rule is None else rule.id
    about = {"pairing": row.pairing_id, "chat": row.chat, "message": message.id, "at": message.at}
    tx.run("routes.keep", rule=number, **about)


def _is_moved(order: Sequence[PipelineRule], before: RouteRow, rule: PipelineRule, message: MessageRow) -> bool:
    """Whether a later message moves the card.

    It does if it came within the window of the rule that decided before, and a rule above that one holds for it.
    """
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
