"""The desk's requests, carried out with the library. Each returns the answer or raises Unfit."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import content, groups, jids, outfiles, refusals
from chatapp_cli.connectors.whatsapp_web.child.journal import Entry, Journal
from chatapp_cli.connectors.whatsapp_web.child.library import (
    ChatPresence,
    ChatPresenceMedia,
    Content,
    Jid,
    Message,
    NeonizeError,
    Presence,
    ReceiptType,
    events,
)
from chatapp_cli.connectors.whatsapp_web.child.phone import Phone, Unfit
from chatapp_cli.connectors.whatsapp_web.wire import Failure

EDIT_WITHIN: Final = 20 * 60 * 1000
READ_AT_ONCE: Final = 50
"""The most messages per read receipt."""
SEEN_ONLINE: Final = 15.0
"""Seconds online after the last typing indicator."""
_SECRET: Final = 32
"""The size in bytes of the secret in every message, with which changes of it are encrypted."""
_REFUSED: Final = Failure("refused")
_UNKNOWN: Final = Failure("no_answer", "unknown")


@asynccontextmanager
async def _done(otherwise: Failure) -> AsyncIterator[None]:
    """Convert the library's errors to failures."""
    try:
        yield
    except NeonizeError as error:
        raise Unfit(refusals.of(error, otherwise)) from error


class Requests(groups.Groups):
    """The operations, by the names used in orders."""

    def __init__(self, phone: Phone, journal: Journal) -> None:
        super().__init__(phone)
        self._journal = journal
        self._leaving: asyncio.Task[None] | None = None

    async def ping(self, _: wire.Nothing) -> wire.Nothing:
        """Whether it is still connected."""
        if not self._phone.online:
            raise Unfit(Failure("offline", "retry"))
        return wire.Nothing()

    async def prove(self, _: wire.Nothing) -> wire.Nothing:
        """Make a request that WhatsApp answers only for a linked device."""
        await self.ping(wire.Nothing())
        async with _done(Failure("offline", "retry")):
            await self._phone.client.get_blocklist()
        return wire.Nothing()

    async def send(self, args: wire.Send) -> wire.Sent:
        """Prepare (repeatable), then send (not repeatable)."""
        await self.ping(wire.Nothing())
        context = self._context(args) if args.quote else None
        message = await self._uploaded(args, context) if args.file else outfiles.text(args.text, context)
        message.messageContextInfo.messageSecret = secrets.token_bytes(_SECRET)
        async with _done(_UNKNOWN):
            answer = await self._phone.client.send_message(jids.made(args.to), message)
        self._remember(answer.ID, args.to, message)
        return wire.Sent(id=answer.ID, at=answer.Timestamp * 1000)

    async def _uploaded(self, args: wire.Send, context: Content | None) -> Content:
        out = args.file
        assert out is not None
        try:
            data = await asyncio.to_thread(Path(out.path).read_bytes)
        except OSError as error:
            raise Unfit(Failure("file_unreadable", "refused", str(error))) from error
        async with _done(Failure("upload_failed", "retry")):
            upload = await self._phone.client.upload(data, outfiles.MEDIA[out.kind])
        return await asyncio.to_thread(outfiles.file, out, upload, data, args.text, context)

    def _context(self, args: wire.Send) -> Content:
        entry = self._journal.find(args.quote)
        sender = entry.sender if entry else args.to
        return outfiles.quotation(args.quote, sender, _original(entry))

    def _remember(self, message_id: str, chat: str, message: Content) -> None:
        """Store a sent message, so that it can be edited, quoted and reacted to."""
        entry = Entry(type=content.SENT, id=message_id, chat=chat, key=jids.phone(chat) or chat, us=True)
        entry.sender, entry.at, entry.data = self._phone.address, _now(), message.SerializeToString()
        self._journal.remember(entry)

    async def edit(self, args: wire.About) -> wire.Nothing:
        """Edit a message of ours."""
        entry = self._journal.find(args.id)
        if entry and _now() - entry.at > EDIT_WITHIN:
            raise Unfit(Failure("edit_too_old"))
        again = outfiles.retold(_original(entry), args.text)
        async with _done(_REFUSED):
            await self._phone.client.edit_message(jids.made(_chat(entry, args)), args.id, again)
        return wire.Nothing()

    async def delete(self, args: wire.About) -> wire.Nothing:
        """Delete a message; one of others only in a group."""
        entry = self._journal.find(args.id)
        theirs = entry is not None and not entry.us
        if theirs and not args.chat.endswith(f"@{jids.GROUPS}"):
            raise Unfit(Failure("cannot_delete"))
        sender = jids.made(entry.sender) if entry and theirs else await self._me()
        async with _done(_REFUSED):
            await self._phone.client.revoke_message(jids.made(_chat(entry, args)), sender, args.id)
        return wire.Nothing()

    async def react(self, args: wire.About) -> wire.Nothing:
        """Set our reaction."""
        entry = self._journal.find(args.id)
        if entry is None:
            raise Unfit(Failure("unknown_message"))
        chat = jids.made(_chat(entry, args))
        sender = await self._me() if entry.us else jids.made(entry.sender)
        async with _done(_REFUSED):
            reaction = await self._phone.client.build_reaction(chat, sender, args.id, args.text)
            await self._phone.client.send_message(chat, reaction)
        return wire.Nothing()

    async def _me(self) -> Jid:
        return (await self._phone.client.get_me()).JID

    async def read(self, args: wire.About) -> wire.Nothing:
        """Send read receipts for unmarked messages up to this one; in a group per author."""
        entry = self._journal.find(args.id)
        if entry is None:
            raise Unfit(Failure("unknown_message"))
        unread = self._journal.unread_up_to(args.id)
        by_sender: dict[str, list[str]] = {}
        for message_id, sender in unread:
            by_sender.setdefault(sender, []).append(message_id)
        for sender, ids in by_sender.items():
            for some in range(0, len(ids), READ_AT_ONCE):
                await self._show_read(entry.chat, sender, ids[some : some + READ_AT_ONCE])
        if unread:
            self._journal.mark_read(unread[-1][0])
        return wire.Nothing()

    async def _show_read(self, chat: str, sender: str, ids: Sequence[str]) -> None:
        async with _done(_REFUSED):
            await self._phone.client.mark_read(
                *ids, chat=jids.made(chat), sender=jids.made(sender), receipt=ReceiptType.READ
            )

    async def typing(self, args: wire.Chat) -> wire.Nothing:
        """Show the typing indicator; WhatsApp does so only for accounts that are online."""
        state, media = ChatPresence.CHAT_PRESENCE_COMPOSING, ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT
        async with _done(_REFUSED):
            await self._phone.client.send_presence(Presence.AVAILABLE)
            await self._phone.client.send_chat_presence(jids.made(args.chat), state, media)
        self._leave_soon()
        return wire.Nothing()

    def _leave_soon(self) -> None:
        """Go offline soon: an account that is always online looks like a bot, and its phone no longer rings."""
        if self._leaving:
            self._leaving.cancel()
        self._leaving = asyncio.create_task(self._leave())

    async def _leave(self) -> None:
        await asyncio.sleep(SEEN_ONLINE)
        with suppress(NeonizeError):
            await self._phone.client.send_presence(Presence.UNAVAILABLE)

    async def find(self, args: wire.Members) -> wire.People:
        """Which of these phones are on WhatsApp."""
        phones = [f"+{jids.phone(one)}" for one in args.members if jids.phone(one)]
        if not phones:
            return wire.People()
        async with _done(_REFUSED):
            answers = await self._phone.client.is_on_whatsapp(*phones)
        found = [(jids.bare(one.JID), one.Query.lstrip("+")) for one in answers if one.IsIn]
        return wire.People(found=[wire.Who(jid=jid, phone=jids.phone(jid) or asked) for jid, asked in found])

    async def contacts(self, _: wire.Nothing) -> wire.People:
        """The address book, as far as the phone has sent it."""
        async with _done(_REFUSED):
            everybody = await self._phone.client.contact.get_all_contacts()
        people = [_contact(one) for one in everybody]
        return wire.People(found=[one for one in people if one.phone and one.name])

    async def fetch(self, args: wire.Fetch) -> wire.Nothing:
        """Download and decrypt the file of a message."""
        entry = self._journal.find(args.remote)
        original = _original(entry)
        if original is None:
            raise Unfit(Failure("file_gone"))
        async with _done(Failure("unreachable", "retry")):
            data = await self._phone.client.download_any(original)
        await asyncio.to_thread(Path(args.path).write_bytes, data)
        return wire.Nothing()

    async def logout(self, _: wire.Nothing) -> wire.Nothing:
        """Unlink this device."""
        async with _done(_REFUSED):
            await self._phone.client.logout()
        return wire.Nothing()


def _original(entry: Entry | None) -> Content | None:
    """A message from the journal, unwrapped."""
    if entry is None or entry.type not in {content.SENT, "Message"}:
        return None
    if entry.type == content.SENT:
        return Message.FromString(entry.data)
    return content.unwrapped(events.Message.FromString(entry.data).Message)


def _chat(entry: Entry | None, args: wire.About) -> str:
    """The chat under the address that WhatsApp uses, if known."""
    return entry.chat if entry else args.chat


def _contact(one: Any) -> wire.Who:
    jid = jids.bare(one.JID)
    info = one.Info
    return wire.Who(jid=jid, phone=jids.phone(jid), name=info.FullName or info.BusinessName or info.PushName)


def _now() -> int:
    return time.time_ns() // 1_000_000


ORDERS: Final[Mapping[str, tuple[type[msgspec.Struct], Callable[[Requests, Any], Awaitable[msgspec.Struct]]]]] = {
    "ping": (wire.Nothing, Requests.ping),
    "prove": (wire.Nothing, Requests.prove),
    "send": (wire.Send, Requests.send),
    "edit": (wire.About, Requests.edit),
    "delete": (wire.About, Requests.delete),
    "react": (wire.About, Requests.react),
    "read": (wire.About, Requests.read),
    "typing": (wire.Chat, Requests.typing),
    "find": (wire.Members, Requests.find),
    "contacts": (wire.Nothing, Requests.contacts),
    "fetch": (wire.Fetch, Requests.fetch),
    "logout": (wire.Nothing, Requests.logout),
    "create_group": (wire.Members, Requests.create_group),
    "add_members": (wire.Members, Requests.add_members),
    "remove_members": (wire.Members, Requests.remove_members),
    "rename_group": (wire.Chat, Requests.rename_group),
    "end_group": (wire.Chat, Requests.end_group),
}
