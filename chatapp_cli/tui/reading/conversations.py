"""What a conversation shows, each thing read in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.message import Direction, State
from chatapp_cli.services import dialogs, duties, notes, thread, transcript
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard, MemberRow
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.services.persons import Person, Suggestion
    from chatapp_cli.store.rows.people import WayRow

PAGE = 50
"""Messages read at once."""
Quotes: TypeAlias = dict[tuple[DialogId, str], MessageRow]
"""Quoted messages, by dialog and the provider's id."""


_NONE: Mapping[DialogId, ChannelRow] = {}


class TranscriptPage(NamedTuple):
    """A part of a conversation, oldest first."""

    entries: Sequence[TranscriptEntry]
    quotes: Quotes
    complete: bool
    """Whether it begins with the oldest message."""
    ended: bool = True
    """Whether it ends with the newest message."""


NOTHING = TranscriptPage((), {}, complete=True)


class Opening(NamedTuple):
    """What is shown when a dialog is opened."""

    card: DialogCard
    """The dialog that answers go to."""
    tags: Sequence[str]
    members: Sequence[MemberRow]
    channel: ChannelRow
    page: TranscriptPage
    person: Person | None = None
    """The client; ``None`` for a group."""
    alike: Sequence[Suggestion] = ()
    """Other people who may be the same person."""
    joined: bool = False
    """Whether all dialogs of the person are shown as one conversation."""
    channels: Mapping[DialogId, ChannelRow] = _NONE
    """If they are, the channels of all these dialogs."""

    @property
    def ways(self) -> Sequence[WayRow]:
        """All dialogs of the person; none for a group."""
        return () if self.person is None else self.person.ways

    @property
    def thread(self) -> Sequence[DialogId]:
        """The dialogs whose messages are shown."""
        return [way.id for way in self.ways] if self.joined and self.ways else [self.card.id]

    def known(self, what: str) -> Sequence[str]:
        """All usernames, phones or e-mail addresses of the person; ``what`` is ``username``, ``phone`` or ``email``."""
        contacts = () if self.person is None else self.person.contacts
        return list(dict.fromkeys(filter(None, (getattr(one, what) for one in contacts))))

    def channel_of(self, dialog: DialogId) -> ChannelRow:
        """The channel of one of the dialogs that are shown."""
        return self.channels.get(dialog, self.channel)

    @property
    def unread(self) -> Sequence[DialogId]:
        """The dialogs that are shown and have unread messages."""
        return [one for one, n in self._unread_in.items() if n]

    @property
    def first_unread(self) -> MessageId | None:
        """The first unread message; ``None`` if there is none, or it is before those that are loaded."""
        left, first = self._unread_in, None
        for message in (entry.message for entry in reversed(self.page.entries)):
            if message.direction == Direction.IN and left.get(message.dialog_id):
                left[message.dialog_id] -= 1
                first = message.id
        return first if self.page.complete or not any(left.values()) else None

    @property
    def _unread_in(self) -> dict[DialogId, int]:
        """How many messages are unread in each dialog that is shown."""
        found = {way.id: way.unread for way in self.ways}
        found[self.card.id] = max(self.card.unread, found.get(self.card.id, 0))
        return {one: found.get(one, 0) for one in self.thread}


class MessageUpdates(NamedTuple):
    """Messages as they are after a change."""

    changed: Sequence[TranscriptEntry]
    gone: set[MessageId]
    quotes: Quotes


def opening(
    tx: Tx, dialog: DialogId, message: MessageId | None = None, *, joined: bool = False, exact: bool = True
) -> Opening:
    """A dialog with its latest messages, or with those around ``message``. Raises NotFound.

    ``joined`` shows all dialogs of the person as one conversation, and answers go where the person wrote last;
    with ``exact`` they go to ``dialog``.
    """
    found = _about(tx, dialog, joined=joined)
    if joined and not exact and message is None and found.person is not None:
        found = _about(tx, found.person.answered_by(dialog), joined=joined)
    if message is None:
        return found._replace(page=_page(tx, found.thread, thread.latest(tx, found.thread, n=PAGE)))
    return found._replace(page=_around(tx, found.thread, transcript.message(tx, message)))


def again(tx: Tx, opening: Opening, dialog: DialogId | None = None) -> Opening:
    """The same messages with everything else read again; answers go to ``dialog`` if one is given. Raises NotFound."""
    return _about(tx, dialog or opening.card.id, joined=opening.joined)._replace(page=opening.page)


def _about(tx: Tx, dialog: DialogId, *, joined: bool) -> Opening:
    """The opening without messages."""
    from chatapp_cli.services import channels

    card = dialogs.card(tx, dialog)
    known = (card, dialogs.tags(tx, dialog), duties.members(tx, dialog), channels.one(tx, card.channel_id), NOTHING)
    if card.contact_id is None:
        return Opening(*known)
    from chatapp_cli.services import persons

    person = persons.person(tx, card.contact_id)
    others = {way.id: channels.one(tx, way.channel_id) for way in person.ways} if joined else {}
    return Opening(*known, person, persons.suggestions(tx, person.id), joined, others)


def _around(tx: Tx, shown: Sequence[DialogId], middle: MessageRow) -> TranscriptPage:
    above, below = thread.before(tx, shown, middle, n=PAGE), thread.since(tx, shown, middle, n=PAGE)
    return _part(tx, shown, [*above, *below], complete=len(above) < PAGE, ended=len(below) < PAGE)


def end(tx: Tx, shown: Sequence[DialogId]) -> TranscriptPage:
    """The latest messages of some dialogs."""
    return _page(tx, shown, thread.latest(tx, shown, n=PAGE))


def older(tx: Tx, shown: Sequence[DialogId], first: MessageRow) -> TranscriptPage:
    """The messages before ``first``."""
    return _page(tx, shown, thread.before(tx, shown, first, n=PAGE), until=first.at)


def newer(tx: Tx, shown: Sequence[DialogId], last: MessageRow) -> TranscriptPage:
    """The message ``last`` and those after it."""
    entries = thread.since(tx, shown, last, n=PAGE)
    return _part(tx, shown, entries, complete=False, ended=len(entries) < PAGE)


def _part(
    tx: Tx, shown: Sequence[DialogId], entries: Sequence[TranscriptEntry], *, complete: bool, ended: bool
) -> TranscriptPage:
    """A part that need not reach the end; notes after its last message belong to a later part."""
    until = notes.EVER if ended else entries[-1].message.at
    return _page(tx, shown, entries, complete=complete, until=until)._replace(ended=ended)


def _page(
    tx: Tx,
    shown: Sequence[DialogId],
    entries: Sequence[TranscriptEntry],
    *,
    complete: bool | None = None,
    until: Millis = notes.EVER,
) -> TranscriptPage:
    complete = len(entries) < PAGE if complete is None else complete
    noted = _with_places(tx, _with_onward(tx, entries))
    for dialog in shown:
        noted = notes.among(tx, dialog, noted, complete=complete, until=until)
    return TranscriptPage(noted, _quotes(tx, entries), complete=complete)


def news(tx: Tx, shown: Sequence[DialogId], messages: Collection[MessageId]) -> MessageUpdates:
    """Read some messages again, with all notes of the dialogs."""
    changed, gone = [], set()
    for one in messages:
        try:
            changed.append(transcript.entry(tx, one))
        except NotFound:
            gone.add(one)
    noted = [notes.as_entry(row) for dialog in shown for row in notes.between(tx, dialog)]
    return MessageUpdates([*_with_places(tx, _with_onward(tx, changed)), *noted], gone, _quotes(tx, changed))


def _with_onward(tx: Tx, entries: Sequence[TranscriptEntry]) -> Sequence[TranscriptEntry]:
    """The same entries with the message that follows each failed one; the chains are imported only if one failed."""
    if all(entry.message.state != State.FAILED for entry in entries):
        return entries
    from chatapp_cli.services import chains

    return chains.with_onward(tx, entries)


def _with_places(tx: Tx, entries: Sequence[TranscriptEntry]) -> Sequence[TranscriptEntry]:
    """The same entries with the places of waiting ones; the turns are imported only if one waits."""
    if all(entry.waiting is None or entry.waiting.state != State.QUEUED for entry in entries):
        return entries
    from chatapp_cli.kit.manifests import manifest
    from chatapp_cli.services.channels import capabilities
    from chatapp_cli.services.turns import with_places

    return with_places(tx, lambda channel: capabilities(manifest(channel.kind), channel), entries)


def _quotes(tx: Tx, entries: Sequence[TranscriptEntry]) -> Quotes:
    wanted = {(e.message.dialog_id, e.message.reply_to) for e in entries if e.message.reply_to}
    found = {(dialog, ext_id): transcript.quoted(tx, dialog, ext_id) for dialog, ext_id in wanted}
    return {which: row for which, row in found.items() if row is not None}
