"""Robots as a CRM has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chatapp_cli.i18n import show
from chatapp_cli.services import robot_presence

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.robots import RobotThere


def robot(one: RobotThere) -> Mapping[str, Any]:
    """A robot; ``code`` and ``detail`` say why it was refused."""
    return {
        "robot": one.robot,
        "title": show(robot_presence.title(one)),
        "presence": one.presence.value,
        "code": one.code or None,
        "detail": one.detail or None,
    }
