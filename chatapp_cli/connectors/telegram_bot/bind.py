"""Binding a bot: one form, verified by getMe."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from aiogram.methods import GetMe
from aiogram.types import User
from aiogram.utils.token import TokenValidationError, validate_token

from chatapp_cli.connectors.telegram_bot.api import BotApi
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import Chance

KIND = "telegram_bot"
OWN_LIMIT = 60 * 1024 * 1024
"""S-066: the desk's own limit in either direction, below the provider's."""

_STEPS = (
    T("Open @BotFather in Telegram, send /newbot, follow it and copy the token that it gives."),
    T("A bot can write only to those who wrote to it first, and never learns their phone numbers."),
)


async def bind(ask: Asker, chance: Chance, previous: Bound | None) -> Bound:
    """Ask until Telegram accepts the token."""
    form = form_of(KIND, previous, title=T("Telegram bot"), intro=_STEPS)
    return await ask_until_proved(ask, form, lambda values: _prove(values, chance, previous))


async def _prove(values: Mapping[str, str], chance: Chance, previous: Bound | None) -> Bound:
    token = _token(values["token"])
    settings = _settings(values)
    me = await _whoami(token, settings)
    if previous and previous.account != str(me.id):
        raise UsageError(
            T("This token belongs to another bot, @{bot}. Bind it as a channel of its own.", bot=me.username),
            field="token",
        )
    return _bound(me, token, settings, chance, previous)


def _token(said: str) -> str:
    try:
        validate_token(said.strip())
    except TokenValidationError:
        raise UsageError(T("A token looks like 123456789:AAF… with digits before the colon."), field="token") from None
    return said.strip()


def _settings(values: Mapping[str, str]) -> Mapping[str, str]:
    local = values["local"]
    hooked = values["intake"] == "webhook"
    public_url = _address(values["public_url"], "public_url", secure=local != "on") if hooked else ""
    api_url = _address(values["api_url"], "api_url", secure=False)
    return {"api_url": api_url, "local": local, "intake": values["intake"], "public_url": public_url}


def _address(said: str, field: str, *, secure: bool) -> str:
    url = said.strip().rstrip("/")
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ({"https"} if secure else {"https", "http"}):
        raise UsageError(T("An address like https://desk.example.org is needed."), field=field)
    return url


async def _whoami(token: str, settings: Mapping[str, str]) -> User:
    async with BotApi(token=token, url=settings["api_url"], local=settings["local"] == "on") as api:
        try:
            return await api.call(GetMe())
        except NeedsRebind:
            raise UsageError(T("Telegram does not know this token. Copy it again."), field="token") from None
        except ChannelError as error:
            words = T("No Bot API answers there: {detail}", detail=error.said)
            raise UsageError(words, field="api_url") from None


def _bound(me: User, token: str, settings: Mapping[str, str], chance: Chance, previous: Bound | None) -> Bound:
    local = settings["local"] == "on"
    secret = (previous.secrets.get("hook_secret") if previous else None) or chance.key()
    return Bound(
        account=str(me.id),
        title=f"@{me.username}",
        settings=settings,
        secrets={"token": token, "hook_secret": secret},
        facts=_facts(me),
        capabilities={"max_upload": OWN_LIMIT, "max_download": OWN_LIMIT} if local else {},
        hook_key=previous.hook_key if previous else chance.key(),
    )


def _facts(me: User) -> Mapping[str, str]:
    return {
        N_("Name"): me.full_name,
        N_("Username"): f"@{me.username}",
        N_("Link"): f"https://t.me/{me.username}",
        N_("Token"): f"{me.id}:…",
        N_("Can be added to groups"): _yes(me.can_join_groups),
        N_("Reads everything in groups"): _yes(me.can_read_all_group_messages),
    }


def _yes(answer: bool | None) -> str:
    return "yes" if answer else "no"


def max_download(bound: Bound) -> int:
    """The largest file that is downloaded, in bytes."""
    return bound.capabilities.get("max_download", manifest(KIND).capabilities.max_download)
