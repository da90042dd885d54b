"""The questions of the linking, for a local application or for a webhook alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from chatapp_cli.crm.bitrix24 import bind, webhook
from chatapp_cli.crm.bitrix24.names import KIND
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Field, Form
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.binding import ask_until_proved, left_after
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

_FIRST: Final = (webhook.WAY, webhook.LITE, "portal")
"""What is asked before anything has to be done in the portal."""
_APPLICATION: Final = "application"
_UNREACHED: Final = T("A local application is called from outside, and the public address of this desk is not known.")
_REACH: Final = T(
    "For an application, set the public address first: {how}",
    how=to_do(Next.CONFIGURE_COMPANY, name="public_url", value="https://desk.example.ru"),
)


async def link(ask: Asker, world: World, hook_key: str, public_url: str, previous: Bound | None) -> Bound:
    """Ask which portal and how, then for its application, for which addresses have to be entered there.

    A webhook works at once. Raises UsageError for an application without a public address.
    """
    base = f"{public_url.rstrip('/')}/hooks/{hook_key}" if public_url else ""

    async def chosen(values: Mapping[str, str]) -> Bound:
        if values.get(webhook.WAY) == webhook.LITE:
            return await webhook.bound_by(values, world, previous, hook_key)
        if not base:
            raise UsageError(_UNREACHED, _REACH, field=webhook.WAY)
        return bind.portal_by(values, previous)

    first = await ask_until_proved(ask, _choice(previous, base), chosen)
    if webhook.is_lite(first):
        return first

    async def proved(values: Mapping[str, str]) -> Bound:
        return bind.bound_by({**values, **first.settings}, world, previous, hook_key)

    bound = await ask_until_proved(ask, _application(previous, base, first), proved)
    await ask.show(bind.notice(bound, base))
    return bound


def _choice(previous: Bound | None, base: str) -> Form:
    """Which portal, and how; without a public address only a webhook, which is then the default of a new link."""
    fields = [field for field in manifest(KIND).fields if field.name in _FIRST]
    values = _known(previous)
    intro = [
        T("By a webhook alone: «Разработчикам», «Другое», «Входящий вебхук», right crm; no public address needed.")
    ]
    if not base:
        fields = [_as_unreached(field) for field in fields if not field.when or field.name == webhook.LITE]
        values[webhook.WAY] = webhook.LITE if previous is None else values[webhook.WAY]
        intro.insert(0, T("The public address of this desk is not known, so that only a webhook can be linked."))
    return Form(title=T("Bitrix24 portal"), intro=intro, fields=fields, values=values)


def _application(previous: Bound | None, base: str, portal: Bound) -> Form:
    """The keys of the application, and what to enter in the portal, which is known now."""
    fields = left_after(manifest(KIND).fields, dict.fromkeys(_FIRST, "") | {webhook.WAY: _APPLICATION})
    title = T("Local application in {portal}", portal=portal.account)
    return Form(title=title, intro=_steps(base), fields=fields, values=_known(previous))


def _known(previous: Bound | None) -> dict[str, str]:
    values = {field.name: field.default for field in manifest(KIND).fields}
    return values | {name: said for name, said in (previous.settings if previous else {}).items() if name in values}


def _as_unreached(field: Field) -> Field:
    hint = T("{hint} {then}", hint=field.hint or "", then=_REACH) if field.when else field.hint
    return replace(field, hint=hint)


def _steps(base: str) -> tuple[Text, ...]:
    return (
        T("In the portal, as an administrator: «Разработчикам», «Другое», «Локальное приложение», «Серверное»."),
        T("Better as a service employee: if the one who installed it leaves, the link ends."),
        T("Tick «Использует только API» and the rights {scopes}.", scopes=", ".join(bind.SCOPES)),
        T("Address of the handler: {url}", url=f"{base}/event"),
        T("Address of the first installation: {url}", url=f"{base}/install"),
        T("Save it there, copy its ID and key to here, and press «Переустановить» only after that."),
    )
