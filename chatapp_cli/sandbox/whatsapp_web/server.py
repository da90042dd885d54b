"""The town behind a loopback socket: stand-in children connect here and forward their parents' requests."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from chatapp_cli.sandbox.oddities import Oddities
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile
from chatapp_cli.sandbox.whatsapp_web.orders import ORDERS
from chatapp_cli.sandbox.whatsapp_web.town import (
    OWNER_NAME,
    OWNER_PHONE,
    Device,
    Json,
    Refusal,
    Said,
    Town,
    digits,
    now,
)

CODES = 6
"""The number of codes per round."""
_BLINK = 0.02
"""Seconds between codes; WhatsApp takes twenty."""


class _Line:
    """The connection of one stand-in child."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.device: Device | None = None
        self.pid = 0

    def say(self, **line: object) -> None:
        """Send a line to the parent."""
        self.writer.write(json.dumps(line).encode() + b"\n")


class WhatsAppWebSandbox:
    """See ``Sandbox``."""

    kind = "whatsapp_web"

    def __init__(self) -> None:
        self.town = Town()
        self.scans_at: int | None = 1
        """Which code the owner of the phone scans; ``None`` for none."""
        self.protocol = 1
        self.swallows = False
        """Whether messages are accepted without an answer."""
        self.pids: list[int] = []
        """The process ids of all children so far."""
        self._oddities = Oddities()
        self._lines: set[_Line] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.vanish()

    @property
    def answers(self) -> Mapping[str, str]:
        """Consent, a QR code, and the stand-in as the child."""
        return {"consent": "on", "method": "qr", "phone": "+7 916 123-45-67", "child": self.child()}

    def child(self, *mood: str) -> str:
        """The command of a stand-in child."""
        stand_in = "chatapp_cli.sandbox.whatsapp_web.stand_in"
        return shlex.join([sys.executable, "-m", stand_in, "127.0.0.1", str(self._port), *mood])

    async def come_back(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", self._port, limit=1 << 22)
        self._port = self._server.sockets[0].getsockname()[1]

    async def vanish(self) -> None:
        """Cut all connections."""
        if self._server:
            self._server.close()
            for line in self._lines:
                line.writer.transport.abort()
            await self._server.wait_closed()
            self._server = None
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:
        """A customer writes."""
        del subject
        self.town.settle(who)
        return self.hears(digits(who.phone), who, text, files=files)

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """The desk's messages to this customer, in their current form."""
        said = self.town.said.values()
        return [one.heard for one in said if one.ours and one.chat == digits(who.phone) and not one.gone]

    def hears(
        self, chat: str, who: Customer | None, text: str, *, files: Sequence[StageFile] = (), reply_to: str = ""
    ) -> str:
        """Let a person write in a chat, or with ``None`` the owner on the phone; returns the message's id."""
        town = self.town
        author = digits(who.phone) if who else ""
        said = Said(town.message_id(), chat, who is None, text, author=author, files=files, reply_to=reply_to)
        town.said[said.id] = said
        self._deliver(said)
        return said.id

    def _deliver(self, said: Said, **more: object) -> None:
        said.unnamed |= said.author in self.town.hidden
        about = self._about("message", said, said.author, id=said.id, text=said.text, reply_to=said.reply_to)
        about["sender"] = about.pop("by")
        event = about | {"files": [self.town.attach(file) for file in said.files]} | more
        self.town.history += [event] if not more else []
        self.tell(event)

    def _about(self, kind: str, said: Said, by: str, **more: object) -> Json:
        who = self.town.who(by) if by else {"phone": OWNER_PHONE, "name": OWNER_NAME}
        if by in self.town.hidden:
            who.pop("phone", None)
        elif said.unnamed and by == said.author:
            who["known_as"] = who["jid"]
        return {"kind": kind, "chat": self.town.chat(said.chat), "at": now(), "by": who, "from_us": not by} | more

    def hides(self, who: Customer, text: str, *, chat: str = "", why: str = "waiting") -> str:
        """A person writes a message that the device does not get yet, such as an answer to an advertisement."""
        self.town.settle(who)
        author = digits(who.phone)
        said = Said(self.town.message_id(), chat or author, False, text, author=author)  # noqa: FBT003 - not ours
        self.town.said[said.id] = said
        self._deliver(said, text="", stands_for=why)
        return said.id

    def shows(self, ext_id: str) -> None:
        """The phone or the sender resends a message under the same id."""
        self._deliver(self.town.said[ext_id])

    def edits(self, who: Customer | None, ext_id: str, text: str, *, opens: bool = True, knows: bool = True) -> None:
        """A person edits a message; the child refuses others' messages if it ``knows`` their author.

        An edit that it cannot decrypt is reported as such.
        """
        said, by = self.town.said[ext_id], digits(who.phone) if who else ""
        if knows and said.author != by:
            self._refuse("foreign_edit", said, by)
        elif opens:
            said.text = text if said.author == by else said.text
            self.tell(self._about("edited", said, by, id=ext_id, text=text))
        else:
            note = self._about("message", said, by, id=self.town.message_id(), reply_to=ext_id, stands_for="change")
            self.tell(note | {"sender": note.pop("by")})

    def takes_back(self, who: Customer | None, ext_id: str, *, knows: bool = True) -> None:
        """A person deletes a message, as its author or as an administrator of the group."""
        said, by = self.town.said[ext_id], digits(who.phone) if who else ""
        circle = self.town.groups.get(said.chat)
        by_admin = circle is not None and by in circle.admins
        if knows and said.author != by and not by_admin:
            self._refuse("foreign_delete", said, by)
            return
        said.gone |= said.author == by or by_admin
        self.tell(self._about("deleted", said, by, id=ext_id, by_admin=by_admin))

    def _refuse(self, what: str, said: Said, by: str) -> None:
        detail = f"{said.chat}/{said.id} by {by or OWNER_PHONE}"
        self.tell({"kind": "unreadable", "what": what, "at": now(), "detail": detail})

    def tell(self, event: Json) -> None:
        """Send an event to every linked device, connected or not; removed ones get none."""
        for device in self.town.devices.values():
            if not device.linked:
                continue
            n = device.keep(event)
            for line in self._lines:
                if line.device is device:
                    line.say(n=n, event=event)

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """See ``SaysOddly``: the child's own line has the field."""
        self.town.settle(who)
        said = Said(self.town.message_id(), digits(who.phone), False, text, author=digits(who.phone))  # noqa: FBT003
        event = self._about("message", said, said.author, id=said.id, text=text, sender=self.town.who(said.chat))
        odd = event | self._oddities.field(value)
        for line in self._lines:
            if line.device:
                line.device.last += 1
                line.writer.write(self._oddities.written({"n": line.device.last, "event": odd}) + b"\n")

    async def end_login(self) -> None:
        """See ``EndsLogins``."""
        self.remove_devices()

    def fail(self, code: str, outcome: str, **more: object) -> None:
        """End every connection with a failure."""
        for line in self._lines:
            line.say(error={"code": code, "outcome": outcome, **more})

    def remove_devices(self) -> None:
        """The owner removes all linked devices on the phone."""
        for device in self.town.devices.values():
            device.linked = False
        self.fail("logged_out", "rebind")

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(reader, writer)
        self._lines.add(line)
        line.say(hello={"protocol": self.protocol, "library": "stand-in"})
        try:
            async for said in reader:
                await self._do(line, json.loads(said))
        except ConnectionError:
            pass
        finally:
            self._lines.discard(line)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _do(self, line: _Line, order: Json) -> None:
        if "pid" in order:
            self.pids.append(order["pid"])
        elif "ack" in order:
            if line.device:
                line.device.forget(order["ack"])
        elif order["do"] == "open":
            await self._open(line, order["id"], order["with"])
        else:
            self._answer(line, order)

    def _answer(self, line: _Line, order: Json) -> None:
        try:
            done = self._logout(line) if order["do"] == "logout" else ORDERS[order["do"]](self.town, order["with"])
        except Refusal as refusal:
            line.say(id=order["id"], error=refusal.failure)
            return
        if order["do"] == "send":
            if self.swallows:
                return
            self.tell({"kind": "delivered", "ids": [done["id"]], "at": now()})
        line.say(id=order["id"], ok=done)

    def _logout(self, line: _Line) -> Json:
        assert line.device
        line.device.linked = False
        return {}

    async def _open(self, line: _Line, number: int, args: Json) -> None:
        """Connect a device that is linked, or link one."""
        if args.get("pair") and not await self._pair(line, args):
            return
        device = self._device(args)
        if not device.linked:
            line.say(id=number, error={"code": "logged_out", "outcome": "rebind"})
            return
        self._connect(line, device, number)

    def _device(self, args: Json) -> Device:
        """The device of a folder; it is identified by its file, as in the real library."""
        store = Path(args["folder"], "device.db")
        if args.get("pair"):
            before = Path(args.get("renews", ""), "device.db")
            device = self.town.link(self.town.devices[before.read_text("ascii")] if before.exists() else None)
            store.write_text(device.token, "ascii")
            return device
        return self.town.devices[store.read_text("ascii")]

    def _connect(self, line: _Line, device: Device, number: int) -> None:
        line.device = device
        line.say(news={"state": "online"})
        line.say(id=number, ok={"phone": OWNER_PHONE, "name": OWNER_NAME, "renewed": device.renewed})
        line.say(news={"state": "synced"})
        for n, event in device.waiting:
            line.say(n=n, event=event)

    async def _pair(self, line: _Line, args: Json) -> bool:
        """Show codes until the owner uses one."""
        state = args["pair"]
        for number in range(1, CODES + 1):
            code = f"https://wa.me/settings/linked_devices#{number}" if state == "qr" else f"ЁЛКА-{number:04d}"
            line.say(news={"state": state, "text": code})
            if number == self.scans_at:
                line.say(news={"state": "paired"})
                return True
            await asyncio.sleep(_BLINK)
        line.say(error={"code": "qr_expired", "outcome": "retry"})
        line.writer.close()
        return False
