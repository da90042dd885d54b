"""What can be done with one dialog or with many at once: one write, and one key that takes it back (S-118)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from textual.suggester import SuggestFromList

from chatapp_cli.domain.when import when
from chatapp_cli.i18n import _, ngettext
from chatapp_cli.services import dialogs, duties
from chatapp_cli.store.rows import DialogCard
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui import words
from chatapp_cli.tui.hands import Deed, Hands
from chatapp_cli.tui.keymap import key

Cards: TypeAlias = Sequence[DialogCard]
Step: TypeAlias = Callable[[Tx, DialogCard], object]

OTHER = "\n"
"""What no name and no time is: another one than those offered."""


def _all(tx: Tx, *, step: Step, cards: Cards) -> None:
    for card in cards:
        step(tx, card)


async def _carry(hands: Hands, cards: Cards, step: Step, back: Step, said: str) -> None:
    """Do it with all of them or with none; ``said`` is for one."""
    await hands.office.write(partial(_all, step=step, cards=cards))
    told = said if len(cards) == 1 else ngettext("Done with {n} dialog.", "Done with {n} dialogs.", len(cards))
    hands.done(told, partial(_all, step=back, cards=cards))


async def mark(hands: Hands, cards: Cards) -> None:
    """As read, or unread if all are read; with one the same key takes it back."""
    me, unread = hands.office.actor, [card for card in cards if card.unread]
    change, back = (dialogs.read, dialogs.unread) if unread else (dialogs.unread, dialogs.read)
    if len(cards) == 1:
        await hands.office.write(partial(change, dialog=cards[0].id, actor=me))
        return
    await _carry(
        hands,
        unread or cards,
        lambda tx, card: change(tx, card.id, actor=me),
        lambda tx, card: back(tx, card.id, actor=me),
        "",
    )


async def pin(hands: Hands, cards: Cards) -> None:
    """To the top of the list, or no longer if all are there."""
    me, loose = hands.office.actor, [card for card in cards if not card.pinned]
    name = cards[0].name
    await _carry(
        hands,
        loose or cards,
        lambda tx, card: dialogs.pin(tx, card.id, pinned=bool(loose), actor=me),
        lambda tx, card: dialogs.pin(tx, card.id, pinned=not loose, actor=me),
        _("{name} is pinned.", name=name) if loose else _("{name} is unpinned.", name=name),
    )


async def block(hands: Hands, cards: Cards) -> None:
    """On the blacklist after a question, off it without if all are on it."""
    me, free = hands.office.actor, [card for card in cards if not card.blocked]
    if free and not await _sure(hands, free):
        return
    name = cards[0].name
    await _carry(
        hands,
        free or cards,
        lambda tx, card: dialogs.block(tx, card.id, blocked=bool(free), actor=me),
        partial(_block_back, actor=me),
        _("{name} is on the blacklist.", name=name) if free else _("{name} is off the blacklist.", name=name),
    )


async def _sure(hands: Hands, cards: Cards) -> bool:
    many = ngettext("Put {n} dialog on the blacklist?", "Put {n} dialogs on the blacklist?", len(cards))
    return await hands.confirm(
        _("Put {name} on the blacklist?", name=cards[0].name) if len(cards) == 1 else many,
        _(
            "What they write is kept, but nobody is told; nothing can be sent to them. Key {key} shows the blacklist.",
            key=key("inbox", "blacklist"),
        ),
        yes=_("To the blacklist"),
    )


def _block_back(tx: Tx, card: DialogCard, *, actor: str) -> None:
    """As it was, with what the blacklist had silenced."""
    dialogs.block(tx, card.id, blocked=bool(card.blocked), actor=actor)
    if card.unread:
        dialogs.unread(tx, card.id, actor=actor)
    if card.waiting_since is not None:
        duties.awaits_answer(tx, card.id, card.waiting_since, actor=actor)


async def tag(hands: Hands, cards: Cards) -> None:
    """One more tag; known ones are suggested."""
    known = await hands.office.read(dialogs.known_tags)
    note = _("Known: {tags}", tags=", ".join(known)) if known else ""
    name = await hands.prompt(_("Add a tag"), note=note, suggest=SuggestFromList(known, case_sensitive=False))
    if not name:
        return
    me, borne = hands.office.actor, await _borne(hands, cards)
    without = [card for card in cards if name.strip() not in borne[card.id]]
    if without:
        await _carry(
            hands,
            without,
            lambda tx, card: dialogs.tag(tx, card.id, name, actor=me),
            lambda tx, card: dialogs.untag(tx, card.id, name, actor=me),
            f"+ #{name.strip()}",
        )


async def untag(hands: Hands, cards: Cards) -> None:
    """One tag less."""
    me, borne = hands.office.actor, await _borne(hands, cards)
    there = sorted({tag for tags in borne.values() for tag in tags})
    if not there:
        hands.say(_("This dialog has no tags."))
        return
    name = there[0] if len(there) == 1 else await hands.choose(_("Remove a tag"), [(tag, tag) for tag in there])
    if name is None:
        return
    await _carry(
        hands,
        [card for card in cards if name in borne[card.id]],
        lambda tx, card: dialogs.untag(tx, card.id, name, actor=me),
        lambda tx, card: dialogs.tag(tx, card.id, name, actor=me),
        f"− #{name}",
    )


async def _borne(hands: Hands, cards: Cards) -> dict[int, list[str]]:
    return await hands.office.read(lambda tx: {card.id: dialogs.tags(tx, card.id) for card in cards})


async def claim(hands: Hands, cards: Cards) -> None:
    """Take those that nobody has. Raises Refused if there is none."""
    me = hands.office.actor
    free = [card for card in cards if not card.assignee]
    if not free and all(card.assignee == me for card in cards):
        return
    await _carry(
        hands,
        free or cards,
        lambda tx, card: duties.claim(tx, card.id, actor=me),
        lambda tx, card: duties.unassign(tx, card.id, actor=me),
        _("You answer for {name} now.", name=(free or cards)[0].name),
    )


async def assign(hands: Hands, cards: Cards) -> None:
    """Give it to anybody, or to nobody."""
    me, known = hands.office.actor, await hands.office.read(duties.operators)
    others = [(name, name) for name in known if name != me]
    options = [(me, _("Me")), *others, (OTHER, _("Somebody else…")), ("", _("Nobody"))]
    name = await hands.choose(_("Who answers?"), options)
    if name == OTHER:
        name = await hands.prompt(_("Who answers?"), suggest=SuggestFromList(known, case_sensitive=False)) or None
    changed = [card for card in cards if card.assignee != name]
    if name is None or not changed:
        return
    said = _("{operator} answers for {name} now.", operator=name, name=changed[0].name)
    await _carry(
        hands,
        changed,
        lambda tx, card: _give(tx, card, name=name, actor=me),
        lambda tx, card: _give(tx, card, name=card.assignee, actor=me),
        said if name else _("Nobody answers now."),
    )


def _give(tx: Tx, card: DialogCard, *, name: str, actor: str) -> None:
    if name:
        duties.assign(tx, card.id, name, actor=actor)
    else:
        duties.unassign(tx, card.id, actor=actor)


async def no_answer(hands: Hands, cards: Cards) -> None:
    """Out of the unanswered ones without a message."""
    me, waiting = hands.office.actor, [card for card in cards if card.waiting_since is not None]
    if not waiting:
        hands.say(_("This dialog waits for no answer."))
        return
    await _carry(
        hands,
        waiting,
        lambda tx, card: duties.no_answer(tx, card.id, actor=me),
        lambda tx, card: duties.awaits_answer(tx, card.id, card.waiting_since or tx.now, actor=me),
        _("{name} needs no answer.", name=waiting[0].name),
    )


async def snooze(hands: Hands, cards: Cards) -> None:
    """Out of the way until a time, or back now."""
    said = await _until(hands, cards)
    if said is None:
        return
    now, me = hands.office.desk.world.clock.now(), hands.office.actor
    until = when(said, now=now) if said else None
    told = _("{name} is back in the list.", name=cards[0].name)
    if until is not None:
        told = _("{name} is put off: {time}.", name=cards[0].name, time=words.moment(until, now))
    await _carry(
        hands,
        cards,
        lambda tx, card: _put_off(tx, card, until=until, actor=me),
        lambda tx, card: _put_off(tx, card, until=card.snoozed_until, actor=me),
        told,
    )


async def _until(hands: Hands, cards: Cards) -> str | None:
    """Until when, as a person says it; empty for now."""
    back = [("", _("Back in the list now"))] if any(card.snoozed_until is not None for card in cards) else []
    options = [("+30m", _("For 30 minutes")), ("+2h", _("For 2 hours")), ("tomorrow 9:00", _("Until tomorrow 9:00"))]
    said = await hands.choose(_("Put off"), [*back, *options, (OTHER, _("Until another time…"))])
    if said == OTHER:
        note = _("Such as: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00")
        said = await hands.prompt(_("Put off until"), note=note) or None
    return said


def _put_off(tx: Tx, card: DialogCard, *, until: int | None, actor: str) -> None:
    if until is None:
        duties.unsnooze(tx, card.id, actor=actor)
    else:
        duties.snooze(tx, card.id, until, actor=actor)


DEEDS: dict[str, Deed[Cards]] = {
    "mark": Deed(mark),
    "claim": Deed(claim, lambda cards: any(not card.assignee for card in cards)),
    "assign": Deed(assign),
    "no_answer": Deed(no_answer, lambda cards: any(card.waiting_since is not None for card in cards)),
    "snooze": Deed(snooze),
    "pin": Deed(pin),
    "block": Deed(block),
    "tag": Deed(tag),
    "untag": Deed(untag),
}


def alone(deed: Deed[Cards]) -> Deed[DialogCard]:
    """The same with a single dialog."""
    return Deed(lambda hands, card: deed.run(hands, [card]), lambda card: deed.possible([card]))
