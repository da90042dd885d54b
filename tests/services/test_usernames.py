"""Somebody whose phone is given is written to by their @username where it is surely still theirs."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.services import beginning, channels, dialogs
from chatapp_cli.services.beginning import Outlook
from chatapp_cli.services.pace import Turn
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from tests.stores import Shop

DAY = 86_400_000
PHONE = "+79160000001"
ANNA = Profile(id="anna", name="Анна", username="Anna_B", phone=PHONE)
ABILITIES = {
    "messenger": Capabilities(
        intake="poll",
        write_first=("username", "phone"),
        usernames_of=("messenger", "bot"),
        rates=(Rate(scope="phone", limit=1, per=180),),
    ),
    "bot": Capabilities(intake="poll"),
    "network": Capabilities(intake="poll"),
    "paid": Capabilities(intake="poll", write_first=("phone",)),
}


def able(row: ChannelRow) -> Capabilities:
    return ABILITIES[row.kind]


@pytest.fixture
def bound(shop: Shop) -> dict[str, ChannelId]:
    line = shop.line("Розница")
    return {kind: shop.channel(kind=kind, line=line, title=kind) for kind in ABILITIES}


def look(shop: Shop, channel: ChannelId, to: str = PHONE) -> Outlook:
    return shop.read(lambda tx: beginning.outlook(tx, able, channels.one(tx, channel), to))


def begin(shop: Shop, channel: ChannelId, to: str = PHONE) -> DialogCard:
    dialog = shop.begin(able, channel, to, Draft(text="Добрый день"))
    return shop.read(lambda tx: dialogs.card(tx, dialog))


@pytest.mark.req("S-055")
@pytest.mark.parametrize("to", [PHONE, "8 (916) 000-00-01"])
def test_by_a_username_seen_today_nobody_waits_for_the_turn_of_their_phone(
    shop: Shop, bound: dict[str, ChannelId], to: str
) -> None:
    begin(shop, bound["messenger"], "+79160000009")
    assert look(shop, bound["messenger"]).turn == Turn(shop.clock.at + 180_000, "phone")
    written = shop.hear(bound["bot"], who="anna", sender=ANNA)
    found = look(shop, bound["messenger"], to)
    assert (found.kind, found.address, found.turn) == ("username", "anna_b", Turn())
    card = begin(shop, bound["messenger"], to)
    assert (card.address, card.username, card.phone) == ("anna_b", "Anna_B", PHONE)
    at_bot = shop.message(written).dialog_id
    assert card.contact_id == shop.read(lambda tx: dialogs.card(tx, at_bot)).contact_id
    assert begin(shop, bound["messenger"], to).id == card.id


@pytest.mark.req("S-055")
def test_a_username_that_may_be_anothers_by_now_does_not_take_the_place_of_a_phone(
    shop: Shop, bound: dict[str, ChannelId]
) -> None:
    shop.hear(bound["bot"], who="anna", sender=ANNA)
    shop.clock.at += DAY
    assert look(shop, bound["messenger"]).kind == "username"
    shop.clock.at += 1
    assert look(shop, bound["messenger"]).kind == "phone"
    shop.hear(bound["bot"], who="anna", sender=ANNA)
    assert look(shop, bound["messenger"]).kind == "username"
    shop.hear(bound["network"], who="other", sender=Profile(id="other", name="Вера", username="anna_b"))
    assert look(shop, bound["messenger"]).kind == "username"
    shop.hear(bound["bot"], who="third", sender=Profile(id="third", name="Инна", username="anna_b"))
    assert look(shop, bound["messenger"]).kind == "phone"


def test_a_username_of_another_messenger_and_a_channel_without_names_leave_the_phone(
    shop: Shop, bound: dict[str, ChannelId]
) -> None:
    shop.hear(bound["network"], who="anna", sender=ANNA)
    assert look(shop, bound["messenger"]).address == PHONE
    shop.hear(bound["bot"], who="anna", sender=ANNA)
    assert look(shop, bound["paid"]).address == PHONE
