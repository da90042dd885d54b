"""What becomes of messages: chats and people that they make, contacts and incoming leads. providers-crm.md 4.6, 5.4.

That a chat whose contact has an open lead brings no incoming one is believed and not documented (4.8 B, 11.2).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from chatapp_cli.sandbox.amocrm.channel import AmoChannel
from chatapp_cli.sandbox.amocrm.chat_hooks import ChatHooks
from chatapp_cli.sandbox.amocrm.objects import (
    AmoChat,
    AmoMessage,
    AmoPerson,
    AmoPipeline,
    AmoRefusal,
    AmoUnsorted,
    Json,
)
from chatapp_cli.sandbox.amocrm.request import AccountDesk
from chatapp_cli.sandbox.amocrm.talk_methods import shown
from chatapp_cli.sandbox.downloads import fetched


@dataclass(slots=True)
class AmoTalk:
    """Puts messages where they belong."""

    desk: AccountDesk
    channel: AmoChannel
    hooks: ChatHooks
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def person(self, said: Json) -> AmoPerson:
        """The client of a request, made if need be; ``ref_id`` lets one get our id who had none. Raises AmoRefusal."""
        office, number = self.desk.office, str(said["id"])
        found = next((one for one in office.people if one.client_id == number), None)
        if found is None and said.get("ref_id"):
            found = next((one for one in office.people if one.id == said["ref_id"]), None)
            if found is None or found.client_id not in {"", number}:
                raise AmoRefusal(400, "The ref_id is not of this person")
            found.client_id = number
        if found is None:
            found = AmoPerson(id=office.uuid(f"person {number}"), client_id=number)
            office.people.append(found)
        self._describe(found, said)
        return found

    def _describe(self, person: AmoPerson, said: Json) -> None:
        profile = said.get("profile") or {}
        person.name = said.get("name") or person.name
        person.avatar = said.get("avatar") or person.avatar
        person.phone = profile.get("phone") or person.phone
        person.email = profile.get("email") or person.email

    def chat(self, said: Json, client: Json) -> AmoChat:
        """The chat of a request, made if need be; ``conversation_ref_id`` names one that has no id of ours yet."""
        office, number = self.desk.office, said.get("conversation_id", "")
        found = self.known_chat(number)
        if found is None and said.get("conversation_ref_id"):
            found = office.chat(said["conversation_ref_id"])
            if found is None or found.client_id:
                raise AmoRefusal(400, "The conversation_ref_id is not of a chat without an id")
            found.client_id = number
            if found.person.client_id == "" and client.get("ref_id") in {None, found.person.id}:
                client = {**client, "ref_id": found.person.id}
        person = self.person(client)
        if found is None:
            found = self.open(number, person, (said.get("source") or {}).get("external_id", ""))
        found.source = (said.get("source") or {}).get("external_id", found.source)
        return found

    def open(self, number: str, person: AmoPerson, source: str) -> AmoChat:
        """A new chat, with our id or none."""
        office = self.desk.office
        chat = AmoChat(id=office.uuid(), client_id=number, person=person, talk=office.number(), source=source)
        office.chats.append(chat)
        return chat

    def known_chat(self, number: str) -> AmoChat | None:
        """A chat by our id."""
        return next((one for one in self.desk.office.chats if number and one.client_id == number), None)

    def message(self, *, number: str = "", client_id: str = "") -> AmoMessage | None:
        """A message by the chats' id, or by ours."""
        for chat in self.desk.office.chats:
            for one in chat.messages:
                if (number and one.id == number) or (client_id and one.client_id == client_id):
                    return one
        return None

    def add(self, chat: AmoChat, message: AmoMessage) -> None:
        """A message appears: its chat gets a contact, and an incoming lead if nobody works with the client."""
        begins = not chat.messages
        chat.messages.append(message)
        chat.closed = False
        self.settle_contact(chat)
        assert chat.person.contact
        if lead := self.desk.office.open_lead(chat.person.contact):
            chat.lead = lead.id
        elif message.by_client and not message.silent:
            self._arrives(chat)
        self.desk.hooks.tell("add_talk" if begins else "update_talk", shown(chat, self.desk))
        if message.by_client and not message.silent:
            self.desk.hooks.tell("add_message", self._told(chat, message))
        if message.media and message.client_id:
            self._fetch(message)

    def settle_contact(self, chat: AmoChat) -> None:
        """Make a contact of a client who has none; nobody is looked for by phone, as duplicate control does not."""
        person = chat.person
        if person.contact is None:
            contact = self.desk.office.add_contact(
                person.name or person.phone or person.email, phone=person.phone, email=person.email
            )
            person.contact = contact.id
            said = {"id": contact.id, "name": contact.name, "type": "contact", "account_id": self.desk.id}
            self.desk.hooks.tell("add_contact", said)

    def _pipeline(self, chat: AmoChat) -> AmoPipeline:
        source = self.desk.office.source(chat.source)
        return (source and self.desk.office.pipeline(source.pipeline)) or self.desk.office.main_pipeline

    def _arrives(self, chat: AmoChat) -> None:
        office, pipeline = self.desk.office, self._pipeline(chat)
        assert chat.person.contact
        stage = pipeline.unsorted if pipeline.unsorted_on else pipeline.first
        lead = office.add_lead(
            f"Сделка: {chat.person.name}", pipeline=pipeline, stage=stage.id, contacts=[chat.person.contact]
        )
        lead.source, chat.lead = chat.source, lead.id
        if not pipeline.unsorted_on:
            return
        source = office.source(chat.source)
        office.unsorted.append(
            AmoUnsorted(
                uid=office.uuid().replace("-", ""), chat=chat.id, pipeline=pipeline.id, lead=lead.id,
                contact=chat.person.contact, created_at=office.seconds(), source_name=source.name if source else "",
            )
        )  # fmt: skip

    def _told(self, chat: AmoChat, message: AmoMessage) -> Json:
        said: Json = {
            "id": message.id, "chat_id": chat.id, "talk_id": chat.talk, "contact_id": chat.person.contact,
            "text": message.text, "created_at": message.at // 1000, "type": "incoming", "message_type": message.type,
            "entity_type": "lead" if chat.lead else "", "entity_id": chat.lead or "", "origin": self.channel.code,
            "author": {"id": chat.person.id, "type": "external", "name": chat.person.name},
        }  # fmt: skip
        if message.media:
            said["attachment"] = {"type": message.type, "link": message.media, "file_name": message.file_name}
        return said

    def _fetch(self, message: AmoMessage) -> None:
        task = asyncio.create_task(self._fetched(message))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def stop(self) -> None:
        """Forget what is being fetched."""
        for task in (stopped := set(self.tasks)):
            task.cancel()
        await asyncio.gather(*stopped, return_exceptions=True)

    async def _fetched(self, message: AmoMessage) -> None:
        file, message.problem = await fetched(message.media, message.file_name, head_first=False)
        message.file = file.content if file else None
