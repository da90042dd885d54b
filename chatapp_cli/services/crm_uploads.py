"""Files that people give us for the automations of a CRM, such as that of a bot's step (S-192).

No CRM tells which automations there are: a file that none asks for any more is deleted after a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain import border
from chatapp_cli.domain.crm.events import CrmFileGiven
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import LinkId, Millis
from chatapp_cli.domain.text import T
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import FileKind

_DAY: Final[Millis] = 86_400_000
UNASKED: Final[Millis] = 90 * _DAY
"""After so long a file is deleted for which no automation has ever asked."""
ASKED: Final[Millis] = 400 * _DAY
"""After so long one is deleted for which none has asked since: some run once a year."""
MOST: Final = 200
"""Files that are kept for one link."""


def keep(tx: Tx, link: LinkId, given: CrmFileGiven, files: Sequence[StagedFile]) -> None:
    """Keep a file for a link's automations. Raises Refused if it has too many."""
    if tx.value("uploads.count", link=link) >= MOST:
        raise Refused("too_many_uploads", T("{n} files are kept for bots already.", n=MOST))
    for file in files:
        tx.run(
            "uploads.add",
            link=link,
            remote=given.key,
            sha256=file.sha256,
            name=border.file_name(given.name),
            mime=file.mime,
            size=file.size,
            kind=file.kind,
            now=tx.now,
        )


def find(tx: Tx, link: LinkId, key: str) -> StagedFile | None:
    """The file that an automation names; ``None`` if it was deleted, or never given."""

    def staged(name: str, mime: str, size: int, sha256: str, kind: FileKind) -> StagedFile:
        return StagedFile(name=name, mime=mime, size=size, sha256=sha256, kind=kind)

    return tx.one(staged, "uploads.one", link=link, remote=key)


def asked(tx: Tx, link: LinkId, key: str) -> None:
    """Note that an automation wants a file sent; nothing for an empty key."""
    if key:
        tx.run("uploads.asked", link=link, remote=key, now=tx.now)


def sweep(tx: Tx) -> None:
    """Delete the files that no automation asks for."""
    tx.run("uploads.sweep", before=tx.now - UNASKED, until=tx.now - ASKED)
