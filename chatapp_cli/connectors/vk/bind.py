"""Binding a community: with a pasted key or by signing in; verified by the rights of the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from chatapp_cli.connectors.vk import callback
from chatapp_cli.connectors.vk.api import VkApi, connected
from chatapp_cli.connectors.vk.oauth import RIGHTS, App, SignedIn, sign_in
from chatapp_cli.connectors.vk.receive import Cursor, listen, long_poll_server
from chatapp_cli.connectors.vk.wire import Group, Groups, Rights
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.http import open_proxied
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.proxies import NAME, understood
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

KIND: Final = "vk"

_STEPS: Final = (
    T("Open the community at vk.com: Management, Additional, API usage, Access keys, Create key."),
    T("Allow community management, messages, photos, documents and the wall, and copy the key."),
    T("In Management, Messages, turn community messages on."),
)


async def bind(ask: Asker, world: World, previous: Bound | None) -> Bound:
    """Ask until the key has the rights that the desk needs."""
    form = form_of(KIND, previous, title=T("VK community"), intro=_STEPS)
    return await ask_until_proved(ask, form, lambda values: _prove(ask, values, world, previous))


async def _prove(ask: Asker, values: Mapping[str, str], world: World, previous: Bound | None) -> Bound:
    understood(values[NAME], manifest(KIND).capabilities.proxies)
    settings = _settings(values)
    blamed = "token" if values["access"] == "key" else "access"
    with _blaming(blamed):
        who = await _key(ask, values, settings, world)
        secrets = {"token": who.token} | ({NAME: values[NAME]} if values[NAME] else {})
        async with connected(secrets, settings, world.clock) as api:
            group = await _whoami(api, previous, blamed)
            await _insist_on_rights(api, blamed)
            ts = await _begin(api, group, settings, previous)
    begin = Cursor(ts=ts, seen=world.clock.now() // 1000).stored
    hook_secret = (previous.secrets.get("hook_secret") if previous else None) or world.chance.key()
    return Bound(
        account=str(group.id),
        title=group.name,
        settings=settings,
        secrets={**secrets, "hook_secret": hook_secret},
        facts=_facts(group, who),
        hook_key=previous.hook_key if previous else world.chance.key(),
        cursor=None if previous else begin,
    )


@contextmanager
def _blaming(field: str) -> Iterator[None]:
    """Report provider and network errors as a wrong answer in the form."""
    try:
        yield
    except NeedsRebind as error:
        raise UsageError(T("VK does not accept this key: {detail}", detail=error.said), field=field) from None
    except ChannelError as error:
        culprit = NAME if error.code == "proxies_down" else "api_url"
        words = T("VK does not answer there: {detail}", detail=error.said or error.code)
        raise UsageError(words, field=culprit) from None


def _settings(values: Mapping[str, str]) -> dict[str, str]:
    plain = {name: values[name] for name in ("access", "intake", "private_refused")}
    addresses = {"api_url": _address(values, "api_url")}
    if values["access"] == "oauth":
        addresses |= {name: _address(values, name) for name in ("oauth_url", "redirect_uri")}
        plain["app_id"] = values["app_id"].strip()
    hooked = values["intake"] == "webhook"
    return {**plain, **addresses, "public_url": _address(values, "public_url") if hooked else ""}


def _address(values: Mapping[str, str], field: str) -> str:
    url = values[field].strip().rstrip("/")
    if not _is_web(url):
        raise UsageError(T("An address like https://desk.example.org is needed."), field=field)
    return url


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname)


async def _key(ask: Asker, values: Mapping[str, str], settings: Mapping[str, str], world: World) -> SignedIn:
    if values["access"] == "key":
        return SignedIn(token=_copied(values["token"]), name="", link="")
    app = App(
        url=settings["oauth_url"],
        number=settings["app_id"],
        secret=values["app_secret"].strip(),
        redirect=settings["redirect_uri"],
    )
    async with open_proxied(values[NAME], settings["api_url"]) as http:
        return await sign_in(ask, http, app, settings["api_url"], world)


def _copied(said: str) -> str:
    token = said.strip()
    if not token or not token.isascii() or " " in token:
        raise UsageError(T("A key is one word of Latin letters and digits, like vk1.a.…"), field="token")
    return token


async def _whoami(api: VkApi, previous: Bound | None, blamed: str) -> Group:
    """The community that a key belongs to. Raises UsageError for a person's key."""
    groups = (await api.call("groups.getById", Groups)).groups
    if len(groups) != 1:
        raise UsageError(T("This is not the key of a community."), field=blamed)
    (group,) = groups
    if previous and previous.account != str(group.id):
        raise UsageError(
            T("This key belongs to another community, «{name}». Bind it as a channel of its own.", name=group.name),
            field=blamed,
        )
    return group


async def lacking(api: VkApi, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The rights that a key lacks."""
    rights = {right.name for right in (await api.call("groups.getTokenPermissions", Rights)).permissions}
    return tuple(name for name in wanted if name not in rights)


async def _insist_on_rights(api: VkApi, blamed: str) -> None:
    if missing := await lacking(api, RIGHTS):
        raise UsageError(T("The key lacks the rights: {rights}.", rights=", ".join(missing)), field=blamed)


async def _begin(api: VkApi, group: Group, settings: Mapping[str, str], previous: Bound | None) -> str:
    """For polling, enable Long Poll and remove a former callback server; returns the starting ``ts``."""
    if settings["intake"] == "webhook":
        return ""
    await listen(api, group.id)
    if previous and previous.settings.get("intake") == "webhook":
        await callback.forget(api, group.id, previous)
    return str((await long_poll_server(api, group.id)).ts)


def _facts(group: Group, who: SignedIn) -> Mapping[str, str]:
    facts = {
        N_("Name"): group.name,
        N_("Link to the community"): f"https://vk.com/{group.screen_name or f'club{group.id}'}",
    }
    return {**facts, N_("Signed in as"): f"{who.name}, {who.link}"} if who.name else facts
