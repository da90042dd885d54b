"""What can be done with one dialog or with many at once: one write, and one key that takes it back (S-118)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from textual.suggester import SuggestFromList

from chatapp_cli.domain.when import when
from chatapp_cli.i18n import _, ngettext
from chatapp_cli.services import dialogs, duties
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.hands import Deed, Hands
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.naming import about, named, told

if TYPE_CHECKING:
    from chatapp_cli.tui.small import Take

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
    summed = said if len(cards) == 1 else ngettext("Done with {n} dialog.", "Done with {n} dialogs.", len(cards))
    hands.done(summed, partial(_all, step=back, cards=cards))


async def mark(hands: Hands, cards: Cards) -> None:
    """As read, or unread if all are read."""
    unread = [card for card in cards if card.unread]
    change, back = (dialogs.read, dialogs.unread) if unread else (dialogs.unread, dialogs.read)
    name = named(cards[0])
    await _carry(
        hands,
        unread or cards,
        lambda tx, card: change(tx, card.id),
        lambda tx, card: back(tx, card.id),
        _("{name} is marked as read.", name=name) if unread else _("{name} is marked as unread.", name=name),
    )


async def pin(hands: Hands, cards: Cards) -> None:
    """To the top of the list, or no longer if all are there."""
    loose = [card for card in cards if not card.pinned]
    name = named((loose or cards)[0])
    await _carry(
        hands,
        loose or cards,
        lambda tx, card: dialogs.pin(tx, card.id, pinned=bool(loose)),
        lambda tx, card: dialogs.pin(tx, card.id, pinned=not loose),
        _("{name} is pinned.", name=name) if loose else _("{name} is unpinned.", name=name),
    )


async def block(hands: Hands, cards: Cards) -> None:
    """On the blacklist after a question, off it without if all are on it."""
    free = [card for card in cards if not card.blocked]
    name = named((free or cards)[0])
    said = _("{name} is on the blacklist.", name=name) if free else _("{name} is off the blacklist.", name=name)

    async def carry(_yes: object = None) -> None:
        step: Step = lambda tx, card: dialogs.block(tx, card.id, blocked=bool(free))  # noqa: E731 - as others
        await _carry(hands, free or cards, step, _block_back, said)

    if free:
        await _sure(hands, free, carry)
    else:
        await carry()


async def _sure(hands: Hands, cards: Cards, take: Take[bool]) -> None:
    many = ngettext("Put {n} dialog on the blacklist?", "Put {n} dialogs on the blacklist?", len(cards))
    await hands.confirm(
        _("Put {name} on the blacklist?", name=named(cards[0])) if len(cards) == 1 else many,
        _(
            "What they write is kept, but nobody is told; nothing can be sent to them. Key {key} shows the blacklist.",
            key=key("inbox", "blacklist"),
        ),
        yes=_("To the blacklist"),
        take=take,
    )


def _block_back(tx: Tx, card: DialogCard) -> None:
    """As it was, with what the blacklist had silenced."""
    dialogs.block(tx, card.id, blocked=bool(card.blocked))
    if card.unread:
        dialogs.unread(tx, card.id)
    if card.waiting_since is not None:
        duties.awaits_answer(tx, card.id, card.waiting_since)


async def tag(hands: Hands, cards: Cards) -> None:
    """One more tag; known ones are suggested."""
    known = await hands.office.read(dialogs.known_tags)
    note = _("Known: {tags}", tags=", ".join(known)) if known else ""
    suggest = SuggestFromList(known, case_sensitive=False)
    await hands.prompt(about(_("Add a tag"), cards), note=note, suggest=suggest, take=partial(_tag, hands, cards))


async def _tag(hands: Hands, cards: Cards, name: str) -> None:
    borne = await _borne(hands, cards)
    without = [card for card in cards if name.strip() not in borne[card.id]]
    if name and without:
        await _carry(
            hands,
            without,
            lambda tx, card: dialogs.tag(tx, card.id, name),
            lambda tx, card: dialogs.untag(tx, card.id, name),
            f"{named(without[0])}: + #{name.strip()}",
        )
    elif name:
        hands.say(told(_("#{tag} is there already.", tag=name.strip()), cards))


async def untag(hands: Hands, cards: Cards) -> None:
    """One tag less."""
    borne = await _borne(hands, cards)
    there = sorted({tag for tags in borne.values() for tag in tags})
    take = partial(_untag, hands, cards)
    if not there:
        hands.say(told(_("No tags."), cards))
    elif len(there) == 1:
        await take(there[0])
    else:
        await hands.choose(about(_("Remove a tag"), cards), [(tag, tag) for tag in there], take=take)


async def _untag(hands: Hands, cards: Cards, name: str) -> None:
    borne = await _borne(hands, cards)
    bearing = [card for card in cards if name in borne[card.id]]
    await _carry(
        hands,
        bearing or cards,
        lambda tx, card: dialogs.untag(tx, card.id, name),
        lambda tx, card: dialogs.tag(tx, card.id, name),
        f"{named((bearing or cards)[0])}: − #{name}",
    )


async def _borne(hands: Hands, cards: Cards) -> dict[int, list[str]]:
    return await hands.office.read(lambda tx: {card.id: dialogs.tags(tx, card.id) for card in cards})


async def claim(hands: Hands, cards: Cards) -> None:
    """Take those that nobody has. Raises Refused if there is none."""
    me = hands.office.actor
    free = [card for card in cards if not card.assignee]
    if not free and all(card.assignee == me for card in cards):
        hands.say(told(_("You answer already."), cards))
        return
    await _carry(
        hands,
        free or cards,
        lambda tx, card: duties.claim(tx, card.id),
        lambda tx, card: duties.unassign(tx, card.id),
        _("You answer for {name} now.", name=named((free or cards)[0])),
    )


async def assign(hands: Hands, cards: Cards) -> None:
    """Give it to anybody, or to nobody."""
    me, known = hands.office.actor, await hands.office.read(duties.operators)
    others = [(name, name) for name in known if name != me]
    options = [(me, _("Me")), *others, (OTHER, _("Somebody else…")), ("", _("Nobody"))]
    question, suggest = about(_("Who answers?"), cards), SuggestFromList(known, case_sensitive=False)

    async def given(name: str) -> bool:
        await _assign(hands, cards, name)
        return True

    async def named_one(name: str) -> bool:
        return bool(name.strip()) and await given(name.strip())

    async def chosen(name: str) -> bool:
        if name == OTHER:
            return await hands.prompt(question, suggest=suggest, take=named_one) is not None
        return await given(name)

    await hands.choose(question, options, take=chosen)


async def _assign(hands: Hands, cards: Cards, name: str) -> None:
    changed = [card for card in cards if card.assignee != name]
    if not changed:
        hands.say(told(_("That is so already."), cards))
        return
    whose = named(changed[0])
    said = _("{operator} answers for {name} now.", operator=name, name=whose)
    await _carry(
        hands,
        changed,
        lambda tx, card: _give(tx, card, name=name),
        lambda tx, card: _give(tx, card, name=card.assignee),
        said if name else _("Nobody answers for {name} now.", name=whose),
    )


def _give(tx: Tx, card: DialogCard, *, name: str) -> None:
    if name:
        duties.assign(tx, card.id, name)
    else:
        duties.unassign(tx, card.id)


async def no_answer(hands: Hands, cards: Cards) -> None:
    """Out of the unanswered ones without a message."""
    waiting = [card for card in cards if card.waiting_since is not None]
    if not waiting:
        hands.say(told(_("No answer is awaited."), cards))
        return
    await _carry(
        hands,
        waiting,
        lambda tx, card: duties.no_answer(tx, card.id),
        lambda tx, card: duties.awaits_answer(tx, card.id, card.waiting_since or tx.now),
        _("{name} needs no answer.", name=named(waiting[0])),
    )


async def snooze(hands: Hands, cards: Cards) -> None:
    """Out of the way until a time, or back now."""
    back = [("", _("Back in the list now"))] if any(card.snoozed_until is not None for card in cards) else []
    options = [("+30m", _("For 30 minutes")), ("+2h", _("For 2 hours")), ("tomorrow 9:00", _("Until tomorrow 9:00"))]
    note = _("Such as: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00")

    async def named_one(said: str) -> bool:
        return bool(said.strip()) and await _snooze(hands, cards, said)

    async def chosen(said: str) -> bool:
        if said == OTHER:
            return await hands.prompt(about(_("Snoozed until"), cards), note=note, take=named_one) is not None
        return await _snooze(hands, cards, said)

    await hands.choose(about(_("Snooze"), cards), [*back, *options, (OTHER, _("Until another time…"))], take=chosen)


async def _snooze(hands: Hands, cards: Cards, said: str) -> bool:
    """Until when is what a person says; empty for now."""
    now = hands.office.desk.world.clock.now()
    until = when(said, now=now) if said else None
    said_of = _("{name} is back in the list.", name=named(cards[0]))
    if until is not None:
        said_of = _("{name} is snoozed: {time}.", name=named(cards[0]), time=words.moment(until, now))
    await _carry(
        hands,
        cards,
        lambda tx, card: _put_off(tx, card, until=until),
        lambda tx, card: _put_off(tx, card, until=card.snoozed_until),
        said_of,
    )
    return True


def _put_off(tx: Tx, card: DialogCard, *, until: int | None) -> None:
    if until is None:
        duties.unsnooze(tx, card.id)
    else:
        duties.snooze(tx, card.id, until)


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
