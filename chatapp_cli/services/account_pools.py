"""Several accounts of one kind on a line: which one the next client is sent to (S-069)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.health import WORKING
from chatapp_cli.domain.ids import LineId, Millis
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx

DAY: Millis = 86_400_000
LINK = "Link"
"""The fact of a binding with the account's link for clients."""


@dataclass(frozen=True, slots=True)
class PoolAccount:
    """One account of a pool."""

    channel: ChannelRow
    link: str
    new: int
    """Dialogs that began in the last 24 hours."""
    takes: bool
    """It works and is not paused."""

    @property
    def works(self) -> bool:
        """Whether it works without a person's help."""
        return self.channel.health in WORKING


def accounts(tx: Tx, line: LineId, kind: str) -> Sequence[PoolAccount]:
    """A line's accounts of one kind that have a link, the next client's first."""
    rows = [row for row in channels.everything(tx) if (row.line_id, row.kind) == (line, kind)]
    found = [_account(tx, row, link) for row in rows if (link := row.facts.get(LINK))]
    return sorted(found, key=lambda one: (not one.takes, one.new, one.channel.id))


def _account(tx: Tx, row: ChannelRow, link: str) -> PoolAccount:
    new = tx.value("channels.new_dialogs", channel=row.id, since=tx.now - DAY)
    return PoolAccount(row, link, new, row.health in WORKING and row.paused_until <= tx.now)


def linked(tx: Tx, line: LineId) -> Sequence[str]:
    """The kinds of channels on a line that have a link for clients."""
    rows = [row for row in channels.everything(tx) if row.line_id == line and row.facts.get(LINK)]
    return list(dict.fromkeys(row.kind for row in rows))


def invite(tx: Tx, line: LineId, kind: str = "") -> Sequence[PoolAccount]:
    """The accounts, the next client's first. Raises NotFound, UsageError, and Refused if none accepts clients."""
    known = linked(tx, line)
    if not kind and len(known) > 1:
        raise UsageError(T("Name the kind of channel: {known}.", known=", ".join(known)), field="kind")
    found = accounts(tx, line, kind or "".join(known))
    if not found:
        raise NotFound(
            T("No channel here has a link for clients."), T("See what each can do: {how}", how=to_do(Next.KINDS))
        )
    if not found[0].takes:
        raise Refused(
            "none_works",
            T("None of {n} accounts takes new clients now.", n=len(found)),
            T(
                "See why: {how}. Bind another: {then}",
                then=to_do(Next.BIND_ANOTHER, kind=found[0].channel.kind),
                how=to_do(Next.DOCTOR),
            ),
        )
    return found


def everywhere(tx: Tx) -> Mapping[LineId, Sequence[PoolAccount]]:
    """For each line and kind, the account for the next client, if one accepts clients."""
    found: dict[LineId, list[PoolAccount]] = defaultdict(list)
    for line, kind in dict.fromkeys((row.line_id, row.kind) for row in channels.everything(tx)):
        found[line] += [one for one in accounts(tx, line, kind)[:1] if one.takes]
    return found
