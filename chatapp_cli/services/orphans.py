"""Contents in the media folder that nothing needs any more: of removed channels, deleted arrivals, changed replies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from chatapp_cli.store.media import Media
from chatapp_cli.store.tx import Tx

PARTS: Final = "0123456789abcdef"
"""The first letters of all hashes: a part of the folder is looked at as a whole."""
_USED = ("media.of_messages", "media.of_arrivals", "media.of_replies", "media.of_applications")


def orphans(tx: Tx, media: Media, part: str) -> Mapping[str, int]:
    """The contents of a part that were stored a day ago or earlier and are not used, with their inodes."""
    found = media.contents(part)
    if found:
        for sha256 in _used(tx.whole(), part):
            found.pop(sha256, None)
    return found


def _used(tx: Tx, part: str) -> Iterator[str]:
    for statement in _USED:
        yield from tx.all(str, statement, like=f"{part}%")
    for sheet in tx.all(str, "media.of_drafts"):
        yield from (file["sha256"] for file in json.loads(sheet)["files"])


def drop(media: Media, found: Mapping[str, int]) -> int:
    """Remove them, except those that were stored again meanwhile; returns the bytes."""
    size = sum(media.size(sha256) for sha256 in found)
    for sha256, inode in found.items():
        media.drop(sha256, inode)
    return size
