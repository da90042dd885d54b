"""Deleting the messages of channels before they are unbound, in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import typer

from chatapp_cli.commands.errors import INTERRUPTED, say
from chatapp_cli.commands.interrupt import interruptible
from chatapp_cli.commands.progress import Progress
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.runtime.pieces import until_done
from chatapp_cli.services import channels

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.store.rows.channels import ChannelRow


def clear(company: Company, rows: Sequence[ChannelRow]) -> None:
    """Delete all messages of these channels; interrupted, it says what is deleted and what is left."""
    for row in rows:
        total = company.read(partial(channels.messages, channel=row.id))
        with Progress(_("Deleting"), total) as progress, interruptible() as interrupt:
            for done in until_done(company, partial(channels.clear, channel=row)):
                progress.at(done)
                if interrupt.pressed:
                    _say_interrupted(row, done, total)
                    raise typer.Exit(INTERRUPTED)


def _say_interrupted(row: ChannelRow, done: int, total: int) -> None:
    what = T("Interrupted: {n} of {total} messages of {title} are deleted.", n=done, total=total, title=row.title)
    say(what, T("The channel is still bound. Repeat the command to delete the others and go on."))
