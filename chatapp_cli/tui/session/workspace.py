"""What every part of the window works with: the store, the operator, and what channels can do."""

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
    """The store of a company as one operator sees it."""

    def __init__(self, company: Company, store: AsyncStore) -> None:
        self.store = store
        self.dialect = company.database.driver.dialect
        self.switch_to(company)

    def switch_to(self, company: Company) -> None:
        """Work as the operator of another `Company` from now on."""
        self.company = self.store.company = company

    @property
    def actor(self) -> str:
        """The operator's name. Transactions know their actor without it."""
        return self.company.acting_name

    async def read(self, job: Callable[[Tx], R]) -> R:
        """Run a job that reads, on a thread."""
        return await self.store.read(job)

    async def write(self, job: Callable[[Tx], R]) -> R:
        """Run a job that writes, on a thread; it is committed when this returns."""
        return await self.store.write(job)

    def send_options(self) -> SendOptions:
        """Options of a new message, with a new key."""
        from chatapp_cli.services.sending import SendOptions

        return SendOptions(key=self.company.world.chance.key())

    def accept(
        self, to: SendTarget, draft: Draft, options: SendOptions, *, undoable: bool = True, signed: bool = True
    ) -> Callable[[Tx], MessageId]:
        """The transaction that accepts a new message; an ``undoable`` one waits for the channel's undo time.

        ``signed``: with the signature, if the channel has one.
        """
        from chatapp_cli.services.composing import accept
        from chatapp_cli.services.message_request import MessageRequest

        undo, signing = (self.company.options if wanted else None for wanted in (undoable, signed))
        request = MessageRequest(to=to, draft=draft, options=options, undo_options=undo, signing=signing)
        return partial(accept, able=self.capabilities, request=request)

    def manifest(self, channel: ChannelRow) -> Manifest:
        """The manifest of the channel's kind."""
        return self.company.manifest(channel)

    def capabilities(self, channel: ChannelRow) -> Capabilities:
        """What this account can do, which may be less than its kind can."""
        return self.company.capabilities(channel)
