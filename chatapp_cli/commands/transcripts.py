"""Messages for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from chatapp_cli.commands.printing import moment, one_line, plain
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.excerpt import excerpt
from chatapp_cli.domain.manifest import Capabilities, Manifest
from chatapp_cli.domain.message import Direction
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.services import auto_words, notes, words
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.messages import FileRow, MessageRow
from chatapp_cli.store.rows.outbox import OutboxRow

_KILOBYTE = 1024


def entry_lines(entry: TranscriptEntry, card: DialogCard, manifest: Manifest) -> Iterator[str]:
    """A message with everything beside it."""
    message = entry.message
    if message.direction == notes.NOTE:
        yield f"✎ {moment(message.at)}  {one_line(message.author)}  [{_('a note, the client does not see it')}]"
        yield from text_lines(message.text, f"chatapp dialog notes {message.dialog_id} --json")
        return
    yield f"#{message.id}  {moment(message.at)}  {_author(message, card)}  {_marks(message)}".rstrip()
    if message.subject:
        yield f"    [{one_line(message.subject)}]"
    if entry.mail is not None:
        yield from (f"    {one_line(show(who))}" for who in words.recipients(entry))
    if message.reply_to:
        yield "    " + _("in reply to {id}", id=one_line(message.reply_to))
    yield from text_lines(message.text, f"chatapp message show {message.id} --json")
    yield from _beside(entry)
    for file in entry.files:
        yield f"    {file_line(file, manifest)}"
        if file.words:
            yield f"      «{plain(file.words)}»"
    if entry.reactions:
        yield "    " + "  ".join(f"{one_line(r.emoji)} {one_line(r.name)}".rstrip() for r in entry.reactions)
    if entry.because is not None:
        yield "    " + one_line(show(auto_words.because(entry.because)))
    if entry.place is not None:
        yield "    " + _("No. {n} in the queue", n=entry.place.n)
    yield from (f"    {line}" for line in _trouble(entry, manifest))


def _beside(entry: TranscriptEntry) -> Iterator[str]:
    """What there is to a mail or to an answer with buttons beside its text in the conversation."""
    if (below := words.buttons(entry)) is not None:
        yield f"    {one_line(show(below))}"
    if entry.mail is not None and entry.mail.folded:
        yield f"    {folded(entry.mail.folded)}: chatapp message show {entry.message.id} --whole"
    if entry.mail is not None and entry.mail.invitation:
        yield f"    {show(words.invitation(entry.mail.invitation))}"


def folded(n: int) -> str:
    """How much of a mail is folded."""
    return ngettext("… {n} more line", "… {n} more lines", n)


def text_lines(text: str, whole: str) -> Iterator[str]:
    """A text with the command that prints all of it, if that is more."""
    begin, left_out = excerpt(text)
    yield from (f"    {line}" for line in plain(begin).splitlines())
    if left_out:
        yield f"    {ngettext('… {n} more character', '… {n} more characters', left_out)}: {whole}"


def _author(message: MessageRow, card: DialogCard) -> str:
    if message.direction == Direction.IN:
        return f"← {one_line(message.author or card.name)}"
    return f"→ {one_line(message.author or show(words.origin(message.origin)))}"


def _marks(message: MessageRow) -> str:
    marks = [show(words.state(message.state))] if message.direction == Direction.OUT else []
    if message.edited_at:
        marks.append(_("edited {moment}", moment=moment(message.edited_at)))
    if message.deleted_at:
        marks.append(_("deleted {moment}", moment=moment(message.deleted_at)))
    return f"[{', '.join(marks)}]" if marks else ""


def file_line(file: FileRow, manifest: Manifest) -> str:
    """A file's name, size and whether it is downloaded."""
    size = _("{n} MB", n=round(file.size / MEGABYTE, 1)) if file.size >= MEGABYTE else _("{n} KB", n=_kilobytes(file))
    line = _("file {n}: {name}, {size}", n=file.id, name=one_line(file.name), size=size)
    if file.state == "here":
        return f"{line} – {show(words.why(manifest, file.code)[0])}" if file.code else line
    if file.state == "missing":
        return f"{line} – {show(words.why(manifest, file.code)[0])}"
    return f"{line} – " + _("still to be fetched")


def _kilobytes(file: FileRow) -> int:
    return -(-file.size // _KILOBYTE)


def _trouble(entry: TranscriptEntry, manifest: Manifest) -> Iterator[str]:
    message = entry.message
    if message.code and message.direction == Direction.OUT:
        what, step = words.why(manifest, message.code, message.detail)
        yield f"! {show(what)}"
        if entry.onward is not None:
            yield "→ " + _("It continued as message {n} in the next channel.", n=entry.onward)
            if entry.left_behind:
                yield "→ " + _("That channel does not carry: {what}.", what=show(words.left_behind(entry.left_behind)))
        elif step is not None:
            yield f"→ {show(step)}"
    if entry.waiting is not None:
        yield waiting_line(entry.waiting, manifest)


def waiting_line(row: OutboxRow, manifest: Manifest) -> str:
    """When a message will be sent and why it waits."""
    why = show(words.why(manifest, row.wait_code)[0]) if row.wait_code else ""
    when = _("goes after {moment}", moment=moment(row.not_before)) if row.not_before else _("goes as soon as it can")
    return f"◷ {show(words.action(row.action))}: {when}. {why}".rstrip()


def receipts_word(can: Capabilities) -> str:
    """Which delivery states a channel reports (S-063)."""
    return {
        "none": _("delivered and read: not available"),
        "bounce": _("only when it could not be delivered"),
        "delivered": _("delivered; read: not available"),
        "read": _("delivered and read"),
    }[can.receipts]
