"""Joining the contacts of one person, and parting them; only operators join contacts, never the program."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import ContactId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.services import dialogs, persons
from chatapp_cli.services.persons import Person
from chatapp_cli.store.rows.dialogs import DialogCard, DialogRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.reading.naming import about, named, sentence


async def join_suggested(page: ActionPage, card: DialogCard) -> None:
    """Join the first suggested person; without a suggestion, search for one."""
    mine = _contact(card)
    found = await page.workspace.read(partial(persons.suggestions, contact=mine))
    if found:
        await _join(page, card, found[0].other)
    else:
        await join_other(page, card)


async def reject_suggested(page: ActionPage, card: DialogCard) -> None:
    """Note that the first suggested person is somebody else."""
    mine = _contact(card)
    found = await page.workspace.read(partial(persons.suggestions, contact=mine))
    if not found:
        page.say(sentence(_("Nobody is suggested."), [card]))
        return
    other = found[0].other
    pairs = await page.workspace.write(partial(persons.apart, one=mine, other=other.id))
    notice = _("{other} is somebody else than {name}.", other=other.name, name=named(card))
    page.done(notice, partial(persons.forget_apart, pairs=pairs))


async def join_other(page: ActionPage, card: DialogCard) -> None:
    """Search for a person and join them."""
    from chatapp_cli.tui.questions.dialog_pick import DialogPick

    _contact(card)

    async def take(chosen: DialogRow) -> None:
        other = _contact(await page.workspace.read(partial(dialogs.card, dialog=chosen.id)))
        await _join(page, card, await page.workspace.read(partial(persons.person, contact=other)))

    question = about(_("Who is the same person?"), [card])
    await page.app.push_screen_wait(DialogPick(page.workspace, question).taken_by(take))


async def _join(page: ActionPage, card: DialogCard, other: Person) -> None:
    merge = await page.workspace.write(partial(persons.merge, kept=_contact(card), gone=other.id))
    notice = _("{other} is the same person as {name}.", other=other.name, name=named(card))
    page.done(notice, partial(persons.undo, merge=merge))


async def separate(page: ActionPage, card: DialogCard) -> None:
    """Make one of the joined contacts a person of their own again."""
    whole = await page.workspace.read(partial(persons.person, contact=_contact(card)))
    others = whole.contacts[1:]
    options = [(str(one.id), f"{persons.title(one)}  {_ways(whole, one.id)}") for one in others]
    if not options:
        page.say(sentence(_("No contact is merged into this client."), [card]))
        return

    async def take(chosen: str) -> None:
        merge = await page.workspace.read(partial(persons.merge_of, contact=ContactId(int(chosen))))
        await page.workspace.write(partial(persons.undo, merge=merge))
        again = partial(_join_again, kept=whole.id, gone=merge.gone)
        page.done(sentence(_("They are two people again."), [card]), again)

    await page.choose(about(_("Who is a different person?"), [card]), options, take=take)


def _join_again(tx: Tx, *, kept: ContactId, gone: ContactId) -> None:
    persons.merge(tx, kept, gone)


def _ways(whole: Person, contact: ContactId) -> str:
    return ", ".join(f"{way.channel} {way.address}" for way in whole.ways_of(contact))


def _contact(card: DialogCard) -> ContactId:
    if card.contact_id is None:
        raise NotFound(T("A group has no single client."))
    return card.contact_id


def _private(card: DialogCard) -> bool:
    return card.contact_id is not None


ACTIONS: dict[str, Action[DialogCard]] = {
    "same": Action(join_suggested, _private),
    "not_same": Action(reject_suggested, _private),
    "pick_same": Action(join_other, _private),
    "part": Action(separate, _private),
}
