"""Linking a portal by a local application: its address and keys, and what to type into the portal.

Sources: b24-rest-docs ``local-integrations``, ``settings/oauth/index.md``; providers' sheet §1.1–1.3.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from chatapp_cli.crm.bitrix24.record import WINDOW
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Notice
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World

SCOPES: Final = ("crm", "im", "imconnector", "imopenlines", "disk", "user", "placement", "messageservice")
"""The rights that the local application has to be given."""


def notice(bound: Bound, base: str) -> Notice:
    """What is to be done in the portal now."""
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


def bound_by(values: Mapping[str, str], world: World, previous: Bound | None, hook_key: str) -> Bound:
    """The link of a local application. Raises UsageError."""
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
