"""Who answers for a dialog, who else looks at it, and when (S-122, S-127): asked for, done, and taken back."""

from __future__ import annotations

from functools import partial

from textual.suggester import SuggestFromList

from chatapp_cli.domain.when import when
from chatapp_cli.i18n import _, show
from chatapp_cli.services import duties, notes
from chatapp_cli.store.rows import DialogCard
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui import words
from chatapp_cli.tui.hands import Deed, Hands

_OTHER = "\n"
"""What no name and no time is: another one than those offered."""


async def claim(hands: Hands, card: DialogCard) -> None:
    """Take it, if nobody has it."""
    me = hands.office.actor
    await hands.office.write(partial(duties.claim, dialog=card.id, actor=me))
    if card.assignee != me:
        hands.done(_("You answer for {name} now.", name=card.name), partial(_give, card=card, name="", actor=me))


async def assign(hands: Hands, card: DialogCard) -> None:
    """Give it to anybody, or to nobody."""
    me, known = hands.office.actor, await hands.office.read(duties.operators)
    others = [(name, name) for name in known if name != me]
    options = [(me, _("Me")), *others, (_OTHER, _("Somebody else…")), ("", _("Nobody"))]
    name = await hands.choose(_("Who answers?"), options)
    if name == _OTHER:
        name = await hands.prompt(_("Who answers?"), suggest=SuggestFromList(known, case_sensitive=False)) or None
    if name is None or name == card.assignee:
        return
    await hands.office.write(partial(_give, card=card, name=name, actor=me))
    said = _("{operator} answers for {name} now.", operator=name, name=card.name) if name else _("Nobody answers now.")
    hands.done(said, partial(_give, card=card, name=card.assignee, actor=me))


def _give(tx: Tx, *, card: DialogCard, name: str, actor: str) -> None:
    if name:
        duties.assign(tx, card.id, name, actor=actor)
    else:
        duties.unassign(tx, card.id, actor=actor)


async def no_answer(hands: Hands, card: DialogCard) -> None:
    """Out of the unanswered ones without a message."""
    since, me = card.waiting_since, hands.office.actor
    if since is None:
        hands.say(_("This dialog waits for no answer."))
        return
    await hands.office.write(partial(duties.no_answer, dialog=card.id, actor=me))
    hands.done(
        _("{name} needs no answer.", name=card.name),
        partial(duties.awaits_answer, dialog=card.id, since=since, actor=me),
    )


async def snooze(hands: Hands, card: DialogCard) -> None:
    """Out of the way until a time, or back now."""
    back = [("", _("Back in the list now"))] if card.snoozed_until is not None else []
    options = [("+30m", _("For 30 minutes")), ("+2h", _("For 2 hours")), ("tomorrow 9:00", _("Until tomorrow 9:00"))]
    said = await hands.choose(_("Put off"), [*back, *options, (_OTHER, _("Until another time…"))])
    if said == _OTHER:
        note = _("Such as: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00")
        said = await hands.prompt(_("Put off until"), note=note) or None
    if said is None:
        return
    now, me = hands.office.desk.world.clock.now(), hands.office.actor
    until = when(said, now=now) if said else None
    await hands.office.write(partial(_put_off, card=card, until=until, actor=me))
    told = _("{name} is back in the list.", name=card.name)
    if until is not None:
        told = _("{name} is put off: {time}.", name=card.name, time=words.moment(until, now))
    hands.done(told, partial(_put_off, card=card, until=card.snoozed_until, actor=me))


def _put_off(tx: Tx, *, card: DialogCard, until: int | None, actor: str) -> None:
    if until is None:
        duties.unsnooze(tx, card.id, actor=actor)
    else:
        duties.snooze(tx, card.id, until, actor=actor)


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
    "claim": Deed(claim, lambda card: not card.assignee),
    "assign": Deed(assign),
    "no_answer": Deed(no_answer, lambda card: card.waiting_since is not None),
    "snooze": Deed(snooze),
    "member": Deed(member),
    "note": Deed(note),
}
