"""The index of client names for search (S-116): narrows the dialogs to scan, and finds similar names."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.finding import bare, needles, other_spellings
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import journal
from chatapp_cli.store import dialog_list
from chatapp_cli.store.search import Index, Naming, OpenIndex
from chatapp_cli.store.tx import Tx

FEW = 5
"""Fewer results than this also bring similar names."""
NEAR = 20
"""The most dialogs with similar names."""
_MANY = 20_000
"""The number of candidates above which a full scan is cheaper."""
_FRESH = 1_000
"""The most unindexed entries that are scanned instead."""
_PIECE = 3
_WORD = re.compile(r"[a-zа-я]{4,}")
_WORDS = 12
"""The most similar words per query word."""
_FIRST_BATCH = 8


# Keeping the index


def above_all(tx: Tx) -> int:
    """A number above all dialogs' numbers."""
    return int(tx.value("search.newest_dialog")) + 1


def read_back(tx: Tx, index: OpenIndex, before: int, *, n: int) -> int:
    """Index existing names; returns where the next part begins, 0 after the last one."""
    n *= _FIRST_BATCH
    found = tx.all(Naming, "search.names_before", before=before, n=n)
    index.call([_naming(one) for one in found])
    if len(found) == n:
        return found[-1].dialog
    index.settle()
    return 0


def refresh(tx: Tx, index: OpenIndex, dialogs: Collection[DialogId]) -> None:
    """Index the names of changed dialogs and of their people's other dialogs."""
    index.call([_naming(one) for one in tx.all(Naming, "search.names", ids=json.dumps(_of_people(tx, dialogs)))])


def _of_people(tx: Tx, dialogs: Collection[DialogId]) -> list[DialogId]:
    """Dialogs with all others of the same people, so that a search finds all of them."""
    if not dialogs:
        return []
    return list({*dialogs, *tx.all(DialogId, "search.of_their_people", ids=json.dumps(list(dialogs)))})


def _naming(one: Naming) -> Naming:
    text = bare(one.text)
    return Naming(one.dialog, text, _WORD.findall(text))


# Asking


def among(tx: Tx, index: Index, text: str) -> list[DialogId] | None:
    """The candidate dialogs; ``None``: all, because the index is incomplete or would not help."""
    pieces = [_spellings(needle) for needle in needles(text)]
    pieces = [spellings for spellings in pieces if len(spellings[0]) >= _PIECE]
    mark, found = index.ask(lambda index: (index.mark(), index.called(pieces, n=_MANY))) if pieces else (None, [])
    if mark is None or mark.unnamed or len(found) == _MANY:
        return None
    fresh = journal.after(tx, mark.journal, n=_FRESH)
    if len(fresh) == _FRESH:
        return None
    return list({*found, *_of_people(tx, {entry.event.dialog for entry in fresh if entry.event.dialog is not None})})


def _spellings(needle: str) -> list[str]:
    return [bare(needle), *other_spellings(needle)]


def near(tx: Tx, index: Index, dialect: str, wanted: DialogFilter) -> list[DialogId]:
    """Dialogs of clients with names similar to the query, in the list's order."""
    pieces = needles(wanted.text)
    if not any(_WORD.search(spelled) for piece in pieces for spelled in _spellings(piece)):
        return []
    found = index.ask(lambda index: _alike(index, pieces))
    if not found:
        return []
    others = wanted.but(text="", wherever=True)
    return dialog_list.ids(tx, dialect, others, among=found)[:NEAR]


def _alike(index: OpenIndex, pieces: Sequence[str]) -> list[DialogId]:
    """Dialogs that have, for every word of the query, that word or a similar one."""
    meant = [[*_meant(index, piece), *(one for one in _spellings(piece) if len(one) >= _PIECE)] for piece in pieces]
    meant = [words for words in meant if words]
    return index.called(meant, n=_MANY) if meant else []


def _meant(index: OpenIndex, piece: str) -> list[str]:
    """The indexed words closest to a query word in any spelling, with at most two typos."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found: list[tuple[float, str]] = []
    for spelled in _spellings(piece):
        if slips := _slips(spelled):
            words = _candidates(index, spelled, slips)
            nearest = process.extract(spelled, words, scorer=OSA.distance, score_cutoff=slips, limit=_WORDS)
            found += [(far, word) for word, far, _at in nearest]
    least = min(found, default=(0, ""))[0]
    return [word for far, word in sorted(set(found)) if far == least][:_WORDS]


def _candidates(index: OpenIndex, spelled: str, slips: int) -> list[str]:
    """Words of similar length that share one of the first two letters: hardly anybody mistypes both."""
    lengths = {"shortest": len(spelled) - slips, "longest": len(spelled) + slips}
    return [word for first in set(spelled[:2]) for word in index.name_words(first, **lengths)]


def _slips(word: str) -> int:
    """The most typos in a word: wrong, missing, extra or swapped letters."""
    return 0 if not _WORD.fullmatch(word) else 1 if len(word) <= 5 else 2  # noqa: PLR2004 - the longer, the more
