"""The methods of connectors: registering, activating, and the messages between clients and operators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from chatapp_cli.sandbox.bitrix24.basic_methods import said_against_address
from chatapp_cli.sandbox.bitrix24.call import Call, Desk, Method
from chatapp_cli.sandbox.bitrix24.objects import Json, PortalChat, PortalMessage, PortalRefusal
from chatapp_cli.sandbox.bitrix24.rules import refused_item, said_against_item
from chatapp_cli.sandbox.bitrix24.talk import message_event, session_event
from chatapp_cli.sandbox.downloads import fetched

_ID: Final = re.compile(r"[a-z0-9_]+")
_NEEDED: Final = {
    "ID": "CONNECTOR_ID_REQUIRED", "NAME": "NAME_REQUIRED", "ICON": "ICON_REQUIRED",
    "PLACEMENT_HANDLER": "NO_PLACEMENT_HANDLER",
}  # fmt: skip


class ConnectorMethods:
    """Bound to one portal."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    @property
    def table(self) -> Mapping[str, Method]:
        """The methods by their names, without the first word."""
        methods: Mapping[str, Method] = {
            "register": self.register,
            "unregister": self.unregister,
            "list": self.names,
            "activate": self.activate,
            "status": self.status,
            "connector.data.set": self.set_data,
            "send.messages": self.send,
            "update.messages": self.update,
            "delete.messages": self.delete,
            "send.status.delivery": self.delivered,
            "send.status.reading": self.read,
            "chat.name.set": self.rename,
        }
        return {f"imconnector.{name}": method for name, method in methods.items()}

    def register(self, call: Call) -> Json:
        """Register a connector, or change it; failures come with status 200."""
        lacking = [code for name, code in _NEEDED.items() if not call.params.get(name)]
        connector = call.text("ID")
        if not lacking and not _ID.fullmatch(connector):
            lacking = ["GENERAL_CONNECTOR_REGISTRATION_ERROR"]
        if code := self._desk.misbehaviour.register_error or next(iter(lacking), ""):
            return {"result": False, "error": code, "error_description": "The connector was not registered"}
        self._desk.problems.extend(
            said_against_address("imconnector.register: PLACEMENT_HANDLER", call.text("PLACEMENT_HANDLER"))
        )
        self._office.connectors[connector] = dict(call.params)
        return {"result": True}

    def unregister(self, call: Call) -> Json:
        """Remove a connector from all lines."""
        connector = call.text("ID")
        self._known(connector)
        del self._office.connectors[connector]
        self._office.active -= {pair for pair in self._office.active if pair[0] == connector}
        return {"result": True}

    def names(self, _call: Call) -> Json:
        """The names of all connectors, ours and the portal's."""
        ours = {name: said["NAME"] for name, said in self._office.connectors.items()}
        return {"livechat": "Онлайн-чат", "telegrambot": "Telegram", **ours}

    def activate(self, call: Call) -> bool:
        """Connect a line, or disconnect it."""
        pair = self._pair(call)
        (self._office.active.add if call.text("ACTIVE") in {"1", "Y"} else self._office.active.discard)(pair)
        return True

    def status(self, call: Call) -> Json:
        """Whether a line is connected and described."""
        connector, line = self._pair(call)
        active, described = ((connector, line) in known for known in (self._office.active, self._office.connector_data))
        return {"LINE": line, "CONNECTOR": connector, "ERROR": False, "CONFIGURED": described, "STATUS": active}

    def set_data(self, call: Call) -> bool:
        """Describe the line's outside account; it replaces what was said before."""
        self._office.connector_data[self._pair(call)] = dict(call.map("DATA"))
        return True

    async def send(self, call: Call) -> Json:
        """Show messages of clients; each one is taken or refused by itself."""
        connector, line = self._active_pair(call)
        return {"SUCCESS": True, "DATA": {"RESULT": [await self._sent(connector, line, i) for i in self._items(call)]}}

    def update(self, call: Call) -> Json:
        """Show new texts."""

        def act(chat: PortalChat, item: Json) -> None:
            for message in _known_messages(chat, item):
                message.text, message.edited = str(item["message"].get("text", "")), True

        return self._each(call, act)

    def delete(self, call: Call) -> Json:
        """Take messages away."""

        def act(chat: PortalChat, item: Json) -> None:
            for message in _known_messages(chat, item):
                message.deleted = True

        return self._each(call, act)

    def delivered(self, call: Call) -> Json:
        """Note the outside ids of an operator's messages: they were delivered, and count as read."""
        self._active_pair(call)
        for item in self._sound_items(call):
            chat = self._office.chat_by(chat=item["im"]["chat_id"])
            for message in chat.messages if chat else ():
                if message.id == int(item["im"]["message_id"]):
                    message.delivered, message.connector_mid = True, list(item["message"]["id"])
        return {"SUCCESS": True, "DATA": []}

    def read(self, call: Call) -> Json:
        """Answer that a message was read, and change nothing."""
        self._active_pair(call)
        return {"SUCCESS": True, "DATA": []}

    def rename(self, call: Call) -> Json:
        """Name a chat; a connector without groups has to say whose chat it is."""
        connector, line = self._active_pair(call)
        person = self._office.person(connector, line, call.text("USER_ID")) if call.text("USER_ID") else 0
        chat = self._office.find_chat(connector, line, call.text("CHAT_ID"), person)
        if chat is None or not (person or self._is_group(connector)):
            raise PortalRefusal(400, "CHAT_RENAMING_FAILED", "The chat was not renamed")
        chat.name = call.text("NAME")
        return {"SUCCESS": True, "DATA": {"RESULT": []}}

    def _each(self, call: Call, act: Any) -> Json:
        connector, line = self._active_pair(call)
        results = []
        for item in self._sound_items(call):
            person = self._office.person(connector, line, str((item.get("user") or {}).get("id", "")))
            group = self._is_group(connector)
            chat = self._office.find_chat(connector, line, str(item["chat"]["id"]), 0 if group else person)
            if chat:
                act(chat, item)
            said = {**item["message"], **({"date": {}} if "date" in item["message"] else {})}
            results.append({"user": str(person), "message": said, "chat": item["chat"], "SUCCESS": True})
        return {"SUCCESS": True, "DATA": {"RESULT": results}}

    def _items(self, call: Call) -> list[Json]:
        items = call.params.get("MESSAGES")
        if not isinstance(items, list) or not items:
            raise PortalRefusal(400, "ERROR_ARGUMENT", "MESSAGES is empty")
        return items

    def _sound_items(self, call: Call) -> list[Json]:
        for wrong in (one for item in self._items(call) for one in said_against_item(call.method, item)):
            raise PortalRefusal(400, "ERROR_ARGUMENT", wrong)
        return self._items(call)

    async def _sent(self, connector: str, line: int, item: Json) -> Json:
        errors = said_against_item("imconnector.send.messages", item)
        errors = errors or refused_item(item)
        if errors or str(item["message"]["id"]) in self._desk.misbehaviour.refuse_messages:
            return {"SUCCESS": False, "ERRORS": errors or ["IMCONNECTOR_MESSAGE_REFUSED"]}
        chat = self._chat_for(connector, line, item)
        await self._shown(chat, item)
        said = item["message"]
        shown = {"id": said["id"], "date": {}, "text": said.get("text", ""), "files": []}
        extra = {"disable_tracker": "Y"} if said.get("disable_crm") == "Y" else []
        session = {"ID": str(chat.session), "CHAT_ID": str(chat.id)}
        return {
            "user": str(chat.person), "message": shown, "chat": item["chat"], "extra": extra, "SUCCESS": True,
            "session": session,
        }  # fmt: skip

    def _chat_for(self, connector: str, line: int, item: Json) -> PortalChat:
        outside, owner = str(item["chat"]["id"]), str(item["user"]["id"])
        person = 0 if self._is_group(connector) else self._office.person(connector, line, owner)
        chat = self._office.find_chat(connector, line, outside, person)
        chat = chat or self._office.add_chat(connector, line, outside, owner)
        chat.url = str(item["chat"].get("url", chat.url))
        chat.name = chat.name or str(item["chat"].get("name") or item["user"].get("name", ""))
        if chat.closed:
            self._office.open_session(chat)
            self._desk.courier.tell("OnImConnectorDialogStart", session_event(chat))
        return chat

    async def _shown(self, chat: PortalChat, item: Json) -> None:
        said = item["message"]
        outside = str(said["id"])
        if self._desk.misbehaviour.dedupe and any(outside in message.connector_mid for message in chat.messages):
            return
        employee = int(said.get("user_id") or 0)
        author = employee or self._office.person(chat.connector, chat.line, str(item["user"]["id"]))
        message = self._office.post(
            chat, author, str(said.get("text", "")), connector_mid=[outside], client=not employee
        )
        if said.get("disable_crm") != "Y":
            self._desk.tracker.look_later(chat, item["user"])
        if employee and self._desk.misbehaviour.copies_return:
            self._desk.courier.tell("OnImConnectorMessageAdd", message_event(chat, message, []), user=employee)
        for file in said.get("files") or []:
            got, problem = await fetched(str(file["url"]), str(file["name"]))
            message.files.extend([got] if got else [])
            message.problems.extend([problem] if problem else [])
            if got:
                self._office.keep_file(got)

    def _is_group(self, connector: str) -> bool:
        return self._office.connectors[connector].get("CHAT_GROUP") in {True, "Y", "1"}

    def _known(self, connector: str) -> None:
        if connector not in self._office.connectors:
            raise PortalRefusal(400, "IMCONNECTOR_NO_CORRECT_PROVIDER", "The connector is not known")

    def _pair(self, call: Call) -> tuple[str, int]:
        self._known(call.text("CONNECTOR"))
        return call.text("CONNECTOR"), self._office.line(call.number("LINE")).id

    def _active_pair(self, call: Call) -> tuple[str, int]:
        pair = self._pair(call)
        if pair not in self._office.active or not self._office.lines[pair[1]].active:
            raise PortalRefusal(400, "NOT_ACTIVE_LINE", "The connector is not active on this line")
        return pair


def _known_messages(chat: PortalChat, item: Json) -> list[PortalMessage]:
    wanted = str(item["message"]["id"])
    return [message for message in chat.messages if wanted in message.connector_mid]
