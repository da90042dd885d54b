"""A whole mail as paragraphs: the headers that matter or all of them, its text, its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.recipients import Recipients
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.ports.connector import WholeMail
from chatapp_cli.services import files
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.services.words import invitation, recipients
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import lines
from chatapp_cli.tui.widgets.reader import Paragraph

_MATTER = {
    "from": N_("From: {who}"),
    "reply-to": N_("Answers go to: {who}"),
    "to": N_("To: {who}"),
    "cc": N_("Cc: {who}"),
    "date": N_("Date: {when}"),
}
"""The headers at the top, in this order."""
_OF_OURS = {**_MATTER, "bcc": N_("Bcc: {who}"), "subject": N_("Subject: {what}")}
"""Those of a mail of ours: the title above names the subject without what stands before it."""
_LONGEST_HEADER = 2000
_ANSWER = "message('invitation')"


def paragraphs(mail: WholeMail, entry: TranscriptEntry, *, all_headers: bool) -> Sequence[Paragraph]:
    """All of a mail."""
    head = _all_headers(mail) if all_headers else _headers(mail, entry)
    return [*head, *_invitation(entry), Paragraph(""), *_text(mail), *_files(entry)]


def _invitation(entry: TranscriptEntry) -> Iterator[Paragraph]:
    """How an invitation is answered, and the key to answer it."""
    state = entry.mail.invitation if entry.mail else ""
    if state:
        said, answer = show(invitation(state)), f"{key('mail', _ANSWER)} {_('answer')}"
        yield Paragraph(f"{said}: {answer}" if state == "open" else said, "accent")


def _all_headers(mail: WholeMail) -> Iterator[Paragraph]:
    return (Paragraph(f"{name}: {value}", "muted") for name, value in mail.headers)


def _headers(mail: WholeMail, entry: TranscriptEntry) -> Iterator[Paragraph]:
    """Those that matter, and the address of ours that the mail was delivered to without naming it."""
    found = {name.lower(): value[:_LONGEST_HEADER] for name, value in reversed(mail.headers)}
    if not found:
        yield from _without_headers(entry)
        return
    matter = _MATTER if entry.message.direction == Direction.IN else _OF_OURS
    yield from (
        Paragraph(_(said, who=found[name], when=found[name], what=found[name]), "muted")
        for name, said in matter.items()
        if found.get(name)
    )
    unnamed = Recipients.parse(entry.mail.recipients if entry.mail else "").bcc
    if unnamed and entry.message.direction == Direction.IN:
        yield Paragraph(_("Bcc: {who}", who=", ".join(map(str, unnamed))), "muted")


def _without_headers(entry: TranscriptEntry) -> Iterator[Paragraph]:
    """What is known of a mail that is not in the store as it came, such as one of ours."""
    yield from (Paragraph(show(who), "muted") for who in recipients(entry))
    if entry.message.direction == Direction.IN:
        yield Paragraph(_("The mail is not in the store as it came: only its text is."), "faint")


def _text(mail: WholeMail) -> Iterator[Paragraph]:
    for one in lines(mail.text).split("\n"):
        yield Paragraph(one, "muted" if one.startswith(">") else "plain")


def _files(entry: TranscriptEntry) -> Sequence[Paragraph]:
    found = [f"▤ {files.sound_name(one)} · {words.size(one.size)}" for one in entry.files]
    return [Paragraph(""), *(Paragraph(one, "accent") for one in found)] if found else []
