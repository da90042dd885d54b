"""Says that what was asked for waits for a daemon, if none is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.commands import printing
from chatapp_cli.commands.errors import note

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company


def note_if_unserved(company: Company) -> None:
    """Tell that it runs later, because no daemon runs, or the one that does gives no sign of life."""
    from chatapp_cli.runtime.lease import current_holder, silent_holder

    silent = silent_holder(company)
    if silent is not None:
        note(
            "The daemon gives no sign of life since {moment}, so this may wait. See: chatapp doctor",
            moment=printing.moment(silent.since),
        )
    elif current_holder(company) is None:
        note("The daemon is not running; this runs when it starts: chatapp serve")
