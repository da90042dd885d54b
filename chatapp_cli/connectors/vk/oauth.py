"""Getting a key by signing in to VK with one's own application (S-075).

https://dev.vk.com/api/access-token/authcode-flow-community: first a key of the person, to list the communities that
they administer, then a key of the chosen community.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from chatapp_cli.connectors.vk.api import VERSION, VkApi
from chatapp_cli.connectors.vk.wire import Administered, Group, User
from chatapp_cli.domain.errors import Retryable, UsageError
from chatapp_cli.domain.form import Choice, Field, Form
from chatapp_cli.domain.text import T
from chatapp_cli.kit.http import network, read
from chatapp_cli.ports.bind import Asker
from chatapp_cli.ports.world import World

RIGHTS: Final = ("messages", "manage", "photos", "docs")
"""What a key must allow; comments are answered with ``wall``."""
_SCOPE: Final = ",".join((*RIGHTS, "wall"))


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An application registered at VK."""

    url: str
    number: str
    secret: str = field(repr=False)
    redirect: str

    def page(self, state: str, **asked: str) -> str:
        """The page where the person grants access."""
        about = {"client_id": self.number, "redirect_uri": self.redirect, "response_type": "code"}
        return f"{self.url}/authorize?{urlencode({**about, **asked, 'state': state, 'v': VERSION})}"


class _Keys(msgspec.Struct, frozen=True):
    """The keys received for a code."""

    access_token: str = ""
    groups: list[_GroupKey] = []
    error_description: str = ""


class _GroupKey(msgspec.Struct, frozen=True):
    group_id: int
    access_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The result of signing in: the person and the community's key."""

    token: str = field(repr=False)
    name: str
    link: str


async def sign_in(ask: Asker, http: aiohttp.ClientSession, app: App, api_url: str, world: World) -> SignedIn:
    """Let the person sign in, choose a community and grant access. Raises UsageError with the field."""
    token = (await _allowed(ask, http, app, world, scope="groups")).access_token
    api = VkApi(http, url=api_url, token=token, clock=world.clock)
    (me,) = await api.call("users.get", tuple[User], {"fields": "screen_name"})
    name, link = f"{me.first_name} {me.last_name}".strip(), f"https://vk.com/{me.screen_name or f'id{me.id}'}"
    mine = (await api.call("groups.get", Administered, {"filter": "admin", "extended": True})).items
    group = await _choose(ask, mine, name, link)
    keys = await _allowed(ask, http, app, world, scope=_SCOPE, group_ids=str(group))
    found = next((key.access_token for key in keys.groups if key.group_id == group), "")
    if not found:
        raise UsageError(T("VK gave no key for this community."), field="access")
    return SignedIn(token=found, name=name, link=link)


async def _choose(ask: Asker, groups: Sequence[Group], name: str, link: str) -> int:
    if not groups:
        raise UsageError(T("{name} administers no community.", name=name), field="access")
    choices = tuple(Choice(value=str(group.id), label=T("{name}", name=group.name)) for group in groups)
    field_of_it = Field(name="group", label=T("Community"), kind="choice", choices=choices, default=choices[0].value)
    intro = (T("Signed in as {name}, {link}.", name=name, link=link),)
    answers = await ask.form(
        Form(title=T("Which community writes to its clients?"), fields=(field_of_it,), intro=intro)
    )
    if answers["group"] not in {choice.value for choice in choices}:
        raise UsageError(T("{name} administers no such community.", name=name), field="access")
    return int(answers["group"])


async def _allowed(ask: Asker, http: aiohttp.ClientSession, app: App, world: World, **asked: str) -> _Keys:
    state = world.chance.key()
    back = await ask.visit(app.page(state, **asked), state)
    if "code" not in back:
        why = back.get("error_description") or back.get("error", "")
        raise UsageError(T("Access was not allowed: {why}", why=why), field="access")
    return await _exchange(http, app, back["code"])


async def _exchange(http: aiohttp.ClientSession, app: App, code: str) -> _Keys:
    about = {"client_id": app.number, "client_secret": app.secret, "redirect_uri": app.redirect, "code": code}
    with network((app.secret, code)):
        async with http.post(f"{app.url}/access_token", data=about, allow_redirects=False) as response:
            answer = await read(response)
    try:
        said: Mapping[str, object] = msgspec.json.decode(answer.body)
        keys = msgspec.convert({**said, "groups": [*_groups(said)]}, _Keys)
    except (msgspec.MsgspecError, TypeError) as error:
        raise Retryable("no_answer", type(error).__name__) from None
    if not keys.access_token and not keys.groups:
        why = keys.error_description
        raise UsageError(T("VK did not accept the application: {why}", why=why), field="app_secret")
    return keys


def _groups(said: Mapping[str, object]) -> Sequence[object]:
    """The keys of communities, in the newer (list) or older (named fields) form."""
    listed = said.get("groups")
    if isinstance(listed, list):
        return listed
    named = ((name.removeprefix("access_token_"), key) for name, key in said.items())
    return [{"group_id": int(number), "access_token": key} for number, key in named if number.isdecimal()]
