"""What ``chatapp gc`` does at once and the daemon does in the background: delete, pack, and shrink the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.text import T, Text
from chatapp_cli.runtime.owner import OwnerKind, owning
from chatapp_cli.services import orphans, packing, retention
from chatapp_cli.store import temporary


class Work(NamedTuple):
    """Something to delete or to pack."""

    name: str
    label: Text
    n: int
    """How many rows or files."""
    size: int
    """Bytes of these files; 0 for rows, whose space is used again."""
    do: Callable[[], Iterator[int]]
    """Does it piece by piece; yields how many are done since the last time."""


def works(company: Company) -> Sequence[Work]:
    """Everything that there is to do now."""
    found = [_sweeping(company, one) for one in company.read(partial(retention.plan, options=company.options))]
    plain = company.read(packing.count)
    found.append(Work("plain", T("Raw arrivals to pack"), plain, 0, partial(_pack, company)))
    unused = [one for part in orphans.PARTS for one in _orphans(company, part)]
    size = sum(map(company.media.size, unused))
    found.append(Work("orphans", T("Files that no message needs"), len(unused), size, partial(_drop, company)))
    left = temporary.left()
    found.append(Work("opened", T("Opened copies of files"), len(left), sum(map(temporary.size, left)), _remove_copies))
    return [one for one in found if one.n]


def compact(company: Company) -> int:
    """Give the free space inside the files back to the disk; returns the bytes.

    Raises Busy while a daemon or a window carries the store, StoreError if the disk has no room for it.
    """
    with owning(company, OwnerKind.COMMAND):
        return company.database.compact() + company.search.compact()


def _sweeping(company: Company, planned: retention.Sweep) -> Work:
    return Work(planned.option, planned.label, planned.n, 0, partial(_sweep, company, planned))


def _sweep(company: Company, planned: retention.Sweep) -> Iterator[int]:
    left = planned
    while left.n:
        before, left = left.n, company.write(partial(retention.sweep, planned=left))
        yield before - left.n


def _pack(company: Company) -> Iterator[int]:
    after = 0
    while piece := company.read(partial(packing.plain, after=after)):
        packed = packing.packed(piece, company.write(partial(packing.learned, piece=piece)))
        company.write(partial(packing.replace, piece=packed))
        after = piece[-1].id
        yield len(piece)


def _orphans(company: Company, part: str) -> Mapping[str, int]:
    return company.read(partial(orphans.orphans, media=company.media, part=part))


def _drop(company: Company) -> Iterator[int]:
    for part in orphans.PARTS:
        found = _orphans(company, part)
        orphans.drop(company.media, found)
        yield len(found)
    company.media.sweep()


def _remove_copies() -> Iterator[int]:
    yield temporary.sweep()
