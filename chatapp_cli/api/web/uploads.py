"""Uploads from a browser to its windows."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse

from chatapp_cli.api.web.login_page import PROOF, SESSION
from chatapp_cli.api.web.protection import from_here, proved
from chatapp_cli.api.web.upload_folders import BYTES, UploadFolders
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.errors import Busy, ChatappError, Refused
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import _, show
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, operators
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

FOREIGN: Final = 403
REFUSED: Final = 422
LATER: Final = 503


class Uploads:
    """Accepts one file at a time into the upload folder of its login."""

    def __init__(self, store: AsyncStore, folders: UploadFolders) -> None:
        self._store = store
        self._folders = folders

    async def take(self, request: Request) -> PlainTextResponse:
        """Accept a file sent by one of our pages."""
        token = request.cookies.get(SESSION, "")
        if not _ours(request) or not await self._holds(token):
            return PlainTextResponse(_("The page was open for too long. Please open it again."), FOREIGN)
        try:
            name = await self._kept(request, token)
        except ChatappError as error:
            words = " ".join(filter(None, [show(error.what), show(error.next_step)]))
            return PlainTextResponse(words, LATER if isinstance(error, Busy) else REFUSED)
        finally:
            await self.tidy()
        return PlainTextResponse(_("{name} is here: attach it in the window.", name=name))

    async def tidy(self) -> None:
        """Delete the upload folders of ended logins."""
        for token in [*self._folders.used]:
            if not await self._holds(token):
                self._folders.drop(token)

    async def _kept(self, request: Request, token: str) -> str:
        size, name = _length(request), unquote(request.headers.get("x-name", ""))
        limit = await self.limit()
        if size > limit:
            raise Refused("too_large", too_large(limit))
        try:
            return await self._folders.take(token, name, size, request.stream())
        except (OSError, ClientDisconnect) as error:
            log.warning("web.upload_failed", why=type(error).__name__)
            raise Busy(T("The file cannot be saved."), T("Please try again.")) from error

    async def limit(self) -> int:
        """The largest file in bytes: the maximum of the desk's channels."""
        return min(BYTES, await self._store.read(self._largest))

    def _largest(self, tx: Tx) -> int:
        able = map(self._store.company.capabilities, channels.everything(tx))
        return max((can.max_upload for can in able), default=0)

    async def _holds(self, token: str) -> bool:
        return await self._store.read(lambda tx: operators.of_session(tx, token)) is not None


def too_large(limit: int) -> Text:
    """Why a file is refused."""
    return T("The file is larger than any channel carries: {n} MB at most.", n=limit // MEGABYTE)


def _ours(request: Request) -> bool:
    """Whether the request comes from our own page in the browser that the page was issued to."""
    form = {"proof": request.headers.get("x-proof", "")}
    return from_here(request, certainly=True) and proved(form, request.cookies.get(PROOF))


def _length(request: Request) -> int:
    """The declared size of the file. Raises Refused without one."""
    declared = request.headers.get("content-length", "")
    if not declared.isdecimal():
        raise Refused("no_length", T("The file does not say how large it is."))
    return int(declared)
