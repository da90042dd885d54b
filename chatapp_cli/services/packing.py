"""Packs the raw arrivals behind the intake, and reads them back.

An arrival is stored as it came, in the transaction of its meaning. Later a hundred at once are replaced by packed ones:
read, packed outside any transaction, written in one. A dead letter stays plain until it is understood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, DialogId, Millis
from chatapp_cli.store import packing
from chatapp_cli.store.tx import Tx

PIECE = 100
"""Arrivals packed in one transaction; a database page holds some thirty of them."""
PLAIN = 0
"""Stands for the packing of raw bytes that are as they came."""
GONE = -1
"""Stands for the packing of an arrival whose raw bytes are kept no longer."""
_SAMPLED = 200
_RENEWED = 90 * 86_400_000
"""Milliseconds after which a new dictionary is made: providers change what they send."""


class PlainRaw(NamedTuple):
    """An arrival that is not packed yet."""

    id: int
    kind: str
    raw: bytes


class PackedRaw(NamedTuple):
    """The new form of a raw arrival."""

    id: int
    packed: int
    """The dictionary, or ``GONE``."""
    raw: bytes


class KnownDictionary(NamedTuple):
    """The newest dictionary of a kind."""

    id: int
    content: bytes
    created_at: Millis


class KeptColumns(NamedTuple):
    """What stays of an arrival's row when its raw bytes are replaced."""

    packed: int
    channel_id: ChannelId
    provider_id: str
    at: Millis
    who: str
    dialog_id: DialogId | None


def next_plain(tx: Tx, *, after: int, n: int = PIECE) -> list[PlainRaw]:
    """The next arrivals to pack, by number."""
    return tx.all(PlainRaw, "packing.plain", after=after, n=n)


def count(tx: Tx, *, until: int = 0, before: Millis = 0) -> int:
    """How many arrivals are to be packed, but for those with a lower number that came before a time."""
    return int(tx.value("packing.count", until=until, before=before))


def learn_dictionaries(tx: Tx, piece: Sequence[PlainRaw]) -> Mapping[str, KnownDictionary]:
    """The dictionary of each kind in a piece; one that is missing or old is made from the next arrivals, if enough."""
    found: dict[str, KnownDictionary] = {}
    for kind in {one.kind for one in piece}:
        known = tx.one(KnownDictionary, "packing.newest", kind=kind)
        if known is None or known.created_at < tx.now - _RENEWED:
            known = _learn_one(tx, kind, piece[0].id - 1) or known
        found[kind] = known or _none(tx)
    return found


def _learn_one(tx: Tx, kind: str, after: int) -> KnownDictionary | None:
    sample = [bytes(one.raw) for one in next_plain(tx, after=after, n=_SAMPLED) if one.kind == kind]
    if len(sample) < packing.SAMPLE:
        return None
    return _kept(tx, kind, packing.dictionary(sample))


def _none(tx: Tx) -> KnownDictionary:
    """The empty dictionary, for a kind of which too little has arrived."""
    return tx.one(KnownDictionary, "packing.newest", kind="") or _kept(tx, "", b"")


def _kept(tx: Tx, kind: str, content: bytes) -> KnownDictionary:
    return KnownDictionary(tx.insert("packing.learn", kind=kind, content=content, now=tx.now), content, tx.now)


def pack_all(piece: Sequence[PlainRaw], dictionaries: Mapping[str, KnownDictionary]) -> list[PackedRaw]:
    """Pack a piece; takes some milliseconds and needs no store."""
    found = [(one, dictionaries[one.kind]) for one in piece]
    return [PackedRaw(one.id, known.id, packing.pack(bytes(one.raw), bytes(known.content))) for one, known in found]


def replace(tx: Tx, piece: Sequence[PackedRaw]) -> int:
    """Store the new form of arrivals, except of those that changed meanwhile; returns how many.

    Rows that only shrink would leave their pages half empty, so they are deleted and inserted again.
    """
    known = {number for number in {one.packed for one in piece} if _is_known(tx, number)}
    found = [(one, tx.one(KeptColumns, "packing.row", id=one.id)) for one in piece if one.packed in known]
    fitting = [(one, row) for one, row in found if row is not None and _may_replace(row.packed, one.packed)]
    for one, _row in fitting:
        tx.run("packing.take", id=one.id)
    for one, row in fitting:
        tx.run(
            "packing.put",
            id=one.id,
            channel=row.channel_id,
            provider_id=row.provider_id,
            raw=one.raw,
            at=row.at,
            packed=one.packed,
            who=row.who,
            dialog=row.dialog_id,
        )
    return len(fitting)


def _is_known(tx: Tx, number: int) -> bool:
    return number == GONE or tx.value("packing.dictionary", id=number) is not None


def _may_replace(was: int, new: int) -> bool:
    """Raw bytes may be dropped unless they are gone; only plain ones are packed."""
    return was != GONE if new == GONE else was == PLAIN


def unpack(tx: Tx, raw: bytes, number: int) -> bytes:
    """The raw bytes of a row as they came. Raises KeyError if the dictionary is missing."""
    if number in {PLAIN, GONE}:
        return bytes(raw)
    content = tx.value("packing.dictionary", id=number)
    if content is None:
        raise KeyError(number)
    return packing.unpack(bytes(raw), bytes(content))
