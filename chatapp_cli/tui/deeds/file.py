"""What can be done with the files of a message."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.runtime import transcriber
from chatapp_cli.services import files
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.deeds.said import NO_FILE, Said, deed, unless
from chatapp_cli.tui.hands import Deed, Hands
from chatapp_cli.tui.media import opener, pictures
from chatapp_cli.tui.media.paths import Paths


async def _pick(hands: Hands, said: Said) -> FileRow | None:
    """The message's file; with several the person chooses."""
    found = {str(file.id): file for file in said.entry.files}
    if len(found) == 1:
        return next(iter(found.values()))
    options = [(number, files.sound_name(file)) for number, file in found.items()]
    chosen = await hands.choose(_("Which file?"), options, keys=[str(n) for n in range(1, len(found) + 1)])
    return None if chosen is None else found[chosen]


async def save(hands: Hands, said: Said) -> None:
    """Copy a file out of the store, into a folder that the person names; a browser has its own."""
    file = await _pick(hands, said)
    if file is None:
        return
    if hands.app.is_web:
        opener.deliver(hands.app, hands.office.desk.media, file)
        return

    async def take(typed: str) -> None:
        if typed:
            job = partial(opener.saved, hands.office.desk.media, file, typed)
            hands.say(_("Saved: {path}", path=await hands.office.store.off_loop(job)))

    note = files.sound_name(file)
    await hands.prompt(_("Save into the folder"), str(opener.downloads()), note=note, suggest=Paths(), take=take)


async def show(hands: Hands, said: Said) -> None:
    """Show a file with the program that this machine opens such files with, or in the browser."""
    file = await _pick(hands, said)
    if file is not None and hands.app.is_web:
        opener.deliver(hands.app, hands.office.desk.media, file, shown=True)
    elif file is not None:
        await opener.show(hands.office.desk.media, file)


async def look(hands: Hands, said: Said) -> None:
    """Show its picture in the window, among those of the conversation that are loaded."""
    from chatapp_cli.tui.questions.picture import PictureScreen

    entries = said.among.transcript.entries
    found = [file for entry in entries for file in entry.files if pictures.viewable(file)]
    first = next(at for at, file in enumerate(found) if file.message_id == said.entry.message.id)
    await hands.app.push_screen_wait(PictureScreen(found, first))


async def transcribe(hands: Hands, said: Said) -> None:
    """Have what is said written down."""
    hands.say(_("Listening…"))
    await transcriber.asked(hands.office.desk, said.entry)


_has_files = unless(lambda said: said.entry.files, NO_FILE)
DEEDS: dict[str, Deed[Said]] = {
    "save": deed(save, _has_files),
    "show": deed(show, _has_files),
    "look": deed(
        look,
        unless(lambda said: any(map(pictures.viewable, said.entry.files)), T("There is no picture in this message.")),
    ),
    "transcribe": deed(
        transcribe, unless(lambda said: transcriber.spoken(said.entry), T("This message has nothing to transcribe."))
    ),
}
