"""Find who wrote a mail and gets the answer (RFC 5322 §3.6.2); nobody, if in doubt."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import Message
from itertools import islice

from chatapp_cli.connectors.email.addresses import halves
from chatapp_cli.connectors.email.headers import ids, people, words
from chatapp_cli.connectors.email.identity import is_own_id
from chatapp_cli.connectors.email.machines import is_nobodys
from chatapp_cli.domain import border
from chatapp_cli.domain.address import mailbox_of
from chatapp_cli.domain.arrival import Profile

_NOWHERE = "sender.invalid"
"""A domain that never exists (RFC 2606), for the address of a sender without a valid one."""
_LONGEST_NAME = 200
_MOST_CLAIMS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """The two sides of a mail, seen from the mailbox."""

    sender: Profile
    """The author, whom the desk answers."""
    other: Profile
    """The other side of the dialog that it belongs to."""
    from_us: bool = False
    own_name: bool = False
    """Whether our own address is the sender's although nothing in the mail proves that it is ours."""
    claims: Sequence[Profile] = ()
    """Whom it was written to if it is ours, which only the mails that it answers can prove; empty if it cannot be."""
    personal: bool = False
    """Whether a machine wrote it for a person who gets the answer."""


def correspondence(message: Message, message_id: str, own: Sequence[str]) -> Correspondence:
    """Read From, Reply-To, Sender and To of a mail in the mailbox with the addresses ``own``.

    A mail From our own address may be forged. It claims to be ours if it has an id of ours or answers another person;
    with a foreign Reply-To, our website's form sent it for a client; otherwise it is a mail to ourselves. A mail that
    names one other address beside ours is from that person; with several others the sender is unknown.
    """
    ours = frozenset(map(mailbox_of, own))
    authors, answered = _people(message, "From"), _people(message, "Reply-To")
    author = _meant(authors, ours)
    answers = None if (found := _meant(answered, ours)) is None or mailbox_of(found.email) in ours else found
    agent = None if authors else next(_others(message, ours, "Sender"), None)
    in_our_name = author is not None and mailbox_of(author.email) in ours
    if in_our_name and answers is None and any(mailbox_of(one.email) not in ours for one in answered):
        author, in_our_name = None, False
    own_id = is_own_id(message_id, own[0].rpartition("@")[2])
    if author and in_our_name and (own_id or (not answers and ids(message, "In-Reply-To", "References"))):
        claims = tuple(islice(_others(message, ours, "To", "Cc"), _MOST_CLAIMS))
        return Correspondence(sender=author, other=author, own_name=True, claims=claims or (author,) * own_id)
    if answers:
        named = answers if answers.name or not author else replace(answers, name=author.name)
        return Correspondence(sender=named, other=named, personal=in_our_name or _is_personal(message, answers, author))
    sender = author or agent or _nobody(message)
    return Correspondence(sender=sender, other=sender, own_name=in_our_name)


def written_by_us(message: Message, own: Sequence[str]) -> Correspondence:
    """Read a mail that the mailbox with these addresses has sent: it is ours, whoever it names as the sender."""
    author = next(iter(_people(message, "From")), None) or _unknown(own[0])
    ours = frozenset(map(mailbox_of, own))
    to = next(_others(message, ours, "To", "Cc", "Bcc"), None) or _unknown(f"unknown@{_NOWHERE}")
    return Correspondence(sender=author, other=to, from_us=True)


def _people(message: Message, name: str) -> Sequence[Profile]:
    """The people of a field under the one form of their addresses, so that each has one dialog."""
    return [one if one.email.isascii() else _in_ascii(one) for one in people(message, name)]


def _in_ascii(person: Profile) -> Profile:
    address = mailbox_of(person.email)
    return replace(person, id=border.external_id(address), email=border.address(address))


def is_nobody(address: str) -> bool:
    """Whether an address stands for a sender who cannot be answered."""
    return address.endswith(f"@{_NOWHERE}")


def _others(message: Message, ours: Container[str], *names: str) -> Iterator[Profile]:
    """The addresses in these fields that are not ours."""
    everybody = (profile for name in names for profile in _people(message, name))
    return (profile for profile in everybody if mailbox_of(profile.email) not in ours)


def _meant(named: Sequence[Profile], ours: Container[str]) -> Profile | None:
    """The sender among several addresses: the first that is not ours; nobody if ours stands beside several others."""
    everybody = {mailbox_of(one.email): one for one in named}
    others = [one for mailbox, one in everybody.items() if mailbox not in ours]
    if len(others) > 1 and len(others) < len(everybody):
        return None
    return next(iter(others or named), None)


def _is_personal(message: Message, answers: Profile, author: Profile | None) -> bool:
    """Whether answers go to a person, not to the sending machine, its owner or a mailing list."""
    others = {mailbox_of(one.email) for one in (*people(message, "List-Post"), *((author,) if author else ()))}
    if mailbox_of(answers.email) in others or is_nobodys(answers.email):
        return False
    return author is None or is_nobodys(author.email) or halves(answers.email)[1] != halves(author.email)[1]


def _nobody(message: Message) -> Profile:
    """A sender without a valid address: shown and identified by the raw text, and never answered."""
    shown = words(message, "From")
    if not shown:
        return _unknown(f"unknown@{_NOWHERE}")
    address = f"unknown-{hashlib.sha256(shown.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}@{_NOWHERE}"
    return _unknown(address, shown[:_LONGEST_NAME])


def _unknown(address: str, name: str = "") -> Profile:
    return Profile(id=border.external_id(address), email=border.address(address), name=border.name(name))
