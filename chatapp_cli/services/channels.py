"""Channels: bound accounts on lines, their settings, secrets and health."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from chatapp_cli.domain import border, limits, own_phone
from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.errors import NotFound, Refused, StoreError, UsageError
from chatapp_cli.domain.health import Health
from chatapp_cli.domain.ids import ChannelId, LineId, Millis
from chatapp_cli.domain.journal.channels import (
    ChannelBound,
    ChannelConfigured,
    ChannelResumed,
    ChannelUnbound,
    HealthChanged,
)
from chatapp_cli.domain.manifest import NoCapabilities
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.option import OptionLevel, OptionTarget
from chatapp_cli.domain.phone import typed
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, crm_presence, lines, options
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.secrets import Vault
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.form import Field
    from chatapp_cli.domain.manifest import Capabilities, Manifest, Rate
    from chatapp_cli.ports.bind import Bound


_PROXIES = "proxies"
"""The secret that holds the proxies of an account; the right to it gives no access to other secrets."""


def everything(tx: Tx) -> list[ChannelRow]:
    """All channels in the order of their lines."""
    return tx.all(ChannelRow, "channels.all")


def is_own_phone(tx: Tx) -> Callable[[str], bool]:
    """Tells whether a phone is one of our accounts, in any spelling: what is written to it comes to ourselves."""
    rows = everything(tx)
    own = {own_phone.digest(one) for row in rows for said in (row.account, row.title) for one in (said, typed(said))}
    own |= {row.settings.get(own_phone.SETTING, "") for row in rows}
    own.discard("")
    return lambda phone: bool(own & {own_phone.digest(phone), own_phone.digest(typed(phone))})


def one(tx: Tx, channel: ChannelId) -> ChannelRow:
    """A channel by number."""
    found = tx.one(ChannelRow, "channels.one", id=channel)
    if found is None:
        raise NotFound(T("There is no channel {n}.", n=channel), T("See them with: {how}", how=to_do(Next.CHANNELS)))
    return found


def names_of(row: ChannelRow) -> Collection[str]:
    """What a person may call a channel; the kind means it only where it is the only one."""
    return {str(row.id), row.account, row.title, row.kind}


def find(tx: Tx, named: str, *, line: LineId | None = None) -> ChannelRow:
    """A channel by number, account or kind, on one line, or anywhere if it is the only one of its kind."""
    fitting = [c for c in everything(tx) if line in {None, c.line_id} and named in names_of(c)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise NotFound(T("No channel {name} is bound here.", name=named), _instead(named))
    numbers = ", ".join(str(c.id) for c in fitting)
    raise UsageError(
        T("{name} is bound several times.", name=named),
        T("Name the line with --line, or the channel by its number: {numbers}", numbers=numbers),
        field="channel",
    )


def _instead(named: str) -> Text:
    """The next step for an unknown channel: binding is suggested only for a word that may be a kind."""
    if named.isascii() and named.isidentifier():
        return T("Bind one: {how}", how=to_do(Next.BIND, kind=named))
    return T("See them with: {how}", how=to_do(Next.CHANNELS))


def capabilities(manifest: Manifest, channel: ChannelRow) -> Capabilities:
    """The capabilities of this account."""
    rates = tuple(_rate(rate, manifest, channel.settings) for rate in manifest.capabilities.rates)
    return replace(manifest.capabilities, **{"rates": rates, **channel.capabilities})


def _rate(rate: Rate, manifest: Manifest, settings: Mapping[str, str]) -> Rate:
    """A rate with the account's own limit, if it has one."""
    said = settings.get(rate.option, "") if rate.option else ""
    if not said.isdecimal() or not int(said):
        return rate
    when = next((field.when for field in manifest.fields if field.name == rate.option), {})
    is_free = all(settings.get(name) == answer for name, answer in when.items())
    return rate._replace(limit=int(said) if is_free else min(int(said), rate.limit))


def seen(channel: ChannelRow, manifest: Manifest) -> ChannelRow:
    """The channel, unhealthy if its kind is not installed, whatever was stored while it was."""
    if not isinstance(manifest.capabilities, NoCapabilities):
        return channel
    return channel._replace(health=Health.MISCONFIGURED, health_code="not_installed", health_detail=channel.kind)


def price_of_part(channel: ChannelRow) -> Decimal | None:
    """The price of one message part, if the channel's option ``price`` is set."""
    try:
        return Decimal(channel.settings.get("price") or "")
    except InvalidOperation:
        return None


def bound(tx: Tx, vault: Vault, channel: ChannelRow) -> Bound:
    """The binding with decrypted secrets. Raises StoreError if the key does not decrypt them."""
    return _bound(channel, vault.open(tx.value("channels.secrets", id=channel.id)))


def renewable(tx: Tx, vault: Vault, channel: ChannelRow) -> Bound:
    """The binding to renew; undecryptable secrets are missing and will be asked for."""
    try:
        return bound(tx, vault, channel)
    except StoreError:
        return _bound(channel, {})


def _bound(channel: ChannelRow, secrets: Mapping[str, str]) -> Bound:
    from chatapp_cli.ports.bind import Bound

    return Bound(
        account=channel.account,
        title=channel.title,
        settings=channel.settings,
        facts=channel.facts,
        capabilities=channel.capabilities,
        secrets=secrets,
        hook_key=channel.hook_key or "",
        cursor=channel.cursor,
    )


def save(
    tx: Tx,
    vault: Vault,
    binding: Bound,
    *,
    line: LineId,
    kind: str,
    previous: ChannelId | None = None,
    pool: bool = False,
    fields: Sequence[Field] = (),
) -> ChannelId:
    """Store a new or renewed binding. Raises Refused if the account is already bound.

    Renewing with other secrets requires the right to change them as well.
    A kind is bound once per line (S-004), unless its accounts form a pool (S-069). The manifest's ``fields`` say which
    answers are options.
    """
    access.require(tx, Right.CHANNELS)
    lines.seen(tx, line)
    if previous is not None:
        _insist_on_secrets(tx, vault, one(tx, previous), binding.secrets)
    binding = replace(binding, title=border.name(binding.title))
    _require_free(tx, binding, line=line, kind=kind, previous=previous, pool=pool)
    _require_short(binding)
    answered = _options_of(tx, binding, fields, previous)
    settings = {name: answer for name, answer in binding.settings.items() if name not in answered}
    values = {
        "account": binding.account,
        "title": binding.title,
        "hook_key": binding.hook_key or None,
        "settings": json.dumps(settings, ensure_ascii=False),
        "facts": json.dumps(dict(binding.facts), ensure_ascii=False),
        "capabilities": json.dumps(dict(binding.capabilities)),
        "secrets": vault.seal(binding.secrets),
        "cursor": binding.cursor,
        "now": tx.now,
    }
    if previous is None:
        previous = ChannelId(tx.insert("channels.add", line_id=line, kind=kind, **values))
    else:
        tx.run("channels.rebind", id=previous, **values)
        tx.run("outbox.release", channel=previous, now=tx.now)
    options.save(tx, _target(previous), answered)
    tx.emit(ChannelBound(channel=previous, kind=kind, title=binding.title))
    return previous


def _require_short(binding: Bound) -> None:
    for name, value in (*binding.settings.items(), *binding.secrets.items()):
        limits.SECRET.require(value, field=name)


def _insist_on_secrets(tx: Tx, vault: Vault, channel: ChannelRow, new: Mapping[str, str]) -> None:
    """Require the right to every secret that the renewed binding adds, changes or removes."""
    before = renewable(tx, vault, channel).secrets
    changed = {name for name in before.keys() | new.keys() if before.get(name, "") != new.get(name, "")}
    for name in sorted(changed):
        access.require(tx, Right.PROXIES if name == _PROXIES else Right.SECRETS)


def _target(channel: ChannelId) -> OptionTarget:
    return OptionTarget(OptionLevel.CHANNEL, channel)


def _options_of(tx: Tx, binding: Bound, fields: Sequence[Field], previous: ChannelId | None) -> Mapping[str, str]:
    """The answers that are options; for a renewed binding, also those stored before."""
    names = {field.name for field in fields if field.option}
    if previous is not None:
        names |= options.stored(tx, _target(previous)).keys()
    return {name: answer for name, answer in binding.settings.items() if name in names}


def _require_free(tx: Tx, binding: Bound, *, line: LineId, kind: str, previous: ChannelId | None, pool: bool) -> None:
    for other in everything(tx):
        if other.kind != kind or other.id == previous:
            continue
        if other.account == binding.account:
            raise Refused(
                "account_bound",
                T("{title} is bound already, on line {line}.", title=binding.title, line=other.line),
                T("Renew it there: {how}", how=to_do(Next.RENEW, kind=kind, line=other.line)),
            )
        if other.line_id == line and not pool:
            raise Refused(
                "kind_bound",
                T("Line {line} has this kind of channel already: {title}.", line=other.line, title=other.title),
                T("Unbind it first, or bind the new account on another line."),
            )


def messages(tx: Tx, channel: ChannelId) -> int:
    """How many messages a channel has."""
    return int(tx.value("channels.messages", id=channel))


def clear(tx: Tx, n: int, *, channel: ChannelRow) -> int:
    """Delete some of a channel's messages, dialogs and arrivals, before it is unbound by force.

    Returns how many rows; 0: none is left. What arrives meanwhile is deleted when the channel is unbound.
    """
    access.require(tx, Right.CHANNELS)
    one(tx, channel.id)
    done = 0
    while done < n and (dialog := tx.value("clearing.dialog", channel=channel.id)) is not None:
        done += tx.run("clearing.messages", dialog=dialog, n=n - done)
        if done < n:
            done += tx.run("clearing.drop_dialog", dialog=dialog)
    return done or tx.run("clearing.arrivals", channel=channel.id, n=n)


def unbind(tx: Tx, channel: ChannelRow, *, force: bool) -> None:
    """Remove a channel with its dialogs and pairings.

    Without ``force`` raises Refused if it is paired with a CRM, or has dialogs or unsent messages.
    """
    access.require(tx, Right.CHANNELS)
    one(tx, channel.id)
    paired = crm_presence.pairings_of(tx, channel.id)
    if paired and not force:
        raise Refused(
            "still_paired",
            T("{title} is paired with {place} of a CRM.", title=channel.title, place=paired[0].place_name),
            T("Detach it first. See: {how}", how=to_do(Next.LINKS)),
        )
    waiting = tx.value("channels.waiting", id=channel.id)
    if waiting and not force:
        raise Refused(
            "still_sending",
            T("{n} messages still wait to be sent through {title}.", n=waiting, title=channel.title),
            T("Wait until they are sent, or use --force."),
        )
    count = tx.value("channels.dialogs", id=channel.id)
    if count and not force:
        raise Refused(
            "has_dialogs",
            T(
                "{title}'s dialogs ({dialogs}) and their messages ({messages}) are deleted permanently.",
                title=channel.title,
                dialogs=count,
                messages=messages(tx, channel.id),
            ),
            T(
                "Use --force if they may; a new login needs no unbinding: {how}",
                how=to_do(Next.BIND, kind=channel.kind),
            ),
        )
    crm_presence.go(tx, paired)
    tx.run("channels.remove", id=channel.id)
    options.drop(tx, _target(channel.id))
    tx.emit(ChannelUnbound(channel=channel.id, kind=channel.kind, title=channel.title))


def configure(tx: Tx, channel: ChannelRow, manifest: Manifest, changes: Mapping[str, str]) -> None:
    """Change options that do not need a new binding. Raises UsageError.

    The session is restarted if it uses one of them.
    """
    access.require(tx, Right.CHANNELS)
    one(tx, channel.id)
    changed = options.change(tx, _target(channel.id), options.Changes(changes, manifest.fields))
    if any(field.renews for field in manifest.fields if field.name in changes):
        _renew(tx, channel)
    tx.emit(ChannelConfigured(channel=channel.id, changed=changed))


def _renew(tx: Tx, channel: ChannelRow) -> None:
    tx.run("channels.renew", id=channel.id)
    if channel.health == Health.MISCONFIGURED:  # the change may have fixed what prevented sending
        tx.run("channels.resume", id=channel.id)
        tx.run("outbox.release", channel=channel.id, now=tx.now)


def set_secret(tx: Tx, vault: Vault, channel: ChannelRow, name: str, value: str) -> None:
    """Change or delete one secret of a binding; a running session is restarted with it."""
    access.require(tx, Right.PROXIES if name == _PROXIES else Right.SECRETS)
    one(tx, channel.id)
    limits.SECRET.require(value, field=name)
    secrets = {**vault.open(tx.value("channels.secrets", id=channel.id)), name: value}
    if not value:
        del secrets[name]
    tx.run("channels.seal", id=channel.id, secrets=vault.seal(secrets))
    tx.emit(ChannelConfigured(channel=channel.id, changed=[name]))


def set_health(
    tx: Tx, channel: ChannelId, health: Health, code: str = "", detail: str = "", *, look: float = 0.0
) -> None:
    """Record a change of health: ``starting``, ``ok``, ``retrying``, or one of ``STOPPED``.

    ``look``: in how many seconds a stopped channel is tried again by itself.
    """
    look_at = _look_at(tx, look)
    tx.run("channels.health", id=channel, health=health, code=code, detail=detail, look_at=look_at, now=tx.now)
    tx.emit(HealthChanged(channel=channel, health=health, code=code, detail=detail), actor=PROGRAM)


def look_again(tx: Tx, channel: ChannelId, *, look: float) -> None:
    """Record in how many seconds a channel that is still stopped is tried again by itself."""
    tx.run("channels.look_again", id=channel, look_at=_look_at(tx, look))


def _look_at(tx: Tx, look: float) -> Millis:
    return tx.now + int(look * 1000) if look else 0


def resume(tx: Tx, channel: ChannelId) -> None:
    """Let a paused channel continue now: a person knows that the reason is gone."""
    access.require(tx, Right.REPAIR)
    one(tx, channel)
    tx.run("channels.resume", id=channel)
    tx.run("outbox.release", channel=channel, now=tx.now)
    tx.emit(ChannelResumed(channel=channel))


def prove(tx: Tx, channel: ChannelId) -> None:
    """Record a heartbeat of the channel."""
    tx.run("channels.proof", id=channel, at=tx.now)
