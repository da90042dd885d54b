"""What can be done with a dialog (S-118, S-119)."""

from __future__ import annotations

from textual.suggester import SuggestFromList

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import kind_of, manifest, packages
from chatapp_cli.services import contacts, dialogs
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.deeds import duty as duty_deeds
from chatapp_cli.tui.deeds import many as many_deeds
from chatapp_cli.tui.deeds import person as person_deeds
from chatapp_cli.tui.hands import Deed, Hands
from chatapp_cli.tui.reading.naming import about, named, told


async def rename(hands: Hands, card: DialogCard) -> None:
    """A name of our own; an empty one goes back to the provider's."""

    async def take(name: str) -> None:
        if name == card.name:
            return
        await hands.office.write(lambda tx: dialogs.rename(tx, card.id, name))
        now = await hands.office.read(lambda tx: dialogs.card(tx, card.id))
        hands.say(_("{before} is called {name} from now on.", before=named(card), name=named(now)))

    note = _("Empty: the name that the channel gives")
    await hands.prompt(about(_("Name of the dialog"), [card]), card.name, note=note, take=take)


async def group(hands: Hands, card: DialogCard) -> None:
    """Change the group in its messenger."""
    from chatapp_cli.tui.deeds import group as group_deeds

    await group_deeds.manage(hands, card)


async def chain(hands: Hands, card: DialogCard) -> None:
    """In which order of channels the client is tried when no channel is named."""
    number = card.contact_id
    if number is None:
        hands.say(told(_("Only a single client can have a chain."), [card]))
        return
    known = list(packages())

    async def take(said: str) -> None:
        order = [kind_of(word.strip()) for word in said.split(",") if word.strip()]
        if unknown := next((kind for kind in order if kind not in known), None):
            raise NotFound(T("There is no kind of channel {kind}.", kind=unknown))
        await hands.office.write(lambda tx: contacts.set_chain(tx, [contacts.one(tx, number)], order))
        tried = " → ".join(manifest(kind).label for kind in order)
        hands.say(_("{name} is tried by: {channels}", name=named(card), channels=tried or _("no chain")))

    await hands.prompt(
        about(_("Channels in the order in which the client is tried"), [card]),
        card.chain,
        note=_("With commas between: {kinds}", kinds=", ".join(known)),
        suggest=SuggestFromList(known, case_sensitive=False),
        take=take,
    )


async def peek(hands: Hands, card: DialogCard) -> None:
    """Read for oneself alone."""
    await hands.office.write(lambda tx: dialogs.peek(tx, card.id))
    hands.say(_("{name} is read only for you.", name=named(card)))


async def template(hands: Hands, card: DialogCard) -> None:
    """An approved template, its gaps filled."""
    from chatapp_cli.tui.questions import templates

    await templates.send(hands, card)


DEEDS: dict[str, Deed[DialogCard]] = {
    **{name: many_deeds.alone(deed) for name, deed in many_deeds.DEEDS.items()},
    **duty_deeds.DEEDS,
    "peek": Deed(peek, lambda card: card.unread > 0),
    "rename": Deed(rename),
    "chain": Deed(chain),
    **person_deeds.DEEDS,
    "template": Deed(template, lambda card: manifest(card.kind).capabilities.templates),
    "group": Deed(group, lambda card: card.chat_kind != "private"),
}
