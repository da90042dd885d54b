"""Groups, done with the library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import jids, refusals
from chatapp_cli.connectors.whatsapp_web.child.library import Jid, NeonizeError, ParticipantChange
from chatapp_cli.connectors.whatsapp_web.child.phone import Phone, Unfit
from chatapp_cli.connectors.whatsapp_web.wire import Failure

_THERE_ALREADY: Final = 409
_REFUSED: Final = Failure("refused")
_UNKNOWN: Final = Failure("no_answer", "unknown")


class Groups:
    """The group operations."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def create_group(self, args: wire.Members) -> wire.Group:
        """Create a group."""
        try:
            info = await self._phone.client.create_group(args.title, [jids.made(one) for one in args.members])
        except NeonizeError as error:
            raise Unfit(refusals.of(error, _UNKNOWN)) from error
        return wire.Group(jid=jids.bare(info.JID), name=args.title, missing=missing(args.members, info.Participants))

    async def add_members(self, args: wire.Members) -> wire.Group:
        """Add members."""
        return await self._change(args.chat, args.members, ParticipantChange.ADD)

    async def remove_members(self, args: wire.Members) -> wire.Group:
        """Remove members."""
        return await self._change(args.chat, args.members, ParticipantChange.REMOVE)

    async def _change(self, chat: str, members: Sequence[str], how: Any) -> wire.Group:
        people = [jids.made(one) for one in members]
        try:
            told = await self._phone.client.update_group_participants(jids.made(chat), people, how)
        except NeonizeError as error:
            raise Unfit(refusals.of(error, _REFUSED)) from error
        return wire.Group(jid=chat, missing=missing(members, told))

    async def rename_group(self, args: wire.Chat) -> wire.Nothing:
        """Change the title."""
        try:
            await self._phone.client.set_group_name(jids.made(args.chat), args.text)
        except NeonizeError as error:
            raise Unfit(refusals.of(error, _REFUSED)) from error
        return wire.Nothing()

    async def end_group(self, args: wire.Chat) -> wire.Nothing:
        """Remove everybody, then leave: groups cannot be deleted."""
        group = jids.made(args.chat)
        try:
            info = await self._phone.client.get_group_info(group)
            others = [one.JID for one in info.Participants if not _addresses(one) & self._phone.me]
            if others:
                await self._phone.client.update_group_participants(group, others, ParticipantChange.REMOVE)
            await self._phone.client.leave_group(group)
        except NeonizeError as error:
            raise Unfit(refusals.of(error, _REFUSED)) from error
        return wire.Nothing()


def missing(asked: Sequence[str], told: Iterable[Any]) -> dict[str, str]:
    """The people not added, by the address requested, and the reasons."""
    failed: dict[str, str] = {}
    for one in told:
        if one.Error and one.Error != _THERE_ALREADY:
            names = _addresses(one)
            name = next((address for address in asked if address in names), min(names, default=""))
            failed[name] = refusals.MEMBERS.get(one.Error, "refused")
    return failed


def _addresses(one: Jid) -> frozenset[str]:
    """A member's addresses; any of the three may be empty."""
    return frozenset({jids.bare(one.JID), jids.bare(one.PhoneNumber), jids.bare(one.LID)} - {""})
