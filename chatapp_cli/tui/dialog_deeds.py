"""What can be done with a dialog (S-118, S-119)."""

from __future__ import annotations

from functools import partial

from textual.suggester import SuggestFromList

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import kind_of, manifest, packages
from chatapp_cli.services import contacts, dialogs, duties
from chatapp_cli.store.rows import DialogCard
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui import duty_deeds
from chatapp_cli.tui.hands import Deed, Hands


async def mark(hands: Hands, card: DialogCard) -> None:
    """As read, or unread if it is read."""
    change = dialogs.read if card.unread else dialogs.unread
    await hands.office.write(partial(change, dialog=card.id, actor=hands.office.actor))


async def pin(hands: Hands, card: DialogCard) -> None:
    """To the top of the list, or no longer."""
    change = partial(dialogs.pin, dialog=card.id, actor=hands.office.actor)
    await hands.office.write(partial(change, pinned=not card.pinned))
    said = _("{name} is unpinned.", name=card.name) if card.pinned else _("{name} is pinned.", name=card.name)
    hands.done(said, partial(change, pinned=bool(card.pinned)))


async def block(hands: Hands, card: DialogCard) -> None:
    """On the blacklist after a question, off it without."""
    if not card.blocked and not await hands.confirm(
        _("Put {name} on the blacklist?", name=card.name),
        _("What they write is kept, but nobody is told; nothing can be sent to them. Key 7 shows the blacklist."),
        yes=_("To the blacklist"),
    ):
        return
    me = hands.office.actor
    await hands.office.write(lambda tx: dialogs.block(tx, card.id, blocked=not card.blocked, actor=me))
    off, on = _("{name} is off the blacklist.", name=card.name), _("{name} is on the blacklist.", name=card.name)
    hands.done(off if card.blocked else on, partial(_block_back, card=card, actor=me))


def _block_back(tx: Tx, *, card: DialogCard, actor: str) -> None:
    """As it was, with what the blacklist had silenced."""
    dialogs.block(tx, card.id, blocked=bool(card.blocked), actor=actor)
    if card.unread:
        dialogs.unread(tx, card.id, actor=actor)
    if card.waiting_since is not None:
        duties.awaits_answer(tx, card.id, card.waiting_since, actor=actor)


async def rename(hands: Hands, card: DialogCard) -> None:
    """A name of our own; an empty one goes back to the provider's."""
    name = await hands.prompt(_("Name of the dialog"), card.name, note=_("Empty: the name that the channel gives"))
    if name is not None and name != card.name:
        await hands.office.write(lambda tx: dialogs.rename(tx, card.id, name, actor=hands.office.actor))


async def tag(hands: Hands, card: DialogCard) -> None:
    """One more tag; known ones are suggested."""
    known = await hands.office.read(dialogs.known_tags)
    note = _("Known: {tags}", tags=", ".join(known)) if known else ""
    name = await hands.prompt(_("Add a tag"), note=note, suggest=SuggestFromList(known, case_sensitive=False))
    if not name:
        return
    me = hands.office.actor
    borne = await hands.office.read(lambda tx: dialogs.tags(tx, card.id))
    await hands.office.write(lambda tx: dialogs.tag(tx, card.id, name, actor=me))
    if name.strip() not in borne:
        hands.done(f"+ #{name.strip()}", lambda tx: dialogs.untag(tx, card.id, name, actor=me))


async def untag(hands: Hands, card: DialogCard) -> None:
    """One tag less."""
    borne = await hands.office.read(lambda tx: dialogs.tags(tx, card.id))
    if not borne:
        hands.say(_("This dialog has no tags."))
        return
    name = borne[0] if len(borne) == 1 else await hands.choose(_("Remove a tag"), [(tag, tag) for tag in borne])
    if name is not None:
        me = hands.office.actor
        await hands.office.write(lambda tx: dialogs.untag(tx, card.id, name, actor=me))
        hands.done(f"− #{name}", lambda tx: dialogs.tag(tx, card.id, name, actor=me))


async def group(hands: Hands, card: DialogCard) -> None:
    """Change the group in its messenger."""
    from chatapp_cli.tui import group_deeds

    await group_deeds.manage(hands, card)


async def chain(hands: Hands, card: DialogCard) -> None:
    """In which order of channels the client is tried when no channel is named."""
    number = card.contact_id
    if number is None:
        hands.say(_("Only a single client can have a chain."))
        return
    known = list(packages())
    said = await hands.prompt(
        _("Channels in the order in which the client is tried"),
        card.chain,
        note=_("With commas between: {kinds}", kinds=", ".join(known)),
        suggest=SuggestFromList(known, case_sensitive=False),
    )
    if said is None:
        return
    order = [kind_of(word.strip()) for word in said.split(",") if word.strip()]
    if unknown := next((kind for kind in order if kind not in known), None):
        raise NotFound(T("There is no kind of channel {kind}.", kind=unknown))
    await hands.office.write(
        lambda tx: contacts.set_chain(tx, [contacts.one(tx, number)], order, actor=hands.office.actor)
    )


async def template(hands: Hands, card: DialogCard) -> None:
    """An approved template, its gaps filled."""
    from chatapp_cli.tui.screens import templates

    await templates.send(hands, card)


DEEDS: dict[str, Deed[DialogCard]] = {
    "mark": Deed(mark),
    **duty_deeds.DEEDS,
    "pin": Deed(pin),
    "block": Deed(block),
    "rename": Deed(rename),
    "chain": Deed(chain),
    "tag": Deed(tag),
    "untag": Deed(untag),
    "template": Deed(template, lambda card: manifest(card.kind).capabilities.templates),
    "group": Deed(group, lambda card: card.chat_kind != "private"),
}
