"""What every part of the window works with: the store, who sits here, and what a channel can do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.store import AsyncStore

if TYPE_CHECKING:
    from chatapp_cli.domain.draft import Draft
    from chatapp_cli.domain.ids import MessageId
    from chatapp_cli.domain.manifest import Capabilities, Manifest
    from chatapp_cli.services.message_request import SendTarget
    from chatapp_cli.services.sending import SendOptions
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.tx import Tx

R = TypeVar("R")


class Workspace:
    """One person at one company's desk."""

    def __init__(self, company: Company, store: AsyncStore) -> None:
        self.store = store
        self.dialect = company.database.driver.dialect
        self.switch_to(company)

    def switch_to(self, company: Company) -> None:
        """Work from now on at a desk where somebody else sits."""
        self.company = self.store.company = company

    @property
    def actor(self) -> str:
        """The name of whoever sits here, for what shows it or looks for it; what is done here bears it by itself."""
        return self.company.acting_name

    async def read(self, job: Callable[[Tx], R]) -> R:
        """Ask the store, off the loop."""
        return await self.store.read(job)

    async def write(self, job: Callable[[Tx], R]) -> R:
        """Change the store, off the loop; durable when it returns."""
        return await self.store.write(job)

    def send_options(self) -> SendOptions:
        """A new order, under a key of its own."""
        from chatapp_cli.services.sending import SendOptions

        return SendOptions(key=self.company.world.chance.key())

    def accept(
        self, to: SendTarget, draft: Draft, order: SendOptions, *, held: bool = True
    ) -> Callable[[Tx], MessageId]:
        """The transaction that accepts a new message; one that is held can be taken back with a key for a while."""
        from chatapp_cli.services.composing import accept
        from chatapp_cli.services.message_request import MessageRequest

        request = MessageRequest(to=to, draft=draft, options=order, undo_options=self.company.options if held else None)
        return partial(accept, able=self.capabilities, request=request)

    def manifest(self, channel: ChannelRow) -> Manifest:
        """What the channel's kind can do, in words too."""
        return self.company.manifest(channel)

    def capabilities(self, channel: ChannelRow) -> Capabilities:
        """What this very account can do."""
        return self.company.capabilities(channel)
