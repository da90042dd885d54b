"""Binding an Avito account: by its own keys, or by an application that its owner authorises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode, urlsplit

import aiohttp

from chatapp_cli.connectors.avito.api import Application, AvitoApi
from chatapp_cli.connectors.avito.receive import present
from chatapp_cli.connectors.avito.wire import Account
from chatapp_cli.domain.errors import ChannelError, Misconfigured, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.kit import proxies
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.http import open_proxied
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.tokens import Granted, GrantRefused, Tokens, token_of, written
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

KIND: Final = "avito"
SELF: Final = "/core/v1/accounts/self"
_SCOPES: Final = "messenger:read,messenger:write,user:read"
_ADDRESSES: Final = ("api_url", "site_url")

_INTRO: Final = (
    T("Avito is available only to accounts with the tariff «Максимальный» that includes the functions of Avito Pro."),
    T("Press «Bind» and «Connect», sign in at Avito, and press «Continue» there."),
    T("If Avito shows an authorisation error, check that the account is confirmed by a phone in its profile."),
    T(
        "Where listing costs a fixed price, showing the phone is paid for and the number appears only after a press of "
        "a button; with a tariff by advertisements the phone is included and shown at once."
    ),
    T("Pictures go out as JPEG, HEIC, GIF, BMP or PNG, up to 24 MB and 75 megapixels each; other files do not."),
)


async def bind(ask: Asker, world: World, previous: Bound | None) -> Bound:
    """Ask until Avito accepts the account."""
    form = form_of(KIND, previous, title=T("Avito account"), intro=_INTRO)

    async def prove(values: Mapping[str, str]) -> Bound:
        return await _Attempt(ask, world, values, previous).prove()

    return await ask_until_proved(ask, form, prove)


class _Attempt:
    """One attempt with one set of answers; UsageError names the wrong answer."""

    def __init__(self, ask: Asker, world: World, values: Mapping[str, str], previous: Bound | None) -> None:
        self._ask, self._world, self._previous = ask, world, previous
        self._proxies = values.get(proxies.NAME, "").strip()
        proxies.understood(self._proxies, manifest(KIND).capabilities.proxies)
        self._secret = _given(values, "client_secret")
        self._settings = {
            "access": values["access"],
            "client_id": _given(values, "client_id"),
            "public_url": _public(values.get("public_url", "")),
            **{name: _address(values[name], name) for name in _ADDRESSES},
        }

    async def prove(self) -> Bound:
        """Get tokens; check whose account it is and that its tariff includes the messenger API."""
        try:
            async with open_proxied(self._proxies, self._settings["api_url"]) as http:
                draft = self._draft(await self._granted(http))
                return await self._seen(http, draft)
        except UsageError:
            raise
        except Misconfigured as error:
            words = manifest(KIND).errors[error.code]
            raise UsageError(words.what, words.step_while_binding, field=error.field) from None
        except ChannelError as error:
            why = T("Avito does not answer as it should: {detail}", detail=error.said or error.code)
            raise UsageError(why, field=proxies.NAME if error.code == "proxies_down" else "api_url") from None

    async def _granted(self, http: aiohttp.ClientSession) -> Granted:
        application = Application(
            api_url=self._settings["api_url"], client_id=self._settings["client_id"], client_secret=self._secret
        )
        own = self._settings["access"] == "own"
        grant = {"grant_type": "client_credentials"} if own else await self._let_in()
        try:
            return await application.ask(http, self._world.clock, **grant)
        except GrantRefused as refusal:
            words = T("Avito does not accept these keys: {detail}", detail=refusal.detail)
            raise UsageError(words, field="client_secret") from None

    async def _let_in(self) -> Mapping[str, str]:
        """Send the account's owner to Avito; they return with a code."""
        state = self._world.chance.key()
        query = {"response_type": "code", "pro_users_flow": "true", "client_id": self._settings["client_id"]}
        url = f"{self._settings['site_url']}/oauth?{urlencode(query)}&scope={_SCOPES}&state={state}"
        came_back = await self._ask.visit(url, state)
        if code := came_back.get("code"):
            return {"grant_type": "authorization_code", "code": code}
        why = came_back.get("error", "-")
        raise UsageError(
            T("Avito refused the login ({why}). Check that a phone is verified in the account's profile.", why=why),
            field="",
        )

    def _draft(self, granted: Granted) -> Bound:
        chance, previous = self._world.chance, self._previous
        secrets = {
            "client_secret": self._secret,
            "token": written(token_of(granted, self._world.clock.now())),
            "grant": chance.key(),
            proxies.NAME: self._proxies,
        }
        return Bound(
            account="0",
            title="",
            settings=self._settings,
            secrets={name: secret for name, secret in secrets.items() if secret},
            hook_key=previous.hook_key if previous else chance.key(),
        )

    async def _seen(self, http: aiohttp.ClientSession, draft: Bound) -> Bound:
        api = _asking_with(http, draft, self._world)
        account = await api.get(SELF, Account)
        if self._previous and self._previous.account != str(account.id):
            raise UsageError(
                T("These keys belong to another account, {name}. Bind it as a channel of its own.", name=account.name),
                field="client_id",
            )
        bound = replace(draft, account=str(account.id), title=account.name or str(account.id), facts=_facts(account))
        mark = await present(_asking_with(http, bound, self._world), self._world.clock)
        return bound if self._previous else replace(bound, cursor=mark.text())


def _asking_with(http: aiohttp.ClientSession, bound: Bound, world: World) -> AvitoApi:
    """Calls with the token just issued, without renewal."""

    async def spent(_refresh: str) -> Granted:
        raise GrantRefused("grant_refused")

    return AvitoApi(http, bound, Tokens(bound, spent, world.clock), world.clock)


def _facts(account: Account) -> Mapping[str, str]:
    facts = {N_("Name"): account.name, N_("Number of the account"): str(account.id), N_("Link"): account.profile_url}
    return {label: value for label, value in facts.items() if value}


def _given(values: Mapping[str, str], name: str) -> str:
    said = values.get(name, "").strip()
    if not said:
        raise UsageError(T("Copy it from Avito."), field=name)
    return said


def _address(said: str, field: str) -> str:
    url = said.strip().rstrip("/")
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"https", "http"}:
        raise UsageError(T("An address like https://desk.example.org is needed."), field=field)
    return url


def _public(said: str) -> str:
    return _address(said, "public_url") if said.strip() else ""
