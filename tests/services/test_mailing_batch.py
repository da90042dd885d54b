"""What is accepted together leaves in the store what it would have left one by one, for far fewer statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from chatapp_cli.domain.address import spelled
from chatapp_cli.domain.arrival import Peer, Profile
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import ChatappError, Refused
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Priority
from chatapp_cli.domain.text import T
from chatapp_cli.services import composing, dialogs, mailing, sending
from chatapp_cli.services.mailing import Recipient
from chatapp_cli.services.message_request import MessageRequest, SendTarget, ToAddress, ToPerson
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.messages import AddressedMessage
from chatapp_cli.store.tx import Tx
from tests.stores import EVERYTHING, Shop

CAN = replace(EVERYTHING, subject=False, max_upload=10_000)
LEFT = (
    "SELECT name, username, phone, email FROM contact ORDER BY id",
    """SELECT d.address, d.key, d.name, d.unread, d.waiting_since, d.last_at, d.last_state, d.preview, d.search, m.key,
      p.phone, p.name
    FROM dialog d LEFT JOIN message m ON m.id = d.last_id LEFT JOIN contact p ON p.id = d.contact_id ORDER BY d.id""",
    """SELECT d.address, m.origin, m.author, m.key, m.asked, m.state, m.text, m.template, m.ended_wait,
      (SELECT COUNT(*) FROM file f WHERE f.message_id = m.id)
    FROM message m JOIN dialog d ON d.id = m.dialog_id ORDER BY m.id""",
    """SELECT m.key, o.action, o.actor, o.priority, o.state, o.not_before, o.wait_code, o.value, o.channel_id
    FROM outbox o JOIN message m ON m.id = o.message_id ORDER BY o.id""",
    """SELECT j.topic, j.actor, j.channel_id, d.address, m.key, j.data
    FROM journal j LEFT JOIN dialog d ON d.id = j.dialog_id LEFT JOIN message m ON m.id = j.message_id ORDER BY j.id""",
    "SELECT d.address, u.operator, u.n FROM dialog_unread u JOIN dialog d ON d.id = u.dialog_id ORDER BY d.id",
)
LIST = (
    "eight@example.org",  # wrote in another channel
    "+79160000008",  # the same
    "+79160000001",  # wrote here
    "+79160000010",
    "8 916 000-00-10",  # the same again
    "+79160000002",  # on the blacklist
    "+79160000003",  # wrote in another channel
    "+79160000004",  # a phone of two people
    "кто-то другой",  # no address
    "+79160000005",  # two dialogs here
    "five",  # one of them
    "+79160000006",  # has it already
    "zoe@example.org",
    "Zoe@Example.org",  # the same again
    "nine@xn--80ak6aa92e.com",  # wrote in another channel; an address with an earlier spelling
    "+79160000009",  # the same
    "@unknown_name",
    "@anna",
    "+79160000007",  # who wrote under a username lately
    "seven_7",  # the same
    "79160000011",
    "442071838750",
    "+79160000012",
)


def able(row: ChannelRow) -> Capabilities:
    """A channel that takes usernames instead of phones is as sure of fewer addresses."""
    return replace(CAN, usernames_of=("chat",) if row.title == "by username" else ())


@pytest.fixture(params=["by phone", "by username"])
def channel(shop: Shop, request: pytest.FixtureRequest) -> ChannelId:
    """A channel whose clients the desk knows in every way that it can."""
    here, there = shop.channel(kind="sms", title=request.param), shop.channel(kind="chat")

    def wrote(channel: ChannelId, who: str, phone: str, **known: str) -> None:
        sender = Profile(id=who, name=who.title(), phone=phone, **known)
        shop.hear(channel, peer=Peer(key=who, address=who), sender=sender)

    wrote(here, "one", "+79160000001")
    wrote(here, "two", "+79160000002")
    wrote(there, "three", "+79160000003")
    for who in ("four", "quattro"):
        wrote(there, who, "+79160000004")
    for who in ("five", "cinque"):
        wrote(here, who, "+79160000005")
    wrote(there, "eight", "+79160000008", email="eight@example.org")
    wrote(there, "nine", "+79160000009", email="nine@xn--80ak6aa92e.com")
    wrote(there, "seven", "+79160000007", username="seven_7")
    shop.hear(here, who="anna")
    two = shop.read(lambda tx: tx.value("dialogs.at_address", channel=here, address="two"))
    shop.write(lambda tx: dialogs.block(tx, two, blocked=True))
    return here


class Undone(Exception):
    """Ends a part of a transaction that is undone."""


def left_by(shop: Shop, job: Callable[[Tx], object]) -> list[object]:
    """What a job returns and what it leaves in the store; all of it is undone."""
    found: list[object] = []

    def tried(tx: Tx) -> None:
        with suppress(Undone), tx.savepoint("tried", undone_by=Undone):
            found.append(job(tx))
            found.extend(shop.database.connection().execute(rows).fetchall() for rows in LEFT)
            raise Undone

    shop.write(tried)
    return found


def one_by_one(tx: Tx, request: MessageRequest, to: Sequence[Recipient]) -> list[tuple[str, str]]:
    """Accept a message for each, as a person would who writes to one after the other; how each went."""
    outcomes, seen, reached = list[tuple[str, str]](), set[str](), set[tuple[int, str]]()
    for one in to:
        if (address := spelled(one.address)) in seen:
            continue
        seen.add(address)
        options = replace(
            request.options, key=sending.key_of(f"{request.options.key} {address}"), priority=Priority.BULK
        )
        wanted = replace(request, to=replace(request.to, to=one.address), options=options)
        with suppress(ChatappError), tx.trial():
            try:
                message = composing.accept(tx, able, wanted)
            except ChatappError as error:
                outcomes.append((one.address, str(error)))
                raise
            met = tx.one(AddressedMessage, "messages.addressed", id=message)
            assert met is not None
            if (met.channel_id, met.address) in reached:
                raise Refused("again", T("Again"))
            reached.add((met.channel_id, met.address))
            outcomes.append((one.address, met.address))
    return sorted(outcomes)


def together(tx: Tx, request: MessageRequest, to: Sequence[Recipient]) -> list[tuple[str, str]]:
    """The same as a piece of a mass send."""
    found = mailing.accept(tx, able, request, to)
    good = [(one.to.address, one.address) for one in found.going]
    return sorted(good + [(one.to.address, str(one.why)) for one in found.bad])


def by_number(channel: ChannelId) -> SendTarget:
    return ToAddress(channel, "")


def by_kind(_channel: ChannelId) -> SendTarget:
    return ToPerson(to="", channel="sms")


@pytest.mark.parametrize(
    ("to", "draft", "options"),
    [
        (by_number, Draft(text="Скидка"), {}),
        (by_kind, Draft(text="Скидка"), {"at": 1_790_000_900_000}),
        (by_kind, Draft(files=[StagedFile(name="a.png", mime="image/png", size=3, sha256="0" * 64, kind="photo")]), {}),
    ],
    ids=["a text", "a text for later", "a picture"],
)
def test_a_list_accepted_together_leaves_what_it_would_one_by_one(
    shop: Shop, channel: ChannelId, to: Callable[[ChannelId], SendTarget], draft: Draft, options: dict[str, int]
) -> None:
    request = MessageRequest(to=to(channel), draft=draft, options=shop.order(**options))
    shop.write(lambda tx: mailing.accept(tx, able, request, [Recipient("+79160000006")]))
    listed = [Recipient(address) for address in LIST]
    expected = left_by(shop, lambda tx: one_by_one(tx, request, listed))
    assert left_by(shop, lambda tx: together(tx, request, listed)) == expected
    assert len(expected[3]) > 8, "most of them are reached"
