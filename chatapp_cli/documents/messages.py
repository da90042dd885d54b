"""Messages, their files and their delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatapp_cli.documents import automation, dialogs
from chatapp_cli.domain.journal.base import stored, topic
from chatapp_cli.domain.moment import iso
from chatapp_cli.domain.recipients import Recipients

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import MessageId
    from chatapp_cli.domain.journal.reading import JournalEntry
    from chatapp_cli.domain.manifest import Capabilities
    from chatapp_cli.services.search import SearchResult
    from chatapp_cli.services.trace import Life
    from chatapp_cli.services.transcript import Revision, TranscriptEntry
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.dialogs import DialogCard, MemberRow
    from chatapp_cli.store.rows.messages import FileRow
    from chatapp_cli.store.rows.outbox import OutboxRow


def message(entry: TranscriptEntry) -> Mapping[str, Any]:
    """A message with everything shown with it."""
    row = entry.message
    recipients = Recipients.parse("" if entry.mail is None else entry.mail.recipients)
    times = {name: iso(getattr(row, name)) for name in ("at", "stored_at", "edited_at", "deleted_at")}
    return {
        **row._asdict(),
        **times,
        "invitation": "" if entry.mail is None else entry.mail.invitation,
        "folded": 0 if entry.mail is None else entry.mail.folded,
        "to": [one._asdict() for one in recipients.to],
        "cc": [one._asdict() for one in recipients.cc],
        "files": [file(one) for one in entry.files],
        "reactions": [reaction._asdict() for reaction in entry.reactions],
        "went_on_as": entry.onward,
        "place": None if entry.place is None else {"n": entry.place.n, "at": iso(entry.place.at)},
        "waiting": None if entry.waiting is None else outbox(entry.waiting),
        "buttons": list(entry.buttons.texts),
        "buttons_listed": entry.buttons.listed,
        "pressed": entry.buttons.pressed,
    }


def in_thread(entry: TranscriptEntry, card: DialogCard) -> Mapping[str, Any]:
    """A message in the joint history of a client's dialogs."""
    return {**message(entry), "channel_id": card.channel_id, "channel": card.channel, "kind": card.kind}


def conversation(
    card: DialogCard,
    tags: Sequence[str],
    members: Sequence[MemberRow],
    can: Capabilities,
    entries: Sequence[TranscriptEntry],
) -> Mapping[str, Any]:
    """A dialog with messages of it, and which delivery states its channel reports."""
    about = dialogs.card(card, tags, members)
    return {**about, "receipts": can.receipts, "messages": [message(entry) for entry in entries]}


def file(row: FileRow) -> Mapping[str, Any]:
    """A file of a message."""
    wanted = ("id", "kind", "name", "mime", "size", "seconds", "sha256", "state", "code", "words")
    return {name: getattr(row, name) for name in wanted}


def outbox(row: OutboxRow) -> Mapping[str, Any]:
    """A message's row in the outbox."""
    return {**row._asdict(), "not_before": iso(row.not_before)}


def revision(before: Revision) -> Mapping[str, Any]:
    """An earlier text of an edited message."""
    return {"text": before.text, "until": iso(before.until)}


def forwarded(old: MessageId, new: MessageId) -> Mapping[str, Any]:
    """A message, and its forwarded copy."""
    return {"message": old, "went_as": new}


def found(one: SearchResult) -> Mapping[str, Any]:
    """A message found by a search."""
    row = one.message
    return {
        "dialog": one.dialog.id,
        "name": one.dialog.name,
        "kind": one.dialog.kind,
        "message": row.id,
        "direction": row.direction,
        "who": one.who,
        "at": iso(row.at),
        "subject": row.subject,
        "text": row.text,
        "snippet": one.snippet.text,
        "marks": one.snippet.marks,
    }


def verdict(entry: TranscriptEntry, channel: ChannelRow, name: str) -> Mapping[str, Any]:
    """The state of a message just accepted; ``name`` is the dialog's."""
    row = entry.message
    copies = Recipients.parse("" if entry.mail is None else entry.mail.recipients)
    return {
        "message": row.id,
        "dialog": row.dialog_id,
        "channel": channel.id,
        "state": row.state,
        "ext_id": row.ext_id,
        "code": row.code,
        "detail": row.detail,
        "goes_at": iso(entry.waiting.not_before) if entry.waiting else None,
        "waits_for": entry.waiting.wait_code if entry.waiting else "",
        "name": name,
        "cc": [one._asdict() for one in copies.cc],
    }


def life(known: Life) -> Mapping[str, Any]:
    """Everything known about a message."""
    arrived = known.arrived
    return {
        "message": message(known.entry),
        "dialog": dialogs.card(known.dialog, ()),
        "arrived": arrived and {"id": arrived.id, "at": iso(arrived.at), "provider_id": arrived.provider_id},
        "attempts": [
            {**one._asdict(), "started_at": iso(one.started_at), "finished_at": iso(one.finished_at)}
            for one in known.attempts
        ],
        "waiting": [outbox(row) for row in known.waiting],
        "news": [_news(entry) for entry in known.news],
        "said_before": [{"text": text, "until": iso(at)} for text, at in known.said_before],
        "acts": [automation.act(one) for one in known.acts],
    }


def _news(entry: JournalEntry) -> Mapping[str, Any]:
    event = entry.event
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "topic": topic(event),
        "actor": entry.actor,
        "channel_id": event.channel,
        "dialog_id": event.dialog,
        "message_id": event.message,
        "data": stored(event),
    }
