"""Tells the portal what the ledger owes it: several messages in a request, each one's own answer read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, TypeAlias, assert_never

from chatapp_cli.crm.bitrix24 import convert, errors, owners, robot_calls, texts
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.cards import bound_cards
from chatapp_cli.crm.bitrix24.history import ChatHistory
from chatapp_cli.crm.bitrix24.record import COPY_RETURNS, copy_mark
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.receipts import Outcome, unless_all_failed
from chatapp_cli.domain.crm.states import OF_RUN, OTHER_WAY, Act
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, PlaceRefused, Rejected, Retryable
from chatapp_cli.domain.portions import portions
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

TOGETHER: Final = 20
"""Messages in a request: no largest number is documented, and a lost answer leaves so many unknown (addendum B7)."""

_NO_CHAT: Final = OF_RUN | {Act.FAILED}
"""Acts that need no place: an author is told wherever they wrote, a process and a card have none."""

_Item: TypeAlias = Callable[[LedgerEntry], Mapping[str, Any]]
_Beside: TypeAlias = Literal[
    Act.TEXTED,
    Act.OWNER,
    Act.FAILED,
    Act.CONTINUE,
    Act.RESULT,
    Act.COMMENT,
    Act.REMARK,
    Act.READ,
    Act.REACT,
    Act.IMPORT,
]


class Delivery:
    """Delivers for one session."""

    def __init__(self, api: PortalApi, memory: Memory, public_url: str, clock: Clock) -> None:
        self._api, self._memory, self._clock = api, memory, clock
        self._is_ours = showing.ours_at(public_url)
        self._copies: dict[str, int] = {}

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
        """The outcome of each entry; raises only what hindered all of them."""
        found: dict[int, Outcome] = {}
        jobs: dict[tuple[Act, str, str], list[tuple[int, LedgerEntry]]] = {}
        for place, entry in enumerate(entries):
            if reason := _unfit(entry):
                found[place] = reason
            elif entry.act is Act.ADD and not showing.is_shown(entry):
                found[place] = CrmReceipt(hidden=True)
            else:
                jobs.setdefault((entry.act, entry.pairing.kind, entry.pairing.place), []).append((place, entry))
        work = [self._together(some) for job in jobs.values() for some in portions(job, TOGETHER)]
        for outcomes in await asyncio.gather(*work):
            found |= outcomes
        return unless_all_failed([found[place] for place in range(len(entries))], errors.stops_everything)

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        """Look for a message in the chat's history by our id, or a comment in a card; all else may be told twice."""
        if entry.act is Act.COMMENT:
            return CrmReceipt() if await robot_calls.has_comment(self._api, entry) else None
        if entry.act is Act.REMARK:
            [one] = await self._as_comments([entry])
            return CrmReceipt() if await robot_calls.has_comment(self._api, one) else None
        if entry.act is not Act.ADD:
            return None
        connector, place = convert.connector(entry), entry.pairing.place
        return await ChatHistory(self._api).find(entry.chat, entry.person, connector, place, entry.key)

    async def _together(self, some: Sequence[tuple[int, LedgerEntry]]) -> Mapping[int, Outcome]:
        entries = [entry for _, entry in some]
        try:
            outcomes = await self._tell(entries)
        except ChannelError as error:
            outcomes = [error] * len(some)
        return {place: outcome for (place, _), outcome in zip(some, outcomes, strict=True)}

    def _tell(self, entries: Sequence[LedgerEntry]) -> Awaitable[Sequence[Outcome]]:
        match entries[0].act:
            case Act.ADD:
                return self._add(entries)
            case Act.EDIT:
                return self._again("imconnector.update.messages", entries, convert.edited)
            case Act.DELETE:
                return self._again("imconnector.delete.messages", entries, convert.deleted)
            case Act.DELIVERED:
                return self._again("imconnector.send.status.delivery", entries, convert.delivered)
            case (
                Act.TEXTED | Act.OWNER | Act.FAILED | Act.CONTINUE | Act.RESULT | Act.COMMENT
                | Act.REMARK | Act.READ | Act.REACT | Act.IMPORT
            ) as act:  # fmt: skip
                return self._tell_beside(act, entries)
            case unknown:
                assert_never(unknown)

    def _tell_beside(self, act: _Beside, entries: Sequence[LedgerEntry]) -> Awaitable[Sequence[Outcome]]:
        """What does not stand in the chat: who is responsible, how an SMS fares, what did not get through."""
        match act:
            case Act.TEXTED:
                return texts.report(self._api, entries)
            case Act.OWNER:
                return owners.tell(self._api, entries, self._clock.now())
            case Act.FAILED:
                return self._complain(entries)
            case Act.RESULT:
                return robot_calls.answer(self._api, entries)
            case Act.COMMENT | Act.REMARK:
                return self._remark(entries) if act is Act.REMARK else robot_calls.comment(self._api, entries)
            case Act.CONTINUE | Act.READ | Act.REACT | Act.IMPORT:
                # No step of a portal waits for this, and its connectors have no such calls: it is owed none of it.
                return _nothing(entries)
            case unknown:
                assert_never(unknown)

    async def _add(self, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
        owner = self._api.held.owner
        items = [convert.added(entry, owner, self._is_ours) for entry in entries]
        await self._expect_copies(items)
        result = await self._api.call("imconnector.send.messages", _about(entries[0], items), once=True)
        told = _items(result)
        by_key = {str(_inside(one, "message").get("id", "")): one for one in told}
        straight = told if len(told) == len(entries) else [{}] * len(entries)
        return [
            _shown(entry, by_key.get(entry.key) or one, result) for entry, one in zip(entries, straight, strict=True)
        ]

    async def _expect_copies(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Note what is shown as an employee's, before it is: a portal may tell it back as theirs (addendum B11)."""
        now = self._clock.now()
        new = {
            copy_mark(item["chat"]["id"], str(said["user_id"]), said.get("text", "")): now
            for item in items
            if "user_id" in (said := item["message"])
        }
        if new:
            old = [mark for mark, at in self._copies.items() if now - at > COPY_RETURNS]
            self._copies = {mark: at for mark, at in self._copies.items() if mark not in old} | new
            await self._memory.save({**dict.fromkeys(old, ""), **{mark: str(at) for mark, at in new.items()}})

    async def _again(self, method: str, entries: Sequence[LedgerEntry], item: _Item) -> Sequence[Outcome]:
        """Tell what may be told twice: a lost answer is simply asked for once more."""
        result = await self._api.call(
            method, _about(entries[0], [item(entry) for entry in entries]), urgency=Urgency.OPERATOR
        )
        told = _items(result)
        if len(told) != len(entries):
            told = [{"SUCCESS": isinstance(result, dict) and result.get("SUCCESS", True) is not False}] * len(entries)
        return [CrmReceipt() if _is_taken(one) else _refused(one) for one in told]

    async def _remark(self, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
        """Comment the cards of chats; the portal binds one to a new chat later (addendum B11)."""
        comments = await self._as_comments(entries)
        outcomes = await robot_calls.comment(self._api, comments)
        now = self._clock.now()
        return [
            Retryable(errors.CARD_AWAITED) if one.card is None and now - one.at < owners.TRACKED_WITHIN else outcome
            for one, outcome in zip(comments, outcomes, strict=True)
        ]

    async def _as_comments(self, entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        """Remarks as comments of the first card that each chat is bound to."""
        cards = await bound_cards(self._api, {str(place): one.remote for place, one in enumerate(entries)})
        return [
            replace(one, text=one.reason, card=_first_card(cards.get(str(place), {})))
            for place, one in enumerate(entries)
        ]

    async def _complain(self, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
        """Tell authors that their messages did not get through, by a notification and in the card of the chat.

        A chat of an open line has no negative status, and ``imopenlines.crm.message.add`` would write to the client.
        """
        chats = {f"c{place}": entry.chat.remote for place, entry in enumerate(entries) if entry.chat.remote}
        cards = await bound_cards(self._api, chats)
        commands: dict[str, BatchCommand] = {}
        for place, entry in enumerate(entries):
            if entry.employee:
                tag = f"CHATAPP|FAILED|{entry.remote}"
                notice = {"USER_ID": entry.employee, "MESSAGE": showing.complaint(entry), "TAG": tag}
                commands[f"n{place}"] = BatchCommand("im.notify.system.add", notice)
            for kind, card in list(cards.get(f"c{place}", {}).items())[:1]:
                comment = {"ENTITY_ID": card, "ENTITY_TYPE": kind, "COMMENT": showing.complaint(entry)}
                commands[f"t{place}"] = BatchCommand("crm.timeline.comment.add", {"fields": comment})
        answers = await self._api.batch(commands, urgency=Urgency.OPERATOR)
        return [_complained(answers.get(f"n{place}"), answers.get(f"t{place}")) for place in range(len(entries))]


def _first_card(cards: Mapping[str, int]) -> CardRef | None:
    return next((CardRef(kind, str(number)) for kind, number in cards.items()), None)


def _complained(notice: Any, comment: Any) -> Outcome:
    """It counts as told if one of the two ways worked; with none, nobody is left to tell."""
    told = [one for one in (notice, comment) if one is not None]
    if told and all(isinstance(one, ChannelError) for one in told):
        return next(one for one in told if isinstance(one, ChannelError))
    return CrmReceipt()


async def _nothing(entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
    return [CrmReceipt() for _ in entries]


def _unfit(entry: LedgerEntry) -> ChannelError | None:
    """Why an entry cannot be told at all."""
    if not entry.pairing.place.isdecimal() and entry.act not in _NO_CHAT:
        return PlaceRefused(OTHER_WAY, entry.pairing.place)
    if entry.act is Act.DELIVERED and not (entry.chat.remote.isdecimal() and entry.remote.isdecimal()):
        return Rejected("chat_unknown")
    return None


def _about(entry: LedgerEntry, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"CONNECTOR": convert.connector(entry), "LINE": int(entry.pairing.place), "MESSAGES": items}


def _items(result: Any) -> list[Mapping[str, Any]]:
    found = _inside(result, "DATA").get("RESULT")
    found = list(found.values()) if isinstance(found, dict) else found
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _inside(said: Any, name: str) -> Mapping[str, Any]:
    found = said.get(name) if isinstance(said, dict) else None
    return found if isinstance(found, dict) else {}


def _shown(entry: LedgerEntry, one: Mapping[str, Any], result: Any) -> Outcome:
    """The answer to one message; the outer success says nothing about it."""
    if not one:
        outright = isinstance(result, dict) and result.get("SUCCESS") is False
        return _refused(result) if outright else OutcomeUnknown("no_answer", entry.key)
    if not _is_taken(one):
        return _refused(one)
    session = _inside(one, "session")
    return CrmReceipt(chat=_id(session.get("CHAT_ID")), session=_id(session.get("ID")))


def _is_taken(one: Mapping[str, Any]) -> bool:
    return one.get("SUCCESS") is True or one.get("SUCCESS") == "Y"


def _refused(one: Any) -> ChannelError:
    told = one.get("ERRORS") if isinstance(one, dict) else None
    words = [str(word) for word in told] if isinstance(told, list) else [str(told)] if told else []
    code = words[0].split()[0].strip(":").lower() if words and words[0].split() else ""
    return errors.refusal(code, "; ".join(words))


def _id(said: Any) -> str:
    return str(said) if isinstance(said, int | str) and not isinstance(said, bool) else ""
