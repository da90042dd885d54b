"""Deleting the messages of channels before they are unbound, in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.commands.progress import Progress
from chatapp_cli.i18n import _
from chatapp_cli.runtime.pieces import until_done
from chatapp_cli.services import channels

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.store.rows.channels import ChannelRow


def clear(company: Company, rows: Sequence[ChannelRow]) -> None:
    """Delete all messages of these channels; interrupted, some are left."""
    for row in rows:
        with Progress(_("Deleting"), company.read(partial(channels.messages, channel=row.id))) as progress:
            for done in until_done(company, partial(channels.clear, channel=row)):
                progress.at(done)
