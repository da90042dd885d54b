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
_MOST_POSSIBLE_RECIPIENTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """The two sides of a mail, seen from the mailbox."""

    sender: Profile
    """The author, who gets the desk's answer."""
    other: Profile
    """The other side of the dialog that the mail belongs to."""
    from_us: bool = False
    """Whether it certainly is ours."""
    uses_our_address: bool = False
    """Whether the sender's address is ours, which anybody can write into a mail: nothing in it proves that it is."""
    possible_recipients: Sequence[Profile] = ()
    """Who got it if it is ours, which only the mails that it answers can prove; empty if it cannot be ours."""
    personal: bool = False
    """Whether a machine wrote it for a person who gets the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """Whom the head of a mail names, and which of them is meant."""

    message: Message
    ours: Container[str]
    author: Profile | None
    """Of From; ``None``: nobody valid, or not certain who."""
    answered: Profile | None
    """Of Reply-To; ``None``: nobody, not certain who, or we ourselves."""
    own_id: bool
    """Whether its Message-ID has the form of ours."""

    @property
    def author_is_us(self) -> bool:
        return self.author is not None and mailbox_of(self.author.email) in self.ours


def correspondence(message: Message, message_id: str, own: Sequence[str]) -> Correspondence:
    """Read From, Reply-To, Sender and To of a mail in the mailbox with the addresses ``own``.

    The rules are those of the table *Recipient of an answer* in docs/channels/email.md.
    """
    named = _named(message, message_id, own)
    return _perhaps_our_answer(named) or _wants_answers_elsewhere(named) or _from_its_author(named)


def _named(message: Message, message_id: str, own: Sequence[str]) -> _Named:
    ours = frozenset(map(mailbox_of, own))
    reply_to = _people(message, "Reply-To")
    answered = _meant(reply_to, ours)
    found = _Named(
        message=message,
        ours=ours,
        author=_meant(_people(message, "From"), ours),
        answered=None if answered is None or mailbox_of(answered.email) in ours else answered,
        own_id=is_own_id(message_id, own[0].rpartition("@")[2]),
    )
    beside_us = any(mailbox_of(one.email) not in ours for one in reply_to)
    return replace(found, author=None) if found.author_is_us and found.answered is None and beside_us else found


def _perhaps_our_answer(named: _Named) -> Correspondence | None:
    """From our mailbox, in answer to a mail: perhaps written on a phone, perhaps forged.

    An id of ours says that it answers something; without one it names a mail and wants no answers elsewhere.
    """
    answers_a_mail = not named.answered and bool(ids(named.message, "In-Reply-To", "References"))
    if named.author is None or not named.author_is_us or not (named.own_id or answers_a_mail):
        return None
    recipients = tuple(islice(_others(named.message, named.ours, "To", "Cc"), _MOST_POSSIBLE_RECIPIENTS))
    to_ourselves = (named.author,) if named.own_id else ()
    return Correspondence(
        sender=named.author,
        other=named.author,
        uses_our_address=True,
        possible_recipients=recipients or to_ourselves,
    )


def _wants_answers_elsewhere(named: _Named) -> Correspondence | None:
    """With another address in Reply-To: of a person, or of a form, which may use our own mailbox as its sender."""
    author, answered = named.author, named.answered
    if answered is None:
        return None
    client = answered if answered.name or not author else replace(answered, name=author.name)
    personal = named.author_is_us or _is_personal(named.message, answered, author)
    return Correspondence(sender=client, other=client, personal=personal)


def _from_its_author(named: _Named) -> Correspondence:
    """From a person, or from our own mailbox to ourselves; with nobody valid in From from Sender, if that has one."""
    senders = () if _people(named.message, "From") else _others(named.message, named.ours, "Sender")
    sender = named.author or next(iter(senders), None) or _nobody(named.message)
    return Correspondence(sender=sender, other=sender, uses_our_address=named.author_is_us)


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
