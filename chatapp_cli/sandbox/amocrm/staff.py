"""What people do in the account: they answer clients and write first, and they change, move and delete things."""

from __future__ import annotations

from typing import Any

from chatapp_cli.sandbox.amocrm.chat_server import ChatServer
from chatapp_cli.sandbox.amocrm.contact_methods import ContactMethods
from chatapp_cli.sandbox.amocrm.lead_methods import LeadMethods
from chatapp_cli.sandbox.amocrm.note_methods import NoteMethods
from chatapp_cli.sandbox.amocrm.objects import (
    ADMIN,
    MANAGER,
    AmoBotRun,
    AmoChat,
    AmoContact,
    AmoLead,
    AmoMessage,
    AmoNote,
    AmoPerson,
    Json,
)
from chatapp_cli.sandbox.amocrm.office import BOT, EMAIL
from chatapp_cli.sandbox.amocrm.request import AccountDesk
from chatapp_cli.sandbox.amocrm.talk import AmoTalk
from chatapp_cli.sandbox.stage import StageFile

_TYPED = 10
"""Seconds for which a manager is shown as typing."""
_TYPES = {"image": "picture", "video": "video", "audio": "audio"}


class AmoStaff:
    """Everything that is done by hand; each returns once the hooks are queued."""

    def __init__(self, desk: AccountDesk, talk: AmoTalk, chats: ChatServer) -> None:
        self._desk, self._office, self._talk, self._chats = desk, desk.office, talk, chats
        self._leads, self._contacts = LeadMethods(desk), ContactMethods(desk)

    async def manager_writes(
        self, chat: AmoChat | str, text: str = "", *, user: int = MANAGER, media: StageFile | None = None,
        reply_to: AmoMessage | None = None,
    ) -> AmoMessage:  # fmt: skip
        """A manager writes in a chat, which is named by our id or theirs."""
        into = self._chat(chat)
        message = self._message(text, user, media, reply_to)
        self._talk.add(into, message)
        self._talk.hooks.tell({"message": self._told(into, message)})
        return message

    def _chat(self, chat: AmoChat | str) -> AmoChat:
        if isinstance(chat, AmoChat):
            return chat
        found = self._talk.known_chat(chat) or self._office.chat(chat)
        if found is None:
            raise LookupError(f"there is no chat {chat}")
        return found

    def _message(self, text: str, user: int, media: StageFile | None, reply_to: AmoMessage | None) -> AmoMessage:
        writer, number = self._office.users[user], self._office.uuid()
        message = AmoMessage(
            id=number, client_id="", text=text, type="text", at=self._office.millis(), author=writer.amojo_id,
            author_name=writer.name, by_client=False, reply_to=reply_to.id if reply_to else "",
        )  # fmt: skip
        if media:
            message.type = _TYPES.get(media.mime.partition("/")[0], "file")
            message.media, message.file_name = self._chats.keep(number, media), media.name
            message.file_size = len(media.content)
        return message

    def _told(self, chat: AmoChat, message: AmoMessage) -> Json:
        inside: Json = {
            "id": message.id, "type": message.type, "text": message.text, "markup": None, "tag": "",
            "media": message.media, "thumbnail": "", "file_name": message.file_name, "file_size": message.file_size,
        }  # fmt: skip
        if quoted := self._talk.message(number=message.reply_to):
            inside["reply_to"] = {"message": {"id": quoted.id, **_ours("msgid", quoted.client_id)}}
        said: Json = {
            "receiver": _receiver(chat.person), "sender": {"id": message.author, "name": message.author_name},
            "conversation": {"id": chat.id, **_ours("client_id", chat.client_id)},
            "timestamp": message.at // 1000, "msec_timestamp": message.at, "message": inside,
        }  # fmt: skip
        if chat.source and not self._desk.faults.source_left_out:
            said["source"] = {"external_id": chat.source}
        return said

    async def writes_first(
        self, text: str, *, phone: str = "", email: str = "", username: str = "", source: str = "", user: int = MANAGER
    ) -> AmoChat:
        """A manager clicks a phone, an address or an ``@name`` in a card, and writes: nobody has given our ids yet.

        Raises PermissionError if the channel cannot do it, LookupError if the source is not there to be chosen.
        """
        if not self._talk.channel.capabilities.write_first:
            raise PermissionError("the channel was registered without writing first")
        if source and self._office.source(source) is None:
            raise LookupError(f"there is no source {source}")
        said = phone or username or email
        person = AmoPerson(id=self._office.uuid(), name=said, phone=phone or username, email=email)
        person.contact = self._contact_with(said)
        if person.contact:
            person.name = self._office.contacts[person.contact].name
        self._office.people.append(person)
        chat = self._talk.open("", person, source)
        await self.manager_writes(chat, text, user=user)
        return chat

    async def writes_from_card(
        self, lead: int, value: str, text: str, *, source: str = "", user: int = MANAGER
    ) -> AmoChat:
        """A manager clicks a value in a deal, of one of its contacts or companies, chooses a source and writes (S-186).

        «Рабочий телефон» holds a number or an ``@name``. Raises LookupError for what stands in none of these cards.
        """
        office = self._office
        cards = [office.contacts[one] for one in office.leads[lead].contacts]
        cards += [office.companies[one] for one in office.leads[lead].companies]
        there = {each["value"]: field for card in cards for field, values in card.values.items() for each in values}
        if value not in there:
            raise LookupError(f"{value} stands nowhere in deal {lead}")
        said = {"email": value} if there[value] == EMAIL else {"phone": value}
        return await self.writes_first(text, source=source, user=user, **said)

    def _contact_with(self, said: str) -> int | None:
        for contact in self._office.contacts.values():
            if any(value["value"] == said for values in contact.values.values() for value in values):
                return contact.id
        return None

    async def edits(self, message: AmoMessage, text: str) -> None:
        """A manager changes a message. No document describes a hook of it, so that only the history shows it."""
        message.text, message.edited = text, True

    async def reacts(self, message: AmoMessage, emoji: str | None, *, user: int = MANAGER) -> None:
        """A manager reacts to a message, or takes it back; told only if the channel has reactions."""
        chat = next(one for one in self._office.chats if message in one.messages)
        who = self._office.users[user].amojo_id
        before = message.reactions.pop(who, "")
        if emoji:
            message.reactions[who] = emoji
        said = {
            "message": {"id": message.id, **_ours("msgid", message.client_id)}, "user": {"id": who},
            "conversation": {"id": chat.id, **_ours("client_id", chat.client_id)},
            "type": "react" if emoji else "unreact", "emoji": emoji or before,
        }  # fmt: skip
        if self._talk.channel.capabilities.reactions:
            self._talk.hooks.tell({"action": {"reaction": said}})

    async def types(self, chat: AmoChat | str, *, user: int = MANAGER) -> None:
        """A manager types; told only if the channel has it."""
        into = self._chat(chat)
        said = {
            "user": {"id": self._office.users[user].amojo_id}, "expired_at": self._office.seconds() + _TYPED,
            "conversation": {"id": into.id, **_ours("client_id", into.client_id)},
        }  # fmt: skip
        if self._talk.channel.capabilities.typing:
            self._talk.hooks.tell({"action": {"typing": said}})

    async def moves(self, lead: AmoLead | int, status: int, *, pipeline: int | None = None) -> None:
        """Somebody puts a lead on another stage."""
        moved = self._lead(lead)
        to = self._office.pipeline(pipeline or moved.pipeline)
        if to is None or to.stage(status) is None:
            raise LookupError(f"there is no stage {status}")
        self._leads.move(moved, to, status)
        for one in self._office.unsorted:
            if one.lead == moved.id and one.state == "open":
                one.state = "accepted"

    def _lead(self, lead: AmoLead | int) -> AmoLead:
        return lead if isinstance(lead, AmoLead) else self._office.leads[lead]

    async def assigns(self, card: AmoLead | AmoContact | int, user: int) -> None:
        """Somebody makes another employee responsible for a lead, which may be named by its number, or another card."""
        await self.changes(card, responsible_user_id=user)

    async def changes(self, card: AmoLead | AmoContact | int, **changes: Any) -> None:
        """Somebody changes fields of a card."""
        if isinstance(card, AmoContact):
            self._contacts.rewrite(card, changes, ADMIN)
        else:
            self._leads.rewrite(self._lead(card), changes, ADMIN)

    async def makes_deal(
        self, contact: int, name: str = "Сделка", *, pipeline: int | None = None, status: int | None = None,
        user: int = MANAGER,
    ) -> AmoLead:  # fmt: skip
        """Somebody makes a lead for a contact by hand."""
        into = self._office.pipeline(pipeline) if pipeline else self._office.main_pipeline
        if into is None or contact not in self._office.contacts:
            raise LookupError("there is no such pipeline or contact")
        said = {
            "name": name, "pipeline_id": into.id, "status_id": status or into.first.id, "responsible_user_id": user,
            "_embedded": {"contacts": [{"id": contact}]},
        }  # fmt: skip
        return self._leads.make(said, user)

    async def deletes_deal(self, lead: AmoLead | int) -> None:
        """Somebody deletes a lead, or declines an incoming one."""
        gone = self._lead(lead)
        self._leads.deleted(gone)
        for one in self._office.unsorted:
            if one.lead == gone.id and one.state == "open":
                one.state = "declined"

    async def notes(self, lead: AmoLead | int, text: str, *, user: int = MANAGER) -> AmoNote:
        """Somebody writes a note in a lead."""
        note = AmoNote(
            id=self._office.number(), kind="leads", card=self._lead(lead).id, type="common", params={"text": text},
            author=user, at=self._office.seconds(),
        )  # fmt: skip
        self._office.notes.append(note)
        NoteMethods(self._desk).tell(note)
        return note

    async def deletes_field(self, number: int) -> None:
        """An administrator deletes a custom field, with its values."""
        self._office.fields[:] = [one for one in self._office.fields if one.id != number]
        for card in (*self._office.leads.values(), *self._office.contacts.values()):
            card.values.pop(number, None)

    async def deletes_stage(self, number: int) -> None:
        """An administrator deletes a stage; its leads go to the first one."""
        for pipeline in self._office.pipelines:
            if pipeline.stage(number):
                pipeline.stages[:] = [one for one in pipeline.stages if one.id != number]
                for lead in self._office.leads.values():
                    if (lead.pipeline, lead.status) == (pipeline.id, number):
                        self._leads.move(lead, pipeline, pipeline.first.id)

    async def dismisses(self, user: int) -> None:
        """An administrator switches an employee off."""
        self._office.users[user].active = False

    async def adds_trigger(
        self, stage: int, data: Json | None = None, *, bot: int = BOT, current: bool = False
    ) -> None:
        """An administrator has a bot start at a stage; ``current``: also for the leads that stand there.

        «Применить триггер к текущим сделкам в статусе». For a stage of a digital pipeline no API does that.
        """
        self._desk.bots.triggers[stage] = bot, data
        for lead in [one for one in self._office.leads.values() if current and one.status == stage]:
            self._desk.bots.entered(lead.id, stage)

    async def runs_bot(self, lead: AmoLead | int, data: Json | None = None, *, bot: int = BOT) -> AmoBotRun:
        """A bot comes to our widget's step in a lead, with these data or those that the widget wrote."""
        return self._desk.bots.run(bot, "leads", self._lead(lead).id, data)


def _ours(name: str, number: str) -> Json:
    return {name: number} if number else {}


def _receiver(person: AmoPerson) -> Json:
    optional = {"phone": person.phone, "email": person.email, "client_id": person.client_id}
    return {"id": person.id, "name": person.name, **{name: said for name, said in optional.items() if said}}
