"""What can be done with quick replies, their sections and the files that they are kept in (S-135 to S-138)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.services import replies, reply_file, reply_sheet
from chatapp_cli.services.reply_entries import FileFault
from chatapp_cli.services.reply_sheet import Taken
from chatapp_cli.store.rows.replies import QuickReplyRow, SectionRow
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.media import opener
from chatapp_cli.tui.media.paths import Paths, named, offered
from chatapp_cli.tui.session import outgoing

_FAULTS = 5
"""As many faults of a file as a notice has room for."""


async def add_section(page: ActionPage) -> None:
    """A new section."""

    async def take(name: str) -> None:
        if name:
            await page.workspace.write(lambda tx: replies.add_section(tx, name))

    await page.prompt(_("Name of the section"), take=take)


async def rename_section(page: ActionPage, section: SectionRow) -> None:
    """Another name."""

    async def take(name: str) -> None:
        if name:
            await page.workspace.write(lambda tx: replies.rename_section(tx, section, name))

    await page.prompt(_("Name of the section"), section.name, take=take)


async def remove_section(page: ActionPage, section: SectionRow) -> None:
    """Remove a section with its replies."""

    async def take(_yes: bool) -> None:
        await page.workspace.write(lambda tx: replies.remove_section(tx, section, force=True))

    note = _("Its quick replies go with it: {n}.", n=section.replies)
    await page.confirm(_("Remove {name}?", name=section.name), note, yes=_("Remove"), take=take)


async def remove(page: ActionPage, row: QuickReplyRow) -> None:
    """Remove a reply."""

    async def take(_yes: bool) -> None:
        await page.workspace.write(lambda tx: replies.remove(tx, row))

    await page.confirm(_("Remove {name}?", name=row.title), yes=_("Remove"), take=take)


async def attach(page: ActionPage, row: QuickReplyRow) -> None:
    """A file that goes with a reply; none drops those that do."""
    known = await page.workspace.read(lambda tx: replies.answer(tx, row))
    there = ", ".join(file.name for file in known.files)
    note = _("Attached: {names}. Empty: remove them.", names=there) if there else ""

    async def take(path: str) -> None:
        if not (path or known.files):
            return
        stage = partial(outgoing.stage_file, page.workspace.company.media, path)
        kept = (*known.files, await page.workspace.store.off_loop(stage)) if path else ()
        new = replace(known, files=kept)
        await page.workspace.write(lambda tx: replies.edit(tx, row, new))

    first = "" if known.files else offered()
    await page.prompt(_("Attach a file"), first, note=note, suggest=Paths(), take=take)


async def invite(page: ActionPage, section: SectionRow) -> None:
    """Let somebody edit a section."""
    note = _("Then only invited operators and you may edit it.")

    async def take(name: str) -> None:
        if name:
            await page.workspace.write(lambda tx: replies.invite(tx, section, name))

    await page.prompt(_("Who may edit {name}?", name=section.name), note=note, take=take)


async def uninvite(page: ActionPage, section: SectionRow, editors: Sequence[str]) -> None:
    """Take the right of one of its editors back."""
    if not editors:
        page.say(_("Everybody may edit this section."))
        return
    options = [(name, name) for name in editors]

    async def take(name: str) -> None:
        await page.workspace.write(lambda tx: replies.uninvite(tx, section, name))

    await page.choose(_("Who may no longer edit it?"), options, take=take)


async def export(page: ActionPage) -> None:
    """All sections into a file."""
    note = _("The extension sets the format: .yaml includes editors and files, .csv and .json do not.")
    question = _("Write all quick replies into a file")
    take = partial(_write_out, page)
    await page.prompt(question, "quick-replies.yaml", note=note, suggest=Paths(), take=take)


async def _write_out(page: ActionPage, said: str) -> None:
    if said and page.app.is_web:
        await _to_the_browser(page, Path(said).name)
    elif said:
        media, path = page.workspace.company.media, named(said)
        await page.workspace.read(lambda tx: reply_file.save(tx, media, replies.everything(tx), path))
        page.say(_("Written: {path}", path=said))


async def _to_the_browser(page: ActionPage, name: str) -> None:
    """The file alone, without what is attached to the replies."""
    wanted = reply_file.form(Path(name).suffix)
    text = await page.workspace.read(lambda tx: reply_file.text(tx, replies.everything(tx), wanted))
    opener.hand_over(page.app, name, text.encode())


async def take_over(page: ActionPage) -> None:
    """Sections out of a file."""
    note = _("All of it or nothing: .yaml, .csv or .json.")
    question = _("Import quick replies from a file")
    await page.prompt(question, offered(), note=note, suggest=Paths(), take=partial(_take_in, page))


async def _take_in(page: ActionPage, said: str) -> None:
    if not said:
        return
    media, path = page.workspace.company.media, named(said)
    sheet = await page.workspace.store.off_loop(
        lambda: reply_file.read(media, reply_file.content(path), path, find=named)
    )
    taken = await page.workspace.write(lambda tx: reply_sheet.take(tx, sheet))
    if taken.faults:
        raise _not_taken(taken.faults)
    page.say(_("New: {added}, changed: {changed}, the same: {same}.", **_counts(taken)))


def _counts(taken: Taken) -> dict[str, int]:
    return {"added": taken.added, "changed": taken.changed, "same": taken.same}


def _not_taken(faults: Sequence[FileFault]) -> UsageError:
    """The first faults of a file, each by its line."""
    told = "\n".join(show(fault.sentence) for fault in faults[:_FAULTS])
    return UsageError(
        T("Nothing was imported: {n} errors.\n{told}", n=len(faults), told=told),
        T("Correct them and import the file again."),
    )
