"""Tells an account what the ledger owes it, each entry by a request of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, assert_never

import structlog

from chatapp_cli.crm.amocrm import cards, contacts, convert, errors, names, salesbot
from chatapp_cli.crm.amocrm.chats import ChatsApi
from chatapp_cli.crm.amocrm.convert import ToldAs
from chatapp_cli.crm.amocrm.history import AmoHistory
from chatapp_cli.crm.amocrm.leads import AmoLeads, ClientThere
from chatapp_cli.crm.amocrm.people import AmoStaff
from chatapp_cli.crm.amocrm.record import FIRST
from chatapp_cli.crm.amocrm.rest import LONGEST_WAIT, AmoApi, inside
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.crm.receipts import Outcome, unless_all_failed
from chatapp_cli.domain.crm.states import SHOWING, Act
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, Rejected
from chatapp_cli.kit.decided_cards import DecidedCards
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.kit.parts import send_part
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import Clock

log = structlog.get_logger()

_COMMON: Final = "common"
"""The type of a note that a person could have written."""


class AmoDelivery:
    """Delivers for one session of an account with a chat channel."""

    def __init__(
        self,
        api: AmoApi,
        chats: ChatsApi,
        staff: AmoStaff,
        bound: Bound,
        public_url: str,
        clock: Clock,
        leads: AmoLeads,
        decided: DecidedCards,
    ) -> None:
        self._leads, self._decided = leads, decided
        self._api, self._chats, self._staff, self._memory, self._clock = api, chats, staff, bound.memory, clock
        self._ours = names.our_ids(bound)
        self._history = AmoHistory(chats, self._ours)
        self._is_ours = showing.ours_at(public_url)

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
        """The outcome of each entry; raises only what hindered all of them."""
        return unless_all_failed(await asyncio.gather(*map(self._outcome, entries)), errors.stops_everything)

    async def _outcome(self, entry: LedgerEntry) -> Outcome:
        try:
            return await self._told(entry)
        except ChannelError as error:
            return error

    async def _told(self, entry: LedgerEntry) -> CrmReceipt:
        match entry.act:
            case Act.ADD | Act.IMPORT:
                return await self._add(entry) if showing.is_shown(entry) else CrmReceipt(hidden=True)
            case Act.EDIT:
                await self._chats.tell("edit_message", convert.edited(entry, self._ours, self._clock.now()))
            case Act.DELETE:
                await self._delete(entry)
            case Act.DELIVERED | Act.READ | Act.FAILED | Act.REACT:
                await self._sign(entry)
            case Act.CONTINUE:
                await salesbot.go_on(self._api, entry)
            case Act.REMARK:
                await self._remark(entry)
            case Act.OWNER | Act.TEXTED | Act.RESULT | Act.COMMENT:
                # AmoOwners tells the first; amoCRM has neither providers of SMS nor robots.
                pass
            case unknown:
                assert_never(unknown)
        return CrmReceipt()

    async def _delete(self, entry: LedgerEntry) -> None:
        """Take every part of a message back; a file that was left out has none there."""
        first, *others = convert.deleted(entry, self._ours, self._clock.now())
        await self._chats.tell("edit_message", first)
        for part in others:
            try:
                await self._chats.tell("edit_message", part)
            except Rejected as error:
                if error.code != "chat_unknown":
                    raise

    async def _remark(self, entry: LedgerEntry) -> None:
        """Note in the deal of a chat, or in its contact, what a manager has to know: the chats have no such words."""
        if path := await self._remarks(entry):
            await self._api.add(path, "notes", {"note_type": _COMMON, "params": {"text": entry.reason}})

    async def _remarks(self, entry: LedgerEntry) -> str:
        """Where the notes of the card are that a remark belongs to; empty if its chat has no card."""
        ids = await cards.ids_of_chat(self._api, names.chat_of(entry.remote))
        return next((f"{cards.PATHS[kind]}/{number}/notes" for kind, number in ids.items()), "")

    async def _is_remarked(self, entry: LedgerEntry) -> bool:
        path = await self._remarks(entry)
        there = await self._api.pages(path, "notes", {"filter[note_type]": _COMMON}) if path else ()
        return any(inside(one, "params", "text") == entry.reason for one in there)

    async def _sign(self, entry: LedgerEntry) -> None:
        """Tell how a message fares, or is taken, by its id in the chats."""
        if not names.is_uuid(entry.remote):
            raise Rejected("chat_unknown", entry.remote)
        if entry.act is Act.REACT:
            await self._chats.react(convert.reacted(entry, self._ours, await self._first(entry.chat)))
        else:
            await self._chats.status(entry.remote, convert.status(entry))

    async def _add(self, entry: LedgerEntry) -> CrmReceipt:
        """Show a message; before the first one its chat is bound to the client's contact (addendum C5).

        One from before the pairing is silent there, and has no lead made for it.
        Whatever is refused about contact and lead, as without a right to read them, the client's words are shown.
        """
        try:
            await self._prepare(entry, names.chat_of(entry.chat.remote))
        except Rejected as error:
            log.warning("amocrm.shown_without_card", chat=entry.chat.id, code=error.code, detail=error.detail)
        return await self._shown(entry, {})

    async def _prepare(self, entry: LedgerEntry, chat: str) -> None:
        """See to the contact and the lead of a chat, which is empty before its first message."""
        if not chat:
            await self._bind(entry)
        elif entry.outcome is not None:
            await self._settle(entry, entry.outcome, chat)

    async def _settle(self, entry: LedgerEntry, outcome: CardOutcome, chat: str) -> None:
        """See to the lead of a chat that is there, and bind it if the account's talks tell no contact of it."""
        bound = True

        async def find() -> ClientThere:
            nonlocal bound
            said = await cards.ids_of_chat(self._api, chat)
            bound = "contact" in said
            contact = said.get("contact") or await contacts.contact_of(self._api, entry.person)
            return ClientThere(contact, said.get("deal", 0))

        contact = await self._leads.settle(entry, outcome, find)
        if contact and not bound:
            await contacts.bind(self._api, contact, chat)

    async def _bind(self, entry: LedgerEntry) -> None:
        chat = await self._chats.chat(convert.opened(entry, self._ours))
        contact = await self._contact(entry)
        if contact:
            await contacts.bind(self._api, contact, chat)

    async def _contact(self, entry: LedgerEntry) -> int | None:
        """The contact of a client who has no chat yet, also if the lead that was decided cannot be made."""
        find = partial(contacts.contact_of, self._api, entry.person)

        async def client() -> ClientThere:
            return ClientThere(await find())

        if entry.outcome is not None:
            try:
                return await self._leads.settle(entry, entry.outcome, client)
            except Rejected as error:
                log.warning("amocrm.shown_without_lead", chat=entry.chat.id, code=error.code, detail=error.detail)
        return None if entry.chat.kind == "group" else await find()

    async def _shown(self, entry: LedgerEntry, there: Mapping[str, str]) -> CrmReceipt:
        """Send the parts that are not there yet; once one is sent, the whole must not be told anew."""
        first = await self._first(entry.chat)
        told_as = ToldAs(employee=await self._staff.author(entry.employee) if entry.ours else "", client=first)
        receipt, sent = CrmReceipt(), list(there.values())
        urgency = Urgency.BACKGROUND if entry.act is Act.IMPORT else Urgency.CLIENT
        for payload in convert.added(entry, self._ours, told_as, self._is_ours, self._clock.now()):
            if payload["msgid"] in there:
                continue
            tell = partial(self._chats.tell, "new_message", payload, urgency=urgency)
            answer = await send_part(tell, sent, self._clock, longest=LONGEST_WAIT)
            sent.append(payload["msgid"])
            if payload["msgid"] == convert.part_key(entry, self._ours):
                ids = {"chat": _id(answer, "conversation_id"), "remote": _id(answer, "msgid")}
                receipt = await self._decided.receipt(entry, **ids)
        if first:
            await self._memory.save({f"{FIRST}{entry.chat.remote}": ""})
        return receipt

    async def _first(self, chat: CrmChat) -> str:
        """The client's id in a chat that an employee began, until our ids are told with it."""
        name = f"{FIRST}{chat.remote}"
        return (await self._memory.known(name)).get(name, "") if names.chat_of(chat.remote) else ""

    async def typing(self, pairing: Pairing, chat: CrmChat, person: CrmPerson) -> None:
        """Show that a client types, in a chat that knows our ids."""
        if names.chat_of(chat.remote) and not await self._first(chat):
            conversation = self._ours.conversation(pairing, chat.id)
            await self._chats.typing(conversation, self._ours.person(person.id), convert.TYPES_FOR)

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        """Look for a message by our id, and complete it if only its first files came.

        What else we tell may be told twice.
        """
        if entry.act is Act.REMARK:
            return CrmReceipt() if await self._is_remarked(entry) else None
        if entry.act not in SHOWING:
            return None
        keys = [convert.part_key(entry, self._ours, place) for place in range(max(1, len(entry.files)))]
        chat, there = await self._history.there(entry, keys)
        if keys[0] not in there:
            return None
        try:
            await self._shown(entry, there)
        except Rejected as error:
            raise OutcomeUnknown("sent_in_part", error.detail) from error
        return await self._decided.receipt(entry, chat=chat, remote=there[keys[0]])


def _id(answer: Mapping[str, object], name: str) -> str:
    said = answer.get(name)
    return said if isinstance(said, str) and names.is_uuid(said) else ""
