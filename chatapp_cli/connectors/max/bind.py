"""Binding a MAX bot: one form, verified by requesting the bot's profile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from chatapp_cli.connectors.max.api import MaxApi, trust_in
from chatapp_cli.connectors.max.receive import marker_now
from chatapp_cli.connectors.max.wire import User
from chatapp_cli.domain.errors import ChannelError, Misconfigured, NeedsRebind, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.kit import proxies
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.http import open_proxied
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

KIND: Final = "max"

_INTRO: Final = (
    T("Create the bot at business.max.ru, have it approved, and copy the token from its settings."),
    T("A bot can write only to those who opened it first: give clients the link to it."),
    T("For daily work let MAX call this desk by a webhook: MAX allows asking only for trying out."),
)


async def bind(ask: Asker, world: World, previous: Bound | None) -> Bound:
    """Ask until MAX accepts the token."""
    form = form_of(KIND, previous, title=T("Bot of MAX"), intro=_INTRO)
    return await ask_until_proved(ask, form, lambda values: _prove(values, world, previous))


async def _prove(values: Mapping[str, str], world: World, previous: Bound | None) -> Bound:
    token, proxied = values["token"].strip(), values.get(proxies.NAME, "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(T("Copy the token from the bot's settings; it has no spaces."), field="token")
    proxies.understood(proxied, manifest(KIND).capabilities.proxies)
    settings = _settings(values)
    goes_on = previous is not None and previous.settings.get("intake") == settings["intake"]
    me, cursor = await _met(token, proxied, settings, world, goes_on=goes_on)
    if previous and previous.account != str(me.user_id):
        raise UsageError(
            T("This token belongs to another bot, {name}. Bind it as a channel of its own.", name=me.full_name),
            field="token",
        )
    secret = (previous.secrets.get("hook_secret") if previous else None) or world.chance.key()
    secrets = {"token": token, "hook_secret": secret, proxies.NAME: proxied}
    return Bound(
        account=str(me.user_id),
        title=me.full_name or str(me.user_id),
        settings=settings,
        secrets={name: kept for name, kept in secrets.items() if kept},
        facts=_facts(me),
        hook_key=previous.hook_key if previous else world.chance.key(),
        cursor=cursor,
    )


def _settings(values: Mapping[str, str]) -> Mapping[str, str]:
    hooked = values["intake"] == "webhook"
    api_url = _address(values["api_url"], "api_url", secure=False)
    own = urlsplit(api_url).scheme == "http"
    return {
        "intake": values["intake"],
        "public_url": _address(values["public_url"], "public_url", secure=not own) if hooked else "",
        "api_url": api_url,
        "ca_file": values.get("ca_file", "").strip(),
    }


def _address(said: str, field: str, *, secure: bool) -> str:
    """Check the address: MAX requires https; our own test server may use http."""
    url = said.strip().rstrip("/")
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ({"https"} if secure else {"https", "http"}):
        raise UsageError(T("An address like https://desk.example.org is needed."), field=field)
    return url


async def _met(
    token: str, proxied: str, settings: Mapping[str, str], world: World, *, goes_on: bool
) -> tuple[User, str | None]:
    """Request the bot's profile and, unless the old position is kept, the starting marker."""
    try:
        trust = await asyncio.to_thread(partial(trust_in, settings["ca_file"]))
        async with open_proxied(proxied, settings["api_url"]) as http:
            api = MaxApi(http, url=settings["api_url"], token=token, trust=trust, clock=world.clock)
            me = await api.get("/me", User)
            starts = settings["intake"] == "polling" and not goes_on
            return me, await marker_now(api) if starts else None
    except NeedsRebind:
        raise UsageError(T("MAX does not know this token. Copy it again."), field="token") from None
    except Misconfigured as error:
        words = manifest(KIND).errors[error.code]
        what = T("{problem} ({detail})", problem=words.what, detail=error.said)
        raise UsageError(what, words.step_while_binding, field=error.field) from None
    except ChannelError as error:
        why = T("MAX does not answer as it should: {detail}", detail=error.said or error.code)
        raise UsageError(why, field=proxies.NAME if error.code == "proxies_down" else "api_url") from None


def _facts(me: User) -> Mapping[str, str]:
    facts = {N_("Name"): me.full_name}
    if me.username:
        facts |= {N_("Username"): f"@{me.username}", N_("Link"): f"https://max.ru/{me.username}"}
    return facts
