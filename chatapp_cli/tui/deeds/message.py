"""What can be done with a message, where its channel and its state allow it."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.services import changes, sending, transcript
from chatapp_cli.tui.deeds import file as file_deeds
from chatapp_cli.tui.deeds import forward as forward_deeds
from chatapp_cli.tui.deeds import link as link_deeds
from chatapp_cli.tui.deeds import waiting as waiting_deeds
from chatapp_cli.tui.deeds.said import NO_TEXT, Against, Said, deed, unless
from chatapp_cli.tui.hands import Deed, Hands

EMOJI = ("👍", "❤", "🔥", "🎉", "🙏", "😁", "👌", "🤔")


async def reply(_hands: Hands, said: Said) -> None:
    """Quote it in the composer."""
    composer = said.among.composer
    if said.can.replies and said.there:
        composer.quote(said.entry)
    composer.focus_pen()


async def edit(_hands: Hands, said: Said) -> None:
    """Put the text into the composer; sending replaces it."""
    composer = said.among.composer
    composer.edit(said.entry)
    composer.focus_pen()


async def delete(hands: Hands, said: Said) -> None:
    """Take it back at the provider, after a question."""

    async def take(_yes: bool) -> None:
        await _change(hands, said, Operation.DELETE, "")

    note = _("The provider removes it for everybody; here it stays, marked.")
    await hands.confirm(_("Delete this message?"), note, yes=_("Delete"), take=take)


async def react(hands: Hands, said: Said) -> None:
    """Set our reaction, or take it away."""
    keys = [str(n) for n in range(1, len(EMOJI) + 1)]
    options = [*((emoji, emoji) for emoji in EMOJI), ("none", _("No reaction"))]

    async def take(emoji: str) -> None:
        await _change(hands, said, Operation.REACT, "" if emoji == "none" else emoji)

    await hands.choose(_("Reaction"), options, keys=[*keys, "0"], take=take)


async def _change(hands: Hands, said: Said, action: Operation, value: str) -> None:
    order, message = hands.office.order(), said.entry.message.id
    await hands.office.write(lambda tx: sending.change(tx, said.can, message, action, value, order=order))


async def copy(hands: Hands, said: Said) -> None:
    """To the clipboard of the terminal, over SSH as well."""
    hands.app.copy_to_clipboard(said.entry.message.text)
    hands.say(_("Copied."))


async def history(hands: Hands, said: Said) -> None:
    """What it said before each edit."""
    from chatapp_cli.tui.questions.history import History

    earlier = await hands.office.read(partial(transcript.revisions, wanted=said.entry.message.id))
    await hands.app.push_screen_wait(History(said.entry.message, earlier, now=said.now))


def _change_of(action: Operation) -> Against:
    return lambda said: changes.obstacle(said.can, said.entry.message, action, said.now)


def _against_edit(said: Said) -> ChatappError | None:
    """What waits is changed here, what went is changed at the provider."""
    return None if said.waits else _change_of(Operation.EDIT)(said)


DEEDS: dict[str, Deed[Said]] = {
    "reply": Deed(reply),
    "edit": deed(edit, _against_edit),
    "delete": deed(delete, _change_of(Operation.DELETE)),
    "react": deed(react, _change_of(Operation.REACT)),
    **waiting_deeds.DEEDS,
    **forward_deeds.DEEDS,
    **file_deeds.DEEDS,
    **link_deeds.DEEDS,
    "history": deed(
        history, unless(lambda said: said.entry.message.edited_at is not None, T("This message was never edited."))
    ),
    "copy": deed(copy, unless(lambda said: said.entry.message.text, NO_TEXT), notes=True),
}
