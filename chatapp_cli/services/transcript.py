"""The messages of a dialog, page by page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId, LinkId, MessageId, Millis
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import answer_buttons, auto_log
from chatapp_cli.services.answer_buttons import WITHOUT, KnownButtons
from chatapp_cli.services.auto_log import AutoReason
from chatapp_cli.store.rows.messages import FileRow, MailRow, MessageRow, ReactionRow
from chatapp_cli.store.rows.outbox import OutboxRow
from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """A place in a queue; place 1 is the next to be sent."""

    n: int
    at: Millis = 0
    """The approximate sending time; 0: now, or unknown because the channel does not work."""
    reason: str = ""
    """The scope of the rate that it waits for; empty for none."""


class TranscriptEntry(NamedTuple):
    """A message with everything shown with it."""

    message: MessageRow
    files: Sequence[FileRow] = ()
    reactions: Sequence[ReactionRow] = ()
    waiting: OutboxRow | None = None
    """Its outbox row, if any: when it is sent and why it waits."""
    mail: MailRow | None = None
    """What a mail has beside its message, if there is anything."""
    place: QueuePosition | None = None
    """Its place in the channel's queue, if requested."""
    onward: MessageId | None = None
    """Its continuation in the next channel of its chain, if requested."""
    left_behind: Sequence[str] = ()
    """What that channel does not carry of it, see ``services.words``."""
    because: AutoReason | None = None
    """Which rule wrote it, and why; ``None``: none did."""
    buttons: KnownButtons = WITHOUT
    """Its buttons, or the one that the client pressed."""


def message(tx: Tx, wanted: MessageId) -> MessageRow:
    """A message by number, with its links."""
    found = tx.one(MessageRow, "messages.one", id=wanted)
    if found is None:
        raise NotFound(T("There is no message {n}.", n=wanted), T("See them with: {how}", how=to_do(Next.DIALOG)))
    return found


def latest(tx: Tx, dialog: DialogId, *, n: int = 50) -> list[TranscriptEntry]:
    """The last messages, oldest first."""
    return _dress(tx, dialog, tx.all(MessageRow, "messages.latest", dialog=dialog, n=n))


def in_crm(tx: Tx, dialog: DialogId, link: LinkId, *, n: int) -> list[TranscriptEntry]:
    """The last messages that a CRM has, but deleted ones, oldest first: what came from it, and what it was shown."""
    return _dress(tx, dialog, tx.all(MessageRow, "messages.in_crm", dialog=dialog, link=link, n=n))


def before(tx: Tx, dialog: DialogId, first: MessageRow, *, n: int = 50) -> list[TranscriptEntry]:
    """The messages before one, oldest first."""
    return _dress(tx, dialog, tx.all(MessageRow, "messages.before", dialog=dialog, at=first.at, id=first.id, n=n))


def since(tx: Tx, dialog: DialogId, first: MessageRow, *, n: int = 50) -> list[TranscriptEntry]:
    """A message and those after it, oldest first."""
    found = tx.all(MessageRow, "messages.since", dialog=dialog, at=first.at, id=first.id, n=n)
    return _dress(tx, dialog, found[::-1])


def quoted(tx: Tx, dialog: DialogId, ext_id: str) -> MessageRow | None:
    """The message that a reply quotes, if known."""
    found = tx.one(MessageRow, "messages.in_dialog", dialog=dialog, ext_id=ext_id)
    return None if found is None else shown(tx, found)


class Revision(NamedTuple):
    """An earlier text of a message."""

    text: str
    until: Millis


def revisions(tx: Tx, wanted: MessageId) -> list[Revision]:
    """The earlier texts of a message, oldest first; empty if it was never edited."""
    message(tx, wanted)
    return tx.all(Revision, "messages.revisions", id=wanted)


def entry(tx: Tx, wanted: MessageId) -> TranscriptEntry:
    """One message as an entry."""
    found = message(tx, wanted)
    return _dress(tx, found.dialog_id, [found])[0]


def _dress(tx: Tx, dialog: DialogId, newest_first: list[MessageRow]) -> list[TranscriptEntry]:
    if not newest_first:
        return []
    ids = json.dumps([m.id for m in newest_first])
    files: dict[MessageId, list[FileRow]] = defaultdict(list)
    for file in tx.all(FileRow, "files.of_messages", ids=ids):
        files[file.message_id].append(file)
    reactions: dict[MessageId, list[ReactionRow]] = defaultdict(list)
    for reaction in tx.all(ReactionRow, "reactions.of_messages", ids=ids):
        reactions[reaction.message_id].append(reaction)
    waiting = {row.message_id: row for row in tx.all(OutboxRow, "outbox.of_dialog", dialog=dialog)}
    hides, has_mails, has_buttons = _traits(tx, dialog)
    shown = [_without_links(m) for m in newest_first] if hides else newest_first
    mails = {row.message_id: row for row in tx.all(MailRow, "mails.of_messages", ids=ids)} if has_mails else {}
    because = auto_log.reasons(tx, newest_first)
    below = answer_buttons.of_messages(tx, ids) if has_buttons else {}
    return [
        TranscriptEntry(
            m,
            files[m.id],
            reactions[m.id],
            waiting.get(m.id),
            mails.get(m.id),
            because=because.get(m.id),
            buttons=below.get(m.id, WITHOUT),
        )
        for m in reversed(shown)
    ]


def shown(tx: Tx, found: MessageRow) -> MessageRow:
    """The message as operators see it: without links, if its channel hides those of clients (S-099)."""
    return _without_links(found) if _traits(tx, found.dialog_id).hides_links else found


def _without_links(found: MessageRow) -> MessageRow:
    """The client's message without its links; ours as it is."""
    if found.direction != Direction.IN:
        return found
    from chatapp_cli.domain.links import without_links

    return found._replace(text=without_links(found.text))


class _Traits(NamedTuple):
    """What decides how the messages of a dialog are read."""

    hides_links: int
    """Whether the channel's option ``remove_links`` is on."""
    has_mails: int
    """Whether the store has anything beside mails; most dialogs are none."""
    has_buttons: int
    """Whether any message of the store has buttons."""


def _traits(tx: Tx, dialog: DialogId) -> _Traits:
    return tx.one(_Traits, "dialogs.traits", id=dialog) or _Traits(0, 0, 0)
