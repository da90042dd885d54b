"""Contents in the media folder that nothing needs any more: of removed channels, deleted arrivals, changed replies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.media import Media
from chatapp_cli.store.tx import Tx

PARTS: Final = "0123456789abcdef"
"""The first letters of all hashes: a part of the folder is looked at as a whole."""
_USED = ("media.of_messages", "media.of_replies", "media.of_applications", "media.of_uploads")


class DroppedFiles(NamedTuple):
    """How many files went, and their bytes."""

    n: int
    size: int


def orphans(
    tx: Tx, media: Media, part: str, *, until: int = 0, before: Millis = 0, lasting: str = ""
) -> Mapping[str, int]:
    """The contents of a part that were stored a day ago or earlier and are not used, with their inodes.

    Arrivals with a lower number than ``until`` that came before a time count as gone: their raw bytes are to go too,
    unless they are of the kinds in ``lasting``; see ``Sweep``.
    """
    found = media.contents(part)
    if found:
        raw = tx.whole().all(str, "media.of_arrivals", like=f"{part}%", until=until, before=before, lasting=lasting)
        for sha256 in (*_used(tx.whole(), part), *raw):
            found.pop(sha256, None)
    return found


def _used(tx: Tx, part: str) -> Iterator[str]:
    for statement in _USED:
        yield from tx.all(str, statement, like=f"{part}%")
    for sheet in tx.all(str, "media.of_drafts"):
        yield from (file["sha256"] for file in json.loads(sheet)["files"])


def drop(media: Media, found: Mapping[str, int]) -> DroppedFiles:
    """Remove them, except those that were stored again meanwhile."""
    sizes = {sha256: media.size(sha256) for sha256 in found}
    gone = [sizes[sha256] for sha256, inode in found.items() if media.drop(sha256, inode)]
    return DroppedFiles(len(gone), sum(gone))
