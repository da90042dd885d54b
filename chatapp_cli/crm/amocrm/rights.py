"""The rights of whoever made the tokens, as S-187 names them, and the tariff (providers' sheet §4.4, §10).

Nothing tells the tariff but a refusal, so that what it lacks is known once something of it was needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from chatapp_cli.crm.amocrm.names import KIND
from chatapp_cli.crm.amocrm.people import people
from chatapp_cli.crm.amocrm.record import CALLS_REFUSED
from chatapp_cli.crm.amocrm.rest import AmoApi, inside
from chatapp_cli.domain.errors import Misconfigured, Rejected
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.kit import crm_checks
from chatapp_cli.ports.connector import Finding
from chatapp_cli.ports.memory import Memory

_ENTITIES: Final[Mapping[str, str]] = {"leads": "«Сделки»", "contacts": "«Контакты»", "companies": "«Компании»"}
_HOOKS: Final = "«Интеграции»"
_NEEDED: Final = ("view", "edit", "add")
_ALL: Final = "A"
_GIVE: Final = T(
    "Give it in «Настройки», «Пользователи», or let an administrator link the CRM again: {how}",
    how=to_do(Next.LINK_AGAIN),
)

broken = partial(crm_checks.broken, KIND)


async def rights(api: AmoApi) -> Finding:
    """Whether all that is needed is given. Raises whatever else than a lacking right keeps that from being known."""
    try:
        rows = await people(api)
    except (Misconfigured, Rejected) as error:
        if error.code != "scope":
            raise
        return await _of_no_administrator(api)
    own = next((one for one in rows if one.get("id") == api.account.user), None)
    given = own.get("rights") if own is not None else None
    if own is None or not isinstance(given, dict):
        return Finding(name="scopes", ok=True, what=T("amoCRM does not tell the rights of this user."))
    return _judged(str(own.get("name") or ""), given)


def _judged(name: str, given: Mapping[str, Any]) -> Finding:
    lacking = list(lacking_rights(given))
    if lacking:
        what = T("{name} lacks full access to: {rights}.", name=name, rights=", ".join(lacking))
        return Finding(name="scopes", ok=False, what=what, next_step=_GIVE)
    if given.get("is_active") is False:
        what = T("{name}, whose tokens these are, is switched off: the link will end.", name=name)
        step = T("Link the CRM again, as a service employee: {how}", how=to_do(Next.LINK_AGAIN))
        return Finding(name="owner", ok=False, what=what, next_step=step)
    return Finding(name="scopes", ok=True, what=T("All rights that are needed are given."))


async def _of_no_administrator(api: AmoApi) -> Finding:
    """Only administrators see rights at all: of others it can be told what they may not even see."""
    unseen = [called for entity, called in _ENTITIES.items() if not await _may_see(api, entity)]
    what = T(
        "The user whose tokens these are is no administrator. Lacking at least: {rights}.",
        rights=", ".join([*unseen, _HOOKS]),
    )
    return Finding(name="scopes", ok=False, what=what, next_step=_GIVE)


async def _may_see(api: AmoApi, entity: str) -> bool:
    try:
        await api.get(f"/api/v4/{entity}", {"limit": 1})
    except (Misconfigured, Rejected) as error:
        if error.code != "scope":
            raise
        return False
    return True


def lacking_rights(given: Mapping[str, Any]) -> Iterator[str]:
    """What is not fully open: everything is, to an administrator; only they make webhooks."""
    if given.get("is_admin") is True:
        return
    for entity, called in _ENTITIES.items():
        if any(inside(given, entity, one) != _ALL for one in _NEEDED):
            yield called
    yield _HOOKS


async def refused_calls(memory: Memory) -> Finding | None:
    """That the account makes no webhook for us, if it refused one that is needed."""
    detail = (await memory.known(CALLS_REFUSED)).get(CALLS_REFUSED)
    return broken("events", Misconfigured("no_webhooks", detail)) if detail else None
