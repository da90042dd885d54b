"""The questions of the linking: by an integration that an administrator allows, or by a long-lived token.

Sources: providers' sheet §4.1, §5.1, addendum C1, C3.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode, urlsplit

from chatapp_cli.crm.amocrm import hosts, names, rest
from chatapp_cli.crm.amocrm.access import TOKEN, WAY, ends_at, is_long_lived
from chatapp_cli.crm.amocrm.names import KIND
from chatapp_cli.crm.amocrm.record import WINDOW, HeldAccount
from chatapp_cli.crm.amocrm.salesbot import DEADLINE
from chatapp_cli.domain.errors import NeedsRebind, UsageError
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import N_
from chatapp_cli.kit.binding import ask_until_proved, left_after
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

SCOPES: Final = ("crm", "notifications")
"""The rights that the integration has to be given."""
_FIRST: Final = (WAY, "account")
"""What is asked before anything has to be done in the account."""
CODE: Final = "code"
SECRETS: Final = "secrets"
CONNECT: Final = "connect"
REVOKED: Final = "revoked"
ACCOUNT: Final = "account"
CHAT: Final = "chat"
"""Below our own address for a link: where the browser and amoCRM come."""


async def link(ask: Asker, world: World, hook_key: str, public_url: str, previous: Bound | None) -> Bound:
    """Ask for the account and how it is reached, then for what has to be made there. Raises UsageError."""
    base = f"{public_url.rstrip('/')}/hooks/{hook_key}"

    async def chosen(values: Mapping[str, str]) -> Bound:
        return _account_by(values, previous)

    first = await ask_until_proved(ask, _choice(previous), chosen)

    async def proved(values: Mapping[str, str]) -> Bound:
        found = _bound({**values, **first.settings}, world, previous, hook_key, base)
        return await _with_account(found, world) if is_long_lived(found) else found

    bound = await ask_until_proved(ask, _keys(previous, base, first), proved)
    if not is_long_lived(bound):
        await ask.show(_notice(bound, base))
    return bound


def _choice(previous: Bound | None) -> Form:
    fields = [field for field in manifest(KIND).fields if field.name in _FIRST]
    return Form(title=T("amoCRM account"), fields=fields, values=_known(previous))


def _keys(previous: Bound | None, base: str, account: Bound) -> Form:
    """What the account has given, and what to enter there: it is known now, and how it is linked."""
    fields = left_after(manifest(KIND).fields, account.settings)
    title = T("Keys of {name}", name=account.account)
    return Form(title=title, intro=_steps(base, account.settings[WAY]), fields=fields, values=_known(previous))


def _known(previous: Bound | None) -> Mapping[str, str]:
    values = {field.name: field.default for field in manifest(KIND).fields}
    return values | {name: said for name, said in (previous.settings if previous else {}).items() if name in values}


def _steps(base: str, way: str) -> tuple[Text, ...]:
    by_token = (T("A long-lived token stands in a private integration, «Ключи и доступы»; it is shown once."),)
    by_integration = (
        T("In the account, as an administrator: amoМаркет, ⋮, «Создать интеграцию», «Внешняя»."),
        T("Its redirect link: {url}", url=f"{base}/{CODE}"),
        T("Its link for the hook of an integration that is switched off: {url}", url=f"{base}/{REVOKED}"),
        T("Allow it all the account's data; «Множественные источники» lets channels be told apart."),
        T("Or leave its ID empty: amoCRM then makes the integration itself, after one click."),
    )
    return (
        *(by_token if way == TOKEN else by_integration),
        T("The support of amoCRM registers the chat channel; its webhook: {url}", url=f"{base}/{CHAT}/:scope_id"),
    )


def _account_by(values: Mapping[str, str], previous: Bound | None) -> Bound:
    """The account of a link that begins, and how it is linked. Raises UsageError."""
    origin = hosts.account_of(values.get("account", ""))
    account = urlsplit(origin).netloc
    if previous and previous.account != account:
        raise UsageError(
            T("This link belongs to {name}. Link the other account as one of its own.", name=previous.account),
            field="account",
        )
    return Bound(account=account, title=account, settings={WAY: values.get(WAY, ""), "account": origin})


def _bound(values: Mapping[str, str], world: World, previous: Bound | None, hook_key: str, base: str) -> Bound:
    """The link as the answers have it. Raises UsageError."""
    begun = _account_by(values, previous)
    settings = {
        **begun.settings,
        "chats": hosts.chats_of(begun.settings["account"], values.get("chats", "").strip()),
        "redirect_uri": f"{base}/{CODE}",
        DEADLINE: values.get(DEADLINE, ""),
        **_channel(values),
    }
    kept = previous.secrets if previous else {}
    secrets = {
        "grant": kept.get("grant") or world.chance.key(),
        "mark": kept.get("mark") or _mark(hook_key),
        "channel_secret": values.get("channel_secret", "").strip(),
    }
    by_way = _by_token(values, world) if settings[WAY] == TOKEN else _by_code(values, world)
    return Bound(
        account=begun.account,
        title=begun.title,
        settings={**settings, **by_way.settings},
        secrets={**secrets, **by_way.secrets},
        facts={N_("Account"): begun.account},
        hook_key=hook_key,
        memory=previous.memory if previous else by_way.memory,
    )


def _mark(hook_key: str) -> str:
    """What our ids bear there: the same for an account that is linked again at the address that it had."""
    return sha256(hook_key.encode()).hexdigest()[:12]


def _channel(values: Mapping[str, str]) -> Mapping[str, str]:
    """What the support gave for the chat channel: all of it or nothing. Raises UsageError."""
    found = {name: values.get(name, "").strip() for name in ("channel_id", "bot_id")}
    secret = values.get("channel_secret", "").strip()
    for name, said in found.items():
        if said and not names.is_uuid(said):
            raise UsageError(T("It looks like 8-4-4-4-12 letters and digits."), field=name)
    if bool(found["channel_id"]) != bool(secret):
        lacking = "channel_secret" if found["channel_id"] else "channel_id"
        raise UsageError(T("Give both the ID of the chat channel and its secret key."), field=lacking)
    return {name: said for name, said in found.items() if said}


def _by_code(values: Mapping[str, str], world: World) -> Bound:
    """Keys that were typed in, or none for the button."""
    client_id, secret = (values.get(name, "").strip() for name in ("client_id", "client_secret"))
    if client_id and not names.is_uuid(client_id):
        raise UsageError(T("It looks like 8-4-4-4-12 letters and digits."), field="client_id")
    if bool(client_id) != bool(secret):
        raise UsageError(T("Copy both from the integration."), field="client_secret" if client_id else "client_id")
    keys = {"client_id": client_id} if client_id else {}
    secrets = {"client_secret": secret} if secret else {}
    window = str(world.clock.now() + WINDOW)
    return Bound(
        account="", title="", settings=keys, secrets={**secrets, "state": world.chance.key(), "window": window}
    )


def _by_token(values: Mapping[str, str], world: World) -> Bound:
    token = values.get(TOKEN, "").strip()
    ends = ends_at(token)
    if not ends:
        raise UsageError(T("This is no long-lived token: copy it whole."), field=TOKEN)
    if ends <= world.clock.now():
        raise UsageError(T("This token has ended: make another."), field=TOKEN)
    return Bound(account="", title="", secrets={TOKEN: token})


async def _with_account(bound: Bound, world: World) -> Bound:
    """The same with the account's number, once it has accepted the token. Raises UsageError."""
    found = await _asked(bound, world)
    return Bound(
        account=bound.account,
        title=bound.title,
        settings={**bound.settings, "number": str(found.number)},
        secrets=bound.secrets,
        facts=bound.facts,
        hook_key=bound.hook_key,
        memory=bound.memory,
    )


async def _asked(bound: Bound, world: World) -> HeldAccount:
    try:
        async with rest.connected(bound, world) as api:
            return await rest.about_account(api)
    except NeedsRebind as error:
        raise UsageError(T("The account does not accept this token."), field=TOKEN) from error


def _notice(bound: Bound, base: str) -> Notice:
    """What is to be done in the account now."""
    state = bound.secrets["state"]
    client = bound.settings.get("client_id", "")
    query = urlencode({"client_id": client, "state": state, "mode": "post_message"})
    link = f"{hosts.consent_of(bound.settings['account'])}?{query}"
    return Notice(
        title=T("Now allow the integration in the account, within ten minutes"),
        lines=(
            T("Its redirect link has to be {url}", url=bound.settings["redirect_uri"]),
            T("Open this link as an administrator of {name}:", name=bound.account),
        ),
        link=link if client else f"{base}/{CONNECT}?{urlencode({'state': state})}",
    )
