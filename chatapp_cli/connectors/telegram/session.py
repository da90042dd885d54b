"""A live connection of one account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram import chats, groups, history, people
from chatapp_cli.connectors.telegram.errors import NotUnderstood, network
from chatapp_cli.connectors.telegram.feed import Feed
from chatapp_cli.connectors.telegram.follows import Follows
from chatapp_cli.connectors.telegram.names import ext_id, message_number, millis
from chatapp_cli.connectors.telegram.outgoing import Part, parts
from chatapp_cli.connectors.telegram.peers import Known
from chatapp_cli.connectors.telegram.position import OWN
from chatapp_cli.connectors.telegram.reading import Reading
from chatapp_cli.connectors.telegram.wire import Wire
from chatapp_cli.domain.arrival import Batch, Peer, Profile
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, SendingBlocked
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.ports.connector import GroupChanged

VARIATION: Final = "\N{VARIATION SELECTOR-16}"
"""Keyboards put it after a heart; Telegram's list of reactions is without."""


class AccountSession:
    """The operations of a personal account."""

    def __init__(self, wire: Wire, reading: Reading, feed: Feed, follows: Follows) -> None:
        self._wire = wire
        self._reading = reading
        self._feed = feed
        self._follows = follows
        self._turn = asyncio.Lock()
        """One send at a time: concurrent sends make Telegram lose channel updates."""

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield updates."""
        return self._feed.batches(cursor)

    async def send(self, message: Outbound) -> Receipt:
        """Send text and files, as several Telegram messages if needed; parts already sent are not repeated."""
        known = await self._reached(message)
        sent: list[Any] = []
        for part in parts(message):
            try:
                sent.append(await self._deliver(known, part, {one.id for one in sent}))
            except Rejected as refusal:
                if not sent:
                    raise
                raise Rejected("sent_in_part", f"{refusal.code} {refusal.detail}") from None
        date = getattr(sent[0], "date", None)
        ids = tuple(_id(known, one.id) for one in sent)
        return Receipt(ids=ids, at=millis(date) if date else None, texts=ids[:1] if message.text else ())

    async def _reached(self, message: Outbound) -> Known:
        """The recipient; a dialog begun by phone or name moves to the account found.

        The address book gets an entry only if a name was given (S-056).
        """
        names = people.given(message.first_name, message.last_name)
        if any(names) and message.address.startswith("+"):
            known = await people.imported(self._wire, message.address, *names)
        else:
            known = await people.reach(self._wire, message.address)
            if any(names) and (message.stranger or message.address != known.peer.address):
                await people.introduce(self._wire, known, *names)
        if message.address != known.peer.address:
            await self._feed.moved(message.address, known)
        return known

    async def _deliver(self, known: Known, part: Part, taken: set[int]) -> Any:
        upload = await self._upload(part)
        try:
            async with self._turn:
                answer = await self._wire.ask(part.request(known.input, upload), once=True)
        except Rejected as refusal:
            if refusal.code != "duplicate":
                raise
            return await self._found(known, part, taken)
        self._feed.ours(answer)
        return _sent(answer, part.number)

    async def _upload(self, part: Part) -> Any:
        if part.file is None:
            return None
        with network():
            return await self._wire.client.upload_file(str(part.file.path), file_name=part.file.name)

    async def _found(self, known: Known, part: Part, taken: set[int]) -> Any:
        """The message of an earlier successful attempt, from the history."""
        try:
            answer = await self._wire.ask(history.page(known))
        except NotUnderstood as unread:
            raise OutcomeUnknown("duplicate", unread.detail) from None
        for message in answer.messages:
            if isinstance(message, tl.Message) and message.id not in taken and part.is_this(message):
                return message
        raise OutcomeUnknown("duplicate")

    async def prove(self) -> None:
        """Check that the login is valid and, if the account was frozen, whether it may write again."""
        await self._wire.ask(fn.updates.GetStateRequest())
        if self._wire.frozen:
            config = await self._wire.ask(fn.help.GetAppConfigRequest(hash=0))
            if _freeze_is_named(config):
                raise SendingBlocked("frozen", "freeze_since_date")
            self._wire.frozen = False

    async def fetch(self, remote: str, target: Path) -> None:
        """Download a file; its location is requested each time because it expires."""
        number, _, message_id = remote.partition("/")
        known = self._wire.peers.need(int(number))
        message = await self._message(known, int(message_id))
        try:
            await self._download(message, target)
        except Rejected as refusal:
            if refusal.code != "file_expired":
                raise
            await self._download(await self._message(known, int(message_id)), target)

    async def _message(self, known: Known, number: int) -> Any:
        wanted = [tl.InputMessageID(number)]
        in_channel = fn.channels.GetMessagesRequest(known.input, wanted)
        answer = await self._wire.ask(in_channel if known.channel else fn.messages.GetMessagesRequest(wanted))
        found = next((one for one in answer.messages if isinstance(one, tl.Message) and one.media), None)
        if found is None:
            raise Rejected("file_gone")
        return found

    async def _download(self, message: Any, target: Path) -> None:
        with network(), target.open("wb") as content:
            if await self._wire.client.download_media(message, file=content) is None:
                raise Rejected("file_gone")

    async def edit(self, address: str, ext_id: str, text: str) -> None:
        """Replace a text, or the caption of a file."""
        known = await people.reach(self._wire, address)
        request = fn.messages.EditMessageRequest(known.input, message_number(ext_id), no_webpage=True, message=text)
        try:
            self._feed.ours(await self._wire.ask(request))
        except Rejected as refusal:
            if refusal.code != "not_modified":
                raise

    async def delete(self, address: str, ext_id: str) -> None:
        """Delete a message for everybody; succeeds if it is already gone."""
        known = await people.reach(self._wire, address)
        numbers = [message_number(ext_id)]
        try:
            if known.channel:
                await self._wire.ask(fn.channels.DeleteMessagesRequest(known.input, numbers))
            else:
                self._feed.ours(await self._wire.ask(fn.messages.DeleteMessagesRequest(numbers, revoke=True)))
        except Rejected as refusal:
            if refusal.code != "message_gone":
                raise

    async def react(self, address: str, ext_id: str, emoji: str) -> None:
        """Set our reaction; an empty one removes it."""
        known = await people.reach(self._wire, address)
        plain = emoji.replace(VARIATION, "")
        reaction = [tl.ReactionEmoji(plain)] if plain else []
        await self._wire.ask(fn.messages.SendReactionRequest(known.input, message_number(ext_id), reaction=reaction))

    async def mark_read(self, address: str, ext_id: str) -> None:
        """Mark everything up to this message as read."""
        known = await people.reach(self._wire, address)
        upto = message_number(ext_id)
        if known.channel:
            await self._wire.ask(fn.channels.ReadHistoryRequest(known.input, upto))
        else:
            self._feed.ours(await self._wire.ask(fn.messages.ReadHistoryRequest(known.input, upto)))

    async def typing(self, address: str) -> None:
        """Show the typing indicator for some seconds."""
        known = await people.reach(self._wire, address)
        await self._wire.ask(fn.messages.SetTypingRequest(known.input, tl.SendMessageTypingAction()))

    async def find(self, address: str) -> Profile | None:
        """Check whether a person is on Telegram, by phone or username."""
        return await people.find(self._wire, address)

    async def contacts(self) -> Sequence[Profile]:
        """The account's address book."""
        return await people.contacts(self._wire)

    async def chats(self) -> Sequence[Peer]:
        """The groups and channels that the account is a member of."""
        return await chats.listed(self._wire)

    async def follow(self, address: str) -> Peer:
        """Read a chat from now on; join it if needed."""
        known = await chats.join(self._wire, address)
        if known.channel:
            place = await chats.present(self._wire, known)
            await self._follows.begin(known.channel, place)
            self._feed.begin(known.channel, place)
        return known.peer

    async def unfollow(self, address: str) -> None:
        """Stop reading a chat; the account stays a member."""
        known = await people.reach(self._wire, address)
        if not known.channel:
            raise Rejected("always_read", address)
        await self._follows.end(known.channel)

    async def history(self, address: str, after: str) -> AsyncGenerator[Batch, None]:
        """The messages of a chat after one, oldest first."""
        known = await people.reach(self._wire, address)
        async for page in history.after(self._wire, known, message_number(after) if after else 0):
            yield self._reading.page(page, moves=False)

    async def create_group(self, title: str, members: Sequence[str]) -> GroupChanged:
        """Create a group with these people."""
        made = await groups.create(self._wire, title, members)
        self._feed.look(OWN)
        return made

    async def add_members(self, address: str, members: Sequence[str]) -> GroupChanged:
        """Add people to a group."""
        async with self._group(address) as group:
            return await groups.add(self._wire, group, members)

    async def remove_members(self, address: str, members: Sequence[str]) -> GroupChanged:
        """Remove people from a group."""
        async with self._group(address) as group:
            return await groups.remove(self._wire, group, members)

    async def rename_group(self, address: str, title: str) -> None:
        """Change the title of a group."""
        async with self._group(address) as group:
            await groups.rename(self._wire, group, title)

    async def end_group(self, address: str) -> None:
        """Delete a group, or leave it if it is not ours."""
        async with self._group(address) as group:
            await groups.end(self._wire, group)

    @asynccontextmanager
    async def _group(self, address: str) -> AsyncIterator[Known]:
        """A group that we change; afterwards its box is requested."""
        group = await people.reach(self._wire, address)
        yield group
        self._feed.look(group.channel or OWN)


def _id(known: Known, number: int) -> str:
    return ext_id(tl.PeerChannel(known.channel), number) if known.channel else str(number)


def _freeze_is_named(config: Any) -> bool:
    """Whether the app configuration has the date of a freeze (https://core.telegram.org/api/auth#frozen-accounts)."""
    fields = getattr(getattr(config, "config", None), "value", None) or ()
    return any(one.key == "freeze_since_date" and getattr(one.value, "value", 0) for one in fields)


def _sent(answer: Any, number: int) -> Any:
    """The sent message in Telegram's answer, in full or abbreviated."""
    if isinstance(answer, tl.UpdateShortSentMessage):
        return answer
    (given,) = [one.id for one in answer.updates if isinstance(one, tl.UpdateMessageID) and one.random_id == number]
    news = (one.message for one in answer.updates if hasattr(one, "message"))
    return next((one for one in news if one.id == given), None) or tl.MessageEmpty(given)
