"""Attachments: checked before they are copied, kept only if they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.draft import StagedFile
    from chatapp_cli.domain.manifest import Capabilities


@contextmanager
def staging(company: Company, *, most: int | None = None) -> Iterator[Callable[[Path], StagedFile]]:
    """Copy files of at most this many bytes into the store; unreferenced ones are removed afterwards."""
    from chatapp_cli.services import files

    taken: list[StagedFile] = []

    def take(path: Path) -> StagedFile:
        taken.append(files.stage(company.media, path, most=most))
        return taken[-1]

    try:
        yield take
    finally:
        if any(file.inode for file in taken):
            company.whole.write(lambda tx: files.drop_unused(tx, company.media, taken))
        if taken and company.database.scratch is not None:
            company.media.vacate()


def most_of(can: Sequence[Capabilities], paths: Sequence[Path]) -> int | None:
    """The largest file in bytes for one of these channels; ``None`` if there is no channel.

    Raises Refused if none of them can carry these files, and NotFound for an unreadable file.
    """
    from chatapp_cli.domain.draft import require_files
    from chatapp_cli.domain.errors import Refused
    from chatapp_cli.services import files

    looked = [files.look(path) for path in paths]
    refused = None
    for one in can if looked else ():
        try:
            require_files(one, looked)
        except Refused as refusal:
            refused = refused or refusal
        else:
            refused = None
            break
    if refused is not None:
        raise refused
    return max((one.max_upload for one in can), default=None)
