"""Clients by their names as one types (S-116): fewer dialogs to look through, and names that are nearly the same."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.finding import bare, needles, other_spellings
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import journal
from chatapp_cli.store import dialog_list
from chatapp_cli.store.search import Index, Naming, Shelf
from chatapp_cli.store.tx import Tx

FEW = 5
"""Dialogs that are so few that others may have been meant."""
NEAR = 20
"""Nearly fitting dialogs that are offered."""
_MANY = 20_000
"""Dialogs from which looking through all of them is cheaper."""
_FRESH = 1_000
"""News that the index has not followed yet and that are looked through instead."""
_PIECE = 3
_WORD = re.compile(r"[a-zа-я]{4,}")
_WORDS = 12
"""Words of names that a piece may have been meant for."""
_FIRST_BATCH = 8


# Keeping the index


def above_all(tx: Tx) -> int:
    """A number above those of all dialogs."""
    return int(tx.value("search.newest_dialog")) + 1


def read_back(tx: Tx, shelf: Shelf, before: int, *, n: int) -> int:
    """Take in names of before; returns where the next part begins, 0 after the last one."""
    n *= _FIRST_BATCH
    found = tx.all(Naming, "search.names_before", before=before, n=n)
    shelf.call([_naming(one) for one in found])
    if len(found) == n:
        return found[-1].dialog
    shelf.settle()
    return 0


def follow(tx: Tx, shelf: Shelf, dialogs: Collection[DialogId]) -> None:
    """Take over the names of dialogs in which something happened, and with them those of their people's others."""
    shelf.call([_naming(one) for one in tx.all(Naming, "search.names", ids=json.dumps(_of_people(tx, dialogs)))])


def _of_people(tx: Tx, dialogs: Collection[DialogId]) -> list[DialogId]:
    """Dialogs with all others of the same people: what finds one of them finds each."""
    if not dialogs:
        return []
    return list({*dialogs, *tx.all(DialogId, "search.of_their_people", ids=json.dumps(list(dialogs)))})


def _naming(one: Naming) -> Naming:
    said = bare(one.said)
    return Naming(one.dialog, said, _WORD.findall(said))


# Asking


def among(tx: Tx, index: Index, text: str) -> list[DialogId] | None:
    """The dialogs of which some may fit; ``None``: any may, for the index does not know or would not help."""
    pieces = [_spellings(needle) for needle in needles(text)]
    pieces = [spellings for spellings in pieces if len(spellings[0]) >= _PIECE]
    mark, found = index.ask(lambda shelf: (shelf.mark(), shelf.called(pieces, n=_MANY))) if pieces else (None, [])
    if mark is None or mark.unnamed or len(found) == _MANY:
        return None
    fresh = journal.after(tx, mark.journal, n=_FRESH)
    if len(fresh) == _FRESH:
        return None
    return list({*found, *_of_people(tx, {entry.event.dialog for entry in fresh if entry.event.dialog is not None})})


def _spellings(needle: str) -> list[str]:
    return [bare(needle), *other_spellings(needle)]


def near(tx: Tx, index: Index, dialect: str, wanted: DialogFilter) -> list[DialogId]:
    """Dialogs of clients whose names are nearly what was typed, in the list's order."""
    pieces = needles(wanted.text)
    if not any(_WORD.search(spelled) for piece in pieces for spelled in _spellings(piece)):
        return []
    found = index.ask(lambda shelf: _alike(shelf, pieces))
    if not found:
        return []
    others = wanted.but(text="", wherever=True)
    return dialog_list.ids(tx, dialect, others, among=found)[:NEAR]


def _alike(shelf: Shelf, pieces: Sequence[str]) -> list[DialogId]:
    """Dialogs in which for every piece there is itself, or a word that is nearly it."""
    meant = [[*_meant(shelf, piece), *(one for one in _spellings(piece) if len(one) >= _PIECE)] for piece in pieces]
    meant = [words for words in meant if words]
    return shelf.called(meant, n=_MANY) if meant else []


def _meant(shelf: Shelf, piece: str) -> list[str]:
    """The words of names that are the nearest to a piece in any of its spellings, two slips away at most."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found: list[tuple[float, str]] = []
    for spelled in _spellings(piece):
        if slips := _slips(spelled):
            words = _candidates(shelf, spelled, slips)
            nearest = process.extract(spelled, words, scorer=OSA.distance, score_cutoff=slips, limit=_WORDS)
            found += [(far, word) for word, far, _at in nearest]
    least = min(found, default=(0, ""))[0]
    return [word for far, word in sorted(set(found)) if far == least][:_WORDS]


def _candidates(shelf: Shelf, spelled: str, slips: int) -> list[str]:
    """Words of about that length that begin alike: hardly anybody mistakes both of the first letters."""
    lengths = {"shortest": len(spelled) - slips, "longest": len(spelled) + slips}
    return [word for first in set(spelled[:2]) for word in shelf.name_words(first, **lengths)]


def _slips(word: str) -> int:
    """How many letters may be wrong, missing, too many or in each other's place."""
    return 0 if not _WORD.fullmatch(word) else 1 if len(word) <= 5 else 2  # noqa: PLR2004 - the longer, the more
