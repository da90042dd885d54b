"""Writing first: what is told before it is tried is what happens when it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.domain.message import Priority
from chatapp_cli.domain.template import Filled
from chatapp_cli.i18n import show
from chatapp_cli.runtime.governor import Governor, RateTarget
from chatapp_cli.services import beginning, channels, dialogs, outbox
from chatapp_cli.services.beginning import Outlook
from chatapp_cli.services.pace import Turn
from chatapp_cli.store.rows.channels import ChannelRow
from tests.stores import ON_SQLITE, HeldClock, Shop

ABILITIES = {
    "messenger": Capabilities(
        intake="poll",
        write_first=("username", "phone", "chat_id"),
        chat_ids=r"-?\d+",
        rates=(Rate(scope="phone", limit=1, per=180), Rate(scope="strangers", limit=3, per=3600, paced=False)),
    ),
    "letters": Capabilities(intake="poll", write_first=("email",), subject=True, max_upload=1_000_000, max_text=50),
    "paid": Capabilities(intake="poll", write_first=("phone",), segments="sms"),
    "approved": Capabilities(intake="poll", write_first=("phone",), templates=True, window=86_400),
    "approved_only": Capabilities(intake="poll", write_first=("phone",), templates=True, free_text=False),
    "bot": Capabilities(intake="poll"),
}
MINUTE = 60_000
FILE = StagedFile(name="price.pdf", mime="application/pdf", size=7, sha256="0" * 64)
FILLED = Filled(name="hello", language="ru", values=())


def able(row: ChannelRow) -> Capabilities:
    return ABILITIES[row.kind]


@pytest.fixture
def bound(shop: Shop) -> dict[str, ChannelRow]:
    line = shop.line("Розница")
    made = {
        kind: shop.channel(kind=kind, line=line, title=kind, settings={"price": "4.35"} if kind == "paid" else {})
        for kind in ABILITIES
    }
    return {kind: shop.read(lambda tx, n=number: channels.one(tx, n)) for kind, number in made.items()}


def look(shop: Shop, row: ChannelRow, to: str, draft: Draft | None = None) -> Outlook:
    return shop.read(lambda tx: beginning.outlook(tx, able, row, to, draft))


def begin(shop: Shop, row: ChannelRow, to: str, draft: Draft | None = None, **order: Any) -> DialogId:
    return shop.begin(able, row.id, to, draft or Draft(text="Добрый день"), **order)


@pytest.mark.req("S-123")
@pytest.mark.req("S-054")
@pytest.mark.parametrize(
    ("to", "kind", "spelled"),
    [
        ("8 (916) 000-00-01", "phone", "+79160000001"),
        ("79160000001", "phone", "+79160000001"),
        (" +7 916 000 00 01 ", "phone", "+79160000001"),
        ("@Anna", "username", "anna"),
        ("5000000042", "chat_id", "5000000042"),
    ],
)
def test_an_address_is_taken_in_any_spelling(
    shop: Shop, bound: dict[str, ChannelRow], to: str, kind: str, spelled: str
) -> None:
    found = look(shop, bound["messenger"], to)
    assert (found.kind, found.address, found.dialog, found.refusal) == (kind, spelled, None, None)
    begin(shop, bound["messenger"], to)
    opened = look(shop, bound["messenger"], to).dialog
    assert opened is not None
    assert opened.address == spelled
    assert begin(shop, bound["messenger"], to) == opened.id


@pytest.mark.req("S-120")
def test_every_channel_says_whether_it_gets_there_and_why_not(shop: Shop, bound: dict[str, ChannelRow]) -> None:
    found = shop.read(lambda tx: beginning.ways(tx, able, "anna@example.org"))
    assert [one.channel.kind for one in found if one.kind] == ["letters"]
    told = {one.channel.kind: show(one.refusal.what) for one in found if one.refusal}
    assert told["paid"] == "anna@example.org is not what paid can begin with: phone number."
    assert told["bot"] == "anna@example.org has no dialog in bot yet, and this channel cannot write first."
    first = shop.read(lambda tx: beginning.able_to_begin(tx, able))
    assert [row.kind for row in first] == ["messenger", "letters", "paid", "approved", "approved_only"]


DRAFTS = {
    "text": Draft(text="Добрый день"),
    "nothing": Draft(text=" "),
    "long": Draft(text="а" * 60),
    "file": Draft(text="Прайс", files=(FILE,)),
    "subject": Draft(text="Да", subject="Цены"),
    "template": Draft(text="Здравствуйте", template=FILLED),
}


@pytest.mark.parametrize("draft", DRAFTS.values(), ids=list(DRAFTS))
@pytest.mark.parametrize("kind", list(ABILITIES))
@pytest.mark.parametrize("to", ["+79160000001", "@anna", "anna@example.org", "5000000042"])
@ON_SQLITE
def test_what_is_told_before_is_what_happens(
    shop: Shop, bound: dict[str, ChannelRow], to: str, kind: str, draft: Draft
) -> None:
    told = look(shop, bound[kind], to, draft).refusal
    if told is None:
        assert begin(shop, bound[kind], to, draft) == 1
        return
    with pytest.raises(Refused) as refused:
        begin(shop, bound[kind], to, draft)
    assert (refused.value.code, show(refused.value.what)) == (told.code, show(told.what))


def test_whoever_is_on_the_blacklist_is_refused_before_it_is_written(shop: Shop, bound: dict[str, ChannelRow]) -> None:
    dialog = begin(shop, bound["messenger"], "@anna")
    shop.write(lambda tx: dialogs.block(tx, dialog, blocked=True))
    refusal = look(shop, bound["messenger"], "@anna").refusal
    assert refusal is not None
    assert refusal.code == "blocked"


@pytest.mark.req("S-090")
def test_where_only_a_template_may_begin_it_is_said(shop: Shop, bound: dict[str, ChannelRow]) -> None:
    assert look(shop, bound["approved"], "+79160000001").template
    assert look(shop, bound["approved_only"], "+79160000001").template
    assert not look(shop, bound["paid"], "+79160000001").template
    assert look(shop, bound["approved"], "+79160000001", DRAFTS["template"]).refusal is None


def test_short_messages_are_counted_and_priced(shop: Shop, bound: dict[str, ChannelRow]) -> None:
    found = look(shop, bound["paid"], "+79160000001", Draft(text="я" * 71))
    assert found.counted is not None
    assert (found.counted.parts, found.cost) == (2, Decimal("8.70"))


@pytest.mark.req("S-122")
def test_somebody_answers_for_it_from_the_first_message_on_or_nobody(shop: Shop, bound: dict[str, ChannelRow]) -> None:
    mine = begin(shop, bound["messenger"], "@anna", assignee="Марина")
    nobodys = begin(shop, bound["messenger"], "@boris")
    found = [shop.read(lambda tx, n=number: dialogs.card(tx, n)).assignee for number in (mine, nobodys)]
    assert found == ["Марина", ""]


@pytest.mark.req("S-055")
def test_by_phone_it_waits_for_its_turn_and_says_what_would_not(shop: Shop, bound: dict[str, ChannelRow]) -> None:
    row, now = bound["messenger"], shop.clock.at
    begin(shop, row, "+79160000001")
    found = look(shop, row, "+79160000002")
    assert found.turn == Turn(now + 180_000, "phone")
    assert show(beginning.goes(found.turn, able(row))).endswith("; a @username goes at once")
    assert look(shop, row, "@anna").turn == Turn()
    begin(shop, row, "+79160000002")
    assert look(shop, row, "+79160000003").turn == Turn(now + 360_000, "phone")


def test_a_stranger_waits_for_the_strangers_lane(shop: Shop, bound: dict[str, ChannelRow]) -> None:
    row = bound["messenger"]
    for name in ("anna", "boris", "vera"):
        begin(shop, row, f"@{name}")
    found = look(shop, row, "@galina").turn
    assert found == Turn(shop.clock.at + 3_600_000, "strangers")
    assert "slowly" in show(beginning.goes(found, able(row)))
    assert show(beginning.goes(Turn(), able(row))) == "goes at once"


@ON_SQLITE
@pytest.mark.parametrize("addresses", [("+791", "+792", "+793"), ("anna", "+791", "boris", "vera", "+792", "galina")])
def test_the_forecast_is_what_the_governor_does(
    shop: Shop, bound: dict[str, ChannelRow], addresses: Sequence[str]
) -> None:
    """Both keep the same rates; the governor's pace has less than a hundredth of slack."""
    can, clock = ABILITIES["messenger"], HeldClock(shop.clock.at)
    governor = Governor(clock, can.rates)
    account = shop.read(lambda tx: beginning.forecast(tx, bound["messenger"], can))

    async def sent(address: str) -> float:
        return await governor.acquire(RateTarget(address, stranger=True), patience=1e9) or 0.0

    for address in addresses:
        told = account.next(beginning.RecentSend(address, "private", 1, 0)).at or shop.clock.at
        real = clock.at + governor.delay(RateTarget(address, stranger=True)) * 1000
        assert told == pytest.approx(real, abs=0.01 * (real - shop.clock.at) + 50)
        clock.at = int(real) + 1
        asyncio.run(sent(address))


@pytest.mark.req("S-122")
def test_somebody_is_taken_out_of_the_address_book_by_any_of_their_names() -> None:
    people = [
        {"id": "1", "name": "Анна Белова", "phone": "+79160000001", "username": "anna_b"},
        {"id": "2", "name": "Анна Громова", "phone": "", "username": ""},
    ]
    for said in ("анна белова", "8 916 000-00-01", "@anna_b", "1", "белова"):
        assert beginning.imported(people, said)["id"] == "1"
    with pytest.raises(UsageError, match="Анна Белова"):
        beginning.imported(people, "Анна")
    with pytest.raises(NotFound):
        beginning.imported(people, "Вера")


def test_what_is_scheduled_or_of_lower_priority_takes_nobodys_turn(shop: Shop, bound: dict[str, ChannelRow]) -> None:
    row = bound["messenger"]
    begin(shop, row, "+79160000001", priority=Priority.BULK)
    begin(shop, row, "+79160000002", at=shop.clock.at + MINUTE)
    assert look(shop, row, "+79160000003").turn == Turn()


def test_what_was_sent_counts_as_long_as_the_rate_reaches(shop: Shop, bound: dict[str, ChannelRow]) -> None:
    row = bound["messenger"]
    begin(shop, row, "+79160000001")
    assert shop.write(lambda tx: outbox.claim(tx, shop.media, ChannelId(row.id))) is not None
    sent = shop.clock.at
    shop.clock.at += MINUTE
    assert look(shop, row, "+79160000002").turn.at >= sent + 180_000
    shop.clock.at += 4 * MINUTE
    assert look(shop, row, "+79160000003").turn.reason in {"", "phone"}
