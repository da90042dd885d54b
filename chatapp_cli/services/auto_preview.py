"""What a rule that is not kept yet would have done with what happened just now; nothing is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.automation import ActWanted, RuleWanted
from chatapp_cli.services import auto_kinds, auto_rules, journal
from chatapp_cli.services.auto_replay import Replay

if TYPE_CHECKING:
    from chatapp_cli.services.auto_desk import AutoDesk
    from chatapp_cli.store.tx import Tx

ENTRIES: Final = 2_000
"""Entries of the journal on which a rule is tried while it is written."""
_UNNAMED: Final = "…"


def begun(tx: Tx, desk: AutoDesk, wanted: RuleWanted) -> Replay:
    """A trial of a rule on the latest entries; what has no name or does nothing yet is tried all the same.

    Needs the dictionary, see ``word_forms.load``. Raises UsageError, NotFound.
    """
    acts = wanted.acts or [ActWanted(auto_kinds.NOTE, _UNNAMED)]
    row = auto_rules.draft(tx, replace(wanted, name=wanted.name or _UNNAMED, acts=acts), desk.names(tx))
    first = journal.after(tx, max(0, journal.last(tx) - ENTRIES), n=1)
    return Replay(tx, desk, [row], since=first[0].at if first else tx.now, until=tx.now + 1)
