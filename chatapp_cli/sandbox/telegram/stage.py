"""What invented people do: write, reply, edit, delete, read, type, react, block, scan; and what a test may order."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from typing import Any

from telethon.tl import types

from chatapp_cli.sandbox.stage import Customer, StageFile
from chatapp_cli.sandbox.telegram import reading, writing
from chatapp_cli.sandbox.telegram.chats import Channel, Private
from chatapp_cli.sandbox.telegram.cloud import Actor, Cloud
from chatapp_cli.sandbox.telegram.devices import Authorisation
from chatapp_cli.sandbox.telegram.files import Tomorrow
from chatapp_cli.sandbox.telegram.groups_stage import GroupStage
from chatapp_cli.sandbox.telegram.letters import Chat, Letter, Person, digits
from chatapp_cli.sandbox.telegram.orders import Asked, Ledger, Order
from chatapp_cli.sandbox.telegram.tl import Refusal


class Stage:
    """Everything that happens without a client; ``owner`` is the account that the desk is bound to."""

    def __init__(self, cloud: Cloud, owner: Person) -> None:
        self.cloud = cloud
        self.owner = owner
        self.ledger = Ledger()
        self.groups = GroupStage(cloud)

    # People.

    def person(self, who: Customer) -> Person:
        """A customer's account, which is made when it is first asked for."""
        if who.number not in self.cloud.people:
            first, _, last = who.name.partition(" ")
            self.cloud.settle(Person(who.number, first, last, who.username, digits(who.phone)))
        return self.cloud.people[who.number]

    def private(self, who: Person) -> Chat:
        """Somebody's chat with the owner."""
        return self.cloud.private(who, self.owner)

    def rename(self, who: Person, name: str, username: str = "") -> None:
        """Let somebody call themselves otherwise."""
        who.first_name, _, who.last_name = name.partition(" ")
        who.username = username
        names = [types.Username(username, active=True)] if username else []
        self._tell_near(who, types.UpdateUserName(who.id, who.first_name, who.last_name, names))

    def change_username(self, who: Person, username: str, *, pushed: bool = True) -> None:
        """Let somebody take a free name, or give theirs up; raises Refusal for one that is taken.

        Telegram tells those near, but not always.
        """
        if username and self._is_taken(who, username):
            raise Refusal("USERNAME_OCCUPIED")
        who.username = username
        if pushed:
            names = [types.Username(username, active=True)] if username else []
            self._tell_near(who, types.UpdateUserName(who.id, who.first_name, who.last_name, names))

    def _is_taken(self, who: Person, username: str) -> bool:
        try:
            return self.cloud.by_username(username) is not who
        except Refusal:
            return False

    def change_phone(self, who: Person, phone: str, *, pushed: bool = True) -> None:
        """Let somebody take another number; whoever had it has none then, as when an operator sells it anew."""
        former = self.cloud.by_phone(phone)
        if former is not None and former is not who:
            former.phone = ""
        who.phone = digits(phone)
        if pushed:
            self._tell_near(who, types.UpdateUserPhone(who.id, who.phone))

    def _tell_near(self, who: Person, told: Any) -> None:
        near = [p for chat in self.cloud.chats_of(who) if isinstance(chat, Private) for p in chat.people]
        Actor(self.cloud, who).tell(near, lambda _: told)

    # Messages.

    def write(
        self,
        who: Person,
        chat: Chat,
        text: str = "",
        *,
        file: StageFile | None = None,
        media: Any = None,
        **rest: Any,
    ) -> Letter:
        """Write in a chat; the owner may too, as from their phone.

        ``media`` is one of Telegram's own; ``rest`` may be ``reply_to``, ``entities``, ``album`` and ``forwarded``.
        """
        if file is not None:
            media = self.cloud.shelf.keep(file, photo=file.mime in {"image/jpeg", "image/png"})
        letter = Letter(chat=chat, author=who, text=text, media=media, **rest)
        return writing.write(Actor(self.cloud, who), letter)

    def letter(self, chat: Chat, viewer: Person, number: int | str) -> Letter:
        """The message that has this number for somebody."""
        return chat.box_of(viewer).letters[int(number)]

    def edit(self, letter: Letter, text: str) -> None:
        """Let its author change a message."""
        writing.edit(Actor(self.cloud, letter.author), letter, text)

    def delete(self, *letters: Letter) -> None:
        """Let their author take messages back for everybody."""
        writing.delete(Actor(self.cloud, letters[0].author), letters)

    def react(self, who: Person, letter: Letter, emoji: str = "") -> None:
        """Set somebody's reaction, or take it back."""
        writing.react(Actor(self.cloud, who), letter, [types.ReactionEmoji(emoji)] if emoji else [])

    def read(self, who: Person, chat: Chat, upto: Letter | None = None) -> None:
        """Let somebody read up to a message (everything)."""
        last = upto or self.cloud.top(chat, who)
        reading.read(Actor(self.cloud, who), chat, (last and last.id_for(who)) or 0)

    def show_typing(self, who: Person, chat: Chat) -> None:
        """Let somebody be seen typing."""
        reading.type_(Actor(self.cloud, who), chat, types.SendMessageTypingAction())

    def write_of_tomorrow(self, who: Person, chat: Chat, text: str = "", content: bytes = b"") -> Letter:
        """Write something that today's clients cannot read: they know neither what it is nor where it ends."""
        return self.write(who, chat, text, media=Tomorrow(content))

    # Logins.

    def scan(self, url: str, who: Person | None = None) -> None:
        """Scan a QR code ``tg://login?token=…`` with somebody's phone (the owner's)."""
        token = url.rpartition("token=")[2]
        self.cloud.desk.scan(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)), who or self.owner)

    def expire_codes(self) -> None:
        """Let every login code that was sent go stale."""
        for pending in self.cloud.desk.codes.values():
            pending.expired = True

    def devices(self, who: Person | None = None) -> Sequence[Authorisation]:
        """Where somebody (the owner) is logged in."""
        return self.cloud.devices_of(who or self.owner)

    def revoke(self, refusal: str = "AUTH_KEY_UNREGISTERED", who: Person | None = None) -> None:
        """End every login of somebody (the owner), as from their phone."""
        for device in self.devices(who):
            device.revoked = refusal
            for session in list(device.sessions):
                session.cut()

    def hint(self, channel: Channel | None = None) -> None:
        """Tell the owner's devices only that there is more (in a channel) than is pushed."""
        found = types.UpdateChannelTooLong(channel.id, channel.box.pts) if channel else None
        told = types.UpdateShort(update=found, date=int(time.time())) if found else types.UpdatesTooLong()
        for device in self.devices():
            device.push(told)

    # Orders.

    def order(self, method: str, refusal: str, *, times: int = 1) -> None:
        """Refuse the next requests of a method (``*``: of any) by a name such as ``FLOOD_WAIT_90``."""
        self.ledger.order(Order(method, refusal, times))

    def hush(self, method: str, *, times: int = 1, done: bool = True, cut: bool = True) -> None:
        """Do what the next requests ask (or do not), and leave them without an answer.

        The connection is cut unless it shall hang.
        """
        self.ledger.order(Order(method, "", times, done, cut))

    def garble(self, method: str, *, times: int = 1, answer: Any = None) -> None:
        """Do what the next requests ask, and answer what does not fit them, or in a layer that no client speaks yet."""
        fallback = Tomorrow(b"an answer of tomorrow")
        self.ledger.order(Order(method, "", times, garbled=fallback if answer is None else answer))

    def asked(self, method: str) -> Sequence[Asked]:
        """The requests of a method that came so far."""
        return self.ledger.of(method)

    def expire_references(self) -> None:
        """Refuse every file reference that was shown until now with FILE_REFERENCE_EXPIRED."""
        self.cloud.shelf.references += 1
