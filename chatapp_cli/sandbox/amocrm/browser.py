"""A browser that shows a page of the account, on which a widget's script asks a server elsewhere.

It does what every browser does (CORS, the Fetch standard): it asks the server beforehand whether the page may, and
keeps an answer from the script that does not name the page. amoCRM's page on one-time tokens: ``$authorizedAjax``
adds ``X-Auth-Token``, and the server has to let the account's host call it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp

from chatapp_cli.sandbox.amocrm.consent import AmoConsent
from chatapp_cli.sandbox.amocrm.request import AccountDesk

_GOOD: Final = range(200, 300)


class CallBlocked(Exception):
    """The browser does not make a call, or does not show its answer to the script."""


@dataclass(frozen=True, slots=True)
class AmoBrowser:
    """Somebody's browser, with a page of the account open."""

    desk: AccountDesk

    async def uploads(
        self, where: str, name: str, content: bytes, *, user: int, token: str = "", mime: str = "image/png"
    ) -> tuple[int, Any]:
        """A person picks a file on the widget's page; the status, and the JSON of the answer.

        ``token`` stands in for the one that the page would get. Raises CallBlocked.
        """
        to = urlsplit(where)
        token = token or AmoConsent(self.desk).widget_token(user, f"{to.scheme}://{to.netloc}")
        url = f"{where}?name={quote(name, safe='')}"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
            await self._ask(http, url)
            said = {"Origin": self.desk.address, "X-Auth-Token": token, "Content-Type": mime}
            async with http.post(url, data=content, headers=said, allow_redirects=False) as answer:
                self._require_named(answer)
                body = await answer.text()
                return answer.status, json.loads(body) if body and answer.status in _GOOD else None

    async def _ask(self, http: aiohttp.ClientSession, url: str) -> None:
        """The question beforehand: headers of its own make a call one that is not simple."""
        wanted = {"x-auth-token", "content-type"}
        said = {
            "Origin": self.desk.address,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(sorted(wanted)),
        }
        async with http.options(url, headers=said, allow_redirects=False) as answer:
            self._require_named(answer)
            allowed = answer.headers.get("Access-Control-Allow-Headers", "")
            named = {one.strip().lower() for one in allowed.split(",")}
            if answer.status not in _GOOD or not wanted <= named:
                raise CallBlocked(f"HTTP {answer.status}, {allowed}")

    def _require_named(self, answer: aiohttp.ClientResponse) -> None:
        if answer.headers.get("Access-Control-Allow-Origin") not in {self.desk.address, "*"}:
            raise CallBlocked(f"HTTP {answer.status}, for another page")
