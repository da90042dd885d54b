"""Binding a mailbox: one form, verified by logging in to both servers."""

from __future__ import annotations

import ipaddress
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from chatapp_cli.connectors.email import imap
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.check import can_send
from chatapp_cli.connectors.email.compose import ascii_address
from chatapp_cli.connectors.email.receive import Place, end_of
from chatapp_cli.domain import given_file
from chatapp_cli.domain.errors import ChannelError, Rejected, UsageError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import Clock

KIND = "email"
_SIDES = ("imap", "smtp")
_LAST_PORT = 65535
_OPTIONS = ("sender_name", "group_by_subject", "remove_links", "newsletters_wait")
_BLAMED = {
    "login_refused": "password",
    "sending_refused": "password",
    "certificate_unknown": "ca_file",
    "tls_mismatch": "{side}_tls",
    "no_login": "{side}_tls",
}
"""The form field that an error concerns; the host for all others."""


@cache
def services() -> Mapping[str, Mapping[str, Any]]:
    """The mail services that are known by name (S-096)."""
    text = Path(__file__).with_name("services.toml").read_text("utf-8")
    return tomllib.loads(text)


class _Wrong(UsageError):
    """A wrong answer, with a hint."""

    def errors(self, values: Mapping[str, str]) -> Mapping[str, Text]:
        """Errors for the form; a field that was not shown gets none."""
        of_server = (self.field or "").startswith((*_SIDES, "ca_")) and values["service"] != "custom"
        blame = {"service" if of_server else self.field or "": self.what}
        return blame | ({"": self.next_step} if self.next_step else {})


async def bind(ask: Asker, previous: Bound | None, clock: Clock) -> Bound:
    """Ask until both logins succeed."""
    form = form_of(KIND, previous, title=T("Mailbox"))
    return await ask_until_proved(
        ask, form, lambda values: _prove(values, previous, clock.now()), wrong=_Wrong, blame=_Wrong.errors
    )


async def _prove(values: Mapping[str, str], previous: Bound | None, now: Millis) -> Bound:
    bound = _bound(values)
    if previous and previous.account != bound.account:
        raise _Wrong(T("This is another mailbox. Bind it as a channel of its own."), field="address")
    account = Account.of(bound)
    place = await _receives(account, now)
    await _sends(account)
    return replace(bound, cursor=_kept(previous, account) if previous else place.dump())


def _kept(previous: Bound, account: Account) -> str | None:
    """The read position after a change of server or login, found by time; ``None`` keeps the old one."""
    was = (previous.settings.get("imap_host"), previous.settings.get("imap_port"), previous.settings.get("login"))
    if previous.cursor is None or was == (account.imap.host, str(account.imap.port), account.login):
        return None
    return Place.load(previous.cursor).elsewhere().dump()


async def _receives(account: Account, now: Millis) -> Place:
    try:
        async with imap.connect(account) as connection:
            return await end_of(connection, now)
    except ChannelError as error:
        raise _wrong("imap", error) from error


async def _sends(account: Account) -> None:
    try:
        await can_send(account)
    except ChannelError as error:
        raise _wrong("smtp", error) from error


def _wrong(side: str, error: ChannelError) -> _Wrong:
    words = manifest(KIND).errors[error.code]
    return _Wrong(words.what, words.next_step, field=_BLAMED.get(error.code, "{side}_host").format(side=side))


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
        **{name: values[name] for name in _OPTIONS},
        **{f"{side}_{name}": value for side in _SIDES for name, value in servers[side].items()},
    }
    secrets = {"password": values["password"]}
    return Bound(account=address, title=address, settings=settings, secrets=secrets, facts={"Address": address})


def _check_choices(values: Mapping[str, str]) -> None:
    for field in manifest(KIND).fields:
        if field.choices and values[field.name] not in {choice.value for choice in field.choices}:
            raise _Wrong(T("Choose one of the answers."), field=field.name)


def _address(said: str) -> str:
    try:
        return ascii_address(said).lower()
    except Rejected:
        raise _Wrong(T("An address like info@example.org is needed."), field="address") from None


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
        raise _Wrong(T("The name of the server is needed."), field=f"{side}_host")
    if not port.isdecimal() or not 0 < int(port) <= _LAST_PORT:
        raise _Wrong(T("A port is a number from 1 to 65535."), field=f"{side}_port")
    if tls == "none" and not _is_here(host):
        raise _Wrong(T("Without TLS the password could be read on the way: only on this machine."), field=f"{side}_tls")
    return {"host": host, "port": port, "tls": tls}


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _authority(values: Mapping[str, str]) -> str:
    """The additional trusted PEM certificates; stored by value, so that the file may be deleted."""
    path = values["ca_file"].strip()
    if not path or values["service"] != "custom":
        return ""
    try:
        pem = given_file.words(Path(path).expanduser()).decode("ascii")
        ssl.create_default_context(cadata=pem)
    except (OSError, ValueError, RuntimeError, UsageError):
        raise _Wrong(T("This file cannot be read as certificates in PEM form."), field="ca_file") from None
    return pem
