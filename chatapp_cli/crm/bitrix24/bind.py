"""Linking a portal: its address, the keys of the local application, and what to type into the portal.

Sources: b24-rest-docs ``local-integrations``, ``settings/oauth/index.md``; providers' sheet §1.1–1.3.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from chatapp_cli.crm.bitrix24.names import KIND
from chatapp_cli.crm.bitrix24.record import WINDOW
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import N_
from chatapp_cli.kit.binding import ask_until_proved
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

SCOPES: Final = ("crm", "im", "imconnector", "imopenlines", "disk", "user", "placement", "messageservice")
"""The rights that the local application has to be given."""


async def link(ask: Asker, world: World, public_url: str, previous: Bound | None) -> Bound:
    """Ask for portal and application, and show what to enter there; the tokens come with the installation."""
    hook_key = previous.hook_key if previous and previous.hook_key else world.chance.key()
    base = f"{public_url.rstrip('/')}/hooks/{hook_key}"

    async def proved(values: Mapping[str, str]) -> Bound:
        return _bound(values, world, previous, hook_key)

    bound = await ask_until_proved(ask, _form(previous, base), proved)
    await ask.show(_notice(bound, base))
    return bound


def _form(previous: Bound | None, base: str) -> Form:
    about = manifest(KIND)
    values = {field.name: field.default for field in about.fields}
    values |= {name: said for name, said in (previous.settings if previous else {}).items() if name in values}
    return Form(title=T("Bitrix24 portal"), intro=_steps(base), fields=about.fields, values=values)


def _steps(base: str) -> tuple[Text, ...]:
    return (
        T("In the portal, as an administrator: «Разработчикам», «Другое», «Локальное приложение», «Серверное»."),
        T("Better as a service employee: if the one who installed it leaves, the link ends."),
        T("Tick «Использует только API» and the rights {scopes}.", scopes=", ".join(SCOPES)),
        T("Address of the handler: {url}", url=f"{base}/event"),
        T("Address of the first installation: {url}", url=f"{base}/install"),
        T("Save it there, copy its ID and key to here, and press «Переустановить» only after that."),
    )


def _notice(bound: Bound, base: str) -> Notice:
    query = urlencode({"client_id": bound.settings["client_id"], "state": bound.secrets["state"]})
    return Notice(
        title=T("Now install the application in the portal, within ten minutes"),
        lines=(
            T("Address of the handler: {url}", url=f"{base}/event"),
            T("Address of the first installation: {url}", url=f"{base}/install"),
            T(
                "If the installation does not come by itself, set {url} as the handler and open this link:",
                url=f"{base}/code",
            ),
        ),
        link=f"{bound.settings['portal']}/oauth/authorize/?{query}",
    )


def _bound(values: Mapping[str, str], world: World, previous: Bound | None, hook_key: str) -> Bound:
    portal = portal_of(values.get("portal", ""))
    account = urlsplit(portal).netloc
    if previous and previous.account != account:
        raise UsageError(
            T("This link belongs to {name}. Link the other portal as one of its own.", name=previous.account),
            field="portal",
        )
    chance = world.chance
    return Bound(
        account=account,
        title=account,
        settings={
            "portal": portal,
            "client_id": _given(values, "client_id"),
            "auth_server": _secure(values.get("auth_server", ""), "auth_server"),
        },
        secrets={
            "client_secret": _given(values, "client_secret"),
            "grant": previous.secrets.get("grant") or chance.key() if previous else chance.key(),
            "state": chance.key(),
            "window": str(world.clock.now() + WINDOW),
        },
        facts={N_("Portal"): account},
        hook_key=hook_key,
    )


def portal_of(said: str) -> str:
    """The canonical address of a portal, for a host or any link into it. Raises UsageError."""
    said = said.strip()
    return _secure(said if "://" in said else f"https://{said}", "portal")


def _secure(said: str, field: str) -> str:
    """An address without path, in small letters; http only to this machine. Raises UsageError."""
    try:
        parts = urlsplit(said.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.username or not _is_host(host):
        raise UsageError(T("An address like company.bitrix24.ru is needed."), field=field)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        raise UsageError(T("It has to begin with https://."), field=field)
    shown = f"[{host}]" if ":" in host else host.encode("idna").decode()
    default = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port and port != default else "")


def _is_host(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return ":" in host
    if ":" in host:
        return _is_address(host)
    labels = host.split(".")
    named = len(labels) > 1 or _is_here(host)
    return named and all(label.replace("-", "").replace("_", "").isalnum() for label in labels)


def _is_here(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _given(values: Mapping[str, str], name: str) -> str:
    said = values.get(name, "").strip()
    if not said:
        raise UsageError(T("Copy it from the local application."), field=name)
    return said
