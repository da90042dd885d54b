"""Tells people of alarms."""

from __future__ import annotations

import structlog

from chatapp_cli.domain.text import Text
from chatapp_cli.i18n import show
from chatapp_cli.kit import commands

log = structlog.get_logger()


def shout(command: str, text: Text) -> bool:
    """Run the company's ``alarm_command`` with a sentence, for when the store cannot be written; whether it worked.

    Blocks for up to 30 seconds. Without a command nothing is done.
    """
    why = commands.told(command, f"{show(text)}\n", extra={}) if command else "no command"
    if why:
        log.error("alarm.untold", why=why)
    return not why
