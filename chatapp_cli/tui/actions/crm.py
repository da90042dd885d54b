"""Actions on links to CRMs, on pairings, and on what CRMs are still to be told."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from chatapp_cli.domain.crm.link import Place
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.crms import manifest, manifests
from chatapp_cli.runtime import linking
from chatapp_cli.services import channels, ledger, links, pairings
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import LinkRow, PairingRow, ShownEntryRow
from chatapp_cli.tui.action_page import ActionPage


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
    number = await page.choose(_("Which channel?"), [(key, f"{one.title} · {one.line}") for key, one in free.items()])
    if number is not None:
        page.say(_("Asking the CRM…"))
        found = await linking.asked(page.workspace.company, row, lambda session: session.places())
        await _attach_to(page, row, free[number], {place.id: place for place in found})


async def _attach_to(page: ActionPage, row: LinkRow, channel: ChannelRow, places: dict[str, Place]) -> None:
    about = manifest(row.kind)
    if not places:
        page.say(_("The CRM has no place for a channel yet: make one there."))
        return
    named = [(place.id, f"{place.name} ({place.id})") for place in places.values()]
    wanted = await page.choose(_("Which place?"), named)
    if wanted is not None:
        pair = partial(pairings.attach, manifest=about, link=row.id, channel=channel, place=places[wanted], changes={})
        await page.workspace.write(pair)
        page.say(_("{title} is paired with {place}.", title=channel.title, place=places[wanted].name))


async def detach(page: ActionPage, row: PairingRow) -> None:
    """End a pairing, after a question."""
    title = _("End the pairing of {title} with {place}?", title=row.channel, place=row.place_name)
    if await page.confirm(title, _("What was mirrored stays in both."), yes=_("End it")):
        await page.workspace.write(partial(pairings.detach, row=row))


async def resume(page: ActionPage, row: LinkRow) -> None:
    """Have a link tried again now."""
    await page.workspace.write(partial(links.resume, link=row.id))
    page.say(_("{title} is tried again now, if the daemon runs.", title=row.title))


async def catch_up(page: ActionPage, row: LinkRow) -> None:
    """Have a link look now for what did not reach us."""
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
    """Remove a link, after a question."""
    note = _("Dialogs and messages stay. Remove the application in the CRM too.")
    if await page.confirm(_("Remove the link to {title}?", title=row.title), note, yes=_("Remove")):
        left = await linking.unlink(page.workspace.company, row, force=True)
        if left is not None:
            page.say(_("What the link made there could not be taken away: {why}", why=show(left.what)))
