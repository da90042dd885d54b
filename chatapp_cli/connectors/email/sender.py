"""Find who wrote a mail and gets the answer (RFC 5322 §3.6.2); nobody, if in doubt."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.message import Message

from chatapp_cli.connectors.email.addresses import parts, same
from chatapp_cli.connectors.email.headers import ids, people, words
from chatapp_cli.connectors.email.identity import is_own_id
from chatapp_cli.connectors.email.machines import is_nobodys
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Profile

_NOWHERE = "sender.invalid"
"""A domain that never exists (RFC 2606), for the address of a sender without a valid one."""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """The two sides of a mail, seen from the mailbox."""

    sender: Profile
    """The author, whom the desk answers."""
    other: Profile
    """The other side of the dialog that it belongs to."""
    from_us: bool = False
    own_name: bool = False
    """Whether our own address is the sender's although nothing proves that the mail is ours."""
    personal: bool = False
    """Whether a machine wrote it for a person who gets the answer."""


def correspondence(message: Message, message_id: str, own: str) -> Correspondence:
    """Read From, Reply-To, Sender and To of a mail in the mailbox ``own``.

    A mail From our own address is ours if it has an id of ours or answers another person; with a foreign Reply-To, our
    website's form sent it for a client; otherwise it is a mail to ourselves, which may be forged. A mail that names one
    other address beside ours is from that person; with several others the sender is unknown.
    """
    authors, answered = people(message, "From"), people(message, "Reply-To")
    author = _meant(authors, own)
    answers = None if (found := _meant(answered, own)) is None or same(found.email, own) else found
    agent = None if authors else _somebody_else(message, own, "Sender")
    in_our_name = author is not None and same(author.email, own)
    if in_our_name and answers is None and any(not same(one.email, own) for one in answered):
        author, in_our_name = None, False
    if author and in_our_name:
        to = _somebody_else(message, own, "To", "Cc")
        if is_own_id(message_id, own.rpartition("@")[2]) or (to and not answers and ids(message, "In-Reply-To")):
            return Correspondence(sender=author, other=to or author, from_us=True)
    if answers:
        named = answers if answers.name or not author else replace(answers, name=author.name)
        return Correspondence(sender=named, other=named, personal=in_our_name or _is_personal(message, answers, author))
    sender = author or agent or _nobody(message)
    return Correspondence(sender=sender, other=sender, own_name=in_our_name)


def is_nobody(address: str) -> bool:
    """Whether an address stands for a sender who cannot be answered."""
    return address.endswith(f"@{_NOWHERE}")


def _somebody_else(message: Message, own: str, *names: str) -> Profile | None:
    """The first address in these fields that is not ours."""
    everybody = (profile for name in names for profile in people(message, name))
    return next((profile for profile in everybody if not same(profile.email, own)), None)


def _meant(named: Sequence[Profile], own: str) -> Profile | None:
    """The sender among several addresses: the first that is not ours; nobody if ours stands beside several others."""
    others = list({one.email: one for one in named if not same(one.email, own)}.values())
    beside_us = any(same(one.email, own) for one in named)
    if beside_us and len(others) > 1:
        return None
    return next(iter(others or named), None)


def _is_personal(message: Message, answers: Profile, author: Profile | None) -> bool:
    """Whether answers go to a person, not to the sending machine, its owner or a mailing list."""
    of_list = any(same(answers.email, one.email) for one in people(message, "List-Post"))
    if of_list or is_nobodys(answers.email) or (author and same(answers.email, author.email)):
        return False
    return author is None or is_nobodys(author.email) or parts(answers.email)[1] != parts(author.email)[1]


def _nobody(message: Message) -> Profile:
    """A sender without a valid address: shown and identified by the raw text, and never answered."""
    shown = words(message, "From")
    if not shown:
        return _unknown(f"unknown@{_NOWHERE}")
    address = f"unknown-{hashlib.sha256(shown.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}@{_NOWHERE}"
    return _unknown(address, shown[:_LONGEST_NAME])


def _unknown(address: str, name: str = "") -> Profile:
    return Profile(id=border.external_id(address), email=border.address(address), name=border.name(name))
