"""What colleagues tell one another of a dialog, and who else looks at it (S-127)."""

from __future__ import annotations

from functools import partial

from textual.suggester import SuggestFromList

from chatapp_cli.i18n import _, show
from chatapp_cli.services import duties, notes
from chatapp_cli.store.rows import DialogCard
from chatapp_cli.tui.hands import Deed, Hands


async def note(hands: Hands, card: DialogCard) -> None:
    """Tell the others something that the client never sees."""
    known = ", ".join(f"@{name}" for name in await hands.office.read(duties.operators))
    hint = _("The client never sees it. @name mentions an operator. {known}", known=known).strip()
    text = await hands.prompt(_("A note for colleagues"), note=hint)
    if text:
        await hands.office.write(partial(notes.add, dialog=card.id, text=text, actor=hands.office.actor))


async def member(hands: Hands, card: DialogCard) -> None:
    """One more who looks at it, in a role; or one less."""
    inside = await hands.office.read(partial(duties.members, dialog=card.id))
    roles = [(role, show(name)) for role, name in duties.ROLES.items()]
    out = [(f"-{one.operator}", _("Take out {name}", name=one.operator)) for one in inside]
    chosen = await hands.choose(_("Add a member as"), [*roles, *out])
    if chosen is None:
        return
    me = hands.office.actor
    if chosen.startswith("-"):
        await hands.office.write(partial(duties.leave, dialog=card.id, name=chosen[1:], actor=me))
        return
    known = await hands.office.read(duties.operators)
    name = await hands.prompt(show(duties.ROLES[chosen]), suggest=SuggestFromList(known, case_sensitive=False))
    if name:
        await hands.office.write(partial(duties.join, dialog=card.id, name=name, role=chosen, actor=me))


DEEDS: dict[str, Deed[DialogCard]] = {
    "member": Deed(member),
    "note": Deed(note),
}
