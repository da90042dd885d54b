"""Actions on links to CRMs, on pairings, and on what CRMs are still to be told."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.errors import Refused
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.crms import manifest, manifests
from chatapp_cli.runtime import linking
from chatapp_cli.runtime.asking_crm import asked
from chatapp_cli.services import channels, crm_history, ledger, links, pairings, words
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import LinkRow, PairingRow, ShownEntryRow
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.questions.whole_text import WholeText
from chatapp_cli.tui.reading import filters
from chatapp_cli.tui.widgets.crm_tree import CrmTree

_MEND, _LEAVE = "mend", "leave"
_DAYS = (365, 90, 30, 7)


async def kind_of_crm(page: ActionPage) -> str | None:
    """Ask which kind of CRM to link, if there are several."""
    kinds = [(kind, f"{show(one.title)} — {show(one.summary)}") for kind, one in manifests().items()]
    return kinds[0][0] if len(kinds) == 1 else await page.choose(_("Which CRM?"), kinds)


async def attach(page: ActionPage, row: LinkRow, paired: Collection[int]) -> None:
    """Ask for a channel and a place, and pair them."""
    there = manifest(row.kind).channels
    every = await page.workspace.read(channels.everything)
    free = {str(one.id): one for one in every if one.kind in there and one.id not in paired}
    if not free:
        page.say(_("Every channel that has a counterpart there is paired already."))
        return
    named = [(key, f"{filters.title(one)} · {one.line}") for key, one in free.items()]
    number = await page.choose(_("Which channel?"), named)
    if number is not None:
        page.say(_("Asking the CRM…"))
        found = await asked(page.workspace.company, row, CrmQuestion.PLACES)
        await _attach_to(page, row, free[number], {place.id: place for place in found})


async def _attach_to(page: ActionPage, row: LinkRow, channel: ChannelRow, places: dict[str, Place]) -> None:
    if not places:
        page.say(_("The CRM has no place for a channel yet: make one there."))
        return
    named = [(place.id, _in_words(place)) for place in places.values()]
    wanted = await page.choose(_("Which place?"), named)
    if wanted is None or not await _settled(page, row, places[wanted]):
        return
    await linking.attach(page.workspace.company, row, channel, places[wanted], {})
    page.say(_("{title} is paired with {place}.", title=channel.title, place=places[wanted].name))


def _in_words(place: Place) -> str:
    """A place to choose, with what the CRM itself makes there of new clients."""
    cards = words.cards_made(place)
    return f"{place.name} ({place.id})" + ("" if cards is None else f" → {show(cards)}")


async def _settled(page: ActionPage, row: LinkRow, place: Place) -> bool:
    """Show what makes trouble in a place, and mend it if that is wanted; false if the person leaves."""
    if not place.warnings:
        return True
    ways = [(_LEAVE, _("Pair as it is"))]
    if place.mends:
        ways.insert(0, (_MEND, _("Set {settings} there, then pair", settings=", ".join(place.mends.values()))))
    chosen = await page.choose(_troubles(row, place), ways)
    if chosen == _MEND:
        await _mend(page, row, place)
    return chosen is not None


def _troubles(row: LinkRow, place: Place) -> str:
    about = manifest(row.kind)
    said = [show(words.what_there(about, code)) for code in place.warnings]
    return "\n".join([place.name, *said])


async def mend(page: ActionPage, row: LinkRow, pairing: PairingRow) -> None:
    """Show what makes trouble in the place of a pairing, and mend it after a question."""
    page.say(_("Asking the CRM…"))
    place = await linking.place_of(page.workspace.company, row, pairing.place)
    if not place.mends:
        page.say(
            _troubles(row, place) if place.warnings else _("No setting of {place} makes trouble.", place=place.name)
        )
        return
    yes = _("Set {settings}", settings=", ".join(place.mends.values()))
    if await page.confirm(_("Change the settings of {place}?", place=place.name), _troubles(row, place), yes=yes):
        await _mend(page, row, place)


async def _mend(page: ActionPage, row: LinkRow, place: Place) -> None:
    for said in await linking.mend(page.workspace.company, row, place):
        page.say(show(said))


def pairing_or_say(page: ActionPage, tree: CrmTree) -> tuple[LinkRow, PairingRow] | None:
    """The chosen pairing with its link; says so if none is chosen."""
    link, pairing = tree.link, tree.pairing
    if link is not None and pairing is not None:
        return link, pairing
    pair = key("crm", "attach")
    page.say(_("That is for pairings: choose one below its link, or pair a channel: {key}", key=pair))
    return None


def entry_or_say(page: ActionPage, tree: CrmTree) -> ShownEntryRow | None:
    """The chosen entry; says so if none is chosen."""
    if tree.entry is None:
        page.say(_("That is for entries that the CRM is still to be told."))
    return tree.entry


async def detach(page: ActionPage, row: PairingRow) -> None:
    """End a pairing, after a question."""
    title = _("End the pairing of {title} with {place}?", title=row.channel, place=row.place_name)
    if await page.confirm(title, _("What was mirrored stays in both."), yes=_("End it")):
        await page.workspace.write(partial(pairings.detach, row=row))


async def history(page: ActionPage, link: LinkRow, row: PairingRow) -> None:
    """Have what was written before a pairing shown in its CRM, from a time on that is asked for; or stop that."""
    known = await page.workspace.read(crm_history.everything)
    if any(one.pairing_id == row.id and one.goes_on for one in known):
        title = _("Show no more messages of {title} from before?", title=row.channel)
        if await page.confirm(title, _("What is shown stays. It can be started again."), yes=_("Stop")):
            await page.workspace.write(partial(crm_history.stop, pairing=row))
        return
    ways = [("0", _("everything")), *((str(n), _("the last days: {n}", n=n)) for n in _DAYS)]
    days = await page.choose(
        _("Show in {title} what was written before the pairing, from how long?", title=link.title), ways
    )
    if days is not None:
        begin = partial(crm_history.begin, about=manifest(link.kind), pairing=row, days=int(days))
        begun = await page.workspace.write(begin)
        page.say(
            _("{title}: messages from before that go to the CRM: {n}.", title=row.channel, n=begun.total - begun.shown)
        )


async def letter(page: ActionPage, row: LinkRow) -> None:
    """Show the letter to the CRM's support, which is copied as well, and what is lacking in it."""
    about = manifest(row.kind).letter
    if about is None:
        page.say(_("{title} needs no letter to anybody's support.", title=row.title))
        return
    found = await linking.letter(page.workspace.company, row)
    text = f"{show(found.subject)}\n\n{found.written(show)}"
    page.app.copy_to_clipboard(text)
    left = [f"· {show(words)}" for words in found.left_to_do()]
    if found.icon and manifest(row.kind).command_that("letter"):
        command = f"chatapp crm {manifest(row.kind).command_that('letter')} --link {row.id} --icon icon.svg"
        left.append(_("The icon is written to a file by: {command}", command=command))
    whole = [_("The letter is copied."), *left, "", text, "", found.icon]
    page.app.push_screen(WholeText(show(about), "\n".join(whole).rstrip()))


async def resume(page: ActionPage, row: LinkRow) -> None:
    """Have a link tried again now."""
    await page.workspace.write(partial(links.resume, link=row.id))
    page.say(_("{title} is tried again now, if the daemon runs.", title=row.title))


async def catch_up(page: ActionPage, row: LinkRow) -> None:
    """Have a link look now for what did not reach us."""
    links.require_called(manifest(row.kind), row)
    await page.workspace.write(partial(links.ask_catch_up, link=row.id))
    page.say(_("{title} is asked for what was missed, if the daemon runs.", title=row.title))


async def retry(page: ActionPage, row: ShownEntryRow) -> None:
    """Tell the CRM again what it refused."""
    await page.workspace.write(partial(ledger.retry, entry=row.id))
    page.say(_("Entry {n} is told again.", n=row.id))


async def drop(page: ActionPage, row: ShownEntryRow) -> None:
    """Give up telling the CRM something, after a question."""
    if await page.confirm(_("Give it up?"), _("The CRM will never show it."), yes=_("Give up")):
        await page.workspace.write(partial(ledger.drop, entry=row.id))


async def unlink(page: ActionPage, row: LinkRow) -> None:
    """Remove a link, after a question, and after another one if the CRM would never be told something."""
    leave = show(manifest(row.kind).leave_of(row.settings))
    note = _("Dialogs and messages stay. Its rules and the logins by it go. {step}", step=leave)
    title = _("Remove the link to {title}?", title=row.title)
    if not await page.confirm(title, note, yes=_("Remove")):
        return
    try:
        left = await linking.unlink(page.workspace.company, row, force=False)
    except Refused as owing:
        if owing.code != "still_owing":
            raise
        lost = f"{show(owing.what)}\n{_('The CRM will never be told them.')}"
        if not await page.confirm(title, lost, yes=_("Remove all the same")):
            return
        left = await linking.unlink(page.workspace.company, row, force=True)
    if left is not None:
        page.say(_("What the link made there could not be taken away: {why}", why=show(left.what)))
