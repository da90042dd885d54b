"""Notes for colleagues, and members of a dialog (S-127)."""

from __future__ import annotations

from functools import partial

from textual.suggester import SuggestFromList

from chatapp_cli.i18n import _, show
from chatapp_cli.services import duties, notes
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.reading.naming import about, named


async def add_note(page: ActionPage, card: DialogCard) -> None:
    """Add a note for colleagues; the client never sees it."""
    known = ", ".join(f"@{name}" for name in await page.workspace.read(duties.operators))
    hint = _("The client never sees it. @name mentions an operator. {known}", known=known).strip()

    async def take(text: str) -> None:
        if text:
            await page.workspace.write(partial(notes.add, dialog=card.id, text=text))
            page.say(_("The note stands in the dialog with {name}.", name=named(card)))

    await page.prompt(about(_("A note for colleagues"), [card]), note=hint, take=take)


async def change_members(page: ActionPage, card: DialogCard) -> None:
    """Add a member in a role, or remove one."""
    members = await page.workspace.read(partial(duties.members, dialog=card.id))
    roles = [(role, show(name)) for role, name in duties.ROLES.items()]
    removals = [(f"-{one.operator}", _("Remove {name}", name=one.operator)) for one in members]

    async def chosen(value: str) -> bool:
        return await _remove(page, card, value[1:]) if value.startswith("-") else await _add(page, card, value)

    await page.choose(about(_("Add a member as"), [card]), [*roles, *removals], take=chosen)


async def _remove(page: ActionPage, card: DialogCard, name: str) -> bool:
    await page.workspace.write(partial(duties.leave, dialog=card.id, name=name))
    page.say(_("{operator} is no longer a member: {name}.", operator=name, name=named(card)))
    return True


async def _add(page: ActionPage, card: DialogCard, role: str) -> bool:
    async def take(name: str) -> bool:
        if not name:
            return False
        await page.workspace.write(partial(duties.join, dialog=card.id, name=name, role=role))
        page.say(_("{operator} is a member now: {name}.", operator=name, name=named(card)))
        return True

    known = await page.workspace.read(duties.operators)
    suggest = SuggestFromList(known, case_sensitive=False)
    return await page.prompt(about(show(duties.ROLES[role]), [card]), suggest=suggest, take=take) is not None


ACTIONS: dict[str, Action[DialogCard]] = {
    "member": Action(change_members),
    "note": Action(add_note),
}
