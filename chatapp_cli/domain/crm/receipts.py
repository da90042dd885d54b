"""What became of entries of the ledger that a CRM was told together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.errors import ChannelError

Outcome: TypeAlias = CrmReceipt | ChannelError


def unless_all_failed(outcomes: Sequence[Outcome], stops: Callable[[ChannelError], bool]) -> Sequence[Outcome]:
    """The same; raises what hindered all of them, if it is of those that stop the whole link."""
    failed = [one for one in outcomes if isinstance(one, ChannelError)]
    if failed and len(failed) == len(outcomes) and all(map(stops, failed)):
        raise failed[0]
    return outcomes
