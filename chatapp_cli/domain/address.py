"""How a person names whom they write to: an e-mail address, a phone, a @username or a ChatID (S-005, S-123)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from chatapp_cli.domain.manifest import AddressKind
from chatapp_cli.domain.phone import DASHES, SIGNS, told, typed
from chatapp_cli.domain.text import T, Text

KINDS: Mapping[AddressKind, Text] = MappingProxyType(
    {"phone": T("phone number"), "username": T("@username"), "email": T("e-mail address"), "chat_id": T("ChatID")}
)
"""What people call each kind."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_USERNAME = re.compile(r"@[A-Za-z0-9_.]{2,}")
_PHONE = re.compile(rf"[+＋]?[{SIGNS}]{{7,24}}")
_FEWEST = 5
"""Digits without which it is no phone."""
_WRITTEN_OUT = re.compile(rf"^[+＋]|(?<=\d)[{DASHES}]|[\s()]")
"""A plus or gaps between the digits: nobody writes a ChatID so."""
_RUSSIAN = re.compile(r"[78]\d{10}")


def kinds(address: str) -> Sequence[AddressKind]:
    """What it can be, the likeliest first; everything can be a ChatID."""
    if _USERNAME.fullmatch(address):
        return ("username", "chat_id")
    if _EMAIL.fullmatch(address):
        return ("email", "chat_id")
    if _PHONE.fullmatch(address) and sum(map(str.isdecimal, address)) >= _FEWEST:
        return ("phone", "chat_id") if _WRITTEN_OUT.search(address) else ("chat_id", "phone")
    return ("chat_id",)


def openings(address: str) -> Sequence[AddressKind]:
    """The same for somebody who is not known yet: eleven digits from 7 or 8 on are rather a number than a ChatID."""
    return ("phone", "chat_id") if _RUSSIAN.fullmatch(address) else kinds(address)


def canonical(address: str, kind: AddressKind) -> str:
    """The one spelling of an address that a person typed; a phone without a plus as somebody in Russia means it."""
    address = address.strip()
    if kind == "email":
        return address.lower()
    if kind == "phone":
        return "+" + typed(address)
    return address.lower().lstrip("@") if kind == "username" else address


def spelled(address: str) -> str:
    """One spelling of whatever a person typed, so that a phone with and without its plus is one."""
    possible = kinds(address.strip())
    return canonical(address, "phone" if "phone" in possible else possible[0])


def given(phone: str) -> str:
    """The one spelling of a phone that a provider told: ``+84912345678`` with or without its plus; empty without any.

    Never for what a person typed, see ``canonical``: the same eleven digits from 8 on may be another's number.
    """
    found = told(phone)
    return f"+{found}" if found else ""


def is_name(said: str) -> bool:
    """Whether somebody may be called so: digits, an e-mail address and a @username stand where a name is missing."""
    said = said.strip()
    return any(map(str.isalpha, said)) and not (_EMAIL.fullmatch(said) or said.startswith("@"))


def called(now: str, before: str) -> str:
    """The name that somebody goes by from now on: a name that is known never gives way to an address or to nothing."""
    return now if is_name(now) or not before.strip() else before


def named(said: str) -> str:
    """Somebody as channels take their name: ``+7916…``, ``@name``, an e-mail or a ChatID."""
    likeliest = kinds(said.strip())[0]
    found = canonical(said, likeliest)
    return f"@{found}" if likeliest == "username" else found
