"""What can be done with a group in its messenger (S-045)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from chatapp_cli.domain.address import named as named_address
from chatapp_cli.domain.errand import Errand
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.i18n import _
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.hands import Hands
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.naming import named, told

Members: TypeAlias = list[str]


def manageable(card: DialogCard, can: Capabilities) -> bool:
    """Whether a dialog is a group that its channel can change."""
    return can.manages_groups and card.chat_kind != "private"


async def create(hands: Hands, channel: ChannelRow) -> None:
    """Make a group through a channel: a title, then its members."""

    async def titled(title: str) -> bool:
        async def take(members: Members) -> None:
            answer = await _ask(hands, channel, Errand.CREATE_GROUP, {"title": title, "members": members})
            _tell_missing(hands, channel, answer)
            hands.say(_("Group {title} is made.", title=title))

        return bool(title) and await _members(hands, take)

    await hands.prompt(_("Title of the new group"), take=titled)


async def manage(hands: Hands, card: DialogCard) -> None:
    """Ask what to do with the group, and do it."""
    channel = await hands.office.read(lambda tx: channels.one(tx, card.channel_id))
    if not manageable(card, hands.office.capabilities(channel)):
        hands.say(told(_("This is not a group that can be changed from here."), [card]))
        return
    options = [
        ("add", _("Add people")),
        ("remove", _("Remove people")),
        ("rename", _("Rename in the messenger")),
        ("end", _("End the group")),
    ]

    async def take(chosen: str) -> bool:
        return await _DO[chosen](hands, channel, card)

    await hands.choose(_("Group {name}", name=named(card)), options, keys=["1", "2", "3", "4"], take=take)


async def _add(hands: Hands, channel: ChannelRow, card: DialogCard) -> bool:
    return await _change_members(hands, channel, card, Errand.ADD_MEMBERS)


async def _remove(hands: Hands, channel: ChannelRow, card: DialogCard) -> bool:
    return await _change_members(hands, channel, card, Errand.REMOVE_MEMBERS)


async def _change_members(hands: Hands, channel: ChannelRow, card: DialogCard, what: Errand) -> bool:
    async def take(members: Members) -> None:
        answer = await _ask(hands, channel, what, {"address": card.address, "members": members})
        _tell_missing(hands, channel, answer)

    return await _members(hands, take)


async def _rename(hands: Hands, channel: ChannelRow, card: DialogCard) -> bool:
    async def take(title: str) -> bool:
        if title:
            await _ask(hands, channel, Errand.RENAME_GROUP, {"address": card.address, "title": title})
            hands.say(_("{before} is called {name} from now on.", before=named(card), name=title))
        return bool(title)

    return await hands.prompt(_("Title of the group"), card.name, take=take) is not None


async def _end(hands: Hands, channel: ChannelRow, card: DialogCard) -> bool:
    async def take(_yes: bool) -> None:
        await _ask(hands, channel, Errand.END_GROUP, {"address": card.address})
        hands.say(told(_("The group has ended."), [card]))

    note = _("It is deleted in the messenger, or emptied and left if it cannot be deleted. The dialog stays here.")
    return await hands.confirm(_("End the group {name}?", name=named(card)), note, yes=_("End"), take=take)


async def _members(hands: Hands, take: Callable[[Members], Awaitable[None]]) -> bool:
    """Who they are; whether somebody was named."""

    async def understood(said: str) -> bool:
        members = [named_address(one) for one in said.split(",") if one.strip()]
        if members:
            await take(members)
        return bool(members)

    note = _("Phones, @usernames or chat ids, with commas between")
    return await hands.prompt(_("Who?"), note=note, take=understood) is not None


async def _ask(hands: Hands, channel: ChannelRow, what: Errand, arguments: Mapping[str, object]) -> Any:
    from chatapp_cli.runtime.asking import Wish, ask

    hands.say(_("Asking the provider…"))
    return await ask(hands.office.desk, Wish(channel, what, arguments))


def _tell_missing(hands: Hands, channel: ChannelRow, answer: Mapping[str, Any]) -> None:
    known = hands.office.manifest(channel)
    for member, code in answer["missing"].items():
        what, step = words.reason(known, code)
        hands.notify("\n".join(filter(None, (f"{member}: {what}", step))), severity="warning", markup=False, timeout=8)


_DO: Mapping[str, Callable[[Hands, ChannelRow, DialogCard], Awaitable[bool]]] = {
    "add": _add,
    "remove": _remove,
    "rename": _rename,
    "end": _end,
}
