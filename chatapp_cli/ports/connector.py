"""The interfaces of a channel.

A channel's folder has ``manifest.toml`` and ``connector.py`` with ``create(world) -> Connector``.
Optional abilities are separate protocols; the manifest says which of them a session has.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from chatapp_cli.domain.arrival import Arrival, Batch, Peer, Profile
from chatapp_cli.domain.form import Form
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.domain.template import Template
from chatapp_cli.domain.text import Text, cleaned
from chatapp_cli.ports.bind import Asker, Bound

SEND_TIMEOUT: Final = 300.0
"""The timeout for sending one message, in seconds; what a session does within a send has to end before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of a check: what was tested, whether it works, and what to do if not."""

    name: str
    """Stable word: ``receive``, ``send``, ``certificate`` and the like."""
    ok: bool
    what: Text
    next_step: Text | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "what", cleaned(self.what))


class Session(Protocol):
    """A live connection of one bound channel.

    Both methods raise only subclasses of ``ChannelError`` for errors of the provider or the network.
    """

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield arrivals after ``cursor``, for ever.

        When the next batch is asked for, the last one is durable: acknowledge it to the provider only then.
        A quiet channel yields an empty batch when it connects and at least once a minute, as a sign of life.
        """
        ...

    async def send(self, message: Outbound) -> Receipt:
        """Send one message and return the provider's ids."""
        ...


@dataclass(frozen=True, slots=True)
class StoredArrival:
    """An arrival as the store keeps it."""

    provider_id: str
    """As the connector gave it at first."""
    at: Millis
    """When it arrived."""
    raw: bytes = field(repr=False)


class Connector(Protocol):
    """One kind of channel."""

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for the account's data, verify it with the provider, and return the binding.

        After a wrong answer ask again with an error at the field. ``previous`` is the binding to renew; it has no
        secrets if the store's key was lost.
        """
        ...

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Parse an arrival again, as after a fix. The ``provider_id`` of the result does not matter."""
        ...

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Test receiving and sending separately, without sending a message."""
        ...

    def open(self, channel: ChannelId, bound: Bound) -> AbstractAsyncContextManager[Session]:
        """Connect; errors as in ``Session``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """A webhook call as it came; header names in lower case."""

    method: str
    path: str
    """The path after the channel's own address, without a leading slash."""
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    raw_query: bytes = field(default=b"", repr=False)
    """The encoded query as it came, in any charset; ``query`` is decoded as UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookReply:
    """What to store, and the response to send once it is durable."""

    batch: Batch = Batch()
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers of the response, in lower case."""


@runtime_checkable
class TakesHooks(Protocol):
    """Receives webhooks at ``/hooks/<Bound.hook_key>`` of the daemon; ``events`` then only gives signs of life."""

    def accept(self, request: HookRequest) -> HookReply:
        """Check the signature and translate; a refusal is a reply with a 4xx status and an empty batch."""
        ...


@runtime_checkable
class AcceptsHooks(Protocol):
    """A connector that accepts webhooks without a session, also while the channel is stopped or starting."""

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        """Like ``TakesHooks.accept``, but in any process and without network access.

        What only a session can find out, such as names, is added once one runs. The batch has no cursor.
        """
        ...


@runtime_checkable
class ProvesAccess(Protocol):
    """The session can check that the provider still accepts the account, without sending a message."""

    async def prove(self) -> None:
        """Make the cheapest call that needs the account's credentials. Raises as ``send`` does.

        Called after a refusal that may concern one message or the account: if this succeeds, it was the message.
        """
        ...


@runtime_checkable
class Prepares(Protocol):
    """A send needs a slow preparation that is harmless if the client sees it twice."""

    async def prepare(self, message: Outbound) -> None:
        """Prepare; called when the message's turn has come, just before it counts as handed over. Raises like ``send``.

        If this fails or is interrupted, the message was certainly not sent.
        """
        ...


@runtime_checkable
class HandsOverLate(Protocol):
    """A send does much before the provider can act on it, such as logging in to a mail server."""

    async def send_late(self, message: Outbound, begin: Callable[[Sequence[str]], Awaitable[None]]) -> Receipt:
        """Like ``send``, but awaits ``begin`` once, just before the first step after which the outcome may be unknown.

        It has ``SEND_TIMEOUT`` before that, and as long again after it.

        ``begin`` takes the ids that the provider will report the message under, if they are known already, and makes
        the hand-over durable; what it raises must get through. Called instead of ``send`` and
        ``prepare``. If it fails or is interrupted before that, the message was certainly not sent.
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
    """Sent messages can be edited."""

    async def edit(self, address: str, ext_id: str, text: str) -> None:
        """Replace the text; an unchanged text is a success."""
        ...


@runtime_checkable
class EditsAboveButtons(Protocol):
    """The provider removes the buttons of an edited message, unless they are sent again."""

    async def edit_above(self, address: str, ext_id: str, text: str, buttons: Sequence[str]) -> None:
        """Replace the text above these buttons, which stay; an unchanged text is a success."""
        ...


@runtime_checkable
class Deletes(Protocol):
    """Messages can be deleted."""

    async def delete(self, address: str, ext_id: str) -> None:
        """Delete at the provider; if it is already gone, that is a success. Called for each part of a split message."""
        ...


@runtime_checkable
class Reacts(Protocol):
    """Messages can be reacted to."""

    async def react(self, address: str, ext_id: str, emoji: str) -> None:
        """Set our reaction; an empty one removes it."""
        ...


@runtime_checkable
class Reconciles(Protocol):
    """The provider can be asked whether a message was sent."""

    async def reconcile(self, message: Outbound) -> Receipt | None:
        """Look for an earlier attempt; ``None`` if it cannot be found, which proves nothing.

        It may raise OutcomeUnknown instead, with a reason and the ids under which reports of it would arrive.
        """
        ...


@runtime_checkable
class MarksRead(Protocol):
    """The client can see that we read."""

    async def mark_read(self, address: str, ext_id: str) -> None:
        """Mark everything up to this message of theirs as read."""
        ...


@runtime_checkable
class MarksSeen(Protocol):
    """The account has a mailbox that people open elsewhere too, which shows what was read."""

    async def mark_seen(self, ext_ids: Sequence[str]) -> None:
        """Mark these messages of theirs as read there; may return before that is done, and raises nothing."""
        ...


@runtime_checkable
class ReceivesApart(Protocol):
    """Receiving has a connection of its own: while it is down, the session goes on sending.

    ``events`` then raises Retryable or RateLimited, and is called again after a pause.
    """

    async def reconnect(self) -> None:
        """Connect anew for receiving. Raises as ``open`` does."""
        ...


@runtime_checkable
class ShowsTyping(Protocol):
    """The client can see that we type."""

    async def typing(self, address: str) -> None:
        """Show it for the next few seconds."""
        ...


@runtime_checkable
class FindsPeople(Protocol):
    """The provider can look people up."""

    async def find(self, address: str) -> Profile | None:
        """The owner of a phone (``+7916…``) or a username (without ``@``); ``None``: nobody, or hidden."""
        ...


@runtime_checkable
class ListsContacts(Protocol):
    """The account has an address book."""

    async def contacts(self) -> Sequence[Profile]:
        """Everybody in it; ``id`` is what ``send`` takes as the address."""
        ...


@runtime_checkable
class ReadsChats(Protocol):
    """Groups and channels can be followed and read."""

    async def chats(self) -> Sequence[Peer]:
        """The chats of the account."""
        ...

    async def follow(self, address: str) -> Peer:
        """Join if necessary (a public name, a link or a ChatID); from now on messages there arrive as events."""
        ...

    async def unfollow(self, address: str) -> None:
        """Stop receiving messages from there; the account stays in the chat."""
        ...

    def history(self, address: str, after: str) -> AsyncGenerator[Batch, None]:
        """Messages after this ``ext_id``, oldest first, up to now. Empty: from the beginning."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeMail:
    """All that a mail says, for reading."""

    headers: Sequence[tuple[str, str]]
    """Its fields in order, names and decoded values, each in one line."""
    text: str
    """What it says, with nothing folded: HTML as text if it has any, with links, tables and the names of pictures."""
    html: str
    """Its HTML as it came, decoded; empty without any."""


@runtime_checkable
class ShowsWhole(Protocol):
    """A connector whose messages are mails, of which the conversation shows only a part."""

    def whole(self, raw: bytes) -> WholeMail:
        """Read a raw arrival for showing; never raises on what is in it."""
        ...

    def written(self, bound: Bound, message: Outbound, at: Millis) -> WholeMail:
        """A message of ours as it goes out, with what stands below its text; ``at``: when it was written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChanged:
    """A changed group."""

    peer: Peer
    missing: Mapping[str, str] = field(default_factory=dict)
    """Who could not be added: their address, and a code of the manifest's ``[errors]``."""


@runtime_checkable
class ManagesGroups(Protocol):
    """Groups can be made, changed and ended; members are given by the address for ``send`` or by phone."""

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
        """Delete it, or if that is not possible remove everybody and leave."""
        ...


@runtime_checkable
class HasTemplates(Protocol):
    """Texts that the provider approves."""

    async def templates(self) -> Sequence[Template]:
        """All templates with the provider's verdicts."""
        ...

    async def submit(self, template: Template) -> Template:
        """Ask for approval; returns it as the provider now has it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationDocument:
    """A document for the provider, to be signed and sent by a person."""

    name: str
    """Of the file."""
    content: bytes = field(repr=False)


@runtime_checkable
class TakesApplication(Protocol):
    """A connector whose provider wants an application on paper before the channel works (S-087)."""

    def application(self) -> Form:
        """The form to fill in, and what to read first."""
        ...

    def slips(self, answers: Mapping[str, str]) -> Mapping[str, Text]:
        """Errors in the answers by field; empty if they can be submitted."""
        ...

    def applicant(self, answers: Mapping[str, str]) -> str:
        """The applicant's name for lists."""
        ...

    def statement(self, answers: Mapping[str, str], at: Millis) -> ApplicationDocument:
        """Write the document; may take half a second."""
        ...
