"""Actions on a dialog (S-118, S-119)."""

from __future__ import annotations

from textual.suggester import SuggestFromList

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import kind_of, manifest, packages
from chatapp_cli.services import contacts, dialogs
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions import duty as duty_actions
from chatapp_cli.tui.actions import many as many_actions
from chatapp_cli.tui.actions import person as person_actions
from chatapp_cli.tui.reading.naming import about, named, sentence


async def rename(page: ActionPage, card: DialogCard) -> None:
    """Give the dialog a name of our own; an empty one restores the provider's."""

    async def take(name: str) -> None:
        if name == card.name:
            return
        await page.workspace.write(lambda tx: dialogs.rename(tx, card.id, name))
        renamed = await page.workspace.read(lambda tx: dialogs.card(tx, card.id))
        page.say(_("{before} is called {name} from now on.", before=named(card), name=named(renamed)))

    note = _("Empty: the name that the channel gives")
    await page.prompt(about(_("Name of the dialog"), [card]), card.name, note=note, take=take)


async def group(page: ActionPage, card: DialogCard) -> None:
    """Change the group in its messenger."""
    from chatapp_cli.tui.actions import group as group_actions

    await group_actions.manage(page, card)


async def chain(page: ActionPage, card: DialogCard) -> None:
    """Set the order of channels that a message to the client tries if it names no channel."""
    number = card.contact_id
    if number is None:
        page.say(sentence(_("Only a single client can have a chain."), [card]))
        return
    known = list(packages())

    async def take(typed: str) -> None:
        kinds = [kind_of(word.strip()) for word in typed.split(",") if word.strip()]
        if unknown := next((kind for kind in kinds if kind not in known), None):
            raise NotFound(T("There is no kind of channel {kind}.", kind=unknown))
        await page.workspace.write(lambda tx: contacts.set_chain(tx, [contacts.one(tx, number)], kinds))
        tried = " → ".join(manifest(kind).label for kind in kinds)
        page.say(_("{name} is tried by: {channels}", name=named(card), channels=tried or _("no chain")))

    await page.prompt(
        about(_("Channels in the order in which the client is tried"), [card]),
        card.chain,
        note=_("With commas between: {kinds}", kinds=", ".join(known)),
        suggest=SuggestFromList(known, case_sensitive=False),
        take=take,
    )


async def peek(page: ActionPage, card: DialogCard) -> None:
    """Mark the dialog as read for this operator only; for colleagues and the client it stays unread."""
    await page.workspace.write(lambda tx: dialogs.peek(tx, card.id))
    page.say(_("{name} is read only for you.", name=named(card)))


async def template(page: ActionPage, card: DialogCard) -> None:
    """Send an approved template with its gaps filled."""
    from chatapp_cli.tui.questions import templates

    await templates.send(page, card)


ACTIONS: dict[str, Action[DialogCard]] = {
    **{name: many_actions.alone(action) for name, action in many_actions.ACTIONS.items()},
    **duty_actions.ACTIONS,
    "peek": Action(peek, lambda card: card.unread > 0),
    "rename": Action(rename),
    "chain": Action(chain),
    **person_actions.ACTIONS,
    "template": Action(template, lambda card: manifest(card.kind).capabilities.templates),
    "group": Action(group, lambda card: card.chat_kind != "private"),
}
