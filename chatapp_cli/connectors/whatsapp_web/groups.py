"""Groups; WhatsApp reports for each member whether they could be added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from chatapp_cli.connectors.whatsapp_web import convert, wire
from chatapp_cli.connectors.whatsapp_web.process import Child
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.ports.connector import GroupChanged

MAX_TITLE: Final = 25
"""Characters; WhatsApp refuses a longer title with 406."""


class GroupKeeper:
    """The group operations of an account."""

    def __init__(self, running: Child) -> None:
        self._child = running

    async def _do(self, what: str, args: msgspec.Struct) -> None:
        await self._child.ask(what, args, wire.Nothing)

    async def create_group(self, title: str, members: Sequence[str]) -> GroupChanged:
        """Create a group with these people; not repeatable, a second call makes a second group."""
        _require_short(title)
        asked = {convert.jid(one): one for one in members}
        args = wire.Members(members=list(asked), title=title)
        return _changed(await self._child.ask("create_group", args, wire.Group, once=True), asked)

    async def add_members(self, address: str, members: Sequence[str]) -> GroupChanged:
        """Add members."""
        return await self._change("add_members", address, members)

    async def remove_members(self, address: str, members: Sequence[str]) -> GroupChanged:
        """Remove members."""
        return await self._change("remove_members", address, members)

    async def _change(self, how: str, address: str, members: Sequence[str]) -> GroupChanged:
        asked = {convert.jid(one): one for one in members}
        group = await self._child.ask(how, wire.Members(members=list(asked), chat=address), wire.Group)
        return _changed(group, asked)

    async def rename_group(self, address: str, title: str) -> None:
        """Change the title."""
        _require_short(title)
        await self._do("rename_group", wire.Chat(chat=address, text=title))

    async def end_group(self, address: str) -> None:
        """Remove everybody and leave: WhatsApp cannot delete groups."""
        await self._do("end_group", wire.Chat(chat=address))


def _require_short(title: str) -> None:
    if not 0 < len(title) <= MAX_TITLE:
        raise Rejected("group_title", title)


def _changed(group: wire.Group, asked: dict[str, str]) -> GroupChanged:
    peer = convert.peer(wire.Who(jid=group.jid, name=group.name))
    return GroupChanged(peer=peer, missing={asked.get(one, one): code for one, code in group.missing.items()})
