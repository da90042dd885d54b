"""Rules of automation, and what became of their acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.moment import iso
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.i18n import show

if TYPE_CHECKING:
    from chatapp_cli.services.auto_replay import ReplayedAct
    from chatapp_cli.services.auto_rules import AutoRule
    from chatapp_cli.services.auto_trial import TriedRule
    from chatapp_cli.services.conditions import SourceNames
    from chatapp_cli.store.rows.automation import AutoActRow


def rule(one: AutoRule, place: int, names: SourceNames) -> Mapping[str, Any]:
    """A rule as a file has it, with its number and place, and what is wrong with it."""
    from chatapp_cli.services import auto_form  # with YAML, which the lives of messages do without

    return {
        "id": one.id,
        "place": place,
        "about": "",
        "line": None,
        "else": [],
        **auto_form.document(one, names),
        "works": one.works,
        "problem": None if one.problem is None else show(one.problem.what),
        "halted": None if one.halted is None else show(one.halted),
    }


def act(row: AutoActRow) -> Mapping[str, Any]:
    """An act that a rule planned, why, and how it ended."""
    return {
        "id": row.id,
        "rule": row.rule_id,
        "version": row.version,
        "event": row.event,
        "act": row.act,
        "name": row.name,
        "do": row.kind,
        "dialog_id": row.dialog_id,
        "message_id": row.message_id,
        "due_at": iso(row.due_at),
        "state": row.state,
        "why": show(recalled(row.why)),
        "outcome": show(recalled(row.outcome)) if row.outcome else "",
        "result": row.result,
        "created_at": iso(row.created_at),
        "ended_at": iso(row.ended_at),
    }


def tried(one: TriedRule) -> Mapping[str, Any]:
    """What a rule says of a message that a person thinks of."""
    return {
        "id": one.rule.id,
        "name": one.rule.wanted.name,
        "holds": one.holds,
        "why": show(one.why),
        "due_at": iso(one.due),
        "then": [{act.do: act.value} for act in one.rule.wanted.acts],
        "else": [{act.do: act.value} for act in one.rule.wanted.otherwise],
    }


def replayed(one: ReplayedAct) -> Mapping[str, Any]:
    """What a rule would have done."""
    return {
        "rule": one.rule.id,
        "name": one.rule.wanted.name,
        "event": one.event,
        "act": one.act,
        "do": one.wanted.do,
        "dialog_id": one.dialog,
        "dialog": one.name,
        "message_id": one.message,
        "at": iso(one.at),
        "state": one.state.value,
        "why": show(one.why),
        "outcome": show(one.outcome),
    }
