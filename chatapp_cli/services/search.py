"""Message search (S-116): updating the index, and queries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.dialogs import DialogMoved
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.links import without_links
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.recipients import Recipients
from chatapp_cli.domain.text import T, Text
from chatapp_cli.domain.wording import Query
from chatapp_cli.services import dialogs, journal, names
from chatapp_cli.services.wording import marks, stems
from chatapp_cli.store import dialog_list
from chatapp_cli.store.database import Database
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.store.search import TOP, Index, Mark, MessageWords, OpenIndex, Wording, earliest
from chatapp_cli.store.tx import Tx

BATCH = 500
"""Messages indexed in one transaction."""
PATIENCE = 0.5
"""Seconds of indexing that a search waits for."""
_STALE = 10_000
_SHARE = 4
"""An index is made anew if more than so many of its entries, and a fourth of them, do not count any more."""
_LOOK = 200
"""Hits processed together."""
_LOOKED = 20_000
"""The most hits processed for one page."""
_WITHIN = 1_000
"""The most hits of one dialog."""
_BEFORE, _WIDTH = 32, 120
"""Characters of a snippet before the first match, and in total."""
_SEARCHED = 100_000
"""Characters of a message in which the words of a query are marked."""


# The index


def advance(database: Database, index: Index, *, n: int = BATCH) -> bool:
    """Index a batch: changes first, then older messages; true if there is more to do."""
    if database.read(lambda tx: index.ask(lambda index: _is_current(tx, index))):
        return False
    # The index is locked before the store is read, so that a process with an older view cannot set it back.
    return index.change(lambda index: database.read(lambda tx: _advance(tx, index, n)))


def catch_up(database: Database, index: Index, *, seconds: float = PATIENCE) -> bool:
    """Index what is missing, newest first, for so long at most; true when complete."""
    deadline = database.clock.monotonic() + seconds
    while advance(database, index):
        if database.clock.monotonic() >= deadline:
            return False
    return True


class Missing(NamedTuple):
    """The times of the messages that are not indexed yet; both ``None``: all are."""

    since: Millis | None = None
    """Of these everything that is newer, and of older ones what was changed since."""
    before: Millis | None = None

    def said(self, moment: Callable[[Millis], str]) -> Text | None:
        """What a search does not find yet, in a sentence."""
        if self.since is not None:
            return T("What was said or changed since {moment} is not in the index yet.", moment=moment(self.since))
        if self.before is not None:
            return T("Messages before {moment} are not in the index yet.", moment=moment(self.before))
        return None


def missing(tx: Tx, index: Index) -> Missing:
    """What is not indexed yet."""
    tx = tx.whole()
    mark = index.ask(lambda index: index.mark())
    if mark is None:
        return Missing(before=tx.now)
    news = journal.after(tx, mark.journal, n=1)
    before = tx.value("search.time_of", id=mark.lowest) if mark.lowest else None
    return Missing(news[0].at if news else None, tx.now if mark.lowest and before is None else before)


def _is_current(tx: Tx, index: OpenIndex) -> bool:
    mark = index.mark()
    return mark is not None and mark[:3] == (journal.last(tx), 0, 0)


def _advance(tx: Tx, index: OpenIndex, n: int) -> bool:
    mark = _begun(tx, index)
    news = journal.after(tx, mark.journal, n=n)
    _follow(tx, index, news)
    if news:
        mark = mark._replace(journal=news[-1].id)
    if len(news) < n and mark.unnamed:
        mark = mark._replace(unnamed=names.read_back(tx, index, mark.unnamed, n=n))
    if len(news) < n and mark.lowest:
        older = tx.all(MessageWords, "search.before", before=mark.lowest, n=n)
        index.put(_wordings(older))
        mark = mark._replace(lowest=older[-1].id if len(older) == n else 0)
    index.save(mark)
    return len(news) == n or mark.lowest > 0 or mark.unnamed > 0


def _follow(tx: Tx, index: OpenIndex, news: Sequence[JournalEntry]) -> None:
    """Index changes; after a merge of dialogs, all messages of the moved one."""
    changed = {entry.event.message for entry in news if entry.event.message is not None}
    current = _wordings(_these(tx, list(changed)))
    index.drop(changed - {one.message for one in current})
    index.put(current)
    for dialog in {entry.event.dialog for entry in news if isinstance(entry.event, DialogMoved)}:
        index.put(_wordings(tx.all(MessageWords, "search.in_dialog", dialog=dialog)))
    names.refresh(tx, index, {entry.event.dialog for entry in news if entry.event.dialog is not None})


def _begun(tx: Tx, index: OpenIndex) -> Mark:
    """The position to continue from.

    The store is indexed anew if it is older than its index, since it was restored; if entries after the position were
    swept; and if too much of the index is stale.
    """
    mark, last = index.mark(), journal.last(tx)
    if mark is not None and journal.first(tx) - 1 <= mark.journal <= last and not _is_stale(mark, index):
        return mark
    index.clear()
    return Mark(last, tx.value("search.newest") + 1, names.above_all(tx))


def _is_stale(mark: Mark, index: OpenIndex) -> bool:
    return mark.stale > _STALE and mark.stale > index.highest() // _SHARE


def _these(tx: Tx, messages: Sequence[MessageId]) -> list[MessageWords]:
    return tx.all(MessageWords, "search.these", ids=json.dumps(messages))


def _wordings(found: Sequence[MessageWords]) -> list[Wording]:
    """The searchable texts: no deleted messages, none without words."""
    stemmed = ((one, stems(_everything(one))) for one in found if one.deleted_at is None)
    return [Wording(one.id, one.dialog_id, one.at, words) for one, words in stemmed if words]


def _everything(one: MessageWords) -> str:
    return "\n".join(filter(None, (one.subject, one.text, one.files, _people(one))))


def _people(one: MessageWords) -> str:
    """Whom a mail names: To, Cc and Bcc."""
    found = Recipients.parse(one.recipients)
    return ", ".join(map(str, (*found.to, *found.cc, *found.bcc)))


# Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchScope:
    """Where to look."""

    dialogs: DialogFilter = field(default_factory=DialogFilter)
    dialog: DialogId | None = None
    since: Millis = 0
    until: Millis | None = None


@dataclass(frozen=True, slots=True)
class Snippet:
    """The part of a message around a match."""

    text: str
    marks: Sequence[tuple[int, int]] = ()
    """The positions of the matches."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A matching message."""

    message: MessageWords
    dialog: DialogRow
    snippet: Snippet

    @property
    def who(self) -> str:
        """The author."""
        return self.message.author or self.dialog.name


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of matches, newest first."""

    found: Sequence[SearchResult]
    below: int
    """Where the next part begins; 0 after the last one."""


def find(
    tx: Tx, index: Index, dialect: str, query: Query, scope: SearchScope, *, below: int = TOP, n: int = 50
) -> SearchPage:
    """The newest messages that contain all search terms; those of blocked clients only on request."""
    if not query:
        return SearchPage((), 0)
    wanted = _reaching(tx, scope)
    below = below if scope.until is None else min(below, earliest(scope.until))
    found: list[SearchResult] = []
    for _look in range(0, _LOOKED, _LOOK):
        at = below
        hits = index.ask(
            lambda index: index.hits(query, since=scope.since, below=at, n=_LOOK, dialog=scope.dialog)  # noqa: B023
        )
        fitting = _fitting(tx, dialect, [hit.message for hit in hits], wanted, scope.dialog)
        for hit in hits:
            if len(found) == n:
                return SearchPage(found, below)
            below = hit.place
            if (fits := fitting.get(hit.message)) is not None:
                found.append(SearchResult(*fits, snippet(fits[0], query)))
        if len(hits) < _LOOK:
            return SearchPage(found, 0)
    return SearchPage(found, below)


def within(index: Index, query: Query, dialogs: Sequence[DialogId]) -> list[MessageId]:
    """The matching messages of these dialogs, oldest first; of each dialog the newest thousand."""
    if not query:
        return []
    hits = index.ask(lambda index: [hit for one in dialogs for hit in index.hits(query, n=_WITHIN, dialog=one)])
    return [hit.message for hit in sorted(hits)]


def _reaching(tx: Tx, scope: SearchScope) -> DialogFilter:
    """Include a dialog named explicitly, even if its client is blocked."""
    blocked = scope.dialog is not None and bool(dialogs.card(tx, scope.dialog).blocked)
    return scope.dialogs.but(blocked=blocked or scope.dialogs.blocked, wherever=True)


def _fitting(
    tx: Tx, dialect: str, messages: Sequence[MessageId], wanted: DialogFilter, dialog: DialogId | None
) -> dict[MessageId, tuple[MessageWords, DialogRow]]:
    candidates = [one for one in _these(tx, messages) if dialog in {None, one.dialog_id} and one.deleted_at is None]
    rows = dialog_list.rows(tx, dialect, list({one.dialog_id for one in candidates}), wanted)
    hiding = set(tx.all(ChannelId, "channels.hiding_links"))
    found = ((one, rows[one.dialog_id]) for one in candidates if one.dialog_id in rows)
    return {one.id: (_shown(one) if row.channel_id in hiding else one, row) for one, row in found}


def _shown(one: MessageWords) -> MessageWords:
    """A client's message as its channel shows it: without links (S-099)."""
    return one._replace(text=without_links(one.text[:_SEARCHED])) if one.direction == Direction.IN else one


def snippet(message: MessageWords, query: Query) -> Snippet:
    """The part of a message around the first match, on one line."""
    for part in (message.text[:_SEARCHED], message.subject, message.files, _people(message)):
        if found := marks(part, query):
            return _cut(part, found)
    return _cut(message.text[:_SEARCHED] or message.subject or message.files, [])


def _cut(text: str, found: Sequence[tuple[int, int]]) -> Snippet:
    line = re.sub(r"\s", " ", text)
    first = found[0][0] if found else 0
    start = 0 if first <= _BEFORE else line.find(" ", first - _BEFORE, first) + 1 or first
    end = start + _WIDTH
    lead = "…" if start else ""
    shift = len(lead) - start
    shown = lead + line[start:end].rstrip() + ("…" if end < len(line) else "")
    return Snippet(shown, [(a + shift, b + shift) for a, b in found if b <= end])
