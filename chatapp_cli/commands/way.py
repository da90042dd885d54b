"""Choosing the channels of a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatapp_cli.domain.session_request import SessionMethod

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.store.rows.channels import ChannelRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The options that name channels."""

    channel: str
    others: Sequence[str]
    line: str

    def possible(self, company: Company) -> Sequence[ChannelRow]:
        """The channels for the first attempt: the named one, or all that are possible."""
        from chatapp_cli.commands.binding import found
        from chatapp_cli.services import channels

        return [found(company, self.channel, self.line)] if self.channel else company.read(channels.everything)

    def first(self, company: Company) -> str:
        """The named channel as services find it."""
        from chatapp_cli.commands.binding import spelled

        return company.read(lambda tx: spelled(tx, self.channel)) if self.channel.isdecimal() else self.channel

    def imported(self, company: Company, name: str) -> Sequence[str]:
        """The address of a person in the channel's own address book, requested now; none if nobody is named."""
        from chatapp_cli.commands import asked
        from chatapp_cli.commands.binding import found
        from chatapp_cli.services import beginning

        if not name:
            return ()
        channel = found(company, self.channel, self.line)
        people = asked.of(company, channel, SessionMethod.CONTACTS, {}, seconds=asked.PATIENCE)
        person = beginning.imported(people, name)
        return (company.read(lambda tx: beginning.address_of(tx, channel, person)),)
