"""Logging in at the desk by the account (S-024): an administrator allows our integration, and the account says who.

The code that comes of it is redeemed for tokens of their own. They ask the account one thing, and are forgotten: the
link's tokens are neither read nor written here, and amoCRM has no call that takes tokens back.
The page that the browser ends at shows a word. It is typed where the login began: a link that was forwarded to an
administrator lets nobody else in.
Sources: providers' sheet §4.1, §4.2; ``oauth.redirect.event`` and ``users.list.answer`` of the contracts.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from chatapp_cli.crm.amocrm import button_pages, hosts, people, rest
from chatapp_cli.crm.amocrm.access import LongLived, TokenServer, is_long_lived
from chatapp_cli.crm.amocrm.errors import NotHere
from chatapp_cli.crm.amocrm.linking import CODE
from chatapp_cli.crm.amocrm.names import KIND
from chatapp_cli.crm.amocrm.record import WINDOW, HeldAccount, held, integration
from chatapp_cli.crm.amocrm.rest import AmoApi, inside
from chatapp_cli.domain import border
from chatapp_cli.domain.errors import (
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Rejected,
    Retryable,
    UsageError,
)
from chatapp_cli.domain.form import Field, Form, Notice
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.http import open_session
from chatapp_cli.kit.origins import is_here
from chatapp_cli.kit.records import remembered, written
from chatapp_cli.kit.tokens import GrantRefused
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.ports.memory import Memory, ShortMemory
from chatapp_cli.ports.world import World

AWAITED: Final = "login "
"""Before the digest of a state, in the link's memory."""
TRIES: Final = 3
"""How often a wrong address or word is asked for again."""
WORD: Final = 8
_LONGEST: Final = 4000
"""Characters of a code."""
_ANSWER: Final = Field(
    name="answer",
    label=T("Word on the last page, or its address"),
    hint=T("If the page does not open, copy its whole address from the browser."),
    longest=2 * _LONGEST,
)
_AGAIN: Final = T("Log in again.")
_OTHERWISE: Final = T("Log in with your password.")
_NO_ADMINISTRATOR: Final = frozenset({"scope", "unauthorised", "token_refused", "gone"})
"""Refusals of what every active administrator may ask."""


class AwaitedLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A login that has begun, and the code that the browser brought back for it."""

    until: Millis
    code: str = ""
    word: str = ""
    """What the page shows of it, for typing."""

    def __repr__(self) -> str:
        return f"AwaitedLogin(until={self.until})"


async def hosts_of(bound: Bound) -> frozenset[str]:
    """The hosts of a link's account: when it was linked, and now."""
    known = await held(bound)
    origins = {bound.settings["account"]} | ({known.origin} if known else set())
    return frozenset(urlsplit(origin).netloc for origin in origins)


async def proved_account(bound: Bound) -> HeldAccount:
    """The account as the link has proved it. Raises NeedsRebind for a link that has never worked."""
    known = await held(bound)
    if known is None:
        raise NeedsRebind("not_allowed_yet")
    return known


def realm_of(account: HeldAccount) -> str:
    """The account by its number, which is unique at one vendor: subdomains change, and change hands."""
    host = urlsplit(account.origin).hostname or ""
    return f"{account.number}@{host if is_here(host) else host.partition('.')[2]}"


async def identify(bound: Bound, ask: Asker, world: World) -> LoginIdentity:
    """Who a person is in the link's account. Raises Refused, UsageError and ChannelError."""
    if is_long_lived(bound):
        raise Refused(
            "no_integration",
            T("{name} is linked by a long-lived token, through which nobody can log in.", name=bound.account),
            T("Log in with your password. The owner can link the account by an integration instead."),
        )
    account, keys = await proved_account(bound), await integration(bound)
    if keys is None or not hosts.is_account(account.origin):
        raise NeedsRebind("not_allowed_yet")
    async with open_session(total=rest.PATIENCE) as http:
        uri = bound.settings["redirect_uri"]
        server = TokenServer(http=http, origin=account.origin, keys=keys, redirect_uri=uri, clock=world.clock)
        code = await _brought(bound, ask, keys.client_id, world)
        with_token = await _redeemed(server, code)
        return await _told(server, with_token, account, world)


async def _brought(bound: Bound, ask: Asker, client: str, world: World) -> str:
    """The code that a person brings from the page of consent. Raises UsageError after several wrong answers."""
    state = world.chance.key()
    async with _awaited(bound.memory, state, world.clock.now()):
        await ask.show(_page(bound, client, state))
        return await _answered(ask, lambda said: _taken(bound, said, state, client, world.clock.now()))


def _page(bound: Bound, client: str, state: str) -> Notice:
    query = urlencode({"client_id": client, "state": state, "mode": "post_message"})
    return Notice(
        title=T("Open this page within ten minutes, and allow the access"),
        lines=(T("Only administrators of {name} can log in this way.", name=bound.account),),
        link=f"{hosts.consent_of(bound.settings['account'])}?{query}",
    )


async def _answered(ask: Asker, take: Callable[[str], Awaitable[str]]) -> str:
    """What is made of an answer; a wrong one is asked for again. Raises UsageError for the last."""
    form = Form(title=T("Logging in through amoCRM"), fields=(_ANSWER,))
    for _ in range(TRIES - 1):
        try:
            return await take(await _said(ask, form))
        except UsageError as wrong:
            step = {} if wrong.next_step is None else {"": wrong.next_step}
            form = replace(form, errors={_ANSWER.name: wrong.what, **step})
    return await take(await _said(ask, form))


async def _said(ask: Asker, form: Form) -> str:
    return (await ask.form(form)).get(_ANSWER.name, "").strip()


@asynccontextmanager
async def _awaited(memory: Memory, state: str, now: Millis) -> AsyncIterator[None]:
    """Let the browser come back for a login, as long as somebody waits for it; those that were broken off are gone."""
    kept = {name: msgspec.json.decode(text, type=AwaitedLogin) for name, text in (await memory.known(AWAITED)).items()}
    over = {name: "" for name, one in kept.items() if one.until <= now}
    await memory.save({**over, _name(state): written(AwaitedLogin(until=now + WINDOW))})
    try:
        yield
    finally:
        await memory.save({_name(state): ""})


def _name(state: str) -> str:
    return AWAITED + sha256(state.encode("utf-8", "replace")).hexdigest()[:32]


async def _taken(bound: Bound, said: str, state: str, client: str, now: Millis) -> str:
    """The code by the page's address or word. Raises UsageError."""
    waiting = await remembered(bound.memory, _name(state), AwaitedLogin)
    if waiting is None or waiting.until <= now:
        raise Refused("login_late", T("This login took longer than ten minutes."), _AGAIN)
    if "://" in said:
        return await _in_address(bound, said, state, client)
    if waiting.code and hmac.compare_digest(_plain(said).encode("utf-8", "replace"), waiting.word.encode()):
        return waiting.code
    raise UsageError(
        T("This is not what the last page shows."),
        T("Open the page, allow the access, and type the word that you see then."),
        field=_ANSWER.name,
    )


def _plain(said: str) -> str:
    return "".join(said.lower().split()).replace("-", "")


async def _in_address(bound: Bound, said: str, state: str, client: str) -> str:
    """The code in the address at which the browser ended. Raises UsageError for another one, Refused for a refusal."""
    if said.partition("?")[0] != bound.settings["redirect_uri"]:
        host = urlsplit(bound.settings["redirect_uri"]).netloc  # what follows it is not for who is nobody yet
        raise UsageError(
            T("This address leads elsewhere."),
            T("Copy the address at which the page ends, at {host}.", host=host),
            field=_ANSWER.name,
        )
    told = dict(parse_qsl(said.partition("?")[2].partition("#")[0]))
    if not hmac.compare_digest(told.get("state", "").encode("utf-8", "replace"), state.encode()):
        raise UsageError(
            T("This address belongs to another login."),
            T("Open the page that was shown here, and copy the address at which it ends."),
            field=_ANSWER.name,
        )
    return await _code_in(bound, told, client)


async def _code_in(bound: Bound, told: Mapping[str, str], client: str) -> str:
    """The code of a redirect whose state holds, if it names the link's own account: ``referer`` may be forged."""
    if told.get("error"):
        raise Refused("login_denied", T("The access was not allowed in amoCRM."), _AGAIN)
    if told.get("referer", "").lower() not in await hosts_of(bound) or told.get("client_id", client) != client:
        raise Refused(
            "login_elsewhere",
            T("Somebody signed in at another account than {name}.", name=bound.account),
            T("Log in again, and choose that account."),
        )
    code = told.get("code", "")
    if not 0 < len(code) <= _LONGEST:
        raise UsageError(T("There is no code in this address."), T("Copy it whole."), field=_ANSWER.name)
    return code


async def came_back(bound: Bound, request: HookRequest, world: World) -> CrmReply | None:
    """Keep the code that a browser brings for a login, and show its word; ``None`` for a call that is about none."""
    state = request.query.get("state", "")
    if (request.method, request.path.strip("/")) != ("GET", CODE) or not state:
        return None
    waiting = await remembered(bound.memory, _name(state), AwaitedLogin)
    if waiting is None:
        return None
    keys = await integration(bound)
    if keys is None or waiting.until <= world.clock.now():
        return button_pages.not_logged_in(_AGAIN)
    try:
        code = await _code_in(bound, request.query, keys.client_id)
    except (Refused, UsageError) as refused:
        return button_pages.not_logged_in(refused.what)
    caught = waiting if waiting.code else msgspec.structs.replace(waiting, code=code, word=world.chance.key()[-WORD:])
    if caught.code != code or not await bound.memory.swap(_name(state), written(waiting), written(caught)):
        return button_pages.not_logged_in(_AGAIN)
    return button_pages.logging_in(f"{caught.word[: WORD // 2]}-{caught.word[WORD // 2 :]}")


async def _redeemed(server: TokenServer, code: str) -> str:
    """The access token for a code. Raises Refused for one that the account does not take, and ChannelError."""
    try:
        return (await server.redeem(code)).access_token
    except NotHere:
        raise _away(server, T("There is no account at {name} any more.", name=urlsplit(server.origin).netloc)) from None
    except GrantRefused as error:
        if error.code == "client_refused":
            raise
        raise Refused("login_code", T("amoCRM did not take the code: it works once, for 20 minutes."), _AGAIN) from None
    except (OutcomeUnknown, Retryable, RateLimited) as error:
        raise _away(server) from error


def _away(server: TokenServer, what: Text | None = None) -> Refused:
    host = urlsplit(server.origin).netloc
    told = what or T("{name} cannot be reached at the moment.", name=host)
    return Refused("login_away", told, T("Log in again later, or with your password."))


async def _told(server: TokenServer, token: str, wanted: HeldAccount, world: World) -> LoginIdentity:
    """Who the token is of. Raises Refused unless it is an active administrator of the link's account."""
    here = HeldAccount(number=wanted.number, origin=server.origin)
    api = AmoApi(server.http, LongLived(token), here, ShortMemory(), world)
    try:
        about = await rest.about_account(api)
        if about.number != wanted.number:
            name = urlsplit(server.origin).netloc
            raise Refused("login_elsewhere", T("At {name} there is another account now.", name=name), _OTHERWISE)
        person = await api.get(f"{people.PATH}/{about.user}")
    except (NeedsRebind, Misconfigured, Rejected) as error:
        raise _no_administrator(server) if error.code in _NO_ADMINISTRATOR else error from None
    except (OutcomeUnknown, Retryable, RateLimited):
        raise _away(server) from None
    finally:
        await api.aclose()
    return _identity(server, person, about.user, wanted)


def _identity(server: TokenServer, person: Any, user: int, account: HeldAccount) -> LoginIdentity:
    known = isinstance(person, dict) and user and person.get("id") == user
    if not known or any(inside(person, "rights", name) is not True for name in ("is_admin", "is_active")):
        raise _no_administrator(server)
    name = border.name(str(person.get("name") or user))
    return LoginIdentity(way=KIND, realm=realm_of(account), person=str(user), name=name)


def _no_administrator(server: TokenServer) -> Refused:
    name = urlsplit(server.origin).netloc
    what = T("This is no active administrator of {name}: nobody else can log in through amoCRM.", name=name)
    return Refused("login_no_administrator", what, _OTHERWISE)
