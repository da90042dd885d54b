"""Linking a portal by a local application: its address and keys, and what to type into the portal.

Sources: b24-rest-docs ``local-integrations``, ``settings/oauth/index.md``; providers' sheet §1.1–1.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from chatapp_cli.crm.bitrix24.record import WINDOW, mark_of
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Notice
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.kit.origins import origin_of
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World

SCOPES: Final = ("crm", "im", "imconnector", "imopenlines", "disk", "user", "placement", "messageservice", "bizproc")
"""The rights that the local application has to be given."""
_LIKE: Final = T("An address like company.bitrix24.ru is needed.")


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


def portal_by(values: Mapping[str, str], previous: Bound | None) -> Bound:
    """The portal of a link that begins. Raises UsageError."""
    portal = portal_of(values.get("portal", ""))
    account = urlsplit(portal).netloc
    if previous and previous.account != account:
        raise UsageError(
            T("This link belongs to {name}. Link the other portal as one of its own.", name=previous.account),
            field="portal",
        )
    return Bound(account=account, title=account, settings={"portal": portal})


def bound_by(values: Mapping[str, str], world: World, previous: Bound | None, hook_key: str) -> Bound:
    """The link of a local application. Raises UsageError."""
    begun, chance = portal_by(values, previous), world.chance
    return Bound(
        account=begun.account,
        title=begun.title,
        settings={
            **begun.settings,
            "client_id": _given(values, "client_id"),
            "auth_server": origin_of(values.get("auth_server", ""), "auth_server", _LIKE),
        },
        secrets={
            "client_secret": _given(values, "client_secret"),
            "grant": previous.secrets.get("grant") or chance.key() if previous else chance.key(),
            "state": chance.key(),
            "window": str(world.clock.now() + WINDOW),
            "mark": mark_of(previous.secrets if previous else {}, hook_key),
        },
        facts={N_("Portal"): begun.account},
        hook_key=hook_key,
    )


def portal_of(said: str) -> str:
    """The canonical address of a portal, for a host or any link into it. Raises UsageError."""
    return origin_of(said, "portal", _LIKE)


def _given(values: Mapping[str, str], name: str) -> str:
    said = values.get(name, "").strip()
    if not said:
        raise UsageError(T("Copy it from the local application."), field=name)
    return said
