"""How an administrator lets the desk in: by a consent, by the provider's button, and by our widget's page.

providers-crm.md 4.1, 4.2, C1.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import aiohttp

from chatapp_cli.sandbox.amocrm.jwt import signed
from chatapp_cli.sandbox.amocrm.objects import ADMIN
from chatapp_cli.sandbox.amocrm.posting import exchange
from chatapp_cli.sandbox.amocrm.request import AccountDesk

_OK: Final = 200
_PATIENCE: Final = 5.0
_TOKEN_LIVES: Final = 1800
_MODES: Final = ("popup", "post_message")


class WindowFailed(Exception):
    """The provider's window ends with the status of our answer, and no code comes."""


@dataclass(frozen=True, slots=True)
class AmoConsent:
    """What an administrator does in a browser."""

    desk: AccountDesk

    def agrees(self, state: str, *, user: int = ADMIN) -> str:
        """The administrator consents: the address at which the browser ends, with a code for 20 minutes.

        Raises WindowFailed for who is no administrator, or not active: nobody else may allow an integration.
        """
        person = self.desk.office.users[user]
        if not (person.admin and person.active):
            raise WindowFailed("Only an administrator may allow an integration")
        return self.desk.authority.redirect(self.desk.address.partition("://")[2], state, user)

    def opens(self, page: str, *, user: int = ADMIN) -> str:
        """Somebody who is signed in opens the page of consent and consents: the address at which the browser ends.

        Raises WindowFailed for another page, for one that names another integration, and as ``agrees`` does.
        """
        where, _, query = page.partition("?")
        asked = dict(parse_qsl(query, strict_parsing=True))
        if where != f"{self.desk.address}/oauth" or asked.keys() != {"client_id", "state", "mode"}:
            raise WindowFailed("This is not the page of consent")
        if asked["client_id"] != self.desk.authority.client_id or asked["mode"] not in _MODES:
            raise WindowFailed("The integration is not known")
        return self.agrees(asked["state"], user=user)

    def disagrees(self, state: str) -> str:
        """The administrator refuses: the same without a code."""
        return self.desk.authority.refused(state)

    async def presses_button(self, secrets_uri: str, state: str) -> str:
        """The administrator presses the button: the integration's secret is posted to us, and then comes a code.

        Raises WindowFailed unless we answer 200 with a body.
        """
        authority = self.desk.authority
        said = {"client_id": authority.client_id, "client_secret": authority.client_secret, "state": state}
        authority.told.append(("secrets", said))
        status, body = await exchange(secrets_uri, _PATIENCE, json=said)
        if status != _OK or not body:
            raise WindowFailed(f"Code {status}")
        return self.agrees(state)

    async def switches_off(self, address: str) -> int:
        """The administrator switches the integration off: its tokens end, and the address that it names is called.

        Returns the status of the answer. The call is a GET, and its signature always the same (C2; amoCRM's page on
        OAuth step by step).
        """
        self.desk.faults.revoked = True
        return await self.tells_of_the_end(address)

    async def tells_of_the_end(self, address: str) -> int:
        """The same call, whether it is true or not any more."""
        client, secret = self.desk.authority.client_id, self.desk.authority.client_secret
        signature = hmac.new(secret.encode(), f"{client}|{self.desk.id}".encode(), "sha256").hexdigest()
        said = {"account_id": str(self.desk.id), "client_uuid": client, "signature": signature}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE)) as http,
            http.get(address, params=said, allow_redirects=False) as answer,
        ):
            return answer.status

    def widget_token(self, user: int, audience: str) -> str:
        """What our widget's page sends as ``X-Auth-Token``; ``audience`` is the desk's scheme and host."""
        desk, now = self.desk, self.desk.office.seconds()
        claims = {
            "iss": desk.address, "aud": audience, "jti": desk.office.uuid(), "iat": now, "nbf": now,
            "exp": now + _TOKEN_LIVES, "account_id": desk.id, "subdomain": desk.subdomain,
            "client_uuid": desk.authority.client_id, "user_id": user, "is_admin": desk.office.users[user].admin,
        }  # fmt: skip
        desk.authority.told.append(("one-time", claims))
        return signed(claims, desk.authority.client_secret, "HS256")
