"""How far back a look for what employees wrote goes, and how late a message of theirs is still sent."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import LinkId, Millis
from chatapp_cli.domain.text import T
from chatapp_cli.services import links
from chatapp_cli.store.tx import Tx

OVERLAP: Final[Millis] = 15 * 60_000
"""What is looked through once more: the clock of a CRM, which dates its messages, may differ from ours."""
_DAY: Final[Millis] = 86_400_000
LONGEST: Final[Millis] = 30 * _DAY
"""The longest time that is looked through.

Far shorter than ``crm_upkeep.KEPT``: of what is older nobody knows any more whether it was refused or dropped here.
"""
SENT_WITHIN: Final = 7
"""Days after which a message of an employee is not sent any more: its author is told so, and can write anew."""


def looks_back_to(tx: Tx, link: LinkId) -> Millis:
    """Since when what employees wrote may be missing: since the last look that went to its end."""
    row = links.one(tx, link)
    return max((row.gap_from or row.proof_at or row.created_at) - OVERLAP, tx.now - LONGEST)


def require_fresh(tx: Tx, written_at: Millis | None) -> None:
    """Raise Refused for a message that was written too long ago."""
    if written_at is not None and written_at < tx.now - SENT_WITHIN * _DAY:
        raise Refused(
            "too_late",
            T("It was written more than {n} days ago, and is not sent any more. Write it once more.", n=SENT_WITHIN),
        )
