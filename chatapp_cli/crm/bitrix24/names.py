"""Names as Bitrix24 takes them, and the connectors that stand for our channels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final
from unicodedata import category

from chatapp_cli.domain.crm.entry import CrmPerson
from chatapp_cli.domain.crm_manifest import ChannelThere
from chatapp_cli.kit.crms import manifest

KIND: Final = "bitrix24"
LONGEST: Final = 25
"""Letters of a first or last name (b24-rest-docs ``imconnector.send.messages``: only letters, spaces, hyphens and
apostrophes)."""
NOBODY: Final = "Клиент"
"""A client whose name has no letters, as portals in Russian call them."""
_APOSTROPHES: Final = "'’ʼ"
_EDGES: Final = f" -{_APOSTROPHES}"
_PHONE: Final = re.compile(r"\+[1-9]\d{9,14}")
_WEB: Final = re.compile(r"https?://[^\s/]+", re.IGNORECASE)


def letters(name: str) -> str:
    """What of a name Bitrix24 takes; may be empty."""
    kept = "".join(_fitting(name))
    return " ".join(kept.split()).strip(_EDGES)[:LONGEST].strip(_EDGES)


def _fitting(name: str) -> Iterator[str]:
    """The signs that fit, and blanks; a mark fits only on a letter, and not on an emoji."""
    on_letter = False
    for sign in name:
        kind = category(sign)[0]
        on_letter = kind == "L" or (kind == "M" and on_letter)
        yield sign if on_letter or sign == "-" or sign in _APOSTROPHES else " "


def called(person: CrmPerson) -> Mapping[str, str]:
    """A person's ``name`` and, if there is one, ``last_name``; an undivided name is split at its first space."""
    first, last = letters(person.first_name), letters(person.last_name)
    if not first and not last:
        head, _, rest = person.name.strip().partition(" ")
        first, last = letters(head), letters(rest)
    first, last = (first, last) if first else (last, "")
    return {"name": first or NOBODY} | ({"last_name": last} if last else {})


def phone(said: str) -> str:
    """A phone that Bitrix24 accepts; empty for another."""
    return said if _PHONE.fullmatch(said) else ""


def web(address: str) -> str:
    """A web address; empty for another."""
    return address if _WEB.match(address) else ""


def channels() -> Mapping[str, ChannelThere]:
    """How our channels are called there, by kind."""
    return manifest(KIND).channels


@cache
def _kinds() -> Mapping[str, str]:
    return {there.id: kind for kind, there in channels().items()}


def kind_of(connector: str) -> str:
    """Our kind of channel for a connector; empty if it is none of ours."""
    return _kinds().get(connector, "")
