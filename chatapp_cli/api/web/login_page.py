"""The login page: a form with name and password, and a session cookie."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chatapp_cli.api.web import pages
from chatapp_cli.api.web.protection import from_here, proved
from chatapp_cli.domain.errors import Refused
from chatapp_cli.i18n import LANGUAGES, _, show, speaking
from chatapp_cli.runtime.login import log_in
from chatapp_cli.runtime.restricted import own_settings
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import operators
from chatapp_cli.services.login_attempts import TooManyAttempts
from chatapp_cli.settings import save

log = structlog.get_logger()

HOME: Final = "/desk"
SESSION: Final = "chatapp_session"
"""The cookie of an operator's session."""
PROOF: Final = "chatapp_proof"
"""The CSRF cookie, whose value every form repeats."""
LANGUAGE: Final = "chatapp_lang"
"""The cookie of the language that was chosen on this page."""
LARGEST: Final = 4_096
"""The largest form, in bytes."""

R = TypeVar("R", bound=Response)


class LoginPage:
    """Logs operators in, one password check at a time: each takes a tenth of a second and much memory on purpose."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._world = store.company.world
        self._one_at_a_time = asyncio.Lock()

    async def company(self) -> str:
        """The heading of the pages."""
        return await self._store.read(lambda tx: self._store.company.options.text(tx, "company_name")) or "chatapp"

    async def ask(self, request: Request) -> Response:
        """Show the empty form, in the language chosen with ``?lang=``, which the browser then keeps."""
        proof, lang = self.proof(request), _chosen(request)
        with speaking(lang):
            page = kept(pages.login(await self.company(), proof), request, PROOF, proof)
        return kept(page, request, LANGUAGE, lang) if lang else page

    async def enter(self, request: Request) -> Response:
        """Process the form."""
        with speaking(_chosen(request)):
            return await self._entered(request)

    async def _entered(self, request: Request) -> Response:
        form = await form_of(request)
        address = request.client.host if request.client else ""
        if not from_here(request) or not proved(form, request.cookies.get(PROOF)):
            return await self._again(request, form, _("The page was open for too long. Please try again."), 403)
        async with self._one_at_a_time:
            try:
                token = await self._session(form, address)
            except TooManyAttempts as refused:
                answer = await self._again(request, form, show(refused.what), 429)
                answer.headers["Retry-After"] = str(refused.wait // 1000 + 1)
                return answer
            except Refused as refused:
                log.info("web.login_refused", address=address)
                return await self._again(request, form, show(refused.what), 401)
        await self._store_language(token, _chosen(request))
        return kept(RedirectResponse(HOME, 303), request, SESSION, token)

    async def _store_language(self, token: str, lang: str) -> None:
        """Keep the chosen language among the operator's own settings."""
        who = await self._store.read(lambda tx: operators.of_session(tx, token))
        if who is not None and lang:
            file = own_settings(self._store.company.settings.folder, who.name)
            await self._store.off_loop(partial(save, file, "lang", lang))

    async def leave(self, token: str) -> None:
        """Log out."""
        await self._store.write(lambda tx: operators.close_session(tx, token))

    def proof(self, request: Request) -> str:
        """The CSRF token: the browser's current one, or a new one."""
        return request.cookies.get(PROOF) or self._world.chance.key()

    async def _session(self, form: Mapping[str, str], address: str) -> str:
        """The token of a new session. Raises Refused."""
        name, password = form.get("name", ""), form.get("password", "")
        return await self._store.with_store(partial(log_in, self._store.company, name, password, browser=address))

    async def _again(self, request: Request, form: Mapping[str, str], trouble: str, status: int) -> Response:
        proof, name = self.proof(request), form.get("name", "")
        page = pages.login(await self.company(), proof, name=name, trouble=trouble, status=status)
        return kept(page, request, PROOF, proof)


def _chosen(request: Request) -> str:
    """The language chosen now or before in this browser; empty: none."""
    said = (request.query_params.get("lang"), request.cookies.get(LANGUAGE))
    return next((one for one in said if one in LANGUAGES), "")


def kept(answer: R, request: Request, name: str, value: str) -> R:
    """Set a session cookie that scripts and other sites cannot read."""
    answer.set_cookie(name, value, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form; empty if it is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
