"""Says what a daemon that is at work, or is not, means for what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.commands import printing
from chatapp_cli.commands.errors import note
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company


def note_if_unserved(company: Company) -> None:
    """Tell that it runs later, because no daemon runs, or the one that does gives no sign of life."""
    _note_unless_served(company, N_("The daemon is not running; this runs when it starts: chatapp serve"))


def note_if_untold(company: Company) -> None:
    """Tell that CRMs are told nothing now, for the same reasons, however their links stood last."""
    _note_unless_served(company, N_("The daemon is not running: CRMs are told nothing. Start it: chatapp serve"))


def note_if_unsent(company: Company) -> None:
    """Tell that what waits is not sent now, for the same reasons."""
    _note_unless_served(company, N_("The daemon is not running: nothing of this is sent. Start it: chatapp serve"))


def _note_unless_served(company: Company, what: str) -> None:
    from chatapp_cli.runtime.lease import current_holder

    if not note_if_it_may_wait(company) and current_holder(company) is None:
        note(what)


def note_if_it_may_wait(company: Company) -> bool:
    """Tell that what is asked for may wait, if whoever carries the store is silent; true if it was told."""
    from chatapp_cli.runtime.lease import silent_holder

    silent = silent_holder(company)
    if silent is not None:
        note(
            "The daemon gives no sign of life since {moment}, so this may wait. See: chatapp doctor",
            moment=printing.moment(silent.since),
        )
    return silent is not None


def note_if_silent(company: Company) -> None:
    """Tell that channels stand as they stood when the process that carries the store could last write it."""
    from chatapp_cli.runtime.lease import silent_holder

    silent = silent_holder(company)
    if silent is not None:
        note(
            "The daemon gives no sign of life since {moment}: this may be older than it looks. See: chatapp doctor",
            moment=printing.moment(silent.since),
        )


def note_if_read_before(company: Company, name: str) -> None:
    """Tell that a daemon is at work, which read a setting before it was changed."""
    from chatapp_cli.runtime.lease import HolderKind, current_holder

    found = current_holder(company)
    if found is not None and found.kind is not HolderKind.COMMAND:
        note(
            "The daemon (process {n}) reads its settings when it starts: until you restart it, it uses the old {name}.",
            n=found.named,
            name=name,
        )
