"""What can be done with a group in its messenger (S-045)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.address import named
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.i18n import _
from chatapp_cli.services import channels
from chatapp_cli.store.rows import ChannelRow, DialogCard
from chatapp_cli.tui import words
from chatapp_cli.tui.hands import Hands

if TYPE_CHECKING:
    from collections.abc import Awaitable


def manageable(card: DialogCard, can: Capabilities) -> bool:
    """Whether a dialog is a group that its channel can change."""
    return can.manages_groups and card.chat_kind != "private"


async def create(hands: Hands, channel: ChannelRow) -> None:
    """Make a group through a channel: a title, then its members."""
    title = await hands.prompt(_("Title of the new group"))
    members = await _members(hands) if title else None
    if title and members:
        answer = await _ask(hands, channel, "create_group", {"title": title, "members": members})
        _tell_missing(hands, channel, answer)
        hands.say(_("Group {title} is made.", title=title))


async def manage(hands: Hands, card: DialogCard) -> None:
    """Ask what to do with the group, and do it."""
    channel = await hands.office.read(lambda tx: channels.one(tx, card.channel_id))
    if not manageable(card, hands.office.capabilities(channel)):
        hands.say(_("This is not a group that can be changed from here."))
        return
    options = [
        ("add", _("Add people")),
        ("remove", _("Take people out")),
        ("rename", _("Rename in the messenger")),
        ("end", _("End the group")),
    ]
    chosen = await hands.choose(_("Group {name}", name=card.name), options, keys=["1", "2", "3", "4"])
    if chosen is not None:
        await _DO[chosen](hands, channel, card)


async def _add(hands: Hands, channel: ChannelRow, card: DialogCard) -> None:
    if members := await _members(hands):
        answer = await _ask(hands, channel, "add_members", {"address": card.address, "members": members})
        _tell_missing(hands, channel, answer)


async def _remove(hands: Hands, channel: ChannelRow, card: DialogCard) -> None:
    if members := await _members(hands):
        answer = await _ask(hands, channel, "remove_members", {"address": card.address, "members": members})
        _tell_missing(hands, channel, answer)


async def _rename(hands: Hands, channel: ChannelRow, card: DialogCard) -> None:
    title = await hands.prompt(_("Title of the group"), card.name)
    if title:
        await _ask(hands, channel, "rename_group", {"address": card.address, "title": title})
        hands.say(_("Renamed."))


async def _end(hands: Hands, channel: ChannelRow, card: DialogCard) -> None:
    note = _("It is deleted in the messenger, or emptied and left where that cannot be done. The dialog stays here.")
    if await hands.confirm(_("End the group {name}?", name=card.name), note, yes=_("End")):
        await _ask(hands, channel, "end_group", {"address": card.address})
        hands.say(_("The group has ended."))


async def _members(hands: Hands) -> list[str]:
    said = await hands.prompt(_("Who?"), note=_("Phones, @usernames or chat ids, with commas between"))
    return [named(one) for one in (said or "").split(",") if one.strip()]


async def _ask(hands: Hands, channel: ChannelRow, what: str, arguments: Mapping[str, object]) -> Any:
    from chatapp_cli.runtime.asking import Wish, ask

    hands.say(_("Asking the provider…"))
    return await ask(hands.office.desk, Wish(channel, what, arguments), actor=hands.office.actor)


def _tell_missing(hands: Hands, channel: ChannelRow, answer: Mapping[str, Any]) -> None:
    known = hands.office.manifest(channel)
    for member, code in answer["missing"].items():
        what, step = words.reason(known, code)
        hands.notify("\n".join(filter(None, (f"{member}: {what}", step))), severity="warning", markup=False, timeout=8)


_DO: Mapping[str, Callable[[Hands, ChannelRow, DialogCard], Awaitable[None]]] = {
    "add": _add,
    "remove": _remove,
    "rename": _rename,
    "end": _end,
}
