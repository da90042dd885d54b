"""Actions of invented people: write, edit, delete, read, react, scan and so on; and orders of a test."""

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
    """Everything that happens without a client; ``owner`` is the bound account."""

    def __init__(self, cloud: Cloud, owner: Person) -> None:
        self.cloud = cloud
        self.owner = owner
        self.ledger = Ledger()
        self.groups = GroupStage(cloud)

    # People.

    def person(self, who: Customer) -> Person:
        """A customer's account, created on first use."""
        if who.number not in self.cloud.people:
            first, _, last = who.name.partition(" ")
            self.cloud.settle(Person(who.number, first, last, who.username, digits(who.phone)))
        return self.cloud.people[who.number]

    def private(self, who: Person) -> Chat:
        """A person's chat with the owner."""
        return self.cloud.private(who, self.owner)

    def rename(self, who: Person, name: str, username: str = "") -> None:
        """Change a person's name."""
        who.first_name, _, who.last_name = name.partition(" ")
        who.username = username
        names = [types.Username(username, active=True)] if username else []
        self._tell_near(who, types.UpdateUserName(who.id, who.first_name, who.last_name, names))

    def change_username(self, who: Person, username: str, *, pushed: bool = True) -> None:
        """Change or remove a person's username. Raises Refusal for one that is taken.

        Telegram informs contacts, but not always.
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
        """Change a person's phone; a previous owner loses it, as when a number is resold."""
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
        """Write in a chat; also as the owner, from their phone.

        ``media`` is a Telegram object; ``rest`` may be ``reply_to``, ``entities``, ``album`` and ``forwarded``.
        """
        if file is not None:
            media = self.cloud.shelf.keep(file, photo=file.mime in {"image/jpeg", "image/png"})
        letter = Letter(chat=chat, author=who, text=text, media=media, **rest)
        return writing.write(Actor(self.cloud, who), letter)

    def letter(self, chat: Chat, viewer: Person, number: int | str) -> Letter:
        """The message with this number for a person."""
        return chat.box_of(viewer).letters[int(number)]

    def edit(self, letter: Letter, text: str) -> None:
        """Edit a message as its author."""
        writing.edit(Actor(self.cloud, letter.author), letter, text)

    def delete(self, *letters: Letter) -> None:
        """Delete messages for everybody as their author."""
        writing.delete(Actor(self.cloud, letters[0].author), letters)

    def react(self, who: Person, letter: Letter, emoji: str = "") -> None:
        """Set or remove a person's reaction."""
        writing.react(Actor(self.cloud, who), letter, [types.ReactionEmoji(emoji)] if emoji else [])

    def read(self, who: Person, chat: Chat, upto: Letter | None = None) -> None:
        """Let a person read up to a message (default: everything)."""
        last = upto or self.cloud.top(chat, who)
        reading.read(Actor(self.cloud, who), chat, (last and last.id_for(who)) or 0)

    def show_typing(self, who: Person, chat: Chat) -> None:
        """Let a person type."""
        reading.type_(Actor(self.cloud, who), chat, types.SendMessageTypingAction())

    def write_of_tomorrow(self, who: Person, chat: Chat, text: str = "", content: bytes = b"") -> Letter:
        """Write something that current clients cannot decode: neither its type nor its end is known to them."""
        return self.write(who, chat, text, media=Tomorrow(content))

    # Logins.

    def scan(self, url: str, who: Person | None = None) -> None:
        """Scan a QR code ``tg://login?token=…`` with a person's phone (default: the owner's)."""
        token = url.rpartition("token=")[2]
        self.cloud.desk.scan(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)), who or self.owner)

    def expire_codes(self) -> None:
        """Expire all sent login codes."""
        for pending in self.cloud.desk.codes.values():
            pending.expired = True

    def devices(self, who: Person | None = None) -> Sequence[Authorisation]:
        """The devices of a person (default: the owner)."""
        return self.cloud.devices_of(who or self.owner)

    def revoke(self, refusal: str = "AUTH_KEY_UNREGISTERED", who: Person | None = None) -> None:
        """End all logins of a person (default: the owner), as from their phone."""
        for device in self.devices(who):
            device.revoked = refusal
            for session in list(device.sessions):
                session.cut()

    def hint(self, channel: Channel | None = None) -> None:
        """Tell the owner's devices only that there is more (in a channel) than was pushed."""
        found = types.UpdateChannelTooLong(channel.id, channel.box.pts) if channel else None
        told = types.UpdateShort(update=found, date=int(time.time())) if found else types.UpdatesTooLong()
        for device in self.devices():
            device.push(told)

    # Orders.

    def order(self, method: str, refusal: str, *, times: int = 1) -> None:
        """Refuse the next requests of a method (``*``: of any) by a name such as ``FLOOD_WAIT_90``."""
        self.ledger.order(Order(method, refusal, times))

    def hush(self, method: str, *, times: int = 1, done: bool = True, cut: bool = True) -> None:
        """Leave the next requests unanswered, carried out or not.

        The connection is cut unless ``hang`` is set.
        """
        self.ledger.order(Order(method, "", times, done, cut))

    def garble(self, method: str, *, times: int = 1, answer: Any = None) -> None:
        """Carry out the next requests but answer with a wrong type, or in a layer unknown to clients."""
        fallback = Tomorrow(b"an answer of tomorrow")
        self.ledger.order(Order(method, "", times, garbled=fallback if answer is None else answer))

    def asked(self, method: str) -> Sequence[Asked]:
        """The received requests of a method."""
        return self.ledger.of(method)

    def expire_references(self) -> None:
        """Refuse all file references given so far with FILE_REFERENCE_EXPIRED."""
        self.cloud.shelf.references += 1
