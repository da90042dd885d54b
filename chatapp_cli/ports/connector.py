"""What a channel offers to the desk.

A channel's folder has ``manifest.toml`` and ``connector.py`` with ``create(world) -> Connector``.
Rare abilities are protocols of their own; the manifest says which of them a session has.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from chatapp_cli.domain.event import Arrival, Batch, Peer, Person
from chatapp_cli.domain.form import Form
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.domain.template import Template
from chatapp_cli.domain.text import Text
from chatapp_cli.ports.bind import Asker, Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a check: what was tried, whether it works, and what to do if not."""

    name: str
    """Stable word: ``receive``, ``send``, ``certificate`` and the like."""
    ok: bool
    what: Text
    next_step: Text | None = None


class Session(Protocol):
    """A live connection of one bound channel.

    Both methods raise only the ``ChannelError`` family for what a provider or the network did.
    """

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield what arrives after ``cursor``, for ever.

        Asking for the next batch says that the last one is durable: acknowledge to the provider only then.
        A quiet channel yields an empty batch when it is connected, and at least once a minute, as proof that it lives.
        """
        ...

    async def send(self, message: Outbound) -> Receipt:
        """Send one message and return the provider's ids."""
        ...


class Connector(Protocol):
    """One kind of channel."""

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for what is needed, prove it against the provider, and return it.

        A wrong answer asks again, blaming the field. ``previous`` is the binding that is being renewed;
        it has no secrets where their key was lost.
        """
        ...

    def understand(self, bound: Bound, raw: bytes, at: Millis) -> Arrival:
        """Read once more what arrived at that time and was kept raw, as after a repair.

        The ``provider_id`` of the result does not matter.
        """
        ...

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Prove receiving and sending separately, without a message to anybody."""
        ...

    def open(self, channel: ChannelId, bound: Bound) -> AbstractAsyncContextManager[Session]:
        """Connect; errors as in ``Session``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """A webhook call as it came; header names in lower case."""

    method: str
    path: str
    """What follows the channel's own address, without a leading slash."""
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    raw_query: bytes = field(default=b"", repr=False)
    """The query as it came, still encoded: in whatever charset, ``query`` takes it for UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookReply:
    """What to store, and what to answer once it is durable."""

    batch: Batch = Batch()
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@runtime_checkable
class TakesHooks(Protocol):
    """Receives webhooks at ``/hooks/<Bound.hook_key>`` of the daemon; ``events`` then only proves life."""

    def accept(self, request: HookRequest) -> HookReply:
        """Check the signature and translate; a refusal is a reply with a 4xx status and an empty batch."""
        ...


@runtime_checkable
class AcceptsHooks(Protocol):
    """A connector whose webhooks need no session: they are taken while the channel is stopped or coming up as well."""

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        """As ``TakesHooks.accept``, in any process; asks nobody outside.

        What only a session knows, such as names, is found out once one is up. The batch bears no cursor.
        """
        ...


@runtime_checkable
class ProvesAccess(Protocol):
    """The provider can be asked whether it still lets the account in, without a message to anybody."""

    async def prove(self) -> None:
        """Make the cheapest call that needs the account's credentials. Raises as ``send`` does.

        Asked after a refusal that may be about one message or about the account: where this passes, it was the message.
        """
        ...


@runtime_checkable
class Prepares(Protocol):
    """Something goes before a send that the client may see happen twice without harm, and that takes its time."""

    async def prepare(self, message: Outbound) -> None:
        """Do it; called when the message's turn has come, just before it counts as handed over. Raises as ``send``.

        Whatever fails or is interrupted here, the message certainly did not go.
        """
        ...


@runtime_checkable
class FetchesFiles(Protocol):
    """Files arrive as references and are fetched afterwards."""

    async def fetch(self, remote: str, target: Path) -> None:
        """Write the file's content to ``target``."""
        ...


@runtime_checkable
class Edits(Protocol):
    """Sent messages can be changed."""

    async def edit(self, address: str, ext_id: str, text: str) -> None:
        """Replace the text; changing it to what it is already is a success."""
        ...


@runtime_checkable
class Deletes(Protocol):
    """Messages can be taken back."""

    async def delete(self, address: str, ext_id: str) -> None:
        """Delete at the provider; what is gone already is a success. Called for each part of a split message."""
        ...


@runtime_checkable
class Reacts(Protocol):
    """Messages can be reacted to."""

    async def react(self, address: str, ext_id: str, emoji: str) -> None:
        """Set our reaction; an empty one removes it."""
        ...


@runtime_checkable
class Reconciles(Protocol):
    """The provider can be asked whether a message got through."""

    async def reconcile(self, message: Outbound) -> Receipt | None:
        """Look for an earlier attempt; ``None`` if it cannot be found, which proves nothing."""
        ...


@runtime_checkable
class MarksRead(Protocol):
    """The client can be shown that we read."""

    async def mark_read(self, address: str, ext_id: str) -> None:
        """Show that everything up to this message of theirs was read."""
        ...


@runtime_checkable
class ShowsTyping(Protocol):
    """The client can be shown that we write."""

    async def typing(self, address: str) -> None:
        """Show it for the next few seconds."""
        ...


@runtime_checkable
class FindsPeople(Protocol):
    """The provider can be asked whether somebody is there."""

    async def find(self, address: str) -> Person | None:
        """Whom a phone (``+7916…``) or a username (without ``@``) belongs to; ``None``: nobody, or they hide."""
        ...


@runtime_checkable
class ListsContacts(Protocol):
    """The account has an address book."""

    async def contacts(self) -> Sequence[Person]:
        """Everybody in it; ``id`` is what ``send`` takes as the address."""
        ...


@runtime_checkable
class ReadsChats(Protocol):
    """Groups and channels can be read without anybody writing to us."""

    async def chats(self) -> Sequence[Peer]:
        """Those that the account is in."""
        ...

    async def follow(self, address: str) -> Peer:
        """Join if need be (a public name, a link or a ChatID); from now on what is said there arrives as events."""
        ...

    async def unfollow(self, address: str) -> None:
        """What is said there arrives no longer; the account stays in."""
        ...

    def history(self, address: str, after: str) -> AsyncGenerator[Batch, None]:
        """What was said there after this ``ext_id``, oldest first; it ends with the present. Empty: from the start."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChanged:
    """What became of a group."""

    peer: Peer
    missing: Mapping[str, str] = field(default_factory=dict)
    """Who could not be added: their address, and a code of the manifest's ``[errors]``."""


@runtime_checkable
class ManagesGroups(Protocol):
    """Groups can be made, filled, renamed and ended; members are named as ``send`` names them, or by phone."""

    async def create_group(self, title: str, members: Sequence[str]) -> GroupChanged:
        """Make a group with them."""
        ...

    async def add_members(self, address: str, members: Sequence[str]) -> GroupChanged:
        """Add them."""
        ...

    async def remove_members(self, address: str, members: Sequence[str]) -> GroupChanged:
        """Take them out."""
        ...

    async def rename_group(self, address: str, title: str) -> None:
        """Give it another title."""
        ...

    async def end_group(self, address: str) -> None:
        """Delete it, or where that cannot be done take everybody out and leave."""
        ...


@runtime_checkable
class HasTemplates(Protocol):
    """Texts that the provider approves."""

    async def templates(self) -> Sequence[Template]:
        """All of them, with what the provider thinks of each."""
        ...

    async def submit(self, template: Template) -> Template:
        """Ask for approval; returns it as the provider now has it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A document for the provider, to be signed and sent by a person."""

    name: str
    """Of the file."""
    content: bytes = field(repr=False)


@runtime_checkable
class TakesApplication(Protocol):
    """A connector whose provider wants an application on paper before the channel works (S-087)."""

    def application(self) -> Form:
        """What has to be filled in, and what to read first."""
        ...

    def slips(self, answers: Mapping[str, str]) -> Mapping[str, Text]:
        """What cannot be right in the answers, by field; nothing if they can be handed in."""
        ...

    def applicant(self, answers: Mapping[str, str]) -> str:
        """Who applies, as lists show them."""
        ...

    def statement(self, answers: Mapping[str, str], at: Millis) -> Statement:
        """Write the document; may take half a second."""
        ...
