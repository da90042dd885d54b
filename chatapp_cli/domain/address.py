"""How people name a recipient: an e-mail address, a phone, a @username or a ChatID (S-005, S-123)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from chatapp_cli.domain.manifest import AddressKind
from chatapp_cli.domain.phone import DASHES, SIGNS, provider_digits, typed
from chatapp_cli.domain.text import T, Text

KINDS: Mapping[AddressKind, Text] = MappingProxyType(
    {"phone": T("phone number"), "username": T("@username"), "email": T("e-mail address"), "chat_id": T("ChatID")}
)
"""What people call each kind."""

_EMAIL = re.compile(r'(?:"(?:[^"\\\n]|\\.)+"|[^@\s]+)@[^@\s]+')
_USERNAME = re.compile(r"@[A-Za-z0-9_.]{2,}")
_PHONE = re.compile(rf"[+＋]?[{SIGNS}]{{7,24}}")
_FEWEST = 5
"""The fewest digits of a phone number."""
_WRITTEN_OUT = re.compile(rf"^[+＋]|(?<=\d)[{DASHES}]|[\s()]")
"""A plus or separators between the digits, which a ChatID never has."""
_RUSSIAN = re.compile(r"[78]\d{10}")


def kinds(address: str) -> Sequence[AddressKind]:
    """The kinds of address that it can be, the likeliest first; everything can be a ChatID."""
    if _USERNAME.fullmatch(address):
        return ("username", "chat_id")
    if _EMAIL.fullmatch(address):
        return ("email", "chat_id")
    if _PHONE.fullmatch(address) and sum(map(str.isdecimal, address)) >= _FEWEST:
        return ("phone", "chat_id") if _WRITTEN_OUT.search(address) else ("chat_id", "phone")
    return ("chat_id",)


def openings(address: str) -> Sequence[AddressKind]:
    """The same for an unknown person: eleven digits that begin with 7 or 8 are a number rather than a ChatID."""
    return ("phone", "chat_id") if _RUSSIAN.fullmatch(address) else kinds(address)


def readings(address: str) -> Sequence[AddressKind]:
    """The same where a chat id is asked for: digits that are no such number are nobody's phone."""
    likeliest, *others = openings(address)
    return (likeliest,) if likeliest == "chat_id" else (likeliest, *others)


def canonical(address: str, kind: AddressKind) -> str:
    """The canonical form of an address that a person typed; a phone without a plus is read as in Russia."""
    address = address.strip()
    if kind == "email":
        return mailbox_of(address.rstrip("."))
    if kind == "phone":
        return "+" + typed(address)
    return address.lower().lstrip("@") if kind == "username" else address


def spelled(address: str) -> str:
    """The canonical form of any address that a person typed: a phone with and without its plus is the same."""
    possible = kinds(address.strip())
    return canonical(address, "phone" if "phone" in possible else possible[0])


def given(phone: str) -> str:
    """The canonical form, ``+84912345678``, of a phone that a provider reports; empty if it reports none.

    Not for input of a person, see ``canonical``: eleven digits that begin with 8 may be a different number.
    """
    found = provider_digits(phone)
    return f"+{found}" if found else ""


def domain_in_ascii(domain: str) -> str:
    """A domain such as ёлки.рф in the form that every server accepts; one in ASCII stays as it is.

    Raises ValueError for what is none, and for one that would become another, as straße.de becomes strasse.de.
    """
    name = domain.encode("idna")
    if not domain.isascii() and name.decode("idna") != domain.lower():
        raise ValueError(domain)
    return name.decode("ascii")


def mailbox_of(address: str) -> str:
    """What all spellings of one mailbox have in common: in lower case, its domain in ASCII."""
    spelled = address.lower()
    if spelled.isascii():
        return spelled
    local, at, domain = spelled.rpartition("@")
    try:
        return f"{local}{at}{domain_in_ascii(domain)}"
    except ValueError:
        return spelled


def spellings(address: str) -> Sequence[str]:
    """An address under which a client is known, and the one that earlier versions knew them by, if that is another.

    They kept a mailbox at ёлки.рф by its domain in letters or in ASCII, as it came.
    """
    local, _, domain = address.rpartition("@")
    if "xn--" not in domain:
        return (address,)
    try:
        former = f"{local}@{domain.encode('ascii').decode('idna')}"
    except ValueError:
        return (address,)
    return (address, former) if mailbox_of(former) == address != former else (address,)


def is_name(text: str) -> bool:
    """Whether this is a name, and not digits, an e-mail address or a @username in place of one."""
    text = text.strip()
    return any(map(str.isalpha, text)) and not (_EMAIL.fullmatch(text) or text.startswith("@"))


def called(now: str, before: str) -> str:
    """The name to store: an address or an empty name never replaces a known name."""
    return now if is_name(now) or not before.strip() else before


def with_name(name: str, address: str) -> str:
    """A recipient by name and address; one of them if there is no other."""
    return f"{name} ({address})" if address and name not in {"", address} else address or name


def title_of(name: str, address: str) -> str:
    """The name of a dialog if it can be that of a person; with an e-mail address it may be a subject: then empty."""
    return "" if "@" in address else name


def named(text: str) -> str:
    """A person's address as channels accept it: ``+7916…``, ``@name``, an e-mail or a ChatID."""
    return _as(text, kinds(text.strip())[0])


def meant(text: str) -> str:
    """The same of an unknown person; bare digits that are no Russian number are a ChatID."""
    return _as(text, openings(text.strip())[0])


def _as(text: str, kind: AddressKind) -> str:
    found = canonical(text, kind)
    return f"@{found}" if kind == "username" else found
