"""Binds an account at a gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from chatapp_cli.domain import given_file
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, UsageError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import N_
from chatapp_cli.kit import gateway as described
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.gateway import Gateway
from chatapp_cli.kit.gateway_client import GatewayClient
from chatapp_cli.kit.gateway_template import Values
from chatapp_cli.kit.http import open_proxied
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.proxies import NAME as PROXIES
from chatapp_cli.kit.proxies import understood
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

CUSTOM: Final = "custom"
"""The choice of a person's own description."""

_PER_MESSAGE: Final = frozenset({"phone", "text", "key", "template", "language", "values", "hook"})
_HIDDEN: Final = ("secret", PROXIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """How a kind of channel uses gateways."""

    kind: str
    package: str
    """The package with the folder ``presets``."""
    needed: frozenset[str]
    """Gaps that are required for sending."""
    check: Callable[[Mapping[str, str]], None]
    """Raises UsageError for a wrong answer to a field of this kind of channel."""
    intro: Sequence[Text] = ()

    @property
    def known(self) -> frozenset[str]:
        """All gaps: values of a message and answers of a person."""
        asked = {field.name for field in manifest(self.kind).fields}
        return _PER_MESSAGE | asked - {"preset", described.FIELD, PROXIES}

    def gateway(self, settings: Mapping[str, str]) -> Gateway:
        """The description of a binding."""
        if settings["preset"] != CUSTOM:
            return described.preset(self.package, settings["preset"], known=self.known, needed=self.needed)
        return msgspec.json.decode(settings["gateway"], type=Gateway)


def own_values(trade: Trade, bound: Bound) -> Values:
    """The values that are the same for every message of a binding."""
    public = bound.settings.get("public_url", "")
    return {
        **dict.fromkeys(trade.known, ""),
        **{name: bound.settings[name] for name in trade.known & bound.settings.keys()},
        "secret": bound.secrets.get("secret", ""),
        "url": bound.settings["url"] or trade.gateway(bound.settings).url,
        "hook": f"{public}/hooks/{bound.hook_key}" if public else "",
    }


async def bind(trade: Trade, world: World, ask: Asker, previous: Bound | None) -> Bound:
    """Ask until the description is valid and the gateway accepts the login."""
    form = form_of(trade.kind, previous, intro=trade.intro)
    return await ask_until_proved(ask, form, lambda values: _proved(trade, world, values, previous))


async def _proved(trade: Trade, world: World, values: Mapping[str, str], previous: Bound | None) -> Bound:
    answers = {name: value.strip() for name, value in values.items()}
    if not answers["name"]:
        raise UsageError(T("A name is needed."), field="name")
    trade.check(answers)
    settings = {name: value for name, value in answers.items() if name not in _HIDDEN}
    settings |= {name: _address(answers[name], name) for name in ("url", "public_url")}
    settings |= await _description(trade, settings, previous)
    bound = Bound(
        account=previous.account if previous else _account(trade, settings),
        title=answers["name"],
        settings=settings,
        secrets=_secrets(trade, answers, previous),
        capabilities={"idempotent_send": 1} if trade.gateway(settings).idempotent else {},
        hook_key=previous.hook_key if previous else world.chance.key(),
        cursor=_begin(trade, settings, previous),
    )
    _require_complete(trade, bound)
    return _with_facts(trade, bound, await _balance(trade, world, bound))


def _begin(trade: Trade, settings: Mapping[str, str], previous: Bound | None) -> str | None:
    """Keep the position in the inbox only for the same account, because another one has different ids."""
    if previous is None or _login(trade, settings) == _login(trade, previous.settings):
        return None
    return ""


def _login(trade: Trade, settings: Mapping[str, str]) -> tuple[str, str, str]:
    return settings["preset"], settings["url"] or trade.gateway(settings).url, settings.get("login", "")


def _account(trade: Trade, settings: Mapping[str, str]) -> str:
    """The account's identity, with the sender: two lines may use different senders at one gateway."""
    host = urlsplit(settings["url"] or trade.gateway(settings).url).hostname
    who = settings["sender"] or settings.get("login") or settings["name"]
    return f"{host or settings['preset']} {who}"


def _address(text: str, field: str) -> str:
    url = text.rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.password):
        raise UsageError(
            T("Give an address that begins with http:// or https://, without a password in it."), field=field
        )
    return url


async def _description(trade: Trade, settings: Mapping[str, str], previous: Bound | None) -> Mapping[str, str]:
    """A person's own file is stored with the binding, so that it may be deleted; presets are read in place."""
    if settings["preset"] != CUSTOM:
        return {}
    path, kept = settings[described.FIELD], previous.settings if previous else {}
    try:
        text = await asyncio.to_thread(_read, path)
    except (OSError, UnicodeDecodeError, RuntimeError, UsageError) as error:
        if "gateway" in kept and kept.get(described.FIELD) == path:
            return {"gateway": kept["gateway"]}
        words = T("The description of the gateway cannot be read: {why}", why=error)
        raise UsageError(words, field=described.FIELD) from None
    found = described.parse(text, known=trade.known, needed=trade.needed)
    return {"gateway": msgspec.json.encode(found).decode()}


def _read(path: str) -> str:
    """Raises RuntimeError for the home folder of an unknown user."""
    return given_file.words(Path(path).expanduser()).decode("utf-8")


def _secrets(trade: Trade, answers: Mapping[str, str], previous: Bound | None) -> Mapping[str, str]:
    """Empty answers keep the previous secret."""
    kept = previous.secrets if previous else {}
    understood(answers.get(PROXIES, ""), manifest(trade.kind).capabilities.proxies)
    return {name: secret for name in _HIDDEN if (secret := answers.get(name) or kept.get(name, ""))}


def _require_complete(trade: Trade, bound: Bound) -> None:
    """Raise UsageError if a required gap of the description has no value."""
    used, values = trade.gateway(bound.settings).variables(), own_values(trade, bound)
    for name in ("url", "login", "secret"):
        if name in used and not values[name]:
            raise UsageError(T("This gateway needs it."), field=name)


async def _balance(trade: Trade, world: World, bound: Bound) -> str:
    try:
        return await prove(trade, world, bound)
    except NeedsRebind as error:
        raise UsageError(T("The gateway refused the login: {detail}", detail=error.said), field="secret") from None
    except ChannelError as error:
        words = T("The gateway does not answer as described: {code} {detail}", code=error.code, detail=error.said)
        raise UsageError(words, field=PROXIES if error.code == "proxies_down" else "url") from None


async def prove(trade: Trade, world: World, bound: Bound) -> str:
    """Check the login; returns what the gateway shows, empty if it has no such query."""
    gateway, own = trade.gateway(bound.settings), own_values(trade, bound)
    async with open_proxied(bound.secrets.get(PROXIES, ""), str(own["url"]), total=20) as http:
        return await GatewayClient(http, gateway, own=own, hide=hidden(bound), clock=world.clock).test()


def hidden(bound: Bound) -> Sequence[str]:
    """Secrets to hide in the gateway's words."""
    return (bound.secrets.get("secret", ""), bound.hook_key)


def _with_facts(trade: Trade, bound: Bound, balance: str) -> Bound:
    called = trade.gateway(bound.settings).hook is not None
    known = {N_("Webhook path"): f"/hooks/{bound.hook_key}" if called else "", N_("Balance at binding"): balance}
    return replace(bound, facts={label: value for label, value in known.items() if value})
