"""Through which channels a person wants a message to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatapp_cli.domain.errand import Errand
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Desk
    from chatapp_cli.services.routes import Step
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The options that name channels."""

    channel: str
    others: Sequence[str]
    line: str

    def steps(self, desk: Desk, tx: Tx, to: str) -> Sequence[Step]:
        """The channels to try for somebody, in their order. Raises UsageError if none is named or kept."""
        from chatapp_cli.services import channels, lines, routes

        line = lines.find(tx, self.line).id if self.line else None
        if self.channel:
            first = channels.find(tx, self.channel, line=line)
            parts = [word.partition(":") for word in self.others]
            others = [(channels.find(tx, name, line=line), address) for name, _colon, address in parts]
            return routes.said(tx, desk.capabilities, first, to, others)
        steps = [] if self.others else routes.stored(tx, desk.capabilities, to, line=line)
        if not steps:
            raise UsageError(
                T("--channel is missing."),
                T("Name it, or keep a chain for the client: chatapp contact chain {to} CHANNELS", to=to),
                field="channel",
            )
        return steps

    def possible(self, desk: Desk) -> Sequence[ChannelRow]:
        """The channels that a message may go through first: the one that was named, or whichever there are."""
        from chatapp_cli.commands.binding import found
        from chatapp_cli.services import channels

        return [found(desk, self.channel, self.line)] if self.channel else desk.read(channels.everything)

    def imported(self, desk: Desk, name: str) -> Sequence[str]:
        """Where to write to somebody of the channel's own address book, asked for now; none if nobody is named."""
        from chatapp_cli.commands import asked
        from chatapp_cli.commands.binding import found
        from chatapp_cli.services import beginning

        if not name:
            return ()
        channel = found(desk, self.channel, self.line)
        people = asked.of(desk, channel, Errand.CONTACTS, {}, seconds=asked.PATIENCE)
        person = beginning.imported(people, name)
        return (desk.read(lambda tx: beginning.address_of(tx, channel, person)),)
