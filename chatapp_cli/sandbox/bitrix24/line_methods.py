"""The methods of open lines: their settings, dialogs, sessions and what was written in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chatapp_cli.sandbox.bitrix24.call import Call, Desk, Method
from chatapp_cli.sandbox.bitrix24.objects import (
    Json,
    OpenLine,
    PortalCard,
    PortalChat,
    PortalMessage,
    PortalNotice,
    PortalRefusal,
)
from chatapp_cli.sandbox.bitrix24.talk import message_event, session_event


def written_time(at: int) -> str:
    """A moment as the portal writes it."""
    return datetime.fromtimestamp(at // 1000, UTC).isoformat()


_CARDS: Final = frozenset(("lead", "deal", "company", "contact"))
"""``CRM_ENTITY_TYPE``; the documentation lists lower case alone."""


class LineMethods:
    """Bound to one portal."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    @property
    def table(self) -> Mapping[str, Method]:
        """The methods by their names."""
        return {
            "imopenlines.config.list.get": self.lines,
            "imopenlines.config.get": lambda call: self._settings(self._office.line(call.number("CONFIG_ID"))),
            "imopenlines.config.add": self.add_line,
            "imopenlines.config.update": self.change_line,
            "imopenlines.dialog.get": self.dialog,
            "imopenlines.session.history.get": self.history,
            "imopenlines.session.open": self.open_session,
            "imopenlines.crm.chat.get": self.chats_of_card,
            "imopenlines.crm.chat.getlastid": self.last_chat_of_card,
            "imopenlines.crm.message.add": self.write,
            "im.notify.system.add": self.notify,
        }

    def _settings(self, line: OpenLine) -> Json:
        settings = {name: value for name, value in line.settings.items() if name != "QUEUE"}
        return {
            "ID": str(line.id), "LINE_NAME": line.name, "ACTIVE": "Y" if line.active else "N", **settings,
            "QUEUE": line.queue,
        }  # fmt: skip

    def lines(self, call: Call) -> list[Json]:
        """The lines, with the fields that were asked for."""
        params, options = call.map("PARAMS"), call.map("OPTIONS")
        shown = [self._settings(line) for line in self._office.lines.values()]
        wanted = params.get("select") or ["ID", "LINE_NAME", "ACTIVE"]
        wanted = [name for name in wanted if name != "QUEUE"] + (["QUEUE"] if options.get("QUEUE") == "Y" else [])
        said = params.get("filter") or {}
        offset, limit = int(params.get("offset") or 0), min(int(params.get("limit") or 50), 200)
        found = [one for one in shown if all(str(one.get(name)) == str(value) for name, value in said.items())]
        return [{name: one[name] for name in ("ID", *wanted) if name in one} for one in found[offset:][:limit]]

    def add_line(self, call: Call) -> int:
        """A new line."""
        said = dict(call.map("PARAMS"))
        name, active = str(said.pop("LINE_NAME", "Открытая линия")), said.pop("ACTIVE", "Y") == "Y"
        return self._office.add_line(name, active=active, **said)

    def change_line(self, call: Call) -> bool:
        """New settings of a line, while the others stay; false without such a line."""
        line, said = self._office.lines.get(call.number("CONFIG_ID")), dict(call.map("PARAMS"))
        if line is None:
            return False
        line.name = str(said.pop("LINE_NAME", line.name))
        line.active = said.pop("ACTIVE", "Y" if line.active else "N") == "Y"
        line.settings.update(said)
        return True

    def dialog(self, call: Call) -> Json:
        """A chat with its cards."""
        chat = self._chat(call)
        bound = list(self._office.cards_of(chat))
        newest = {card.kind: card for card in bound}
        main = newest.get("deal") or newest.get("lead") or newest.get("contact")
        numbers = {kind: newest[kind].id if kind in newest else 0 for kind in ("lead", "company", "contact", "deal")}
        numbers |= dict.fromkeys(numbers, 0) | chat.stale if chat.stale is not None else {}
        head = f"Y|{main.kind.upper()}|{main.id}" if main else "N|NONE|0"
        return {
            "id": chat.id, "name": chat.name, "owner": chat.operator, "type": "lines", "entity_type": "LINES",
            "entity_id": chat.code, "message_count": len(chat.messages), "manager_list": [chat.operator],
            "entity_data_1": f"{head}|N|N|{chat.session}|0|0|0|0",
            "entity_data_2": "|".join(f"{kind.upper()}|{number}" for kind, number in numbers.items()),
            "message_type": "L",
        }  # fmt: skip

    def _chat(self, call: Call) -> PortalChat:
        dialog = call.text("DIALOG_ID").removeprefix("chat")
        number = call.number("CHAT_ID") or int(dialog if dialog.isdecimal() else 0)
        session, code = call.number("SESSION_ID"), call.text("USER_CODE").removeprefix("imol|")
        if not (number or session or code):
            raise PortalRefusal(400, "ERROR_ARGUMENT", "One of the ids is needed")
        chat = self._office.chat_by(chat=number, session=session, code=code)
        if chat is None:
            raise PortalRefusal(400, "ACCESS_ERROR", "There is no such dialog")
        return chat

    def history(self, call: Call) -> Json:
        """The messages of a session; of a chat only its latest session is shown."""
        chat = self._chat(call)
        if (code := self._desk.misbehaviour.unreadable_chats.get(chat.id)) is not None:
            raise PortalRefusal(400, code, "The history is not shown")
        session = call.number("SESSION_ID") or chat.session
        said = [one for one in chat.messages if one.session == session and not one.deleted]
        files = {str(number): self._file(number) for one in said for number in self._office.file_ids(one)}
        return {
            "chatId": chat.id, "sessionId": session,
            "message": {str(one.id): self._told(one) for one in said} or [],
            "usersMessage": {f"chat{chat.id}": [str(one.id) for one in said]} if said else [],
            "users": {str(one): self._user(one, chat) for one in {one.author for one in said} - {0}} or [],
            "files": files or [],
        }  # fmt: skip

    def _told(self, message: PortalMessage) -> Json:
        params: Json = {}
        if message.connector_mid:
            params["connectorMid"] = list(message.connector_mid)
        if files := self._office.file_ids(message):
            params["fileId"] = files
        return {
            "id": str(message.id), "chatid": str(message.chat), "senderid": str(message.author),
            "date": written_time(message.at), "text": message.text, "params": params or [],
        }  # fmt: skip

    def _user(self, number: int, chat: PortalChat) -> Json:
        return {"id": number, "connector": number not in self._office.employees, "bot": False, "name": chat.name}

    def _file(self, number: int) -> Json:
        file = self._office.files[number]
        return {
            "id": number, "name": file.name, "size": len(file.content), "extension": file.name.rpartition(".")[2],
            "type": file.mime.partition("/")[0] if file.mime.startswith(("image/", "audio/", "video/")) else "file",
            "urlDownload": f"{self._desk.authority.client_endpoint}download.json?token=disk|{number}",
        }  # fmt: skip

    def open_session(self, call: Call) -> Json:
        """Open the session of a chat, anew if it is closed."""
        chat = self._chat(call)
        if chat.closed:
            self._office.open_session(chat)
            self._desk.courier.tell("OnImConnectorDialogStart", session_event(chat))
        return {"chatId": str(chat.id)}

    def _card(self, call: Call) -> PortalCard:
        kind = call.text("CRM_ENTITY_TYPE")
        if kind not in _CARDS:
            raise PortalRefusal(400, "ERROR_ARGUMENT", "There is no such kind of card")
        card = self._office.card(kind, call.number("CRM_ENTITY"))
        if card is None:
            raise PortalRefusal(400, "ERROR_ARGUMENT", "There is no such card")
        return card

    def _chats_of(self, call: Call) -> list[PortalChat]:
        codes = self._card(call).codes
        return [chat for chat in self._office.chats if chat.code in codes]

    def chats_of_card(self, call: Call) -> list[Json]:
        """The chats that are bound to a card: open ones alone, unless all are asked for."""
        return [
            {"CHAT_ID": str(chat.id), "CONNECTOR_ID": chat.connector,
             "CONNECTOR_TITLE": self._office.connectors.get(chat.connector, {}).get("NAME", "")}
            for chat in self._chats_of(call) if call.text("ACTIVE_ONLY") == "N" or not chat.closed
        ]  # fmt: skip

    def last_chat_of_card(self, call: Call) -> int:
        """The newest of them."""
        found = [chat.id for chat in self._chats_of(call)]
        if not found:
            raise PortalRefusal(400, "NOT_FOUND", "The card has no chat")
        return found[-1]

    def write(self, call: Call) -> int:
        """Write to the client as an employee: it goes out like anything that an operator writes."""
        self._card(call)
        chat = self._office.chat_by(chat=call.number("CHAT_ID"))
        if chat is None or call.number("USER_ID") not in self._office.employees:
            raise PortalRefusal(400, "ERROR_ARGUMENT", "There is no such chat or employee")
        message = self._office.post(chat, call.number("USER_ID"), call.text("MESSAGE"))
        self._desk.courier.tell("OnImConnectorMessageAdd", message_event(chat, message, []), user=message.author)
        return message.id

    def notify(self, call: Call) -> int:
        """Notify an employee in the name of the system."""
        user: Any = call.number("USER_ID")
        if user not in self._office.employees:
            raise PortalRefusal(400, "USER_ID_EMPTY", "There is no such user")
        notice = PortalNotice(id=self._office.next_number(), user=user, text=call.text("MESSAGE"))
        self._office.notices.append(notice)
        return notice.id
