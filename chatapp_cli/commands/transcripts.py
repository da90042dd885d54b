"""Messages as a person reads them and as a program does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatapp_cli.commands.printing import iso, moment, plain
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.manifest import Capabilities, Manifest
from chatapp_cli.domain.message import Direction
from chatapp_cli.i18n import _, show
from chatapp_cli.services import notes, words
from chatapp_cli.services.transcript import Entry
from chatapp_cli.store.rows.dialogs import DialogCard, MemberRow
from chatapp_cli.store.rows.messages import FileRow, MessageRow
from chatapp_cli.store.rows.outbox import OutboxRow

_KILOBYTE = 1024


def entry_lines(entry: Entry, card: DialogCard, manifest: Manifest) -> Iterator[str]:
    """A message with everything beside it."""
    message = entry.message
    if message.direction == notes.NOTE:
        yield f"✎ {moment(message.at)}  {plain(message.author)}  [{_('a note, the client does not see it')}]"
        yield from (f"    {line}" for line in plain(message.text).splitlines())
        return
    yield f"#{message.id}  {moment(message.at)}  {_author(message, card)}  {_marks(message)}".rstrip()
    if message.subject:
        yield f"    [{plain(message.subject)}]"
    if message.reply_to:
        yield "    " + _("in reply to {id}", id=plain(message.reply_to))
    for line in plain(message.text).splitlines():
        yield f"    {line}"
    for file in entry.files:
        yield f"    {file_line(file, manifest)}"
        if file.words:
            yield f"      «{plain(file.words)}»"
    if entry.reactions:
        yield "    " + "  ".join(f"{plain(r.emoji)} {plain(r.name)}".rstrip() for r in entry.reactions)
    if entry.place is not None:
        yield "    " + _("No. {n} in the queue", n=entry.place.n)
    yield from (f"    {line}" for line in _trouble(entry, manifest))


def _author(message: MessageRow, card: DialogCard) -> str:
    if message.direction == Direction.IN:
        return f"← {plain(message.author or card.name)}"
    return f"→ {plain(message.author or message.origin)}"


def _marks(message: MessageRow) -> str:
    marks = [show(words.state(message.state))] if message.direction == Direction.OUT else []
    if message.edited_at:
        marks.append(_("edited {moment}", moment=moment(message.edited_at)))
    if message.deleted_at:
        marks.append(_("deleted {moment}", moment=moment(message.deleted_at)))
    return f"[{', '.join(marks)}]" if marks else ""


def file_line(file: FileRow, manifest: Manifest) -> str:
    """A file's name, size and whether it is here."""
    size = _("{n} MB", n=round(file.size / MEGABYTE, 1)) if file.size >= MEGABYTE else _("{n} KB", n=_kilobytes(file))
    line = _("file {n}: {name}, {size}", n=file.id, name=plain(file.name), size=size)
    if file.state == "here":
        return f"{line} – {show(words.why(manifest, file.code)[0])}" if file.code else line
    if file.state == "missing":
        return f"{line} – {show(words.why(manifest, file.code)[0])}"
    return f"{line} – " + _("still to be fetched")


def _kilobytes(file: FileRow) -> int:
    return -(-file.size // _KILOBYTE)


def _trouble(entry: Entry, manifest: Manifest) -> Iterator[str]:
    message = entry.message
    if message.code and message.direction == Direction.OUT:
        what, step = words.why(manifest, message.code, message.detail)
        yield f"! {show(what)}"
        if entry.onward is not None:
            yield "→ " + _("It went on as message {n} through the next channel.", n=entry.onward)
        elif step is not None:
            yield f"→ {show(step)}"
    if entry.waiting is not None:
        yield waiting_line(entry.waiting, manifest)


def waiting_line(row: OutboxRow, manifest: Manifest) -> str:
    """When something goes and why it waits."""
    why = show(words.why(manifest, row.wait_code)[0]) if row.wait_code else ""
    when = _("goes after {moment}", moment=moment(row.not_before)) if row.not_before else _("goes as soon as it can")
    return f"◷ {show(words.action(row.action))}: {when}. {why}".rstrip()


def receipts_word(can: Capabilities) -> str:
    """How far a channel tells what became of our messages (S-063)."""
    return {
        "none": _("delivered and read: not available"),
        "bounce": _("only when it could not be delivered"),
        "delivered": _("delivered; read: not available"),
        "read": _("delivered and read"),
    }[can.receipts]


def message_document(entry: Entry) -> Mapping[str, Any]:
    """A message for programs."""
    message = entry.message
    plainly = message._asdict()
    for name in ("at", "stored_at", "edited_at", "deleted_at"):
        plainly[name] = iso(plainly[name])
    return {
        **plainly,
        "files": [file_document(file) for file in entry.files],
        "reactions": [reaction._asdict() for reaction in entry.reactions],
        "went_on_as": entry.onward,
        "place": None if entry.place is None else {"n": entry.place.n, "at": iso(entry.place.at)},
        "waiting": None if entry.waiting is None else outbox_document(entry.waiting),
    }


def file_document(file: FileRow) -> Mapping[str, Any]:
    """A file for programs."""
    wanted = ("id", "kind", "name", "mime", "size", "seconds", "sha256", "state", "code", "words")
    return {name: getattr(file, name) for name in wanted}


def outbox_document(row: OutboxRow) -> Mapping[str, Any]:
    """A place in the outbox for programs."""
    return {**row._asdict(), "not_before": iso(row.not_before)}


def card_document(card: DialogCard, tags: Sequence[str], members: Sequence[MemberRow] = ()) -> Mapping[str, Any]:
    """A dialog for programs."""
    plainly = card._asdict()
    for name in ("waiting_since", "snoozed_until", "last_at", "created_at"):
        plainly[name] = iso(plainly[name])
    flags = {name: bool(plainly[name]) for name in ("pinned", "blocked", "reachable")}
    return {
        **plainly,
        **flags,
        "chat_id": card.address,
        "tags": list(tags),
        "members": [one._asdict() for one in members],
    }
