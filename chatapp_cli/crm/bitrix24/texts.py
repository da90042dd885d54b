"""The provider of SMS that a pairing is in the portal: registered, called, told what became of messages (S-158).

Sources: b24-rest-docs ``messageservice.sender.add`` with what its handler is sent, ``update``, ``list``, ``delete``,
``messageservice.message.status.update``; providers' sheet §3.6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.bitrix24 import errors, names
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.record import SENDER
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.showing import ON
from chatapp_cli.domain.crm.states import TextFate
from chatapp_cli.domain.errors import ChannelError, Rejected
from chatapp_cli.domain.ids import PairingId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show, speaking
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.kit.records import digest
from chatapp_cli.ports.memory import Memory

_CODE: Final = re.compile(r"chatapp_[a-z_]+_([1-9][0-9]{0,17})", re.ASCII)
_ASKED: Final = "asked"
"""In the memory of a provider whose registration may or may not have been carried out."""
_LANGUAGES: Final = ("ru", "en")
_SCOPE: Final = "sms_scope"
_GONE: Final = "error_sender_not_found"
_STEPS: Final = frozenset({TextFate.QUEUED, TextFate.SENT})
"""What a message goes through on its way; older portals know only how it ended."""
_UNKNOWN_STATUS: Final = "error_message_status_incorrect"

Outcome = CrmReceipt | ChannelError


def code_of(pairing: Pairing) -> str:
    """The provider's code in the portal: one for each pairing, of the signs that the portal takes."""
    return f"chatapp_{pairing.kind}_{pairing.id}"


def pairing_of(code: str) -> PairingId:
    """Whose code it is. Raises ValueError for another's."""
    found = _CODE.fullmatch(code)
    if found is None:
        raise ValueError("a provider of SMS that is none of ours")
    return PairingId(int(found[1]))


def is_on(pairing: Pairing) -> bool:
    """Whether the pairing is a provider of SMS."""
    return pairing.options.get("sms") == ON


class TextProviders:
    """The providers of SMS of one portal."""

    def __init__(self, api: PortalApi, memory: Memory, handler: str) -> None:
        self._api, self._memory, self._handler = api, memory, handler

    async def arrange(self, pairings: Sequence[Pairing]) -> dict[PairingId, ChannelError]:
        """Register those that are wanted, and remove the others; returns what was refused.

        A portal that neither has one nor shall have one is not asked: its application may lack the right.
        """
        wanted = {code_of(one): one for one in pairings if is_on(one)}
        known = {name.removeprefix(SENDER): said for name, said in (await self._memory.known(SENDER)).items()}
        if not wanted and not known:
            return {}
        try:
            there = await self._there()
        except Rejected as error:
            return {one.id: _explained(error) for one in wanted.values()}
        await self._remove(there, {*there, *known} - wanted.keys())
        return await self._register(wanted, known, there)

    async def _there(self) -> Sequence[str]:
        """The codes of this application; those of others are not told."""
        said = await self._api.call("messageservice.sender.list", urgency=Urgency.BACKGROUND)
        return [one for one in said if isinstance(one, str)] if isinstance(said, list) else []

    async def _remove(self, there: Sequence[str], unwanted: set[str]) -> None:
        """Remove what stands there of the unwanted ones, and forget them."""
        answers = await self._all(
            {
                code: BatchCommand("messageservice.sender.delete", {"CODE": code})
                for code in unwanted.intersection(there)
            }
        )
        failed = {code: said for code, said in answers.items() if isinstance(said, ChannelError)}
        left = [code for code in unwanted if code not in failed or _is_gone(failed[code])]
        await self._memory.save({SENDER + code: "" for code in left})

    async def _register(
        self, wanted: Mapping[str, Pairing], known: Mapping[str, str], there: Sequence[str]
    ) -> dict[PairingId, ChannelError]:
        described = {code: self._described(one) for code, one in wanted.items()}
        lacking = [code for code in wanted if code not in there or known.get(code) != digest(described[code])]
        await self._memory.save({SENDER + code: _ASKED for code in lacking})
        answers = await self._all({code: _command(code, described[code], code in there) for code in lacking})
        refused = {code: said for code, said in answers.items() if isinstance(said, ChannelError)}
        await self._memory.save({SENDER + code: digest(described[code]) for code in lacking if code not in refused})
        return {wanted[code].id: _explained(error) for code, error in refused.items()}

    def _described(self, pairing: Pairing) -> Mapping[str, Any]:
        return {"HANDLER": self._handler, "NAME": {language: _name(pairing, language) for language in _LANGUAGES}}

    async def _all(self, commands: Mapping[str, BatchCommand]) -> Mapping[str, Any]:
        return await self._api.batch(commands, urgency=Urgency.BACKGROUND)


def _command(code: str, described: Mapping[str, Any], is_there: bool) -> BatchCommand:
    if is_there:
        return BatchCommand("messageservice.sender.update", {"CODE": code, **described})
    return BatchCommand("messageservice.sender.add", {"CODE": code, "TYPE": "SMS", **described})


def _name(pairing: Pairing, language: str) -> str:
    channel = names.channels()[pairing.kind].name
    with speaking(language):
        line = pairing.place_name or pairing.place
        return show(T("{channel}: {account}, open line {line}", channel=channel, account=pairing.account, line=line))


def _is_gone(error: ChannelError) -> bool:
    return isinstance(error, Rejected) and errors.begins_with(error, _GONE)


def _explained(error: ChannelError) -> ChannelError:
    """The refusal of a provider: the line itself is connected all the same."""
    error = _without_right(error)
    return Rejected("sms_refused", error.detail) if isinstance(error, Rejected) and error.code != _SCOPE else error


def _without_right(error: ChannelError) -> ChannelError:
    """The right to provide SMS has words of its own."""
    return Rejected(_SCOPE, error.detail) if error.code == errors.SCOPE else error


async def report(api: PortalApi, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
    """Tell how messages fare, and their senders why they failed; all of it may be told twice."""
    commands: dict[str, BatchCommand] = {}
    for place, entry in enumerate(entries):
        if not is_on(entry.pairing):  # the portal does not have the provider any more
            continue
        commands[f"s{place}"] = BatchCommand("messageservice.message.status.update", _status(entry))
        if entry.employee and entry.reason:
            commands[f"n{place}"] = BatchCommand("im.notify.system.add", _notice(entry))
    answers = await api.batch(commands, urgency=Urgency.OPERATOR)
    return [_outcome(entry, answers.get(f"s{place}")) for place, entry in enumerate(entries)]


def _status(entry: LedgerEntry) -> Mapping[str, str]:
    return {"CODE": code_of(entry.pairing), "MESSAGE_ID": entry.remote, "STATUS": str(entry.fate or TextFate.QUEUED)}


def _notice(entry: LedgerEntry) -> Mapping[str, str]:
    """The status has no room for a reason."""
    said = "\n".join(filter(None, (entry.person.name, entry.reason, entry.text)))
    return {"USER_ID": entry.employee, "MESSAGE": said, "TAG": f"CHATAPP|SMS|{entry.remote}"}


def _outcome(entry: LedgerEntry, said: Any) -> Outcome:
    if not isinstance(said, ChannelError):
        return CrmReceipt()
    unknown = isinstance(said, Rejected) and errors.begins_with(said, _UNKNOWN_STATUS)
    return CrmReceipt() if unknown and entry.fate in _STEPS else _without_right(said)
