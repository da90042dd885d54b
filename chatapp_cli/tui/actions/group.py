"""Actions on a group in its messenger (S-045)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from chatapp_cli.domain.address import named as named_address
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.i18n import _
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.naming import named, sentence

Members: TypeAlias = list[str]


def manageable(card: DialogCard, can: Capabilities) -> bool:
    """Whether a dialog is a group that its channel can change."""
    return can.manages_groups and card.chat_kind != "private"


async def create(page: ActionPage, channel: ChannelRow) -> None:
    """Make a group through a channel; ask for its title, then for its members."""

    async def titled(title: str) -> bool:
        async def take(members: Members) -> None:
            answer = await _ask(page, channel, SessionMethod.CREATE_GROUP, {"title": title, "members": members})
            _tell_missing(page, channel, answer)
            page.say(_("Group {title} is made.", title=title))

        return bool(title) and await _members(page, take)

    await page.prompt(_("Title of the new group"), take=titled)


async def manage(page: ActionPage, card: DialogCard) -> None:
    """Ask which action to run on the group, and run it."""
    channel = await page.workspace.read(lambda tx: channels.one(tx, card.channel_id))
    if not manageable(card, page.workspace.capabilities(channel)):
        page.say(sentence(_("This is not a group that can be changed from here."), [card]))
        return
    options = [
        ("add", _("Add people")),
        ("remove", _("Remove people")),
        ("rename", _("Rename in the messenger")),
        ("end", _("End the group")),
    ]

    async def take(chosen: str) -> bool:
        return await _DO[chosen](page, channel, card)

    await page.choose(_("Group {name}", name=named(card)), options, keys=["1", "2", "3", "4"], take=take)


async def _add(page: ActionPage, channel: ChannelRow, card: DialogCard) -> bool:
    return await _change_members(page, channel, card, SessionMethod.ADD_MEMBERS)


async def _remove(page: ActionPage, channel: ChannelRow, card: DialogCard) -> bool:
    return await _change_members(page, channel, card, SessionMethod.REMOVE_MEMBERS)


async def _change_members(page: ActionPage, channel: ChannelRow, card: DialogCard, method: SessionMethod) -> bool:
    async def take(members: Members) -> None:
        answer = await _ask(page, channel, method, {"address": card.address, "members": members})
        _tell_missing(page, channel, answer)

    return await _members(page, take)


async def _rename(page: ActionPage, channel: ChannelRow, card: DialogCard) -> bool:
    async def take(title: str) -> bool:
        if title:
            await _ask(page, channel, SessionMethod.RENAME_GROUP, {"address": card.address, "title": title})
            page.say(_("{before} is called {name} from now on.", before=named(card), name=title))
        return bool(title)

    return await page.prompt(_("Title of the group"), card.name, take=take) is not None


async def _end(page: ActionPage, channel: ChannelRow, card: DialogCard) -> bool:
    async def take(_yes: bool) -> None:
        await _ask(page, channel, SessionMethod.END_GROUP, {"address": card.address})
        page.say(sentence(_("The group has ended."), [card]))

    note = _("It is deleted in the messenger, or emptied and left if it cannot be deleted. The dialog stays here.")
    return await page.confirm(_("End the group {name}?", name=named(card)), note, yes=_("End"), take=take)


async def _members(page: ActionPage, take: Callable[[Members], Awaitable[None]]) -> bool:
    """Ask for members and act on them; returns whether any were named."""

    async def understood(typed: str) -> bool:
        members = [named_address(one) for one in typed.split(",") if one.strip()]
        if members:
            await take(members)
        return bool(members)

    note = _("Phones, @usernames or chat ids, with commas between")
    return await page.prompt(_("Who?"), note=note, take=understood) is not None


async def _ask(page: ActionPage, channel: ChannelRow, method: SessionMethod, arguments: Mapping[str, object]) -> Any:
    from chatapp_cli.runtime.asking import SessionRequest, ask

    page.say(_("Asking the provider…"))
    return await ask(page.workspace.company, SessionRequest(channel, method, arguments))


def _tell_missing(page: ActionPage, channel: ChannelRow, answer: Mapping[str, Any]) -> None:
    known = page.workspace.manifest(channel)
    for member, code in answer["missing"].items():
        reason, step = words.reason(known, code)
        page.notify("\n".join(filter(None, (f"{member}: {reason}", step))), severity="warning", markup=False, timeout=8)


_DO: Mapping[str, Callable[[ActionPage, ChannelRow, DialogCard], Awaitable[bool]]] = {
    "add": _add,
    "remove": _remove,
    "rename": _rename,
    "end": _end,
}
