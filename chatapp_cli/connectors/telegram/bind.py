"""Binding an account: one form, then a code or QR code and the password, over one connection."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import rsa
from telethon import TelegramClient, utils
from telethon.tl import functions as fn

from chatapp_cli.connectors.telegram.account import Account, Home, connected
from chatapp_cli.connectors.telegram.login import Wrong, blaming, by_code, by_qr
from chatapp_cli.connectors.telegram.peers import username_of
from chatapp_cli.connectors.telegram.position import Position
from chatapp_cli.domain import given_file, own_phone
from chatapp_cli.domain.errors import ChannelError, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.kit import proxies
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker, Bound

KIND: Final = "telegram"
MIGRATIONS: Final = 3
"""How often Telegram may send a login to another data centre."""

_STEPS: Final = (
    T("Open https://my.telegram.org, log in with the account's phone, choose «API development tools», create an app."),
    T("Copy its API ID and API hash here; they belong to this installation and stay on it."),
    T("The account goes on working on the phone; here it is one more device."),
)
_DEFAULTS: Final = {"dc": "CHATAPP_TELEGRAM_DC", "rsa_key": "CHATAPP_TELEGRAM_RSA_KEY"}
"""Fields whose defaults an installation may set for all its accounts."""


async def bind(ask: Asker, previous: Bound | None) -> Bound:
    """Ask until the login succeeds."""
    here = {name: os.environ.get(variable, "") for name, variable in _DEFAULTS.items()}
    form = form_of(KIND, previous, title=T("Telegram"), intro=_STEPS, here=here)
    return await ask_until_proved(ask, form, lambda values: _log_in(ask, values, previous), wrong=Wrong)


async def _log_in(ask: Asker, values: Mapping[str, str], previous: Bound | None) -> Bound:
    account = _account(values)
    try:
        async with connected(account, retries=MIGRATIONS) as client:
            me = await _who(client, ask, values)
            if previous and previous.account != str(me.id):
                await client.log_out()
                raise Wrong(
                    T("This is another account, {name}. Bind it as a channel of its own.", name=_name(me)),
                    field="phone" if values["method"] == "code" else "method",
                )
            return await _bound(client, me, account, values, renewed=previous is not None)
    except ChannelError as error:
        field = proxies.NAME if account.proxies else "dc"
        raise Wrong(T("Telegram cannot be reached: {detail}", detail=error.said), field=field) from None


async def _who(client: TelegramClient, ask: Asker, values: Mapping[str, str]) -> Any:
    if values["method"] == "qr":
        return await by_qr(client, ask)
    return await by_code(client, ask, values["phone"])


def _account(values: Mapping[str, str]) -> Account:
    api_id, said = values["api_id"].strip(), values.get(proxies.NAME, "")
    if not api_id.isdecimal():
        raise Wrong(T("The API ID is a number."), field="api_id")
    if not values["api_hash"].strip():
        raise Wrong(T("The API hash is needed as well."), field="api_hash")
    if values["method"] == "code" and not utils.parse_phone(values["phone"]):
        raise Wrong(T("A phone like +7 999 999 99 99 is needed."), field="phone")
    try:
        proxies.understood(said, manifest(KIND).capabilities.proxies)
    except UsageError as error:
        raise Wrong(error.what, field=proxies.NAME) from None
    return Account(
        api_id=int(api_id),
        api_hash=values["api_hash"].strip(),
        home=_home(values["dc"]),
        rsa_key=_key(values["rsa_key"]),
        proxies=said,
    )


def _home(said: str) -> Home:
    try:
        return Home.of(said.strip())
    except ValueError:
        raise Wrong(T("A server like 149.154.167.51:443 is needed."), field="dc") from None


def _key(said: str) -> str:
    """The key as PEM, given directly or as a file."""
    if not said.strip():
        return ""
    try:
        text = said if "BEGIN" in said else given_file.words(Path(said).expanduser()).decode("ascii")
        rsa.PublicKey.load_pkcs1(text.encode())
    except (OSError, ValueError, RuntimeError, UsageError):
        raise Wrong(T("An RSA public key as PEM (PKCS#1) is needed."), field="rsa_key") from None
    return text


async def _bound(
    client: TelegramClient, me: Any, account: Account, values: Mapping[str, str], *, renewed: bool
) -> Bound:
    with blaming(""):
        state = await client(fn.updates.GetStateRequest())
    position = Position(pts=0, qts=0, date=0)
    position.take(state)
    home = Home(dc=client.session.dc_id, host=client.session.server_address, port=client.session.port)
    kept = {
        "api_hash": account.api_hash,
        "auth_key": client.session.auth_key.key.hex(),
        proxies.NAME: account.proxies,
    }
    return Bound(
        account=str(me.id),
        title=_name(me),
        settings={
            "api_id": str(account.api_id),
            "method": values["method"],
            "dc": values["dc"],
            "rsa_key": account.rsa_key,
            "home": str(home),
            own_phone.SETTING: own_phone.digest(me.phone or ""),
        },
        secrets={name: secret for name, secret in kept.items() if secret},
        facts=_facts(me, home),
        cursor=None if renewed else position.cursor(),
    )


def _name(me: Any) -> str:
    return str(utils.get_display_name(me))


def _facts(me: Any, home: Home) -> Mapping[str, str]:
    username = username_of(me)
    facts = {
        N_("Account"): _name(me),
        N_("Account's username"): f"@{username}" if username else "",
        N_("Account's phone"): masked(me.phone or ""),
        N_("Link to the account"): f"https://t.me/{username}" if username else "",
        N_("Data centre"): str(home.dc),
    }
    return {label: fact for label, fact in facts.items() if fact}


def masked(phone: str) -> str:
    """A masked phone, recognisable only to its owner."""
    return f"+{phone[:4]}•••{phone[-2:]}" if phone else ""


def max_download() -> int:
    """The largest file that is downloaded, in bytes."""
    return manifest(KIND).capabilities.max_download
