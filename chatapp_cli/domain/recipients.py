"""The recipients of a mail beside the client, as they are stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from chatapp_cli.domain.address import domain_in_ascii, mailbox_of
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

MOST_COPIES: Final = 50
"""The most further recipients of one mail, Cc and Bcc together."""
_PIECE: Final = re.compile(r'(?:"[^"\n]*"|[^,;\n])+')
_IN_ANGLES: Final = re.compile(r"<([^<>]*)>\s*$")
_LETTERS: Final = r"[^@\s<>()\[\],;:\\\"]+"
_QUOTED: Final = r'"(?:[^"\\]|\\.)+"'
_ADDRESS: Final = re.compile(rf"({_LETTERS}|{_QUOTED})@({_LETTERS}\.{_LETTERS})")
_LONGEST: Final = 254
"""The most characters of an address (RFC 5321 §4.5.3.1.3, erratum 1690)."""
_LONGEST_LOCAL: Final = 64
"""The most bytes before the @ (RFC 5321 §4.5.3.1.1)."""


class NamedAddress(NamedTuple):
    """An address with the name before it, which may be empty."""

    name: str
    address: str

    @classmethod
    def of(cls, name: str, address: str) -> NamedAddress:
        """An address and what its owner is called; a name that only repeats the address is none."""
        return cls("" if name == address else name, address)

    def __str__(self) -> str:
        """As mail programs show it."""
        return f"{self.name} <{self.address}>" if self.name else self.address


class Recipients(NamedTuple):
    """Whom a mail names as its recipients."""

    to: Sequence[NamedAddress] = ()
    cc: Sequence[NamedAddress] = ()
    bcc: Sequence[NamedAddress] = ()
    also_from: Sequence[NamedAddress] = ()
    """All whom it names as its authors, or for the answer, if those are several."""
    left_out: int = 0
    """How many it names beside those that are kept."""

    @property
    def are_several(self) -> bool:
        """Whether the mail went to others beside the one that it is for."""
        return len(self.to) > 1 or bool(self.cc or self.bcc or self.left_out)

    @property
    def copied(self) -> Sequence[str]:
        """The addresses of all who get a copy."""
        return [one.address for one in (*self.cc, *self.bcc)]

    def stored(self) -> str:
        """As JSON; empty without any."""
        found = {name: value for name, value in self._asdict().items() if value}
        return json.dumps(found, ensure_ascii=False) if found else ""

    @classmethod
    def parse(cls, stored: str) -> Recipients:
        """Stored recipients."""
        found = json.loads(stored) if stored else {}
        names = ("to", "cc", "bcc", "also_from")
        people = {name: tuple(NamedAddress(*one) for one in found.get(name, ())) for name in names}
        return cls(**people, left_out=found.get("left_out", 0))


def typed_addresses(typed: str) -> tuple[str, ...]:
    """The addresses that a person typed or pasted, apart by commas, semicolons or lines; see `typed_names`.

    What is no address stays as it is, for the refusal that names it.
    """
    return unique(one.address for one in _typed(typed) if one.address)


def typed_names(*typed: str) -> tuple[NamedAddress, ...]:
    """Those of the typed addresses before which a name stands."""
    return tuple(one for some in typed for one in _typed(some) if one.name and one.address)


def as_typed(addresses: Iterable[str], called: Iterable[NamedAddress]) -> str:
    """Addresses as a person types them, each behind its name, if it has one."""
    known = {one.address: f'"{one.name}" <{one.address}>' for one in called if one.name}
    return ", ".join(known.get(address, address) for address in addresses)


def _typed(typed: str) -> Iterable[NamedAddress]:
    for piece in _PIECE.findall(typed):
        found = _IN_ANGLES.search(piece)
        name = " ".join(piece[: found.start()].replace('"', " ").split()) if found else ""
        yield NamedAddress(name, (found[1] if found else piece).strip())


def unique(addresses: Iterable[str], *, but: Iterable[str] = ()) -> tuple[str, ...]:
    """The addresses of different mailboxes, each as it is written first and in order, except some."""
    others = {mailbox_of(address) for address in but}
    found: dict[str, str] = {}
    for address in addresses:
        found.setdefault(mailbox_of(address), address)
    return tuple(address for mailbox, address in found.items() if mailbox not in others)


def written_to(named: Iterable[str], own: Sequence[str]) -> str:
    """The first of our addresses among those that a mail names; if it names none, the mailbox's own, our first."""
    ours = {mailbox_of(address): address for address in reversed(own)}
    return next((ours[one] for one in map(mailbox_of, named) if one in ours), own[0])


def require_addresses(name: str, typed: str) -> None:
    """Raise UsageError, naming the option, for addresses of which one cannot be a mailbox's."""
    wrong = next((one for one in typed_addresses(typed) if not _is_mailbox(one)), None)
    if wrong is not None:
        raise UsageError(
            T("{name} has {address}, which is no e-mail address.", name=name, address=wrong),
            T("Write addresses like info@example.org, with commas between them."),
            field=name,
        )


def _is_mailbox(address: str) -> bool:
    local, _at, domain = mailbox_of(address).rpartition("@")
    return is_address(address) and domain.isascii() and "*" not in local


def is_address(text: str) -> bool:
    """Whether this can be the address of a mailbox."""
    found = _ADDRESS.fullmatch(text)
    if found is None or len(text) > _LONGEST or len(found[1].encode()) > _LONGEST_LOCAL or not text.isprintable():
        return False
    try:
        return domain_in_ascii(found[2].lower()) != ""
    except ValueError:
        return False
