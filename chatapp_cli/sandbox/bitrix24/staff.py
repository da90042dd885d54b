"""What people do in the portal: they answer clients, and they change, disconnect and delete things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from chatapp_cli.sandbox.bitrix24.call import Desk
from chatapp_cli.sandbox.bitrix24.card_methods import set_fields
from chatapp_cli.sandbox.bitrix24.line_methods import written_time
from chatapp_cli.sandbox.bitrix24.objects import (
    ADMIN,
    OPERATOR,
    SYSTEM,
    Json,
    PortalCard,
    PortalChat,
    PortalMessage,
)
from chatapp_cli.sandbox.bitrix24.talk import delete_event, edit_event, message_event, session_event
from chatapp_cli.sandbox.stage import StageFile

_RULE = "-" * 54


class PortalStaff:
    """Everything that is done by hand; each returns once the events are queued."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    async def writes(
        self, connector: str, line: int | str, chat_id: str, text: str = "", *,
        files: Sequence[StageFile] = (), employee: int = OPERATOR, automatic: bool = False,
    ) -> PortalMessage:  # fmt: skip
        """An operator writes in the chat that has our id; an ``automatic`` text is the system's own."""
        chat = self._chat(connector, int(line), chat_id)
        author = SYSTEM if automatic else employee
        message = self._office.post(chat, author, text, files=list(files), automatic=automatic)
        told = [self._file(self._office.keep_file(file), file) for file in files]
        self._tell(chat, "Add", message_event(chat, message, told), author)
        return message

    def _chat(self, connector: str, line: int, chat_id: str) -> PortalChat:
        chat = self._office.find_chat(connector, line, chat_id)
        if chat is None:
            raise LookupError(f"nobody wrote in {chat_id} of {connector} on line {line}")
        return chat

    def _chat_of(self, message: PortalMessage) -> PortalChat:
        return next(chat for chat in self._office.chats if chat.id == message.chat)

    def _tell(self, chat: PortalChat, what: str, data: Json, user: int) -> None:
        if (chat.connector, chat.line) in self._office.active:
            self._desk.courier.tell(f"OnImConnectorMessage{what}", data, user=user)

    def _file(self, number: int, file: StageFile) -> Json:
        head = file.mime.partition("/")[0]
        query = f"token=disk|{number}&auth={self._desk.authority.access_for(OPERATOR)}"
        fault = self._desk.misbehaviour
        told: Json = {
            "name": file.name, "type": head if head in {"image", "audio", "video"} else "file", "mime": file.mime,
            "link": f"{self._desk.authority.client_endpoint}download.json?{query}",
            "size": fault.download_size or len(file.content),
        }  # fmt: skip
        link = f"/rest/download.json?{query}" if fault.download_link is None else fault.download_link
        return {**told, "downloadLink": link} if link else told

    async def edits(self, message: PortalMessage, text: str) -> None:
        """Its author changes a message."""
        message.text, message.edited = text, True
        chat = self._chat_of(message)
        self._tell(chat, "Update", edit_event(chat, message), message.author)

    async def deletes(self, message: PortalMessage) -> None:
        """Its author deletes a message."""
        message.deleted = True
        chat = self._chat_of(message)
        self._tell(chat, "Delete", delete_event(chat, message), message.author)

    async def quotes(
        self, message: PortalMessage, text: str, *, style: Literal["lines", "bbcode"] = "lines",
        employee: int = OPERATOR,
    ) -> PortalMessage:  # fmt: skip
        """An operator answers with «Цитировать»: only the text tells what is quoted."""
        chat = self._chat_of(message)
        who = self._office.employees.get(message.author)
        name = f"{who.name} {who.last_name}" if who else chat.name
        time = written_time(message.at)[11:16]
        quoted = f"{_RULE}\n{name} [{time}]\n{message.text}\n{_RULE}\n{text}"
        if style == "bbcode":
            quoted = f"[quote]{name} [{time}]\n{message.text}[/quote]\n{text}"
        return await self.writes(chat.connector, chat.line, chat.outside, quoted, employee=employee)

    async def finishes(self, chat_id: str) -> None:
        """An operator closes the sessions of the chats with our id."""
        for chat in self._office.chats:
            if chat.outside == chat_id and not chat.closed:
                chat.closed = True
                self._desk.courier.tell("OnImConnectorDialogFinish", session_event(chat, closed=True))

    async def disconnects(self, connector: str, line: int | str) -> None:
        """An administrator disconnects a line from a connector."""
        self._office.active.discard((connector, int(line)))
        self._desk.courier.tell("OnImConnectorStatusDelete", {"connector": connector, "line": int(line)})

    async def deletes_line(self, line: int | str) -> None:
        """An administrator deletes an open line."""
        del self._office.lines[int(line)]
        self._office.active -= {pair for pair in self._office.active if pair[1] == int(line)}
        self._desk.courier.tell("OnImConnectorLineDelete", int(line))

    async def uninstalls(self, *, clean: bool = True) -> None:
        """An administrator removes the application: its bindings, pages and tokens go with it."""
        self._desk.courier.tell("OnAppUninstall", {"CLEAN": int(clean)})
        for gone in (self._office.bindings, self._office.placements):
            gone.clear()
        for known in (self._office.connectors, self._office.senders, self._office.robots):
            known.clear()
        self._office.active.clear()
        self._desk.authority.withdraw()

    async def changes(self, card: PortalCard, **fields: Any) -> None:
        """Somebody changes a card; fields as in ``crm.item.*``."""
        set_fields(self._office, card, fields)
        self._told(card, "Update")

    async def comments(self, card: PortalCard, text: str, *, employee: int = OPERATOR) -> None:
        """Somebody comments a card, which changes none of its fields."""
        made = self._office.add_comment(card, text, employee)
        self._desk.courier.tell("OnCrmTimelineCommentAdd", {"FIELDS": {"ID": made.id}}, user=employee)

    async def dismisses(self, employee: int) -> None:
        """Somebody does not work here any more."""
        self._office.employees[employee].active = False

    async def converts(self, lead: PortalCard) -> PortalCard:
        """Somebody converts a lead: a contact and a deal take its chats over; returns the deal."""
        self._keep_stale(lead)
        lead.stage = "CONVERTED"
        more: Json = {"responsible": lead.responsible, "phone": lead.phone, "chat": lead.chat, "session": lead.session}
        contact = self._office.add_card("contact", title=lead.title, codes=list(lead.codes), **more)
        deal = self._office.add_card(
            "deal", title=lead.title, stage="NEW", contact=contact.id, lead=lead.id, codes=list(lead.codes), **more
        )
        self._told(contact, "Add")
        self._told(deal, "Add")
        self._told(lead, "Update")
        return deal

    async def deletes_card(self, card: PortalCard) -> None:
        """Somebody deletes a card."""
        self._keep_stale(card)
        self._office.cards.remove(card)
        self._told(card, "Delete")

    async def merges(self, card: PortalCard, into: PortalCard) -> None:
        """Somebody finds that two cards are one: the first disappears, its chats are the other's."""
        self._keep_stale(card)
        into.codes += [code for code in card.codes if code not in into.codes]
        self._told(into, "Update")
        await self.deletes_card(card)

    def _keep_stale(self, card: PortalCard) -> None:
        """Let the card's chats go on naming it, if the portal is late with that."""
        for chat in self._office.chats:
            if self._desk.misbehaviour.stale_cards and chat.code in card.codes and chat.stale is None:
                chat.stale = {one.kind: one.id for one in self._office.cards_of(chat)}

    def _told(self, card: PortalCard, what: str) -> None:
        if what == "Update":
            self._office.touch(card)
        self._desk.courier.tell(f"OnCrm{card.kind}{what}", {"FIELDS": {"ID": card.id}}, user=ADMIN)
