"""Robots, and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.moment import iso
from chatapp_cli.i18n import show

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import RunId
    from chatapp_cli.domain.robot import Robot, RobotVerdict
    from chatapp_cli.services.robot_results import RobotOutcome
    from chatapp_cli.store.rows.robots import RunRow


def robot(one: Robot, *, repeatable: bool) -> Mapping[str, Any]:
    """A robot with its fields and results, and whether its act may be repeated."""
    return {
        "code": one.code,
        "name": one.name,
        "title": show(one.title),
        "repeatable": repeatable,
        "fields": [
            {
                "name": field.name,
                "label": show(field.label),
                "kind": field.kind,
                "required": field.required,
                "options": {value: show(label) for value, label in field.options.items()},
                "default": field.default,
            }
            for field in one.fields
        ],
        "results": {result.name: show(result.label) for result in one.results},
    }


def outcome(one: Robot, run: RunId, found: RobotOutcome) -> Mapping[str, Any]:
    """What a robot returned in a run."""
    return {"robot": one.code, "run": run, **found.values}


def verdict(one: RobotVerdict) -> Mapping[str, Any]:
    """What a result says of one recipient."""
    said = {"recipient": one.chat, "done": one.done}
    return said if one.done else {**said, "code": one.code, "message": one.message}


def run(row: RunRow, found: RobotOutcome) -> Mapping[str, Any]:
    """What a robot did."""
    return {
        "id": row.id,
        "at": iso(row.created_at),
        "robot": row.robot,
        "link": row.link_id,
        "card": row.card or None,
        "operator": row.actor or None,
        "arguments": dict(row.arguments),
        "state": row.state,
        "results": dict(found.values),
    }
