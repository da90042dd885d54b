"""Logging in: by code or QR code, and with the cloud password if there is one."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from telethon import TelegramClient
from telethon.tl import functions as fn
from telethon.tl.types import auth

from chatapp_cli.connectors.telegram.errors import network
from chatapp_cli.domain.errors import ChannelError, RateLimited, Rejected, UsageError
from chatapp_cli.domain.form import Field, Form, Notice
from chatapp_cli.domain.text import T, Text
from chatapp_cli.ports.bind import Asker

WARNING: Final = T(
    "Do not forward the code to other people in Telegram. "
    "Telegram's protection will see that you forwarded the code, and it will become invalid."
)
"""S-051."""
_QR_TURNS: Final = 20
"""The number of QR codes shown, about half a minute each, before giving up."""


class Wrong(UsageError):
    """An answer in the first form is wrong: the form is shown again."""


_BLAMED: Final[Mapping[str, tuple[str, Text]]] = {
    "API_ID_INVALID": ("api_id", T("Telegram does not know this API ID with this hash.")),
    "API_ID_PUBLISHED_FLOOD": ("api_id", T("This API ID is used by too many people. Make one of your own.")),
    "PHONE_NUMBER_INVALID": ("phone", T("This is not a phone number that Telegram knows.")),
    "PHONE_NUMBER_BANNED": ("phone", T("Telegram banned this phone number.")),
    "PHONE_NUMBER_UNOCCUPIED": ("phone", T("There is no Telegram account with this number. Register it on a phone.")),
    "PHONE_NUMBER_FLOOD": ("phone", T("Codes were asked for too often. Try again tomorrow.")),
    "PHONE_PASSWORD_FLOOD": ("phone", T("There were too many attempts to log in. Try again tomorrow.")),
    "SEND_CODE_UNAVAILABLE": ("phone", T("Telegram has no other way left to send the code. Log in by QR code.")),
    "UPDATE_APP_TO_LOGIN": ("", T("Telegram demands a newer application: update chatapp.")),
}


@contextmanager
def blaming(field: str) -> Iterator[None]:
    """Map a refusal to a field of the first form; ``field`` is the default. Raises Wrong, Rejected."""
    try:
        with network():
            yield
    except RateLimited as error:
        raise Wrong(_pause(error.retry_after), field=field) from None
    except ChannelError as error:
        if error.code in _ASKED_AGAIN:
            raise
        blamed, words = _BLAMED.get(error.detail, (field, T("Telegram refused: {detail}", detail=error.detail)))
        raise Wrong(words, field=blamed) from None


_ASKED_AGAIN: Final = frozenset({"code_wrong", "code_expired", "password_needed", "password_wrong"})


def _pause(seconds: float) -> Text:
    return T("Telegram asks to wait {minutes} minutes before the next attempt.", minutes=math.ceil(seconds / 60))


async def by_code(client: TelegramClient, ask: Asker, phone: str) -> Any:
    """Ask for the code until it is right; returns our own user. Raises Wrong for errors in the first form."""
    sent, trouble = await _send_code(client, phone), None
    while True:
        said = await ask.form(_code_form(sent, trouble))
        if said.get("another") == "on":
            sent, trouble = await _send_code(client, phone), T("The code was sent once more.")
            continue
        try:
            with blaming("phone"):
                return await client.sign_in(phone, said["code"].strip())
        except Rejected as refusal:
            if refusal.code == "password_needed":
                return await by_password(client, ask)
            trouble = T("The code is wrong. Look at it again.")
            if refusal.code == "code_expired":
                sent, trouble = await _send_code(client, phone), T("The code has expired. A new one was sent.")


async def _send_code(client: TelegramClient, phone: str) -> Any:
    """Request the code; on a repeated request Telegram sends it another way."""
    with blaming("phone"):
        return await client.send_code_request(phone)


def _code_form(sent: Any, trouble: Text | None) -> Form:
    fields = [Field(name="code", label=T("Code from Telegram"), kind="code")]
    if sent.next_type is not None:
        resend = T("Send the code again in another way: {way}", way=_WAYS.get(type(sent.next_type), T("otherwise")))
        fields.append(Field(name="another", label=resend, kind="flag", default="off", required=False))
    errors = {"code": trouble} if trouble else {}
    return Form(title=T("Code"), fields=fields, intro=(_whereabouts(sent.type), WARNING), errors=errors)


_WAYS: Final[Mapping[type, Text]] = {
    auth.CodeTypeSms: T("by SMS"),
    auth.CodeTypeCall: T("by a call that says it"),
    auth.CodeTypeFlashCall: T("by a call from a number that ends with it"),
    auth.CodeTypeMissedCall: T("by a call from a number that ends with it"),
    auth.CodeTypeFragmentSms: T("on fragment.com"),
}
_PLACES: Final[Mapping[type, Callable[[Any], Text]]] = {
    auth.SentCodeTypeApp: lambda _: T(
        "The code was sent to Telegram on your other devices: look into the chat «Telegram»."
    ),
    auth.SentCodeTypeSms: lambda _: T("The code was sent by SMS."),
    auth.SentCodeTypeCall: lambda _: T("Telegram calls the phone and says the code."),
    auth.SentCodeTypeFlashCall: lambda _: T("Telegram calls the phone: the code is the end of the number that calls."),
    auth.SentCodeTypeMissedCall: lambda _: T("Telegram calls the phone: the code is the end of the number that calls."),
    auth.SentCodeTypeEmailCode: lambda to: T("The code was sent by e-mail to {address}.", address=to.email_pattern),
    auth.SentCodeTypeFragmentSms: lambda to: T("The code is shown at {url}.", url=to.url),
    auth.SentCodeTypeSetUpEmailRequired: lambda _: T(
        "Telegram wants an e-mail address for logins first: set it in Telegram on the phone, then log in by QR code."
    ),
}


def _whereabouts(kind: Any) -> Text:
    say = _PLACES.get(type(kind))
    return say(kind) if say else T("The code was sent.")


async def by_password(client: TelegramClient, ask: Asker) -> Any:
    """Ask for the cloud password until it is right (S-053)."""
    trouble: Text | None = None
    while True:
        with blaming(""):
            hint = (await client(fn.account.GetPasswordRequest())).hint
        said = await ask.form(_password_form(hint or "", trouble))
        try:
            with blaming(""):
                return await client.sign_in(password=said["password"])
        except Rejected:
            trouble = T("The password is wrong.")


def _password_form(hint: str, trouble: Text | None) -> Form:
    words = T("Your hint: {hint}", hint=hint) if hint else None
    field = Field(name="password", label=T("Cloud password"), kind="secret", hint=words)
    intro = (T("The account is protected by a second password, set in Telegram under «Two-Step Verification»."),)
    return Form(title=T("Cloud password"), fields=[field], intro=intro, errors={"password": trouble} if trouble else {})


async def by_qr(client: TelegramClient, ask: Asker) -> Any:
    """Show a QR code, renewed when it expires, until a phone scans it."""
    with blaming("method"):
        code = await client.qr_login()
    for _ in range(_QR_TURNS):
        scanning = asyncio.ensure_future(code.wait())
        try:
            await ask.show(_qr_notice(code.url))
            await asyncio.wait({scanning})
            if not isinstance(scanning.exception(), TimeoutError):
                return await _scanned(client, ask, scanning)
        finally:
            scanning.cancel()
        with blaming("method"):
            await code.recreate()
    raise Wrong(T("Nobody scanned the code."), field="method")


async def _scanned(client: TelegramClient, ask: Asker, scanning: asyncio.Future[Any]) -> Any:
    try:
        with blaming("method"):
            return await scanning
    except Rejected:
        return await by_password(client, ask)


def _qr_notice(url: str) -> Notice:
    steps = (
        T("Open Telegram on the phone: Settings, Devices, Link Desktop Device."),
        T("Point the camera at the code; a new one comes when it expires."),
    )
    return Notice(title=T("QR code"), lines=steps, qr=url, link=url)
