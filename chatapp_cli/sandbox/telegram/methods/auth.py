"""Logging in by code, password or QR, and out again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from telethon.tl import functions, types

from chatapp_cli.sandbox.telegram import views
from chatapp_cli.sandbox.telegram.cloud import Actor
from chatapp_cli.sandbox.telegram.desk import APP, PendingCode
from chatapp_cli.sandbox.telegram.files import DC
from chatapp_cli.sandbox.telegram.letters import Letter, Person, digits
from chatapp_cli.sandbox.telegram.methods.call import Call, Handler
from chatapp_cli.sandbox.telegram.tl import Refusal
from chatapp_cli.sandbox.telegram.writing import post

_SHORTEST_PHONE: Final = 10
_SRP_ROOM: Final = 256


def send_code(call: Call, request: Any) -> Any:
    """Send a code to the account's other devices, or to the phone."""
    _check_app(request)
    phone = digits(request.phone_number)
    if len(phone) < _SHORTEST_PHONE:
        raise Refusal("PHONE_NUMBER_INVALID")
    owner = call.cloud.by_phone(phone)
    if owner and owner.banned:
        raise Refusal("PHONE_NUMBER_BANNED")
    return _sent(call, phone, owner)


def _check_app(request: Any) -> None:
    if (request.api_id, request.api_hash) != APP:
        raise Refusal("API_ID_INVALID")


def _sent(call: Call, phone: str, owner: Person | None) -> Any:
    pending = call.cloud.desk.send_code(phone)
    elsewhere = bool(owner and call.cloud.devices_of(owner))
    if owner and elsewhere:
        _tell(call, owner, pending.code)
    size = len(pending.code)
    return types.auth.SentCode(
        type=types.auth.SentCodeTypeApp(size) if elsewhere else types.auth.SentCodeTypeSms(size),
        phone_code_hash=pending.hash,
        next_type=types.auth.CodeTypeSms(),
        timeout=120,
    )


def _tell(call: Call, owner: Person, code: str) -> None:
    """Send the code to the logged-in devices as a message from Telegram."""
    service = call.cloud.service
    words = f"Login code: {code}. Do not give this code to anyone, even if they say they are from Telegram!"
    post(Actor(call.cloud, service), Letter(chat=call.cloud.private(service, owner), author=service, text=words))


def resend_code(call: Call, request: Any) -> Any:
    """Send another code; the previous one becomes invalid."""
    phone = _pending(call, request).phone
    call.cloud.desk.codes.pop(request.phone_code_hash)
    return _sent(call, phone, call.cloud.by_phone(phone))


def cancel_code(call: Call, request: Any) -> bool:
    """Invalidate the code."""
    return call.cloud.desk.codes.pop(request.phone_code_hash, None) is not None


def _pending(call: Call, request: Any) -> PendingCode:
    pending = call.cloud.desk.codes.get(request.phone_code_hash)
    if pending is None or pending.phone != digits(request.phone_number):
        raise Refusal("PHONE_CODE_HASH_EMPTY" if not request.phone_code_hash else "PHONE_CODE_EXPIRED")
    if pending.expired:
        raise Refusal("PHONE_CODE_EXPIRED")
    return pending


def sign_in(call: Call, request: Any) -> Any:
    """Log in with the code; a cloud password is requested afterwards."""
    pending = _pending(call, request)
    if not request.phone_code:
        raise Refusal("PHONE_CODE_EMPTY")
    if request.phone_code != pending.code:
        raise Refusal("PHONE_CODE_INVALID")
    owner = call.cloud.by_phone(pending.phone)
    if owner is None:
        return types.auth.AuthorizationSignUpRequired()
    call.cloud.desk.codes.pop(request.phone_code_hash)
    return _admitted(call, owner)


def _admitted(call: Call, owner: Person) -> Any:
    if owner.password:
        call.device.awaits_password = owner
        raise Refusal("SESSION_PASSWORD_NEEDED")
    return _logged_in(call, owner)


def _logged_in(call: Call, owner: Person) -> Any:
    call.device.person, call.device.awaits_password, call.device.revoked = owner, None, ""
    call.device.known_users.clear()
    call.device.known_chats.clear()
    return types.auth.Authorization(user=views.user(owner, owner))


def sign_up(_call: Call, _request: Any) -> Any:
    """Refuse: accounts are created only in Telegram's own apps."""
    raise Refusal("PHONE_NUMBER_INVALID")


def get_password(call: Call, _request: Any) -> Any:
    """The SRP parameters of the cloud password."""
    owner = call.device.person or call.device.awaits_password
    if owner is None:
        raise Refusal("AUTH_KEY_UNREGISTERED")
    future = {
        "new_algo": types.PasswordKdfAlgoUnknown(),
        "new_secure_algo": types.SecurePasswordKdfAlgoUnknown(),
        "secure_random": secrets.token_bytes(_SRP_ROOM),
    }
    if owner.password is None:
        return types.account.Password(has_password=False, **future)
    question, public = owner.password.ask()
    return types.account.Password(
        has_password=True,
        current_algo=owner.password.algorithm,
        srp_id=question,
        srp_B=public,
        hint=owner.password.hint or None,
        **future,
    )


def check_password(call: Call, request: Any) -> Any:
    """Log in with the cloud password."""
    owner = call.device.awaits_password
    if owner is None or owner.password is None:
        raise Refusal("AUTH_KEY_UNREGISTERED")
    owner.password.check(request.password)
    return _logged_in(call, owner)


def export_token(call: Call, request: Any) -> Any:
    """A QR login token; after the scan, the login."""
    _check_app(request)
    scanned = call.cloud.desk.scanned_by.pop(call.device, None)
    if scanned:
        return types.auth.LoginTokenSuccess(authorization=_admitted(call, scanned))
    shown = call.cloud.desk.show_token(call.device)
    return types.auth.LoginToken(expires=int(shown.until), token=shown.token)


def import_token(call: Call, request: Any) -> Any:
    """The same, requested with the token."""
    scanned = call.cloud.desk.scanned_by.pop(call.device, None)
    if scanned is None:
        raise Refusal("AUTH_TOKEN_INVALID" if request.token not in call.cloud.desk.tokens else "AUTH_TOKEN_EXPIRED")
    return types.auth.LoginTokenSuccess(authorization=_admitted(call, scanned))


def accept_token(call: Call, request: Any) -> Any:
    """Scan the QR code of another device."""
    device = call.cloud.desk.scan(request.token, call.me)
    now = int(time.time())
    return types.Authorization(
        hash=device.key.key_id >> 1,
        device_model=device.model,
        platform="",
        system_version="",
        api_id=device.api_id,
        app_name="",
        app_version="",
        date_created=now,
        date_active=now,
        ip="127.0.0.1",
        country="",
        region="",
    )


def export_authorization(call: Call, request: Any) -> Any:
    """A ticket to another data centre; there is only this one."""
    if request.dc_id != DC:
        raise Refusal("DC_ID_INVALID")
    number, ticket = call.cloud.desk.issue_ticket(call.me)
    return types.auth.ExportedAuthorization(id=number, bytes=ticket)


def import_authorization(call: Call, request: Any) -> Any:
    """Log in with a ticket."""
    return _logged_in(call, call.cloud.desk.redeem_ticket(request.id, request.bytes))


def log_out(call: Call, _request: Any) -> Any:
    """Log out."""
    call.device.person = None
    return types.auth.LoggedOut()


OPEN_TO_ALL = frozenset(
    {
        functions.auth.SendCodeRequest,
        functions.auth.ResendCodeRequest,
        functions.auth.CancelCodeRequest,
        functions.auth.SignInRequest,
        functions.auth.SignUpRequest,
        functions.auth.CheckPasswordRequest,
        functions.auth.ExportLoginTokenRequest,
        functions.auth.ImportLoginTokenRequest,
        functions.auth.ImportAuthorizationRequest,
        functions.account.GetPasswordRequest,
    }
)
HANDLERS: Mapping[type, Handler] = {
    functions.auth.SendCodeRequest: send_code,
    functions.auth.ResendCodeRequest: resend_code,
    functions.auth.CancelCodeRequest: cancel_code,
    functions.auth.SignInRequest: sign_in,
    functions.auth.SignUpRequest: sign_up,
    functions.auth.CheckPasswordRequest: check_password,
    functions.auth.ExportLoginTokenRequest: export_token,
    functions.auth.ImportLoginTokenRequest: import_token,
    functions.auth.AcceptLoginTokenRequest: accept_token,
    functions.auth.ExportAuthorizationRequest: export_authorization,
    functions.auth.ImportAuthorizationRequest: import_authorization,
    functions.auth.LogOutRequest: log_out,
    functions.account.GetPasswordRequest: get_password,
}
