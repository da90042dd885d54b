"""``/desk``: every logged-in operator gets a window in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from chatapp_cli.api.web import pages
from chatapp_cli.api.web.child import COMMAND, start
from chatapp_cli.api.web.login_page import HOME, PROOF, SESSION, LoginPage, form_of, kept
from chatapp_cli.api.web.protection import SecurityHeaders, from_here, proved
from chatapp_cli.api.web.upload_folders import UploadFolders
from chatapp_cli.api.web.uploads import Uploads, too_large
from chatapp_cli.api.web.window_socket import WindowSocket
from chatapp_cli.domain.errors import Busy
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show, speaking
from chatapp_cli.runtime.restricted import own_settings
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import files, operators
from chatapp_cli.settings import stored_language
from chatapp_cli.store.rows.operators import OperatorRow
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

SIZE: Final = (80, 24)
FOREIGN: Final = 403
MINUTE: Final = 60_000
"""Milliseconds."""


class WebApplication:
    """The pages, and their open windows."""

    def __init__(self, store: AsyncStore, *, command: Sequence[str] = COMMAND) -> None:
        self._store = store
        self._command = command
        self._clock = store.company.world.clock
        self._settings = store.company.settings
        self._login_page = LoginPage(store)
        self._folders = UploadFolders(self._settings.folder / files.UPLOADS)
        self._uploads = Uploads(store, self._folders)
        self._tabs: set[WindowSocket] = set()
        self._taken = 0
        self._closing = False

    def application(self) -> ASGIApp:
        """All routes below ``/desk``, and the downloads at the path that the page's script uses."""
        self._folders.clear()
        static = StaticFiles(packages=[("chatapp_cli.api.web", "static"), ("textual_serve", "static")])
        return SecurityHeaders(
            Starlette(
                routes=[
                    Route("/", _home),
                    Route(HOME, self._page),
                    Route(f"{HOME}/login", self._login_page.ask, methods=["GET"]),
                    Route(f"{HOME}/login", self._login_page.enter, methods=["POST"]),
                    Route(f"{HOME}/logout", self._leave, methods=["POST"]),
                    Route(f"{HOME}/upload", self._uploads.take, methods=["POST"]),
                    WebSocketRoute(f"{HOME}/window", self._window),
                    Mount(f"{HOME}/static", static),
                    Route("/download/{key}", self._download),
                ]
            )
        )

    async def _page(self, request: Request) -> Response:
        who = await self._who(request)
        if who is None:
            return RedirectResponse(f"{HOME}/login", 303)
        await self._saw(request.cookies[SESSION], self._clock.now())
        with speaking(await self._language(who)):
            return await self._page_of(request, who)

    async def _language(self, who: OperatorRow) -> str:
        """The language that the operator chose; empty: none."""
        return await self._store.off_loop(partial(stored_language, own_settings(self._settings.folder, who.name)))

    async def _page_of(self, request: Request, who: OperatorRow) -> Response:
        if self._full:
            return pages.word(await self._login_page.company(), _too_many(), 503)
        url = request.url
        socket = f"{'wss' if url.scheme == 'https' else 'ws'}://{url.netloc}{HOME}/window"
        proof = self._login_page.proof(request)
        limit = await self._uploads.limit()
        large = show(too_large(limit))
        page = pages.window(
            await self._login_page.company(), proof, name=who.name, socket=socket, limit=limit, large=large
        )
        return kept(page, request, PROOF, proof)

    async def _window(self, socket: WebSocket) -> None:
        """Serve a window; a foreign page or one without a login gets none."""
        who = await self._who(socket) if from_here(socket, certainly=True) else None
        if who is None or self._full:
            await socket.close()
            return
        self._taken += 1
        try:
            await socket.accept()
            await self._carry(socket, who)
        finally:
            self._taken -= 1

    async def _carry(self, socket: WebSocket, who: OperatorRow) -> None:
        token = socket.cookies[SESSION]
        width, height = _size(socket)
        uploads = self._folders.of(token)
        child = await start(
            self._command, self._settings, operator=who.name, token=token, uploads=uploads, width=width, height=height
        )
        log.info("web.window_opened", operator=who.name, pid=child.pid)
        tab = WindowSocket(socket, child, token=token, clock=self._clock)
        self._tabs.add(tab)
        try:
            await tab.carry(self._stays)
        finally:
            await child.stop()
            self._tabs.discard(tab)
            await self._uploads.tidy()
            tab.gone.set()
            log.info("web.window_closed", operator=who.name, pid=child.pid)

    async def _stays(self, tab: WindowSocket) -> bool:
        """Record activity; false once the operator is not logged in or idle for too long, here and in all windows."""
        active = max(one.take_activity() for one in self._tabs if one.token == tab.token)
        if active:
            await self._saw(tab.token, active)
        return not self._closing and await self._of(tab.token) is not None

    async def _saw(self, token: str, at: Millis) -> None:
        """Record when the operator was active; the store may take it later than it was."""
        await self._store.write(lambda tx: operators.saw(tx, token, at))

    async def _leave(self, request: Request) -> Response:
        if not from_here(request) or not proved(await form_of(request), request.cookies.get(PROOF)):
            raise HTTPException(FOREIGN)
        token = request.cookies.get(SESSION, "")
        await self._login_page.leave(token)
        await _emptied([tab for tab in self._tabs if tab.token == token])
        await self._uploads.tidy()
        gone = RedirectResponse(f"{HOME}/login", 303)
        gone.delete_cookie(SESSION)
        return gone

    async def _download(self, request: Request) -> Response:
        token = request.cookies.get(SESSION)
        offers = [tab.downloads.answer(request.path_params["key"]) for tab in self._tabs if tab.token == token]
        found = next(filter(None, offers), None)
        if found is None:
            raise HTTPException(404)
        return found

    async def aclose(self) -> None:
        """Close every window, wait for its process, and delete all uploads."""
        self._closing = True
        await _emptied([*self._tabs])
        self._folders.clear()

    async def _who(self, caller: HTTPConnection) -> OperatorRow | None:
        return await self._of(caller.cookies.get(SESSION, ""))

    async def _of(self, token: str) -> OperatorRow | None:
        """The operator of a session; one that was idle for too long ends for every other use as well."""
        now = self._clock.now()

        def look(tx: Tx) -> tuple[OperatorRow | None, bool]:
            idle = self._store.company.options.number(tx, "web_idle") * MINUTE
            found = operators.of_session(tx, token, since=now - idle if idle else 0)
            return found, found is None and operators.of_session(tx, token) is not None

        found, is_idle = await self._store.read(look)
        if is_idle:
            await self._login_page.leave(token)
        return found

    @property
    def _full(self) -> bool:
        return self._closing or self._taken >= self._settings.web_windows


async def _emptied(tabs: Sequence[WindowSocket]) -> None:
    for tab in tabs:
        tab.leave()
    for tab in tabs:
        await tab.gone.wait()


async def _home(request: Request) -> Response:
    del request
    return RedirectResponse(HOME, 303)


def _size(socket: WebSocket) -> tuple[int, int]:
    """The browser's size in cells at the time of the request."""
    try:
        return int(socket.query_params["width"]), int(socket.query_params["height"])
    except (KeyError, ValueError):
        return SIZE


def _too_many() -> Busy:
    return Busy(
        T("The limit of windows open in browsers is reached."),
        T("Close one of yours, or have web_windows raised: chatapp config set web_windows 40"),
    )
