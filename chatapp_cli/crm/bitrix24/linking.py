"""The questions of the linking, for a local application or for a webhook alone."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp_cli.crm.bitrix24 import bind, webhook
from chatapp_cli.crm.bitrix24.names import KIND
from chatapp_cli.domain.form import Form
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.binding import ask_until_proved
from chatapp_cli.kit.crms import manifest, require_address
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World


async def link(ask: Asker, world: World, public_url: str, previous: Bound | None) -> Bound:
    """Ask for portal and application, and show what to enter there, or for a webhook, which works at once.

    Raises UsageError for an application without a public address.
    """
    hook_key = previous.hook_key if previous and previous.hook_key else world.chance.key()
    base = f"{public_url.rstrip('/')}/hooks/{hook_key}" if public_url else ""

    async def proved(values: Mapping[str, str]) -> Bound:
        if values.get(webhook.WAY) == webhook.LITE:
            return await webhook.bound_by(values, world, previous)
        return bind.bound_by(values, world, previous, hook_key)

    bound = await ask_until_proved(ask, _form(previous, base), proved)
    if not webhook.is_lite(bound):
        require_address(public_url)
        await ask.show(bind.notice(bound, base))
    return bound


def _form(previous: Bound | None, base: str) -> Form:
    about = manifest(KIND)
    values = {field.name: field.default for field in about.fields}
    values |= {name: said for name, said in (previous.settings if previous else {}).items() if name in values}
    return Form(title=T("Bitrix24 portal"), intro=_steps(base), fields=about.fields, values=values)


def _steps(base: str) -> tuple[Text, ...]:
    lite = (
        T("By a webhook alone: «Разработчикам», «Другое», «Входящий вебхук», right crm; no public address needed."),
    )
    if not base:
        return (
            T("The public address of this desk is not known, so that only a webhook can be linked; see public_url."),
            *lite,
        )
    return (
        T("In the portal, as an administrator: «Разработчикам», «Другое», «Локальное приложение», «Серверное»."),
        T("Better as a service employee: if the one who installed it leaves, the link ends."),
        T("Tick «Использует только API» and the rights {scopes}.", scopes=", ".join(bind.SCOPES)),
        T("Address of the handler: {url}", url=f"{base}/event"),
        T("Address of the first installation: {url}", url=f"{base}/install"),
        T("Save it there, copy its ID and key to here, and press «Переустановить» only after that."),
        *lite,
    )
