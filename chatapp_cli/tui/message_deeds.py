"""What can be done with a message, where its channel and its state allow it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Action, Direction, State
from chatapp_cli.i18n import _
from chatapp_cli.runtime import transcriber
from chatapp_cli.services import files, sending
from chatapp_cli.services.transcript import Entry
from chatapp_cli.store.rows import FileRow
from chatapp_cli.tui import opener
from chatapp_cli.tui.hands import Deed, Hands
from chatapp_cli.tui.paths import Paths
from chatapp_cli.tui.widgets.composer import Composer

EMOJI = ("👍", "❤", "🔥", "🎉", "🙏", "😁", "👌", "🤔")


@dataclass(frozen=True, slots=True)
class Said:
    """A message and what its channel can do."""

    entry: Entry
    can: Capabilities

    @property
    def ours(self) -> bool:
        """Whether we said it."""
        return self.entry.message.direction == Direction.OUT

    @property
    def there(self) -> bool:
        """Whether the provider has it still."""
        return bool(self.entry.message.ext_id) and self.entry.message.deleted_at is None


async def reply(hands: Hands, said: Said) -> None:
    """Quote it in the composer."""
    composer = hands.query_one(Composer)
    if said.can.replies and said.there:
        composer.quote(said.entry)
    composer.focus_pen()


async def edit(hands: Hands, said: Said) -> None:
    """Put the text into the composer; sending replaces it."""
    composer = hands.query_one(Composer)
    composer.edit(said.entry)
    composer.focus_pen()


async def delete(hands: Hands, said: Said) -> None:
    """Take it back at the provider, after a question."""
    note = _("The provider removes it for everybody; here it stays, marked.")
    if await hands.confirm(_("Delete this message?"), note, yes=_("Delete")):
        await _change(hands, said, Action.DELETE, "")


async def react(hands: Hands, said: Said) -> None:
    """Set our reaction, or take it away."""
    keys = [str(n) for n in range(1, len(EMOJI) + 1)]
    options = [*((emoji, emoji) for emoji in EMOJI), ("none", _("No reaction"))]
    emoji = await hands.choose(_("Reaction"), options, keys=[*keys, "0"])
    if emoji is not None:
        await _change(hands, said, Action.REACT, "" if emoji == "none" else emoji)


async def _change(hands: Hands, said: Said, action: Action, value: str) -> None:
    order, message = hands.office.order(), said.entry.message.id
    await hands.office.write(lambda tx: sending.change(tx, said.can, message, action, value, order=order))


async def retry(hands: Hands, said: Said) -> None:
    """Send again; with an uncertain one the person knows that there may be two."""
    if said.entry.message.state == State.UNCERTAIN and not await hands.confirm(
        _("Send it again?"), _("It may have got through already; then the client has it twice."), yes=_("Send again")
    ):
        return
    await hands.office.write(lambda tx: sending.retry(tx, said.entry.message.id, actor=hands.office.actor))


async def cancel(hands: Hands, said: Said) -> None:
    """Take back what has not gone yet."""
    await hands.office.write(lambda tx: sending.cancel(tx, said.entry.message.id, actor=hands.office.actor))


async def resolve(hands: Hands, said: Said) -> None:
    """A person looked and knows."""
    options = [("sent", _("It got through")), ("failed", _("It did not get through"))]
    verdict = await hands.choose(_("What became of this message?"), options, keys=["1", "2"])
    if verdict is not None:
        known: Literal["sent", "failed"] = "sent" if verdict == "sent" else "failed"
        await hands.office.write(lambda tx: sending.resolve(tx, said.entry.message.id, known, actor=hands.office.actor))


async def _pick(hands: Hands, said: Said) -> FileRow | None:
    """The message's file; with several the person chooses."""
    found = {str(file.id): file for file in said.entry.files}
    if len(found) == 1:
        return next(iter(found.values()))
    options = [(number, files.sound_name(file)) for number, file in found.items()]
    chosen = await hands.choose(_("Which file?"), options, keys=[str(n) for n in range(1, len(found) + 1)])
    return None if chosen is None else found[chosen]


async def save(hands: Hands, said: Said) -> None:
    """Copy a file out of the store, into a folder that the person names."""
    file = await _pick(hands, said)
    if file is None:
        return
    typed = await hands.prompt(
        _("Save into the folder"), str(opener.downloads()), note=files.sound_name(file), suggest=Paths()
    )
    if typed:
        job = partial(opener.saved, hands.office.desk.media, file, typed)
        hands.say(_("Saved: {path}", path=await hands.office.store.off_loop(job)))


async def show(hands: Hands, said: Said) -> None:
    """Show a file with the program that this machine opens such files with."""
    file = await _pick(hands, said)
    if file is not None:
        await opener.show(hands.office.desk.media, file)


async def transcribe(hands: Hands, said: Said) -> None:
    """Have what is said written down."""
    hands.say(_("Listening…"))
    await transcriber.asked(hands.office.desk, said.entry)


async def copy(hands: Hands, said: Said) -> None:
    """To the clipboard of the terminal, over SSH as well."""
    hands.app.copy_to_clipboard(said.entry.message.text)
    hands.say(_("Copied."))


DEEDS: dict[str, Deed[Said]] = {
    "reply": Deed(reply),
    "edit": Deed(edit, lambda said: said.ours and said.can.edits and said.there),
    "delete": Deed(delete, lambda said: said.can.deletes and said.there),
    "react": Deed(react, lambda said: said.can.reactions and said.there),
    "retry": Deed(
        retry,
        lambda said: said.ours and said.entry.message.state in {State.FAILED, State.UNCERTAIN, State.CANCELLED},
    ),
    "cancel": Deed(cancel, lambda said: said.entry.message.state in {State.QUEUED, State.SCHEDULED}),
    "resolve": Deed(resolve, lambda said: said.entry.message.state == State.UNCERTAIN),
    "save": Deed(save, lambda said: bool(said.entry.files)),
    "show": Deed(show, lambda said: bool(said.entry.files)),
    "transcribe": Deed(transcribe, lambda said: bool(transcriber.spoken(said.entry))),
    "copy": Deed(copy, lambda said: bool(said.entry.message.text)),
}
