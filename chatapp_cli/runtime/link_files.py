"""Files that a CRM has, taken into the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from chatapp_cli.domain import os_words
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import Rejected, StoreError
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_uploads, files

Fetch: TypeAlias = Callable[[Path], Awaitable[tuple[str, str]]]
"""Writes a file to a path; returns its name and type."""


async def staged(store: AsyncStore, fetch: Fetch) -> StagedFile:
    """Fetch a file into the store. Raises what ``fetch`` does, and StoreError if the disk does not take it."""
    media = store.company.media
    try:
        scratch = await store.off_loop(media.scratch)
        try:
            name, mime = await fetch(scratch)
            return await store.off_loop(partial(files.adopt, media, scratch, name=name, mime=mime))
        finally:
            await store.off_loop(partial(scratch.unlink, missing_ok=True))
    except OSError as error:
        what = T("A file of the CRM cannot be stored: {why}.", why=os_words.why(error))
        raise StoreError(what, T("Free space on the disk of the desk. It is tried again by itself.")) from error


async def taken(store: AsyncStore, name: str, content: bytes) -> StagedFile:
    """Keep a file that somebody gave us by a CRM. Raises StoreError if the disk does not take it."""

    async def write(scratch: Path) -> tuple[str, str]:
        await store.off_loop(partial(scratch.write_bytes, content))
        return name, ""

    return await staged(store, write)


async def uploaded(store: AsyncStore, link: LinkId, key: str) -> StagedFile:
    """A file that was given for a link's automations. Raises Rejected with ``upload_gone`` if it is not kept."""
    found = await store.read(partial(crm_uploads.find, link=link, key=key))
    if found is None or not await store.off_loop(store.company.media.path(found.sha256).is_file):
        raise Rejected("upload_gone")
    return found
