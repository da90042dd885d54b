"""A portal that limits, blocks, breaks and lies: every refusal under its name, nothing more often than it may be."""

from __future__ import annotations

import asyncio

import pytest

from chatapp_cli.crm.bitrix24 import calls, errors
from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.crm.bitrix24.rate import BURST, LEAK, Parking
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.kit import records
from chatapp_cli.kit.crms import manifest
from chatapp_cli.kit.pace import Bucket, Urgency
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import TOKEN, Portal
from tests.crm.bitrix24.desk import LINE, WHATSAPP, OfficeDesk, entry, pairing
from tests.unit.kit.worlds import HeldClock

SEND = "imconnector.send.messages"
ARRIVED = "imconnector.send.status.delivery"
RATE = 2.0
"""Requests a second that a portal counts (b24-rest-docs ``limits.md``)."""


@pytest.mark.parametrize(
    ("status", "code", "kind", "ours"),
    [
        (401, "NO_AUTH_FOUND", NeedsRebind, "unauthorised"),
        (401, "invalid_token", NeedsRebind, "unauthorised"),
        (403, "insufficient_scope", Rejected, "scope"),
        (403, "ACCESS_DENIED", Rejected, "scope"),
        (403, "WRONG_AUTH_TYPE", Misconfigured, "wrong_context"),
        (404, "ERROR_METHOD_NOT_FOUND", Rejected, "no_method"),
        (400, "ERROR_ARGUMENT", Rejected, "refused"),
        (400, "NOT_ACTIVE_LINE", Rejected, "line_inactive"),
        (400, "IMCONNECTOR_NO_CORRECT_PROVIDER", Rejected, "no_connector"),
        (402, "PAYMENT_REQUIRED", Misconfigured, "payment"),
        (200, "PAYMENT_REQUIRED", Misconfigured, "payment"),
        (503, "OVERLOAD_LIMIT", Misconfigured, "suspended"),
        (500, "PORTAL_DELETED", Misconfigured, "suspended"),
        (429, "OPERATION_TIME_LIMIT", RateLimited, "method_parked"),
        (500, "INTERNAL_SERVER_ERROR", OutcomeUnknown, "server_error"),
        (502, "", OutcomeUnknown, "server_error"),
    ],
)
async def test_each_refusal_has_its_name_by_code_first(
    session: Bitrix24Session, portal: Portal, status: int, code: str, kind: type[ChannelError], ours: str
) -> None:
    portal.misbehaviour.answer_with[SEND] = [(status, code)]
    try:
        (outcome,) = await session.deliver([entry()])
    except ChannelError as error:
        outcome = error
    assert isinstance(outcome, kind)
    assert outcome.code == ours
    assert ours in manifest("bitrix24").errors
    (again,) = await session.deliver([entry()]) if ours != "method_parked" else (CrmReceipt(),)
    assert isinstance(again, CrmReceipt)


@pytest.mark.parametrize("code", ["ACCESS_DENIED", "insufficient_scope"])
async def test_a_blocked_method_costs_what_needs_it_and_the_link_only_if_nothing_is_let_in(
    session: Bitrix24Session, portal: Portal, code: str
) -> None:
    refusals = portal.misbehaviour.answer_with
    await session.deliver([entry()])
    arrived = entry("m-2", act=Act.DELIVERED, chat=CrmChat(id="d-1", name="x", remote="9"), remote="7")
    refusals |= {ARRIVED: [(403, code)] * 2, "imopenlines.dialog.get": [(403, code)]}
    for other in (entry("m-3"), arrived):
        told = await session.deliver([arrived, other])
        assert [getattr(one, "code", "shown") for one in told] == [
            "scope",
            "shown" if other.act is Act.ADD else "scope",
        ]
        refusals[ARRIVED] = [(403, code)] * 2
    with pytest.raises(OutcomeUnknown):
        await session.find(entry("m-4"))
    refusals |= {SEND: [(403, code)], "scope": [(403, code)]}
    with pytest.raises(Misconfigured, match="scope"):
        await session.deliver([entry("m-5")])


def test_every_code_that_is_raised_is_explained() -> None:
    codes = set()
    for said in [*errors._BY_CODE.values(), *errors._BY_STATUS.values()]:
        codes.add(said("").code)
    assert codes - set(manifest("bitrix24").errors) == set()


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 405, 410, 413, 502])
async def test_a_page_in_place_of_json_is_no_answer(session: Bitrix24Session, portal: Portal, status: int) -> None:
    portal.misbehaviour.html_status = status
    portal.misbehaviour.html |= {SEND: 1, "scope": 1, "imconnector.update.messages": 1}
    words = "server_error" if status == 502 else "strange_answer"
    if status in {404, 405, 410}:
        with pytest.raises(Retryable, match=words):
            await session.deliver([entry()])
    else:
        assert [type(one) for one in await session.deliver([entry()])] == [OutcomeUnknown]
    for asking in (session.prove(), session.deliver([entry(act=Act.EDIT)])):
        with pytest.raises(Retryable, match=words):
            await asking


@pytest.mark.parametrize("status", [200, 401, 403, 404, 502])
async def test_a_page_of_the_authorisation_server_ends_nothing(
    session: Bitrix24Session, portal: Portal, status: int
) -> None:
    portal.authority.expire()
    portal.misbehaviour.html_status, portal.misbehaviour.html = status, {TOKEN: 2}
    for _ in range(2):
        with pytest.raises(Retryable):
            await session.prove()
    await session.prove()
    (outcome,) = await session.deliver([entry()])
    assert isinstance(outcome, CrmReceipt)


async def test_an_unreachable_portal_is_retryable_and_nothing_was_sent(
    session: Bitrix24Session, portal: Portal
) -> None:
    await portal.vanish()
    with pytest.raises(Retryable, match="unreachable"):
        await session.deliver([entry()])
    await portal.come_back()
    (outcome,) = await session.deliver([entry()])
    assert isinstance(outcome, CrmReceipt)


async def test_a_full_bucket_is_waited_for_and_nothing_is_sent_twice(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    portal.misbehaviour.answer_with[SEND] = [(503, "QUERY_LIMIT_EXCEEDED")] * 2
    before = world.clock.monotonic()
    (outcome,) = await session.deliver([entry()])
    assert isinstance(outcome, CrmReceipt)
    assert world.clock.monotonic() - before >= 2
    assert len(portal.messages("d-1")) == 1
    portal.misbehaviour.answer_with[SEND] = [(503, "QUERY_LIMIT_EXCEEDED")] * 4
    with pytest.raises(RateLimited, match="rate_limited"):
        await session.deliver([entry("m-2")])


async def test_a_backlog_goes_at_the_portals_pace_and_is_never_turned_away(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    before, begun = portal.requests, world.clock.monotonic()
    for round_ in range(60):
        some = [
            entry(
                f"m-{round_ * 60 + n}", chat=CrmChat(id=f"d-{n}", name="x"), person=CrmPerson(id=f"u-{n}", name="Яна")
            )
            for n in range(60)
        ]
        outcomes = await session.deliver(some)
        assert all(isinstance(one, CrmReceipt) for one in outcomes)
    made, took = portal.requests - before, world.clock.monotonic() - begun
    assert portal.refused == 0
    assert made / 3600 <= 0.1
    assert 0.9 * RATE <= (made - BURST) / took < RATE


@pytest.mark.parametrize("used", [299.0, 300.0])
async def test_a_method_that_used_much_of_its_time_rests_before_it_is_stopped(
    session: Bitrix24Session, portal: Portal, used: float
) -> None:
    portal.misbehaviour.operating[SEND] = used
    await session.deliver([entry()])
    outcomes = await session.deliver([entry("m-2")])
    assert isinstance(outcomes[0], RateLimited) is (used >= 300)
    await session.prove()


async def test_an_expired_token_is_renewed_once_for_many_callers(session: Bitrix24Session, portal: Portal) -> None:
    before = len(portal.authority.renewals)
    portal.authority.expire()
    await asyncio.gather(*(session.prove() for _ in range(15)))
    assert len(portal.authority.renewals) - before == 1
    refreshed = [call for call in portal.calls if call.method == "scope" and not call.error]
    assert len(refreshed) == 15


async def test_a_new_pair_is_stored_before_it_is_used(desk: OfficeDesk, portal: Portal) -> None:
    await desk.install()
    assert desk.bound
    async with desk.session() as session:
        await session.prove()
        before = await records.token(desk.bound)
        portal.authority.expire()
        await session.prove()
    after = await records.token(desk.bound)
    assert before
    assert after
    assert before.refresh != after.refresh
    async with desk.session() as session:
        await session.prove()


async def test_a_lost_answer_to_a_renewal_is_tried_once_more_and_then_given_up(
    session: Bitrix24Session, portal: Portal
) -> None:
    before = len(portal.authority.renewals)
    portal.authority.expire()
    portal.misbehaviour.lose_after[TOKEN] = 1
    with pytest.raises(Retryable):
        await session.prove()
    with pytest.raises(NeedsRebind):
        await session.prove()
    for _ in range(3):
        with pytest.raises(NeedsRebind):
            await session.prove()
    assert len(portal.authority.renewals) - before == 2


async def test_a_renewal_that_never_arrived_succeeds_the_next_time(session: Bitrix24Session, portal: Portal) -> None:
    portal.authority.expire()
    portal.misbehaviour.lose_before[TOKEN] = 1
    with pytest.raises(Retryable):
        await session.prove()
    await session.prove()


async def test_an_unpaid_portal_is_told_as_such_by_tokens_too(session: Bitrix24Session, portal: Portal) -> None:
    portal.misbehaviour.unpaid = True
    portal.authority.expire()
    with pytest.raises(Misconfigured, match="payment"):
        await session.prove()
    portal.misbehaviour.unpaid = False
    await session.prove()


async def test_a_redirection_to_a_stranger_is_not_followed(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    async with Portal(name="south", clock=world.clock) as stranger:
        portal.misbehaviour.moved_to = stranger.address
        with pytest.raises(Misconfigured, match="redirected"):
            await session.prove()
        assert stranger.calls == []


async def test_two_portals_with_equal_numbers_share_nothing(portal: Portal, desk: OfficeDesk, world: World) -> None:
    async with Portal(name="south", clock=world.clock) as south, OfficeDesk(south, world) as other:
        await desk.install()
        await other.install()
        async with desk.session() as one, other.session() as two:
            for session in (one, two):
                assert await session.arrange([pairing()]) == {}
            await one.deliver([entry("m-1", "север")])
            await two.deliver([entry("m-1", "юг")])
            assert [[said.text for said in there.messages("d-1")] for there in (portal, south)] == [["север"], ["юг"]]
            await south.staff.writes(WHATSAPP, LINE, "d-1", "с юга")
            await south.settled()
        assert len(other.events) > 1
        foreign = next(request for request in other.requests if b"MESSAGEADD" in request.body)
        assert (await desk.accept("event", foreign.body)).status == 403


async def test_the_urgent_go_first_when_many_wait() -> None:
    clock = HeldClock()
    bucket = Bucket(clock, leak=LEAK, burst=1)
    done: list[str] = []

    async def go(name: str, urgency: Urgency) -> None:
        await bucket.enter(urgency)
        done.append(name)

    await bucket.enter(Urgency.CLIENT)
    await asyncio.gather(
        go("background", Urgency.BACKGROUND), go("client", Urgency.CLIENT), go("operator", Urgency.OPERATOR)
    )
    assert done == ["operator", "client", "background"]


async def test_a_caller_that_gave_up_takes_no_place() -> None:
    clock = HeldClock()
    bucket = Bucket(clock, leak=LEAK, burst=1)
    await bucket.enter(Urgency.CLIENT)
    waiting = asyncio.ensure_future(bucket.enter(Urgency.CLIENT))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    before = clock.monotonic()
    await bucket.enter(Urgency.CLIENT)
    assert clock.monotonic() - before <= 1
    await bucket.aclose()


def test_a_pause_that_a_portal_asks_for_has_a_limit() -> None:
    clock = HeldClock()
    parking = Parking(clock)
    parking.heed("a", {"operating": 1000, "operating_reset_at": clock.now() / 1000 + 1e9})
    parking.heed("b", {"operating": "much", "operating_reset_at": None})
    parking.require_free("b")
    with pytest.raises(RateLimited) as caught:
        parking.require_free("A")
    assert caught.value.retry_after == 660


def test_parameters_of_a_batch_are_written_as_php_reads_them() -> None:
    written = calls.query({"filter": {"=a": [1, "x&y"]}, "on": True, "off": False, "text": "[b] я"})
    assert written == "filter[%3Da][0]=1&filter[%3Da][1]=x%26y&on=1&off=0&text=%5Bb%5D%20%D1%8F"
