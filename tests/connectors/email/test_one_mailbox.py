"""A mailbox is one client, however its address is spelled."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.email.incoming import Reading
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Peer, Profile
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.subject import subject_key
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import channels, contacts, reaching
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.channels import ChannelRow
from tests.connectors.email.corpus import plain
from tests.connectors.email.dialogs import DESK, card, messages, take, the_list
from tests.connectors.email.reading import FLAT, OURS
from tests.stores import Shop

CANONICAL = f"anna@{'пример.рф'.encode('idna').decode()}"
SPELLINGS = (
    CANONICAL,
    "Anna@Пример.РФ",
    "ANNA@XN--E1AFMKFD.xn--p1ai",
    "anna@пример.рф",
    '"anna"@пример.рф',
    "anna@пример.рф.",
)
CAN = manifest("email").capabilities
GROUPED = ([OURS, FLAT], ["by subject", "by address"])


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel(kind="email", account=DESK.decode())


def mail(address: str, n: int = 0, subject: bytes = b"Order") -> bytes:
    return plain(
        b"hi %d" % n, sender=f"<{address}>".encode(), subject=subject, extra=b"Message-ID: <%d@c.test>\r\n" % n
    )


def bound(shop: Shop, channel: ChannelId) -> ChannelRow:
    return shop.read(lambda tx: channels.one(tx, channel))


def keep_as_before(shop: Shop, channel: ChannelId, subject: str = "") -> None:
    """A dialog as version 0.1 kept it, with the domain in letters."""
    former = border.address("anna@пример.рф")
    key = border.external_id(subject_key(former, subject) if subject else former)
    shop.hear(channel, ext_id=f"old {subject}", peer=Peer(key=key, address=former), sender=Profile(email=former))


@pytest.mark.req("S-096")
@pytest.mark.parametrize("reading", GROUPED[0], ids=GROUPED[1])
def test_every_spelling_of_an_address_is_one_dialog(shop: Shop, channel: ChannelId, reading: Reading) -> None:
    take(shop, channel, *(mail(address, n) for n, address in enumerate(SPELLINGS)), reading=reading)
    (row,) = the_list(shop)
    assert len(messages(shop, row)) == len(SPELLINGS)
    assert card(shop, row).address == card(shop, row).email == CANONICAL


@pytest.mark.req("S-096")
@pytest.mark.parametrize("reading", GROUPED[0], ids=GROUPED[1])
@pytest.mark.parametrize("address", SPELLINGS)
def test_the_dialog_of_an_earlier_version_goes_on_under_every_spelling(
    shop: Shop, channel: ChannelId, reading: Reading, address: str
) -> None:
    keep_as_before(shop, channel, "order" if reading.by_subject else "")
    take(shop, channel, mail(address), reading=reading)
    (row,) = the_list(shop)
    assert len(messages(shop, row)) == 2
    assert card(shop, row).address == CANONICAL


@pytest.mark.req("S-096")
def test_two_dialogs_of_one_mailbox_become_one_and_other_subjects_keep_theirs(shop: Shop, channel: ChannelId) -> None:
    for subject in ("order", "invoice"):
        keep_as_before(shop, channel, subject)
    now = border.address(CANONICAL)
    key = border.external_id(subject_key(now, "order"))
    shop.hear(channel, ext_id="new", peer=Peer(key=key, address=now), sender=Profile(email=now))
    take(shop, channel, mail("anna@пример.рф"))
    assert sorted(len(messages(shop, row)) for row in the_list(shop)) == [1, 3]
    assert {card(shop, row).address for row in the_list(shop)} == {CANONICAL}


@pytest.mark.req("S-120")
@pytest.mark.parametrize("address", SPELLINGS[:4])
def test_who_is_written_to_by_any_spelling_is_the_client_who_is_known(
    shop: Shop, channel: ChannelId, address: str
) -> None:
    keep_as_before(shop, channel)
    (row,) = the_list(shop)
    channel_row = bound(shop, channel)
    assert shop.write(lambda tx: reaching.dialog_for(tx, channel_row, CAN, address)) == row.id
    assert [one.id for one in shop.read(lambda tx: contacts.at(tx, address))] == [card(shop, row).contact_id]


@pytest.mark.req("S-120")
@pytest.mark.parametrize("address", SPELLINGS[:4])
def test_who_is_written_to_under_a_known_subject_goes_on_in_its_dialog(shop: Shop, address: str) -> None:
    channel = shop.channel(kind="email", account=DESK.decode(), settings={CAN.by_subject_when: "on"})
    keep_as_before(shop, channel, "order")
    (row,) = the_list(shop)
    channel_row = bound(shop, channel)
    assert shop.read(lambda tx: reaching.reach(tx, channel_row, CAN, address, subject="Order")).dialog == row.id


@pytest.mark.req("S-120")
def test_a_dialog_that_was_begun_by_letters_is_found_by_either_spelling(shop: Shop, channel: ChannelId) -> None:
    row = bound(shop, channel)
    begun = shop.write(lambda tx: reaching.dialog_for(tx, row, CAN, "Anna@Пример.РФ"))
    take(shop, channel, mail("anna@пример.рф"), reading=FLAT)
    (found,) = the_list(shop)
    assert found.id == begun
    for typed in ("anna@пример.рф", CANONICAL):
        wanted = DialogFilter(text=typed)
        assert len(shop.read(lambda tx, wanted=wanted: dialog_list.page(tx, shop.driver.dialect, wanted))) == 1
