"""The interfaces of a CRM.

A CRM's folder has ``manifest.toml`` and ``connector.py`` with ``create(world) -> Crm``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from chatapp_cli.domain.crm.entry import CrmChat, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, CrmEvent, MirroredChat
from chatapp_cli.domain.crm.link import Card, Employee, Pairing, Place
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import LinkId, PairingId
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Finding, HookRequest


class CrmSession(Protocol):
    """A live connection of one link.

    All methods raise only subclasses of ``ChannelError`` for errors of the CRM or the network: ``NeedsRebind`` if the
    tokens are refused for good, ``Misconfigured`` with the codes ``payment`` and ``suspended`` for what only time or
    money mends, ``RateLimited`` and ``Retryable`` for what passes by itself.
    """

    @property
    def calls(self) -> int:
        """How many requests the session has made to the CRM."""
        ...

    async def arrange(self, pairings: Sequence[Pairing]) -> Mapping[PairingId, ChannelError]:
        """Make the CRM as the pairings say, and take away what of ours is none of them; returns what was refused.

        Called when the session begins, and when a pairing or the public address changes: it repeats nothing that
        is done already.
        """
        ...

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[CrmReceipt | ChannelError]:
        """Tell the CRM, in order; the answer to each entry, or why not.

        The entries are of different chats, at most ``CrmManifest.at_once``. ``OutcomeUnknown`` for an entry that may
        have been taken. Raises what concerns all of them.
        """
        ...

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        """Look whether an entry of unknown outcome was taken; ``None`` if it certainly was not.

        Raises OutcomeUnknown if that cannot be found out.
        """
        ...

    def catch_up(self, chats: Sequence[MirroredChat]) -> AsyncGenerator[Sequence[CrmArrival], None]:
        """What employees wrote in these chats and nobody delivered, oldest first in each chat."""
        ...

    async def fetch(self, address: str, target: Path) -> None:
        """Write a file of an employee to ``target``; never from another host than the CRM's."""
        ...

    async def prove(self) -> None:
        """Make the cheapest call that needs our tokens."""
        ...

    async def places(self) -> Sequence[Place]:
        """What channels can be paired with."""
        ...

    async def mend(self, place: str, codes: Collection[str]) -> Place:
        """Set what the named ``warnings`` of a place say (``Place.mends``) and nothing else; returns it as it is then.

        A warning that holds no longer is passed over. Raises Rejected if the place is gone.
        """
        ...

    async def employees(self) -> Sequence[Employee]:
        """Who works in the CRM."""
        ...

    async def cards(self, chat: CrmChat) -> Sequence[Card]:
        """The cards that the CRM has bound to a chat."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmReply:
    """What to store, and the response to send once it is durable."""

    arrivals: Sequence[CrmArrival] = ()
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Crm(Protocol):
    """One kind of CRM."""

    async def link(self, ask: Asker, *, public_url: str, previous: Bound | None = None) -> Bound:
        """Ask for what the link needs, and return it; the CRM's tokens may come later, by ``accept``.

        ``public_url`` is the address under which the CRM reaches us, without a slash at its end.
        """
        ...

    async def accept(self, bound: Bound, request: HookRequest) -> CrmReply:
        """Check a call at ``/hooks/<Bound.hook_key>/…`` and translate it, in any process and without network access.

        It may store tokens in the binding's memory. A refusal is a reply with a 4xx status and no arrivals.
        """
        ...

    def understand(self, bound: Bound, raw: bytes) -> CrmEvent:
        """Parse a stored event again, as after a fix. Raises ValueError."""
        ...

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Test what can be tested without changing anything in the CRM.

        The finding of a call that we asked the CRM for, and that came or did not, is named ``echo``; a link that the
        CRM never calls has one named ``uncalled``.
        """
        ...

    def open(self, link: LinkId, bound: Bound, *, public_url: str) -> AbstractAsyncContextManager[CrmSession]:
        """Connect; errors as in ``CrmSession``."""
        ...
