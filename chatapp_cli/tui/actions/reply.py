"""Actions on quick replies and their sections, and their import and export (S-135 to S-138)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.portions import portions
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.services import replies, reply_file, reply_sheet
from chatapp_cli.services.reply_entries import FileFault, ReplyFile
from chatapp_cli.services.reply_sheet import Taken
from chatapp_cli.store.rows.replies import QuickReplyRow, SectionRow
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.media import opener
from chatapp_cli.tui.media.paths import Paths, named, offered
from chatapp_cli.tui.session import outgoing

_FAULTS = 5
"""Faults of a file that a notice has room for."""


async def add_section(page: ActionPage) -> None:
    """Add a section."""

    async def take(name: str) -> None:
        if name:
            await page.workspace.write(lambda tx: replies.add_section(tx, name))

    await page.prompt(_("Name of the section"), take=take)


async def rename_section(page: ActionPage, section: SectionRow) -> None:
    """Rename a section."""

    async def take(name: str) -> None:
        if name:
            await page.workspace.write(lambda tx: replies.rename_section(tx, section, name))

    await page.prompt(_("Name of the section"), section.name, take=take)


async def remove_section(page: ActionPage, section: SectionRow) -> None:
    """Remove a section with its replies, after a question."""

    async def take(_yes: bool) -> None:
        await page.workspace.write(lambda tx: replies.remove_section(tx, section, force=True))

    note = _("Its quick replies go with it: {n}.", n=section.replies)
    await page.confirm(_("Remove {name}?", name=section.name), note, yes=_("Remove"), take=take)


async def remove(page: ActionPage, row: QuickReplyRow) -> None:
    """Remove a reply, after a question."""

    async def take(_yes: bool) -> None:
        await page.workspace.write(lambda tx: replies.remove(tx, row))

    await page.confirm(_("Remove {name}?", name=row.title), yes=_("Remove"), take=take)


async def attach(page: ActionPage, row: QuickReplyRow) -> None:
    """Attach a file to a reply; an empty path removes the attached files."""
    known = await page.workspace.read(lambda tx: replies.answer(tx, row))
    attached = ", ".join(file.name for file in known.files)
    note = _("Attached: {names}. Empty: remove them.", names=attached) if attached else ""

    async def take(path: str) -> None:
        if not (path or known.files):
            return
        stage = partial(outgoing.stage_file, page.workspace.company.media, path)
        files = (*known.files, await page.workspace.store.off_loop(stage)) if path else ()
        new = replace(known, files=files)
        await page.workspace.write(lambda tx: replies.edit(tx, row, new))

    first = "" if known.files else offered()
    await page.prompt(_("Attach a file"), first, note=note, suggest=Paths(), take=take)


async def invite(page: ActionPage, section: SectionRow) -> None:
    """Invite an operator to edit a section."""
    note = _("Then only invited operators and you may edit it.")

    async def take(name: str) -> None:
        if name:
            await page.workspace.write(lambda tx: replies.invite(tx, section, name))

    await page.prompt(_("Who may edit {name}?", name=section.name), note=note, take=take)


async def uninvite(page: ActionPage, section: SectionRow, editors: Sequence[str]) -> None:
    """Remove one of the editors of a section."""
    if not editors:
        page.say(_("Everybody may edit this section."))
        return
    options = [(name, name) for name in editors]

    async def take(name: str) -> None:
        await page.workspace.write(lambda tx: replies.uninvite(tx, section, name))

    await page.choose(_("Who may no longer edit it?"), options, take=take)


async def export(page: ActionPage) -> None:
    """Write all sections into a file."""
    note = _("The extension sets the format: .yaml includes editors and files, .csv and .json do not.")
    question = _("Write all quick replies into a file")
    take = partial(_export_to, page)
    await page.prompt(question, "quick-replies.yaml", note=note, suggest=Paths(), take=take)


async def _export_to(page: ActionPage, typed: str) -> None:
    if typed and page.app.is_web:
        await _download(page, Path(typed).name)
    elif typed:
        media, path = page.workspace.company.media, named(typed)
        await page.workspace.read(lambda tx: reply_file.save(tx, media, replies.everything(tx), path))
        page.say(_("Written: {path}", path=typed))


async def _download(page: ActionPage, name: str) -> None:
    """Have the browser download the file, without the files that are attached to replies."""
    wanted = reply_file.form(Path(name).suffix)
    text = await page.workspace.read(lambda tx: reply_file.text(tx, replies.everything(tx), wanted))
    opener.hand_over(page.app, name, text.encode())


async def import_replies(page: ActionPage) -> None:
    """Import sections from a file."""
    note = _("If the file has errors, nothing is imported: .yaml, .csv or .json.")
    question = _("Import quick replies from a file")
    await page.prompt(question, offered(), note=note, suggest=Paths(), take=partial(_import_from, page))


async def _import_from(page: ActionPage, typed: str) -> None:
    if not typed:
        return
    media, path = page.workspace.company.media, named(typed)
    parsed = await page.workspace.store.off_loop(
        lambda: reply_file.read(media, reply_file.content(path), path, find=named)
    )
    checked = await _taken(page, parsed, dry=True)
    if checked.faults:
        raise _rejected(checked.faults)
    taken = await _taken(page, parsed, dry=False)
    page.say(_("New: {added}, changed: {changed}, the same: {same}.", **_counts(taken)))


async def _taken(page: ActionPage, parsed: ReplyFile, *, dry: bool) -> Taken:
    """Take a file part by part, so that nobody waits for all of it."""
    head, items = reply_sheet.divided(parsed)
    found: Taken = await page.workspace.write(partial(reply_sheet.take, sheet=head, dry=dry))
    for some in portions(items, reply_sheet.PART):
        found.add(await page.workspace.write(partial(reply_sheet.take, sheet=reply_sheet.part(some), dry=dry)))
    return found


def _counts(taken: Taken) -> dict[str, int]:
    return {"added": taken.added, "changed": taken.changed, "same": taken.same}


def _rejected(faults: Sequence[FileFault]) -> UsageError:
    """The error of a file with faults, with the first of them."""
    first = "\n".join(show(fault.sentence) for fault in faults[:_FAULTS])
    return UsageError(
        T("Nothing was imported: {n} errors.\n{told}", n=len(faults), told=first),
        T("Correct them and import the file again."),
    )
