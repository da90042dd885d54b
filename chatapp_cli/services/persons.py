"""One person, many channels: merging contacts, done only by people and reversible at any time.

A person is a main contact with all contacts merged into it. Merging moves and deletes nothing: every contact keeps its
dialogs and its channel's data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ContactId, DialogId
from chatapp_cli.domain.journal.contacts import ContactMerged, ContactParted, ContactsCompared
from chatapp_cli.domain.journal.dialogs import PersonChanged, PersonCompared
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, channels, contacts
from chatapp_cli.store.rows.people import AlikeRow, ContactRow, MergeRow, WayRow
from chatapp_cli.store.tx import Tx

Pair: TypeAlias = tuple[ContactId, ContactId]
"""The main contacts of two persons."""

FEW = 20
"""The most suggestions, unless more are asked for."""
_MORE = 4
"""How many times as many rows are read when those before gave too few suggestions."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person with all their contacts."""

    contacts: Sequence[ContactRow]
    """Their contacts, the main one first."""
    ways: Sequence[WayRow]
    """Their dialogs in all channels, newest first."""

    @property
    def id(self) -> ContactId:
        """The number of the main contact."""
        return self.contacts[0].id

    @property
    def name(self) -> str:
        """The person's name."""
        names = (*(one.name for one in self.contacts), *(way.name for way in self.ways), title(self.contacts[0]))
        return next(filter(None, names))

    def answered_by(self, dialog: DialogId) -> DialogId:
        """The dialog to answer in: the reachable one in which they wrote last, otherwise the one given."""
        open_ways = [way for way in self.ways if way.reachable and not way.blocked and way.heard_at is not None]
        return max(open_ways, key=lambda way: way.heard_at or 0).id if open_ways else dialog

    def ways_of(self, contact: ContactId) -> list[WayRow]:
        """The dialogs of one contact."""
        return [way for way in self.ways if way.contact_id == contact]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two people have in common: ``phone``, ``email``, ``username`` or ``name``."""

    kind: str
    shared: str

    @property
    def reason(self) -> Text:
        """The reason as text."""
        return Text(_REASONS[self.kind].msgid, {"value": self.shared})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two contacts that may be one person, and why; nothing is merged automatically."""

    one: Person
    other: Person
    reasons: Sequence[Likeness]


_STRENGTHS = ("phone", "email", "username", "name")
"""The strongest first, as the statements number them."""

_REASONS: Mapping[str, Text] = {
    "phone": T("the same number {value}"),
    "email": T("the same e-mail {value}"),
    "username": T("the same username @{value}"),
    "name": T("the same name on the same line: {value}"),
}


def title(contact: ContactRow) -> str:
    """The name of a contact, from what is known."""
    username = f"@{contact.username}" if contact.username else ""
    return contact.name or username or contact.phone or contact.email or str(contact.id)


def person(tx: Tx, contact: ContactId) -> Person:
    """The person of a contact."""
    found = contacts.of_person(tx, contact)
    return Person(found, tx.all(WayRow, "persons.dialogs", id=found[0].id))


def find(tx: Tx, named: str) -> ContactRow:
    """The contact with this number, or with an address that only one person has.

    An integer is taken first as a contact's number, as lists show them. Raises NotFound, UsageError.
    """
    if contacts.is_number(named) and tx.value("persons.root", id=int(named)) is not None:
        return contacts.one(tx, ContactId(int(named)))
    found = contacts.named(tx, named)
    if len(found) > 1:
        raise UsageError(
            T("Several people are known at {address}.", address=named),
            T("Name one by its number: {numbers}", numbers=", ".join(str(one.id) for one in found)),
            field="contact",
        )
    return found[0]


# Merging


def merge(tx: Tx, kept: ContactId, gone: ContactId) -> MergeRow:
    """Merge two persons; the first one's main contact represents both. Raises Refused."""
    access.require(tx, Right.PEOPLE)
    kept, gone = contacts.root(tx, kept), contacts.root(tx, gone)
    if kept == gone:
        raise Refused("one_person", T("Both are contact {n} already.", n=kept))
    tx.run("persons.join", kept=kept, gone=gone)
    number = tx.insert("persons.merge", kept=kept, gone=gone, actor=tx.name, now=tx.now)
    tx.emit(ContactMerged(contact=gone, into=kept))
    _emit_dialogs(tx, PersonChanged, kept, contact=kept)
    return MergeRow(number, kept, gone)


def merge_of(tx: Tx, contact: ContactId) -> MergeRow:
    """The merge of a contact into another; for a main contact, the last merge into it."""
    found = tx.one(MergeRow, "persons.merge_of", id=contact) or tx.one(MergeRow, "persons.last_merge_into", id=contact)
    if found is None:
        raise NotFound(
            T("Nobody was merged into contact {n}.", n=contact), T("See them with: {how}", how=to_do(Next.CONTACT))
        )
    return found


def undo(tx: Tx, merge: MergeRow) -> None:
    """Undo a merge: the merged contact is a person again, whatever was merged since. Raises Refused."""
    access.require(tx, Right.PEOPLE)
    contacts.one(tx, merge.gone)
    if tx.one(MergeRow, "persons.merge_of", id=merge.gone) != merge:
        raise Refused("parted", T("This merge was taken back before."))
    kept = contacts.root(tx, merge.kept)
    tx.run("persons.undo", id=merge.id, now=tx.now)
    tx.run("persons.part", gone=merge.gone)
    tx.emit(ContactParted(contact=merge.gone, kept=kept))
    for one in (kept, merge.gone):
        _emit_dialogs(tx, PersonChanged, one, contact=one)


def apart(tx: Tx, one: ContactId, other: ContactId) -> Sequence[tuple[ContactId, ContactId]]:
    """Record that two are different persons, so that they are not suggested again; returns the new pairs."""
    access.require(tx, Right.PEOPLE)
    one, other = contacts.root(tx, one), contacts.root(tx, other)
    if one == other:
        raise Refused(
            "one_person", T("Both are contact {n} already.", n=one), T("Separate them: {how}", how=to_do(Next.UNMERGE))
        )
    pairs = product(*([row.id for row in contacts.of_person(tx, root)] for root in (one, other)))
    ordered = [(min(pair), max(pair)) for pair in pairs]
    fresh = [(low, high) for low, high in ordered if tx.run("persons.keep_apart", low=low, high=high)]
    _emit_apart(tx, one, other)
    return fresh


def forget_apart(tx: Tx, pairs: Sequence[tuple[ContactId, ContactId]]) -> None:
    """Undo that pairs of contacts are different persons."""
    access.require(tx, Right.PEOPLE)
    for low, high in pairs:
        tx.run("persons.let_together", low=contacts.one(tx, low).id, high=contacts.one(tx, high).id)
    for low, high in pairs[:1]:
        _emit_apart(tx, contacts.root(tx, low), contacts.root(tx, high))


def _emit_apart(tx: Tx, one: ContactId, other: ContactId) -> None:
    tx.emit(ContactsCompared(contact=one, other=other))
    _emit_dialogs(tx, PersonCompared, one, contact=other)
    _emit_dialogs(tx, PersonCompared, other, contact=one)


def _emit_dialogs(tx: Tx, what: type[PersonChanged | PersonCompared], root: ContactId, *, contact: ContactId) -> None:
    for way in person(tx.whole(), root).ways:  # whoever sees only another line of the person is told as well
        tx.emit(what(channel=way.channel_id, dialog=way.id, contact=contact))


# Suggestions


def suggestions(tx: Tx, contact: ContactId, *, n: int = FEW) -> list[Suggestion]:
    """At most ``n`` suggestions for one person, strongest reason first."""
    root = contacts.root(tx, contact)
    return _suggested(tx, lambda rows: tx.all(AlikeRow, "persons.alike", id=root, n=rows), n)


def everybody(tx: Tx, *, n: int = FEW) -> list[Suggestion]:
    """At most ``n`` suggestions among all persons, strongest reason first."""

    def look(rows: int) -> list[AlikeRow]:
        found = tx.all(AlikeRow, "persons.all_alike", n=rows)
        return [row._replace(one=min(row[:2]), other=max(row[:2])) for row in found]

    return _suggested(tx, look, n)


def _suggested(tx: Tx, look: Callable[[int], Sequence[AlikeRow]], n: int) -> list[Suggestion]:
    """The first ``n`` suggestions; a pair has several rows, or none that counts, so more rows may have to be read."""
    rows = n
    if not (found := look(rows)):
        return []
    ours = channels.is_own_phone(tx)
    pairs = _paired(found, ours)
    while len(pairs) < n and len(found) == rows:
        rows *= _MORE
        pairs = _paired(found := look(rows), ours)
    first = list(pairs.items())[:n]
    return [Suggestion(person(tx, one), person(tx, other), tuple(why)) for (one, other), why in first]


def _paired(found: Sequence[AlikeRow], ours: Callable[[str], bool]) -> Mapping[Pair, Mapping[Likeness, None]]:
    """What pairs share; a number of the desk itself, as it stands in a vCard of ours, is nobody's."""
    pairs: dict[Pair, dict[Likeness, None]] = {}
    for row in sorted(found, key=lambda row: row.strength):
        likeness = Likeness(_STRENGTHS[row.strength - 1], row.shared)
        if likeness.kind != "phone" or not ours(likeness.shared):
            pairs.setdefault((row.one, row.other), {})[likeness] = None
    return pairs
