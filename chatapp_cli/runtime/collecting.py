"""What ``chatapp gc`` does at once and the daemon does in the background: delete, pack, and shrink the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.manifests import keeping_raw
from chatapp_cli.runtime.lease import HolderKind, holding
from chatapp_cli.services import orphans, packing, retention
from chatapp_cli.store import temporary


class Done(NamedTuple):
    """What was deleted or packed."""

    n: int
    """How many rows or files."""
    size: int = 0
    """Bytes of these files; 0 for rows, whose space is used again."""


class Work(NamedTuple):
    """Something to delete or to pack, after the works before it in the list were done."""

    name: str
    label: Text
    planned: Done
    do: Callable[[], Iterator[Done]]
    """Does it piece by piece."""


def works(company: Company) -> Sequence[Work]:
    """Everything that there is to do now, in order.

    What goes first leaves less to those after it, and they are planned so: raw bytes that are deleted need no packing,
    and the files that held them are needed by nobody.
    """
    sweeps = company.read(partial(retention.plan, options=company.options, lasting=keeping_raw()))
    raw = next((one for one in sweeps if one.option == "keep_raw"), None)
    until, before, lasting = (raw.until, raw.before, raw.lasting) if raw else (0, 0, "")
    found = [Work(one.option, one.label, Done(one.n), partial(_sweep, company, one)) for one in sweeps]
    plain = Done(company.read(partial(packing.count, until=until, before=before)))
    found.append(Work("plain", T("Raw arrivals to pack"), plain, partial(_pack, company)))
    unused = [
        company.media.size(one)
        for part in orphans.PARTS
        for one in _orphans(company, part, until=until, before=before, lasting=lasting)
    ]
    label = T("Files that no message needs")
    found.append(Work("orphans", label, Done(len(unused), sum(unused)), partial(_drop, company)))
    left = company.media.abandoned()
    planned = Done(len(left), sum(left.values()))
    found.append(Work("unfinished", T("Files that were begun and left"), planned, partial(_drop_unfinished, company)))
    copies = _copies()
    planned = Done(len(copies), sum(copies.values()))
    found.append(Work("opened", T("Opened copies of files"), planned, _drop_copies))
    return [one for one in found if one.planned.n]


def compact(company: Company, began: Callable[[], None]) -> int:
    """Give the free space inside the files back to the disk; returns the bytes.

    ``began`` is called once nothing stands in the way, for what follows takes long.
    Raises Busy while a daemon or a window holds the lease, StoreError if the disk has no room for it.
    """
    with holding(company, HolderKind.COMMAND):
        began()
        return company.database.compact() + company.search.compact()


def _sweep(company: Company, planned: retention.Sweep) -> Iterator[Done]:
    left = planned
    while left.n:
        before, left = left.done, company.write(partial(retention.sweep, planned=left))
        yield Done(left.done - before)


def _pack(company: Company) -> Iterator[Done]:
    after = 0
    while piece := company.read(partial(packing.next_plain, after=after)):
        packed = packing.pack_all(piece, company.write(partial(packing.learn_dictionaries, piece=piece)))
        yield Done(company.write(partial(packing.replace, piece=packed)))
        after = piece[-1].id


def _orphans(
    company: Company, part: str, *, until: int = 0, before: Millis = 0, lasting: str = ""
) -> Mapping[str, int]:
    wanted = partial(orphans.orphans, media=company.media, part=part, until=until, before=before, lasting=lasting)
    return company.read(wanted)


def _drop(company: Company) -> Iterator[Done]:
    for part in orphans.PARTS:
        yield Done(*orphans.drop(company.media, _orphans(company, part)))


def _drop_unfinished(company: Company) -> Iterator[Done]:
    found = company.media.abandoned()
    company.media.sweep()
    yield _gone(found)


def _copies() -> Mapping[Path, int]:
    return {one: temporary.size(one) for one in temporary.left()}


def _drop_copies() -> Iterator[Done]:
    found = _copies()
    temporary.sweep()
    yield _gone(found)


def _gone(found: Mapping[Path, int]) -> Done:
    """Those of them that are not there any more."""
    sizes = [size for path, size in found.items() if not path.exists()]
    return Done(len(sizes), sum(sizes))
