"""Binding a number: one form, verified through the Graph API, including the app's secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from chatapp_cli.connectors.whatsapp import answers
from chatapp_cli.connectors.whatsapp.graph import Graph
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, Rejected, SendingBlocked, UsageError
from chatapp_cli.domain.form import Notice
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import N_
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.http import open_proxied
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.proxies import NAME as PROXIES
from chatapp_cli.kit.proxies import understood
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import Chance, Clock, World

KIND: Final = "whatsapp"
NUMBER: Final = "id,display_phone_number,verified_name,quality_rating,status"
"""The requested fields of the number."""
FIELDS: Final = "messages, smb_message_echoes, user_id_update, group_lifecycle_update, group_settings_update"
"""The webhook fields that the app must subscribe to."""
_VERSION: Final = re.compile(r"v\d+\.\d+")
_SECRETS: Final = ("token", "app_secret")

_STEPS: Final = (
    T("At developers.facebook.com make an app of the type Business and add the product WhatsApp."),
    T("In Business settings make a system user, give it the app and the number, and make a permanent token."),
)


async def bind(ask: Asker, world: World, previous: Bound | None) -> Bound:
    """Ask until Meta gives access to the number, then show what has to be entered at Meta."""
    form = form_of(KIND, previous, intro=_STEPS)
    bound = await ask_until_proved(ask, form, lambda values: _prove(values, world, previous))
    await ask.show(_notice(bound))
    return bound


async def _prove(values: Mapping[str, str], world: World, previous: Bound | None) -> Bound:
    settings = _settings(values, world.chance, previous)
    secrets = _secrets(values)
    if previous and previous.account != settings["phone_number_id"]:
        words = T("The channel belongs to another number. Bind this one as a channel of its own.")
        raise UsageError(words, field="phone_number_id")
    number = await _live(settings, secrets, world.clock)
    return Bound(
        account=number.id,
        title=number.display_phone_number or number.verified_name or number.id,
        settings=settings,
        secrets=secrets,
        facts=_facts(number, settings, hook_key := previous.hook_key if previous else world.chance.key()),
        hook_key=hook_key,
    )


def _settings(values: Mapping[str, str], chance: Chance, previous: Bound | None) -> Mapping[str, str]:
    known = previous.settings.get("verify_token", "") if previous else ""
    return {
        "phone_number_id": _digits(values, "phone_number_id"),
        "waba_id": _digits(values, "waba_id"),
        "verify_token": values.get("verify_token", "").strip() or known or chance.key(),
        "public_url": _address(values, "public_url", {"https"}) if values.get("public_url", "").strip() else "",
        "api_url": _address(values, "api_url", {"https", "http"}),
        "version": _version(values),
    }


def _digits(values: Mapping[str, str], field: str) -> str:
    said = values.get(field, "").strip()
    if not (said.isascii() and said.isdecimal()):
        raise UsageError(T("This is a number of digits only."), field=field)
    return said


def _address(values: Mapping[str, str], field: str, schemes: set[str]) -> str:
    url = values.get(field, "").strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname:
        raise UsageError(T("An address like https://desk.example.org is needed."), field=field)
    return url


def _version(values: Mapping[str, str]) -> str:
    said = values.get("version", "").strip()
    if not _VERSION.fullmatch(said):
        raise UsageError(T("A version looks like v23.0."), field="version")
    return said


def _secrets(values: Mapping[str, str]) -> Mapping[str, str]:
    secrets = {name: values.get(name, "").strip() for name in _SECRETS}
    for name, said in secrets.items():
        if not said or not said.isascii() or not said.isprintable():
            raise UsageError(T("Copy it again: it has letters and digits only."), field=name)
    proxies = values.get(PROXIES, "").strip()
    understood(proxies, manifest(KIND).capabilities.proxies)
    return {**secrets, **({PROXIES: proxies} if proxies else {})}


async def _live(settings: Mapping[str, str], secrets: Mapping[str, str], clock: Clock) -> answers.Number:
    """Request the number, verify the app's secret and the account, and subscribe the app to its webhooks."""
    url = settings["api_url"]
    with _blaming({"proxies_down": PROXIES}, otherwise="api_url"):
        async with open_proxied(secrets.get(PROXIES, ""), towards=url) as http:
            graph = Graph(http, clock, url=url, version=settings["version"], token=secrets["token"])
            number = await _number(graph, settings["phone_number_id"], secrets["app_secret"])
            await _account(graph, settings["waba_id"], number.id)
            return number


async def _number(graph: Graph, number: str, app_secret: str) -> answers.Number:
    """Request the number. A proof by another app's secret is recognised by the wording of Meta's refusal."""
    try:
        return await graph.get(number, answers.Number, fields=NUMBER, appsecret_proof=graph.proof(app_secret))
    except (NeedsRebind, SendingBlocked) as error:
        words = T("Meta gives this token no access to the number: {detail}", detail=error.said)
        raise UsageError(words, field="token") from None
    except Rejected as error:
        field = "app_secret" if "appsecret_proof" in error.detail else "phone_number_id"
        raise UsageError(T("Meta says: {detail}", detail=error.said), field=field) from None


async def _account(graph: Graph, waba: str, number: str) -> None:
    try:
        numbers = await graph.get(f"{waba}/phone_numbers", answers.Refs, limit="100")
        await graph.post(f"{waba}/subscribed_apps", answers.Anything, {})
    except (NeedsRebind, SendingBlocked, Rejected) as error:
        raise UsageError(T("Meta says: {detail}", detail=error.said), field="waba_id") from None
    if number not in {one.id for one in numbers.data}:
        raise UsageError(T("The number is not one of this business account."), field="waba_id")


@contextmanager
def _blaming(fields: Mapping[str, str], *, otherwise: str) -> Iterator[None]:
    try:
        yield
    except ChannelError as error:
        words = T("No Graph API answers there: {code} {detail}", code=error.code, detail=error.said)
        raise UsageError(words, field=fields.get(error.code, otherwise)) from None


def webhook(settings: Mapping[str, str], hook_key: str) -> str:
    """The webhook address; only its path if our public address is unknown."""
    return f"{settings['public_url']}/hooks/{hook_key}"


def _facts(number: answers.Number, settings: Mapping[str, str], hook_key: str) -> Mapping[str, str]:
    return {
        N_("Phone"): number.display_phone_number,
        N_("Name"): number.verified_name,
        N_("Quality"): number.quality_rating,
        N_("Webhook"): webhook(settings, hook_key),
        N_("Verify token"): settings["verify_token"],
    }


def _notice(bound: Bound) -> Notice:
    return Notice(
        title=T("Enter this at Meta while {how} runs: WhatsApp → Configuration → Webhook", how=to_do(Next.SERVE)),
        lines=_entries(bound),
    )


def _entries(bound: Bound) -> Sequence[Text]:
    return [
        T("Callback URL: {url}", url=webhook(bound.settings, bound.hook_key)),
        T("Verify token: {token}", token=bound.settings["verify_token"]),
        T("Subscribe to the fields: {fields}", fields=FIELDS),
    ]
