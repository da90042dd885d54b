"""Binding a mailbox: one form, verified by logging in to both servers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from chatapp_cli.connectors.email import consent, imap, login
from chatapp_cli.connectors.email.access import client_of, services
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.answers import Wrong, brings_code, by_oauth, is_here, oauth_settings
from chatapp_cli.connectors.email.check import can_send
from chatapp_cli.connectors.email.compose import ascii_address
from chatapp_cli.connectors.email.places import Places
from chatapp_cli.connectors.email.receive import bound_at
from chatapp_cli.domain import given_file
from chatapp_cli.domain.border import clean
from chatapp_cli.domain.errors import ChannelError, Rejected, UsageError
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.option import decoded
from chatapp_cli.domain.text import T
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.oauth import Client
from chatapp_cli.kit.tokens import AccessToken, Granted, token_of, written
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

KIND = "email"
_SIDES = ("imap", "smtp")
_LAST_PORT = 65535
_LONGEST_ANSWER = 300
"""How many characters of a server's own words are shown."""
_BLAMED = {
    "login_refused": "password",
    "sending_refused": "password",
    "access_refused": "address",
    "client_refused": "client_id",
    "access_denied": "oauth_by",
    "access_ended": "oauth_by",
    "code_expired": "oauth_by",
    "authorisation_away": "token_url",
    "certificate_unknown": "ca_file",
    "tls_mismatch": "{side}_tls",
    "no_login": "{side}_tls",
}
"""The form field that an error concerns; the host for all others."""


async def bind(ask: Asker, previous: Bound | None, world: World) -> Bound:
    """Ask until both logins succeed."""
    form = form_of(KIND, previous, title=T("Mailbox"))
    consents = _Consents(ask, world)

    async def prove(values: Mapping[str, str]) -> Bound:
        try:
            return await _prove(values, previous, world, consents)
        except Wrong as wrong:
            if wrong.field == "address":
                consents.forget()
            raise

    return await ask_until_proved(ask, form, prove, wrong=Wrong, blame=Wrong.errors)


async def _prove(values: Mapping[str, str], previous: Bound | None, world: World, consents: _Consents) -> Bound:
    bound = await asyncio.to_thread(_bound, values)
    if previous and previous.account != bound.account:
        raise Wrong(T("This is another mailbox. Bind it as a channel of its own."), field="address")
    if by_oauth(values):
        bound = await consents.allow(bound, by_code=brings_code(values))
    async with login.opened(bound, world) as account:
        places = await _receives(account, world.clock.now())
        await _sends(account)
    return replace(bound, cursor=_kept(previous, account) if previous else places.dump())


class _Consents:
    """What the mailbox's owner has allowed during one binding: a mistake in another field does not cost it."""

    def __init__(self, ask: Asker, world: World) -> None:
        self._ask, self._world = ask, world
        self._allowed: dict[tuple[str, Client], AccessToken] = {}

    def forget(self) -> None:
        """Ask again: access may have been allowed to another mailbox."""
        self._allowed.clear()

    async def allow(self, bound: Bound, *, by_code: bool) -> Bound:
        """The binding with a token. Raises Wrong if there is none."""
        client = client_of(bound.settings, bound.secrets, await Account.of(bound).trust.load())
        whose = (bound.settings["login"], client)
        if whose not in self._allowed:
            granted = await self._asked(client, by_code=by_code)
            self._allowed[whose] = token_of(granted, self._world.clock.now())
        token = {"token": written(self._allowed[whose]), "grant": self._world.chance.key()}
        return replace(bound, secrets={**bound.secrets, **token})

    async def _asked(self, client: Client, *, by_code: bool) -> Granted:
        try:
            if by_code:
                return await consent.by_code(self._ask, client, self._world.chance)
            return await consent.by_device(self._ask, client, self._world.clock)
        except ChannelError as error:
            raise _wrong("", error) from error


def _kept(previous: Bound, account: Account) -> str | None:
    """The read position after a change of server or login, found by time; ``None`` keeps the old one."""
    was = (previous.settings.get("imap_host"), previous.settings.get("imap_port"), previous.settings.get("login"))
    if previous.cursor is None or was == (account.imap.host, str(account.imap.port), account.login):
        return None
    return Places.load(previous.cursor).elsewhere().dump()


async def _receives(account: Account, now: Millis) -> Places:
    try:
        async with imap.connect(account) as connection:
            return await bound_at(connection, account, now)
    except ChannelError as error:
        raise _wrong("imap", error) from error


async def _sends(account: Account) -> None:
    try:
        await can_send(account)
    except ChannelError as error:
        raise _wrong("smtp", error) from error


def _wrong(side: str, error: ChannelError) -> Wrong:
    """The error of one of the two servers, or of the service that is asked for access: then ``side`` is empty."""
    words, answer = manifest(KIND).errors[error.code], " ".join(clean(error.detail).split())[:_LONGEST_ANSWER]
    what = T("{problem} ({detail})", problem=words.what, detail=answer) if answer else words.what
    return Wrong(
        T("{side}: {what}", side=side.upper(), what=what) if side else what,
        words.step_while_binding,
        field=_BLAMED.get(error.code, "{side}_host").format(side=side),
    )


def _bound(values: Mapping[str, str]) -> Bound:
    _check_choices(values)
    address = _address(values["address"])
    servers, authority, saves_sent = _servers(values), _authority(values), _saves_sent(values)
    settings = {
        "service": values["service"],
        "address": address,
        "login": (values["login"].strip() if values["service"] == "custom" else "") or address,
        "ca_file": values["ca_file"],
        "authority": authority,
        "saves_sent": saves_sent,
        "login_by": values["login_by"],
        **(oauth_settings(values) if by_oauth(values) else {}),
        "history_days": values["history_days"],
        **{field.name: values[field.name] for field in manifest(KIND).fields if field.option},
        **{f"{side}_{name}": value for side in _SIDES for name, value in servers[side].items()},
    }
    secret = "client_secret" if by_oauth(values) else "password"
    secrets = {secret: values[secret]} if values[secret] else {}
    return Bound(account=address, title=address, settings=settings, secrets=secrets, facts={"Address": address})


def _check_choices(values: Mapping[str, str]) -> None:
    for field in manifest(KIND).fields:
        if field.choices and values[field.name] not in {choice.value for choice in field.choices}:
            raise Wrong(T("Choose one of the answers."), field=field.name)
        if field.kind in {"number", "addresses", "signature"}:
            _check_answer(field, values[field.name])


def _check_answer(field: Field, said: str) -> None:
    try:
        decoded(field, said)
    except UsageError as error:
        raise Wrong(error.what, error.next_step, field=field.name) from None


def _address(said: str) -> str:
    try:
        return ascii_address(said).lower()
    except Rejected:
        raise Wrong(T("An address like info@example.org is needed."), field="address") from None


def _saves_sent(values: Mapping[str, str]) -> str:
    return "on" if services().get(values["service"], {}).get("saves_sent") else "off"


def _servers(values: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    known = services().get(values["service"])
    if known:
        return {side: {name: str(value) for name, value in known[side].items()} for side in _SIDES}
    return {side: _server(side, values) for side in _SIDES}


def _server(side: str, values: Mapping[str, str]) -> Mapping[str, str]:
    host, port, tls = (values[f"{side}_{name}"].strip() for name in ("host", "port", "tls"))
    if not host:
        raise Wrong(T("The name of the server is needed."), field=f"{side}_host")
    if not port.isdecimal() or not 0 < int(port) <= _LAST_PORT:
        raise Wrong(T("A port is a number from 1 to 65535."), field=f"{side}_port")
    if tls == "none" and not is_here(host):
        raise Wrong(T("Without TLS the password could be read on the way: only on this machine."), field=f"{side}_tls")
    return {"host": host, "port": port, "tls": tls}


def _authority(values: Mapping[str, str]) -> str:
    """The additional trusted PEM certificates; stored by value, so that the file may be deleted."""
    path = values["ca_file"].strip()
    if not path or values["service"] != "custom":
        return ""
    try:
        pem = given_file.words(Path(path).expanduser()).decode("ascii")
        ssl.create_default_context(cadata=pem)
    except (OSError, ValueError, RuntimeError, UsageError):
        raise Wrong(T("This file cannot be read as certificates in PEM form."), field="ca_file") from None
    return pem
