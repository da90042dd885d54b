"""Linking a device: consent, then a QR or pairing code, renewed until the phone accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from chatapp_cli.connectors.whatsapp_web import device, errors, wire
from chatapp_cli.connectors.whatsapp_web.errors import KIND
from chatapp_cli.connectors.whatsapp_web.process import Child, child
from chatapp_cli.domain.errors import ChannelError, UsageError
from chatapp_cli.domain.form import Notice
from chatapp_cli.domain.phone import typed
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.kit import proxies
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

ENDPOINT: Final = "https://web.whatsapp.com"
"""The fixed address that the library connects to; proxies are tested with it."""
ROUNDS: Final = 3
"""Rounds of codes, each almost three minutes long."""
_ROUND: Final = 240.0
_SYNC: Final = 60.0
"""Seconds to wait for the first synchronisation, which continues in the background."""
_PHONE: Final = range(10, 16)

_RISKS: Final = (
    T(
        "This is not WhatsApp's official interface: WhatsApp may limit or ban the number for mass messages, "
        "for many strangers, or without a reason."
    ),
    T(
        "Use a number of its own for the business, warmed up for two or three weeks: let clients write first, "
        "and write to few strangers a day."
    ),
)
_STEPS: Final = (
    T("iOS: Settings → “Linked Devices” → “Link a Device”."),
    T("Android: three dots → “Linked devices” → “Link a device”."),
    T("Do not close the screen, wait until the process is finished."),
)
_BLAMED: Final[Mapping[str, str]] = {"no_child": "child", "child_differs": "child", "proxies_down": proxies.NAME}


async def bind(ask: Asker, world: World, previous: Bound | None) -> Bound:
    """Ask until a phone has linked the device."""
    form = form_of(KIND, previous, title=T("WhatsApp Web"), intro=(*_RISKS, *_STEPS))

    async def prove(values: Mapping[str, str]) -> Bound:
        try:
            return await _link(ask, world, values, previous)
        except ChannelError as error:
            words = errors.words(error)
            raise UsageError(words.what, words.step_while_binding, field=_BLAMED.get(error.code)) from None

    return await ask_until_proved(ask, form, prove)


async def _link(ask: Asker, world: World, values: Mapping[str, str], previous: Bound | None) -> Bound:
    phone = _required_phone(values)
    said = values[proxies.NAME] or (previous.secrets.get(proxies.NAME, "") if previous else "")
    proxies.understood(said, manifest(KIND).capabilities.proxies)
    proxy = await proxies.choose(said, ENDPOINT)
    pending = await asyncio.to_thread(device.fresh, world.place, world.chance.key())
    try:
        way = proxies.url(proxy) if proxy else ""
        renews = str(device.shelf(world.place) / previous.settings["device"]) if previous else ""
        args = wire.Open(folder=str(pending), pair=values["method"], phone=phone, proxy=way, renews=renews)
        account = await _paired(ask, values["child"], args, previous)
        name = await asyncio.to_thread(device.keep, pending, account.phone, world.clock.now())
    finally:
        await asyncio.to_thread(device.drop, pending)
    settings = {"device": name, **{one: values[one] for one in ("child", "method", "phone", "consent")}}
    if previous and account.renewed:
        settings[device.NUMBERED] = device.numbered(previous.settings)
    return _bound(account, settings, said)


def _required_phone(values: Mapping[str, str]) -> str:
    """The phone's digits, if they are needed."""
    if values["consent"] != "on":
        raise UsageError(T("Without accepting the risks this channel cannot be bound."), field="consent")
    if values["method"] not in {"qr", "code"}:
        raise UsageError(T("Choose one of the answers."), field="method")
    if values["method"] == "qr":
        return ""
    phone = typed(values["phone"])
    if len(phone) not in _PHONE:
        raise UsageError(T("A phone like +7 916 123-45-67 is needed."), field="phone")
    return phone


async def _paired(ask: Asker, said: str, args: wire.Open, previous: Bound | None) -> wire.Account:
    """Show codes until the phone accepts; a round ends when WhatsApp sends no more codes."""
    for _ in range(ROUNDS):
        async with child(said, Path(args.folder) / device.LOG) as running:
            try:
                account = await _round(ask, running, args)
            except ChannelError as error:
                if error.code == "qr_expired":
                    continue
                raise
            await _require_account(running, account, previous)
            return account
    raise UsageError(T("Nobody entered the code in time. Have the phone ready and start again."))


async def _round(ask: Asker, running: Child, args: wire.Open) -> wire.Account:
    showing = asyncio.create_task(_show(ask, running))
    try:
        account = await running.ask("open", args, wire.Account, patience=_ROUND)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SYNC):
                await showing
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
    return account


async def _show(ask: Asker, running: Child) -> None:
    """Show the progress until it is done."""
    while news := await running.news.get():
        await ask.show(_notice(news))
        if news.state == "synced":
            return


def _notice(news: wire.News) -> Notice:
    title = T("WhatsApp: linking a device")
    match news.state:
        case "qr":
            return Notice(title=title, lines=_STEPS, qr=news.text)
        case "code":
            lines = (T("On the phone choose “Link with phone number instead” and enter: {code}", code=news.text),)
            return Notice(title=title, lines=(*_STEPS, *lines))
        case "synced":
            return Notice(title=title, lines=(T("Done: the device is linked and synchronised."),))
        case "online":
            return Notice(title=title, lines=(T("The device is linked; messages are being synchronised."), _STEPS[-1]))
        case _:
            return Notice(title=title, lines=(T("The phone agreed; the device is connecting."), _STEPS[-1]))


async def _require_account(running: Child, account: wire.Account, previous: Bound | None) -> None:
    if previous is None or previous.account == account.phone:
        return
    await running.ask("logout", wire.Nothing(), wire.Nothing)
    raise UsageError(
        T("This is another account, +{phone}. Bind it as a channel of its own.", phone=account.phone), field="method"
    )


def _bound(account: wire.Account, settings: Mapping[str, str], said: str) -> Bound:
    return Bound(
        account=account.phone,
        title=f"+{account.phone}",
        settings=settings,
        secrets={proxies.NAME: said} if said else {},
        facts={N_("Phone"): f"+{account.phone}", N_("Name"): account.name},
    )
