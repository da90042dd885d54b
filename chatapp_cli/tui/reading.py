"""What the panes read from the store, each in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.message import State
from chatapp_cli.services import channels, dialogs, duties, notes, transcript, waiting
from chatapp_cli.services.transcript import Entry
from chatapp_cli.store.rows import ChannelRow, DialogCard, MemberRow, MessageRow
from chatapp_cli.store.tx import Tx

PAGE = 50
"""Messages read at once."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a conversation, oldest first."""

    entries: Sequence[Entry]
    quotes: dict[str, MessageRow]
    complete: bool
    """Nothing is older."""
    ended: bool = True
    """Nothing is newer."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Everything that opening a dialog shows."""

    card: DialogCard
    tags: Sequence[str]
    members: Sequence[MemberRow]
    channel: ChannelRow
    page: Page


@dataclass(frozen=True, slots=True)
class News:
    """What became of the messages that news spoke of."""

    changed: Sequence[Entry]
    gone: set[MessageId]
    quotes: dict[str, MessageRow]


@dataclass(frozen=True, slots=True)
class Overview:
    """What the bars tell."""

    channels: Sequence[ChannelRow] = ()
    waiting: Mapping[tuple[ChannelId, str], int] = field(default_factory=dict)
    unread: int = 0
    unanswered: int = 0


def opening(tx: Tx, dialog: DialogId, message: MessageId | None = None) -> Opening:
    """A dialog and the end of its conversation, or what surrounds a message of it."""
    if message is None:
        return Opening(*heading(tx, dialog), _page(tx, dialog, transcript.latest(tx, dialog, n=PAGE)))
    return Opening(*heading(tx, dialog), _around(tx, dialog, transcript.message(tx, message)))


def _around(tx: Tx, dialog: DialogId, middle: MessageRow) -> Page:
    above, below = transcript.before(tx, dialog, middle, n=PAGE), transcript.since(tx, dialog, middle, n=PAGE)
    return _part(tx, dialog, [*above, *below], complete=len(above) < PAGE, ended=len(below) < PAGE)


def heading(tx: Tx, dialog: DialogId) -> tuple[DialogCard, Sequence[str], Sequence[MemberRow], ChannelRow]:
    """Whose conversation it is, its tags, who of us looks at it, and the channel that carries it."""
    card = dialogs.card(tx, dialog)
    return card, dialogs.tags(tx, dialog), duties.members(tx, dialog), channels.one(tx, card.channel_id)


def older(tx: Tx, dialog: DialogId, first: MessageRow) -> Page:
    """What was said before a message."""
    return _page(tx, dialog, transcript.before(tx, dialog, first, n=PAGE), until=first.at)


def newer(tx: Tx, dialog: DialogId, last: MessageRow) -> Page:
    """A message and what was said after it."""
    entries = transcript.since(tx, dialog, last, n=PAGE)
    return _part(tx, dialog, entries, complete=False, ended=len(entries) < PAGE)


def _part(tx: Tx, dialog: DialogId, entries: Sequence[Entry], *, complete: bool, ended: bool) -> Page:
    """Out of the middle: notes of later than what is read come with what was said then."""
    until = notes.EVER if ended else entries[-1].message.at
    return replace(_page(tx, dialog, entries, complete=complete, until=until), ended=ended)


def _page(
    tx: Tx, dialog: DialogId, entries: Sequence[Entry], *, complete: bool | None = None, until: Millis = notes.EVER
) -> Page:
    complete = len(entries) < PAGE if complete is None else complete
    shown = notes.among(tx, dialog, _with_onward(tx, entries), complete=complete, until=until)
    return Page(shown, _quotes(tx, dialog, entries), complete=complete)


def news(tx: Tx, dialog: DialogId, messages: Collection[MessageId]) -> News:
    """Look again at messages."""
    changed, gone = [], set()
    for one in messages:
        try:
            changed.append(transcript.entry(tx, one))
        except NotFound:
            gone.add(one)
    noted = [notes.as_entry(row) for row in notes.between(tx, dialog)]
    return News([*_with_onward(tx, changed), *noted], gone, _quotes(tx, dialog, changed))


def _with_onward(tx: Tx, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Where each failed message went on; what tells it is imported only when one failed."""
    if all(entry.message.state != State.FAILED for entry in entries):
        return entries
    from chatapp_cli.services import relay

    return relay.with_onward(tx, entries)


def _quotes(tx: Tx, dialog: DialogId, entries: Sequence[Entry]) -> dict[str, MessageRow]:
    wanted = {e.message.reply_to for e in entries if e.message.reply_to}
    found = {ext_id: transcript.quoted(tx, dialog, ext_id) for ext_id in wanted}
    return {ext_id: row for ext_id, row in found.items() if row is not None}


def bars(tx: Tx) -> Overview:
    """Health, outbox and counts."""
    return Overview(channels.everything(tx), waiting.depth(tx), dialogs.unread_count(tx), dialogs.waiting_count(tx))


def needing(tx: Tx, me: str) -> int:
    """How much of the last week needs a person: failed, uncertain, not understood, asked of me in a note."""
    return sum(waiting.counts(tx).values()) + sum(waiting.dead(tx).values()) + len(notes.calling(tx, me))


def queued(state: Overview) -> int:
    """How many messages are still to go out."""
    return sum(n for (_channel, kind), n in state.waiting.items() if kind != State.SCHEDULED)
