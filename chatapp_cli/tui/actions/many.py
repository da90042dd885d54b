"""Actions on one dialog or on many at once, with one key that undoes them (S-118)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from textual.suggester import SuggestFromList

from chatapp_cli.domain.dialog import TOGETHER
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.finding import by_name
from chatapp_cli.domain.ids import DialogId, Millis
from chatapp_cli.domain.portions import portions
from chatapp_cli.domain.when import when
from chatapp_cli.i18n import _, ngettext
from chatapp_cli.services import dialogs, duties
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions.attendance import absences
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.naming import about, named, sentence
from chatapp_cli.tui.undoing import UndoPiece

if TYPE_CHECKING:
    from chatapp_cli.tui.popups import Take

Cards: TypeAlias = Sequence[DialogCard]
DialogJob: TypeAlias = Callable[[Tx, DialogCard], object]

V = TypeVar("V")
OTHER = "\n"
"""The choice of typing a value that is not offered: neither a name nor a time."""


def _run_on_all(tx: Tx, *, job: DialogJob, cards: Cards) -> None:
    for card in cards:
        job(tx, card)


def _undo_all(tx: Tx, *, undo: DialogJob, cards: Cards) -> int:
    """Undo it for all; returns for how many it is not, because others changed them since."""
    return sum(undo(tx, card) is False for card in cards)


def _restoring(
    job: DialogJob, seen: Callable[[Tx, DialogId], V], put: Callable[[Tx, DialogCard, V], object]
) -> tuple[DialogJob, DialogJob]:
    """The job that changes a value of dialogs, and its undo, which restores it where nobody else changed it since.

    ``seen`` reads the value, ``put`` restores it. The undo returns false for a dialog that it leaves.
    """
    values: dict[DialogId, tuple[V, V]] = {}

    def change(tx: Tx, card: DialogCard) -> None:
        before = seen(tx, card.id)
        job(tx, card)
        values[card.id] = before, seen(tx, card.id)

    def undo(tx: Tx, card: DialogCard) -> bool:
        before, ours = values[card.id]
        try:
            now = seen(tx, card.id)
        except NotFound:
            return False
        if now == ours != before:
            put(tx, card, before)
        return now in {before, ours}

    return change, undo


async def _run(page: ActionPage, cards: Cards, job: DialogJob, undo: DialogJob, notice: str) -> None:
    """Run a job on all dialogs and offer to undo it; ``notice`` is shown if there is one dialog.

    It is run on ``TOGETHER`` of them at a time, on each of those or on none. If one refuses, those before stay done.
    """
    done = 0
    try:
        for some in portions(cards, TOGETHER):
            await page.workspace.write(partial(_run_on_all, job=job, cards=some))
            done += len(some)
    finally:
        if done:
            summary = notice if len(cards) == 1 else ngettext("Done with {n} dialog.", "Done with {n} dialogs.", done)
            pieces = [
                UndoPiece(partial(_undo_all, undo=undo, cards=some), len(some))
                for some in portions(cards[:done], TOGETHER)
            ]
            page.done(summary, *pieces)


async def mark(page: ActionPage, cards: Cards) -> None:
    """Mark as read, or as unread if all are read."""
    unread = [card for card in cards if card.unread]
    change = dialogs.read if unread else dialogs.unread
    name = named(cards[0])
    await _run(
        page,
        unread or cards,
        *_restoring(
            lambda tx, card: change(tx, card.id),
            lambda tx, dialog: dialogs.card(tx, dialog).unread,
            lambda tx, card, before: (dialogs.unread if before else dialogs.read)(tx, card.id),
        ),
        _("{name} is marked as read.", name=name) if unread else _("{name} is marked as unread.", name=name),
    )


async def pin(page: ActionPage, cards: Cards) -> None:
    """Pin to the top of the list, or unpin if all are pinned."""
    loose = [card for card in cards if not card.pinned]
    name = named((loose or cards)[0])
    await _run(
        page,
        loose or cards,
        *_restoring(
            lambda tx, card: dialogs.pin(tx, card.id, pinned=bool(loose)),
            lambda tx, dialog: bool(dialogs.card(tx, dialog).pinned),
            lambda tx, card, before: dialogs.pin(tx, card.id, pinned=before),
        ),
        _("{name} is pinned.", name=name) if loose else _("{name} is unpinned.", name=name),
    )


async def block(page: ActionPage, cards: Cards) -> None:
    """Put on the blacklist after a question; take off it, without one, if all are on it."""
    free = [card for card in cards if not card.blocked]
    name = named((free or cards)[0])
    notice = _("{name} is on the blacklist.", name=name) if free else _("{name} is off the blacklist.", name=name)

    async def run(_yes: object = None) -> None:
        job, undo = _restoring(
            lambda tx, card: dialogs.block(tx, card.id, blocked=bool(free)),
            lambda tx, dialog: bool(dialogs.card(tx, dialog).blocked),
            lambda tx, card, _before: _restore(tx, card),
        )
        await _run(page, free or cards, job, undo, notice)

    if free:
        await _confirm_block(page, free, run)
    else:
        await run()


async def _confirm_block(page: ActionPage, cards: Cards, take: Take[bool]) -> None:
    many = ngettext("Put {n} dialog on the blacklist?", "Put {n} dialogs on the blacklist?", len(cards))
    await page.confirm(
        _("Put {name} on the blacklist?", name=named(cards[0])) if len(cards) == 1 else many,
        _(
            "What they write is kept, but nobody is told; nothing can be sent to them. Key {key} shows the blacklist.",
            key=key("inbox", "blacklist"),
        ),
        yes=_("To the blacklist"),
        take=take,
    )


def _restore(tx: Tx, card: DialogCard) -> None:
    """Restore the blacklist, the unread mark and the wait for an answer."""
    dialogs.block(tx, card.id, blocked=bool(card.blocked))
    if card.unread:
        dialogs.unread(tx, card.id)
    if card.waiting_since is not None:
        duties.awaits_answer(tx, card.id, card.waiting_since)


async def tag(page: ActionPage, cards: Cards) -> None:
    """Add a tag; known ones are suggested."""
    known = await page.workspace.read(dialogs.known_tags)
    note = _("Known: {tags}", tags=", ".join(known)) if known else ""
    suggest = SuggestFromList(known, case_sensitive=False)
    await page.prompt(about(_("Add a tag"), cards), note=note, suggest=suggest, take=partial(_tag, page, cards))


async def _tag(page: ActionPage, cards: Cards, name: str) -> None:
    tags_of = await _read_tags(page, cards)
    without = [card for card in cards if name.strip() not in tags_of[card.id]]
    if name and without:
        await _run(
            page,
            without,
            *_retagging(name.strip(), lambda tx, card: dialogs.tag(tx, card.id, name)),
            f"{named(without[0])}: + #{name.strip()}",
        )
    elif name:
        page.say(sentence(_("#{tag} is there already.", tag=name.strip()), cards))


async def untag(page: ActionPage, cards: Cards) -> None:
    """Remove a tag."""
    tags_of = await _read_tags(page, cards)
    there = sorted({tag for tags in tags_of.values() for tag in tags}, key=by_name)
    take = partial(_untag, page, cards)
    if not there:
        page.say(sentence(_("No tags."), cards))
    elif len(there) == 1:
        await take(there[0])
    else:
        await page.choose(about(_("Remove a tag"), cards), [(tag, tag) for tag in there], take=take)


async def _untag(page: ActionPage, cards: Cards, name: str) -> None:
    tags_of = await _read_tags(page, cards)
    tagged = [card for card in cards if name in tags_of[card.id]]
    await _run(
        page,
        tagged or cards,
        *_retagging(name, lambda tx, card: dialogs.untag(tx, card.id, name)),
        f"{named((tagged or cards)[0])}: − #{name}",
    )


def _retagging(name: str, job: DialogJob) -> tuple[DialogJob, DialogJob]:
    """A job that adds or removes a tag, and its undo."""
    return _restoring(
        job,
        lambda tx, dialog: name in dialogs.tags(tx, dialog),
        lambda tx, card, before: (dialogs.tag if before else dialogs.untag)(tx, card.id, name),
    )


async def _read_tags(page: ActionPage, cards: Cards) -> dict[int, list[str]]:
    return await page.workspace.read(lambda tx: {card.id: dialogs.tags(tx, card.id) for card in cards})


async def claim(page: ActionPage, cards: Cards) -> None:
    """Assign the dialogs without an assignee to oneself. Raises Refused if all have other assignees."""
    me = page.workspace.actor
    free = [card for card in cards if not card.assignee]
    if not free and all(card.assignee == me for card in cards):
        page.say(sentence(_("You answer already."), cards))
        return
    await _run(
        page,
        free or cards,
        *_reassigning(lambda tx, card: duties.take(tx, card.id)),
        _("You answer for {name} now.", name=named((free or cards)[0])),
    )


async def assign(page: ActionPage, cards: Cards) -> None:
    """Assign to any operator, or to nobody."""
    me, known = page.workspace.actor, await page.workspace.read(duties.operators)
    absent = await absences(page.workspace, known)
    others = [(name, " · ".join(filter(None, (name, absent.get(name))))) for name in known if name != me]
    options = [(me, _("Me")), *others, (OTHER, _("Somebody else…")), ("", _("Nobody"))]
    question, suggest = about(_("Who answers?"), cards), SuggestFromList(known, case_sensitive=False)

    async def given(name: str) -> bool:
        await _assign(page, cards, name)
        return True

    async def named_one(name: str) -> bool:
        return bool(name.strip()) and await given(name.strip())

    async def chosen(name: str) -> bool:
        if name == OTHER:
            return await page.prompt(question, suggest=suggest, take=named_one) is not None
        return await given(name)

    await page.choose(question, options, take=chosen)


async def _assign(page: ActionPage, cards: Cards, name: str) -> None:
    changed = [card for card in cards if card.assignee != name]
    if not changed:
        page.say(sentence(_("That is so already."), cards))
        return
    whose = named(changed[0])
    notice = _("{operator} answers for {name} now.", operator=name, name=whose)
    await _run(
        page,
        changed,
        *_reassigning(lambda tx, card: _set_assignee(tx, card, name)),
        notice if name else _("Nobody answers for {name} now.", name=whose),
    )


def _reassigning(job: DialogJob) -> tuple[DialogJob, DialogJob]:
    """A job that changes assignees, and its undo."""
    return _restoring(job, lambda tx, dialog: dialogs.card(tx, dialog).assignee, _set_assignee)


def _set_assignee(tx: Tx, card: DialogCard, name: str) -> None:
    if name:
        duties.assign(tx, card.id, name)
    else:
        duties.unassign(tx, card.id)


async def no_answer(page: ActionPage, cards: Cards) -> None:
    """Note that no answer is needed: the dialogs are no longer unanswered."""
    waiting = [card for card in cards if card.waiting_since is not None]
    if not waiting:
        page.say(sentence(_("No answer is awaited."), cards))
        return
    await _run(
        page,
        waiting,
        *_restoring(
            lambda tx, card: duties.no_answer(tx, card.id),
            lambda tx, dialog: dialogs.card(tx, dialog).waiting_since,
            lambda tx, card, before: duties.awaits_answer(tx, card.id, before or tx.now),
        ),
        _("{name} needs no answer.", name=named(waiting[0])),
    )


async def snooze(page: ActionPage, cards: Cards) -> None:
    """Snooze until a time, or return to the list now."""
    back = [("", _("Back in the list now"))] if any(card.snoozed_until is not None for card in cards) else []
    options = [("+30m", _("For 30 minutes")), ("+2h", _("For 2 hours")), ("tomorrow 9:00", _("Until tomorrow 9:00"))]
    note = _("Such as: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00")

    async def named_one(typed: str) -> bool:
        return bool(typed.strip()) and await _snooze(page, cards, typed)

    async def chosen(until: str) -> bool:
        if until == OTHER:
            return await page.prompt(about(_("Snoozed until"), cards), note=note, take=named_one) is not None
        return await _snooze(page, cards, until)

    await page.choose(about(_("Snooze"), cards), [*back, *options, (OTHER, _("Until another time…"))], take=chosen)


async def _snooze(page: ActionPage, cards: Cards, typed: str) -> bool:
    """Snooze until the time that was typed; empty for now."""
    now = page.workspace.company.world.clock.now()
    until = when(typed, now=now) if typed else None
    notice = _("{name} is back in the list.", name=named(cards[0]))
    if until is not None:
        notice = _("{name} is snoozed: {time}.", name=named(cards[0]), time=words.moment(until, now))
    await _run(
        page,
        cards,
        *_restoring(
            lambda tx, card: _snooze_until(tx, card, until),
            lambda tx, dialog: dialogs.card(tx, dialog).snoozed_until,
            _restore_snooze,
        ),
        notice,
    )
    return True


def _restore_snooze(tx: Tx, card: DialogCard, until: Millis | None) -> None:
    """Snooze until then again, unless that is over by now."""
    _snooze_until(tx, card, until if until is not None and until > tx.now else None)


def _snooze_until(tx: Tx, card: DialogCard, until: int | None) -> None:
    if until is None:
        duties.unsnooze(tx, card.id)
    else:
        duties.snooze(tx, card.id, until)


ACTIONS: dict[str, Action[Cards]] = {
    "mark": Action(mark),
    "claim": Action(claim, lambda cards: any(not card.assignee for card in cards)),
    "assign": Action(assign),
    "no_answer": Action(no_answer, lambda cards: any(card.waiting_since is not None for card in cards)),
    "snooze": Action(snooze),
    "pin": Action(pin),
    "block": Action(block),
    "tag": Action(tag),
    "untag": Action(untag),
}


def alone(action: Action[Cards]) -> Action[DialogCard]:
    """Make an action on one dialog of an action on many."""
    return Action(lambda page, card: action.run(page, [card]), lambda card: action.possible([card]))
