"""Actions on the files of a message."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.runtime import transcriber
from chatapp_cli.services import files
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions.message_target import NO_FILE, MessageTarget, message_action, unless
from chatapp_cli.tui.media import opener, pictures
from chatapp_cli.tui.media.paths import Paths


async def _pick(page: ActionPage, target: MessageTarget) -> FileRow | None:
    """The file of the message; of several the person chooses one. ``None`` if they leave."""
    found = {str(file.id): file for file in target.entry.files}
    if len(found) == 1:
        return next(iter(found.values()))
    options = [(number, files.sound_name(file)) for number, file in found.items()]
    chosen = await page.choose(_("Which file?"), options, keys=[str(n) for n in range(1, len(found) + 1)])
    return None if chosen is None else found[chosen]


async def save(page: ActionPage, target: MessageTarget) -> None:
    """Copy a file out of the store into a folder that the person names; a browser downloads it."""
    file = await _pick(page, target)
    if file is None:
        return
    if page.app.is_web:
        opener.deliver(page.app, page.workspace.company.media, file)
        return

    async def take(typed: str) -> None:
        if typed:
            job = partial(opener.saved, page.workspace.company.media, file, typed)
            page.say(_("Saved: {path}", path=await page.workspace.store.off_loop(job)))

    note = files.sound_name(file)
    await page.prompt(_("Save into the folder"), str(opener.downloads()), note=note, suggest=Paths(), take=take)


async def show(page: ActionPage, target: MessageTarget) -> None:
    """Open a file with this machine's program for its type, or in the browser."""
    file = await _pick(page, target)
    if file is not None and page.app.is_web:
        opener.deliver(page.app, page.workspace.company.media, file, shown=True)
    elif file is not None:
        await opener.show(page.workspace.company.media, file)


async def view(page: ActionPage, target: MessageTarget) -> None:
    """Show the message's picture in the window; keys lead to the other pictures that the transcript has loaded."""
    from chatapp_cli.tui.questions.picture import PictureScreen

    entries = target.among.transcript.entries
    found = [file for entry in entries for file in entry.files if pictures.viewable(file)]
    first = next(at for at, file in enumerate(found) if file.message_id == target.entry.message.id)
    await page.app.push_screen_wait(PictureScreen(found, first))


async def transcribe(page: ActionPage, target: MessageTarget) -> None:
    """Transcribe a voice message."""
    page.say(_("Listening…"))
    await transcriber.asked(page.workspace.company, target.entry)


_has_files = unless(lambda target: target.entry.files, NO_FILE)
ACTIONS: dict[str, Action[MessageTarget]] = {
    "save": message_action(save, _has_files),
    "show": message_action(show, _has_files),
    "look": message_action(
        view,
        unless(
            lambda target: any(map(pictures.viewable, target.entry.files)), T("There is no picture in this message.")
        ),
    ),
    "transcribe": message_action(
        transcribe,
        unless(lambda target: transcriber.spoken(target.entry), T("This message has nothing to transcribe.")),
    ),
}
