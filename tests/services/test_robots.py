"""Robots of a CRM's automations: each does its act once, and its step is told once, by the deadline at the latest."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.crm.events import CrmArrival
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import NotFound, OutcomeUnknown, RateLimited, Refused, Rejected, Retryable
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.robot import RUN_TIMER, RobotCode
from chatapp_cli.i18n import show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import (
    channels,
    crm_intake,
    dialogs,
    employees,
    ledger,
    links,
    operators,
    outbox,
    robot_results,
    robot_retries,
    robots,
    run_deadline,
    runs,
    timers,
)
from chatapp_cli.services.crm_run_entries import EntryNotReady
from chatapp_cli.services.robots import RobotSetting
from chatapp_cli.store.tx import Tx
from chatapp_cli.store.visibility import Visibility
from tests.services.robot_stage import ANNA, CAN, LATE, MINUTE, OLEG, Stage, final, robot_stage
from tests.stores import Shop


@pytest.fixture
def stage(shop: Shop) -> Stage:
    return robot_stage(shop)


@pytest.mark.req("S-173", part="off: told as soon as it is accepted")
def test_without_the_asynchronous_result_a_step_is_told_what_was_accepted(stage: Stage) -> None:
    stage.runs(stage.asked(phone=f"{ANNA}; 8 (900) 000-00-02", chat_id="79000000001", message="Готово"))
    assert stage.results() == [("Y", "79000000001:Y; 79000000002:Y", "1")]
    assert stage.sent == []
    stage.sends()
    stage.sends()
    assert (stage.sent, stage.rests(), stage.results()) == (["Готово", "Готово"], True, [])


@pytest.mark.req("S-173")
def test_with_the_asynchronous_result_a_step_is_told_when_all_messages_have_ended(stage: Stage) -> None:
    stage.runs(stage.asked(**final(phone=f"{ANNA},{OLEG}")))
    stage.sends()
    assert stage.results() == []
    claim = stage.hands_over()
    stage.desk.shop.write(lambda tx: outbox.fail(tx, claim, Rejected("blocked")))
    [(status, detail, timed)] = stage.results()
    assert (status, timed) == ("N", "1")
    assert detail.startswith("79000000001:Y; 79000000002:N:[BLOCKED] ")


@pytest.mark.parametrize("again", ["the same call", "the same token in another call"])
def test_a_call_that_is_repeated_sends_nothing_and_tells_nothing(stage: Stage, again: str) -> None:
    stage.runs(stage.asked(**final()))
    stage.sends()
    assert len(stage.results()) == 1
    stage.keeps(stage.asked(**final()), mark="robot" if again == "the same call" else "another")
    stage.applies()
    assert (stage.rests(), stage.results()) == (True, [])
    assert [one.origin for one in [stage.desk.shop.message(stage.desk.shop.read(_last))]] == [Origin.ROBOT]


def _last(tx: Any) -> Any:
    return max(part.message_id or 0 for run in runs.latest(tx) for part in runs.parts(tx, run.id))


def _resting(stage: Stage) -> None:
    claim = stage.desk.shop.write(lambda tx: outbox.claim(tx, stage.desk.shop.media, stage.desk.channel))
    error = RateLimited("flood", retry_after=3600)
    stage.desk.shop.write(lambda tx: outbox.postpone(tx, claim, error, seconds=3600, counted=False))


def _uncertain(stage: Stage) -> None:
    claim = stage.hands_over()
    stage.desk.shop.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown("timeout")))


def _too_late(_stage: Stage) -> None:
    """Nothing happens until the deadline."""


@pytest.mark.parametrize(
    ("before", "result", "sent"),
    [
        (_too_late, ("N", f"79000000001:N:[TIMEOUT] {LATE}", "0"), []),
        (_resting, ("N", f"79000000001:N:[TIMEOUT] {LATE}", "0"), []),
        (Stage.sends, ("Y", "79000000001:Y", "1"), ["Готово"]),
        (_uncertain, ("N", "79000000001:N:[UNCERTAIN] Nobody can say whether it was sent", "0"), ["Готово"]),
    ],
    ids=["the channel is down", "the channel rests", "it was sent", "nobody knows"],
)
@pytest.mark.req("S-175")
def test_at_the_deadline_what_has_not_left_never_leaves(
    stage: Stage, before: Callable[[Stage], None], result: tuple[str, str, str], sent: list[str]
) -> None:
    stage.runs(stage.asked(**final()))
    before(stage)
    stage.desk.shop.clock.at += 10 * MINUTE
    assert stage.results() == [result]
    assert (stage.rests(), stage.sent) == (True, sent)
    stage.desk.shop.clock.at += 100 * MINUTE
    assert (stage.rests(), stage.results()) == (True, [])


@pytest.mark.parametrize("begun", [True, False])
def test_at_the_deadline_nothing_leaves_though_the_crm_cannot_be_told_for_now(stage: Stage, *, begun: bool) -> None:
    shop = stage.desk.shop
    stage.keeps(stage.asked(**final()))
    if begun:
        stage.applies()
    shop.clock.at += 10 * MINUTE
    [ref] = shop.read(lambda tx: timers.due(tx, RUN_TIMER, n=5))
    shop.write(lambda tx: timers.fire(tx, RUN_TIMER, ref, run_deadline.passed))
    stage.applies()
    assert stage.rests()
    why = LATE if begun else "It could not be begun in time"
    assert stage.results() == [("N", f"79000000001:N:[TIMEOUT] {why}", "0")]


def test_a_resumed_link_leaves_a_robot_its_time_and_only_what_is_due_is_late(stage: Stage) -> None:
    shop, link = stage.desk.shop, stage.desk.link
    stage.runs(stage.asked(**final()))
    shop.clock.at += 9 * MINUTE
    shop.write(lambda tx: links.resume(tx, link))
    assert (stage.results(), shop.read(lambda tx: links.one(tx, link)).oldest) == ([], None)
    stage.sends()
    assert shop.read(lambda tx: links.one(tx, link)).oldest == shop.clock.at - 9 * MINUTE
    [row] = stage.claims()
    error = RateLimited("rate_limited", retry_after=3600)
    shop.write(lambda tx: ledger.again(tx, row, error, seconds=3600, counted=False))
    assert shop.read(links.everything)[0].oldest is not None
    shop.write(lambda tx: links.resume(tx, link))
    assert stage.results() == [("Y", "79000000001:Y", "1")]


def test_what_comes_back_to_wait_after_the_deadline_does_not_leave_any_more(stage: Stage) -> None:
    shop = stage.desk.shop
    stage.runs(stage.asked(**final()))
    claim = shop.write(lambda tx: outbox.claim(tx, shop.media, stage.desk.channel))
    shop.clock.at += 10 * MINUTE
    shop.write(lambda tx: outbox.postpone(tx, claim, Retryable("stopped"), seconds=0, counted=False))
    assert stage.rests()
    assert stage.results() == [("N", f"79000000001:N:[TIMEOUT] {LATE}", "0")]


@pytest.mark.parametrize("end", ["sent", "put back"])
def test_what_was_handed_over_at_the_deadline_is_told_as_it_ends(stage: Stage, end: str) -> None:
    stage.runs(stage.asked(**final()))
    claim = stage.hands_over()
    stage.desk.shop.clock.at += 10 * MINUTE
    [row] = stage.claims()
    with pytest.raises(EntryNotReady):
        stage.desk.entry(row)
    stage.desk.shop.write(lambda tx: ledger.again(tx, row, RateLimited("x", retry_after=1), seconds=2, counted=False))
    if end == "sent":
        stage.desk.shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("x1",))))
    else:
        error = RateLimited("flood", retry_after=1)
        stage.desk.shop.write(lambda tx: outbox.postpone(tx, claim, error, seconds=1, counted=False))
    stage.desk.shop.clock.at += 3_000
    expected = ("Y", "79000000001:Y", "1") if end == "sent" else ("N", f"79000000001:N:[TIMEOUT] {LATE}", "0")
    assert (stage.results(), stage.rests()) == ([expected], True)


def test_a_robot_that_nobody_carried_out_by_its_deadline_is_told_so_and_never_carried_out(stage: Stage) -> None:
    stage.keeps(stage.asked(**final()))
    stage.desk.shop.clock.at += 10 * MINUTE
    assert stage.results() == [("N", "79000000001:N:[TIMEOUT] It could not be begun in time", "0")]
    stage.applies()
    assert (stage.rests(), stage.results()) == (True, [])


@pytest.mark.req("S-174", part="the comment")
def test_the_card_is_commented_with_how_it_ended_also_where_the_step_did_not_wait_for_that(stage: Stage) -> None:
    stage.runs(stage.asked(phone=ANNA, message="Готово", comment="Y"))
    assert stage.results() == [("Y", "79000000001:Y", "1")]
    claim = stage.hands_over()
    stage.desk.shop.write(lambda tx: outbox.fail(tx, claim, Rejected("blocked")))
    stage.told.clear()
    stage.results()
    [entry] = stage.told
    assert (entry.act, str(entry.card)) == (Act.COMMENT, "deal:17")
    assert entry.text.startswith("Send a message: Done for 0 of 1.\n79000000001:N:[BLOCKED] ")


@pytest.mark.parametrize(
    ("end", "again"),
    [
        (_too_late, ["Готово"]),
        (_uncertain, "It may have been done: somebody could get it twice."),
        (Stage.sends, "It was done for everybody."),
    ],
)
def test_a_run_is_done_again_once_and_only_where_nobody_gets_it_twice(
    stage: Stage, end: Callable[[Stage], None], again: list[str] | str
) -> None:
    shop = stage.desk.shop
    stage.runs(stage.asked(**final(phone=ANNA)))
    end(stage)
    shop.clock.at += 10 * MINUTE
    stage.results()
    stage.sent.clear()
    [run] = shop.read(runs.latest)
    retry = partial(robot_retries.retry, run=run.id, able=lambda _row: CAN)
    if isinstance(again, str):
        with pytest.raises(Refused) as refusal:
            shop.write(retry)
        assert str(refusal.value.what) == again
        return
    shop.write(retry)
    stage.sends()
    assert (stage.sent, stage.rests(), stage.results()) == (again, True, [])
    with pytest.raises(Refused, match="already"):
        shop.write(retry)


@pytest.mark.parametrize("sent", [True, False])
def test_what_a_killed_command_left_is_given_up_at_its_deadline_by_the_daemon(stage: Stage, *, sent: bool) -> None:
    shop = stage.desk.shop
    until = shop.clock.at + MINUTE

    def begin(tx: Any) -> Any:
        number = robots.start(tx, RobotCode.SEND_MESSAGE, final(), key="k", until=until)
        robots.carry_out(tx, runs.one(tx, number), RobotSetting(able=lambda _row: CAN))
        return number

    number = shop.write(begin)
    if sent:
        stage.sends()
    shop.clock.at += MINUTE
    assert shop.read(timers.kinds_due) == [RUN_TIMER]
    shop.write(lambda tx: run_deadline.passed(tx, str(number)))
    [part] = shop.read(lambda tx: runs.parts(tx, number))
    assert (part.verdict, part.code) == (("Y", "") if sent else ("N", "TIMEOUT"))
    assert (stage.rests(), shop.read(lambda tx: runs.one(tx, number)).state) == (True, "ended")
    assert shop.write(begin) == number
    assert stage.rests()


@pytest.mark.parametrize(("asks", "ended"), [({}, False), ({"async": "Y"}, True)])
def test_a_run_without_time_to_wait_is_accepted_or_given_up_but_never_left(
    stage: Stage, asks: dict[str, str], *, ended: bool
) -> None:
    shop, asks = stage.desk.shop, {"phone": ANNA, "message": "Готово", **asks}
    number = shop.write(lambda tx: robots.start(tx, RobotCode.SEND_MESSAGE, asks, key="k", until=tx.now))
    shop.write(lambda tx: robots.carry_out(tx, runs.one(tx, number), RobotSetting(able=lambda _row: CAN)))
    shop.write(lambda tx: runs.give_up(tx, runs.one(tx, number)))
    assert stage.rests() == ended
    assert shop.read(lambda tx: runs.one(tx, number)).state == ("ended" if ended else "open")


@pytest.mark.parametrize("code", ["fly", "send_template", "set_participant"])
def test_a_crm_has_only_robots_done_and_each_recipient_is_told_why_nothing_was(stage: Stage, code: str) -> None:
    arguments = {"phone": "8 (900) 000-00-01", "chat_id": "79000000001; 9000000002", "message": "Готово"}
    stage.runs(stage.asked(code, **arguments, template="x", employee="27"))
    said = f"N:[UNKNOWN_ROBOT] There is no robot {code}"
    assert stage.results() == [("N", f"79000000001:{said}; 9000000002:{said}", "1")]
    [row] = stage.desk.shop.read(runs.latest)
    outcome = stage.desk.shop.read(lambda tx: robot_results.of(tx, row, lambda _row: manifest("email")))
    assert (show(outcome.title), show(outcome.line)) == (f"Unknown robot {code}", "Done for 0 of 2.")


@pytest.mark.req("S-172", part="the responsible person")
@pytest.mark.parametrize(
    ("said", "assignee"), [("user_27", "Ольга"), ("27", "Ольга"), ("user_99", ""), ("user_28", "")]
)
def test_the_dialog_gets_the_responsible_person_if_they_are_one_of_ours(stage: Stage, said: str, assignee: str) -> None:
    shop = stage.desk.shop
    shop.write(lambda tx: operators.add(tx, "Ольга", "", ()))
    shop.write(lambda tx: operators.add(tx, "Глеб", "", ()))
    olga, gone = Employee(id="27", name="Ольга"), Employee(id="28", name="Глеб")
    shop.write(lambda tx: employees.map_to(tx, stage.desk.link, "Ольга", olga))
    shop.write(lambda tx: employees.map_to(tx, stage.desk.link, "Глеб", gone))
    shop.write(lambda tx: employees.recognise(tx, stage.desk.link, [olga]))
    stage.runs(stage.asked(phone=ANNA, message="Готово", responsible=said))
    assert stage.results() == [("Y", "79000000001:Y", "1")]
    dialog = shop.message(shop.read(_last)).dialog_id
    assert shop.read(lambda tx: dialogs.card(tx, dialog)).assignee == assignee


def test_who_does_not_see_the_dialog_of_a_run_sees_neither_it_nor_for_whom_it_was_nor_what_the_crm_is_told_of_it(
    stage: Stage, dialect: str
) -> None:
    """And what came from the CRM and could not be used is shown only to who sees everything: it is of any client."""
    shop, elsewhere = stage.desk.shop, stage.desk.shop.line()
    stage.runs(stage.asked(phone=ANNA, message="Готово"))
    stage.runs(stage.asked(token="w2|A1|x", message="Никому"))
    unreadable = CrmArrival(provider_id="z", event=None, raw=b"?", problem="?")
    shop.write(lambda tx: crm_intake.keep(tx, stage.desk.link, [unreadable]))

    def seen(visibility: Visibility | None) -> tuple[int, ...]:
        def counted(tx: Tx) -> tuple[int, ...]:
            return len(runs.latest(tx)), len(ledger.everything(tx)), len(crm_intake.dead(tx))

        return shop.read(lambda tx: counted(tx.through(visibility)))

    own = shop.read(lambda tx: channels.one(tx, stage.desk.channel)).line_id
    narrow = partial(Visibility, dialect, reader="Пётр")
    assert seen(None) == (2, 2, 1)
    assert seen(narrow(lines=[own])) == (1, 1, 0)
    assert seen(narrow(lines=[elsewhere])) == seen(narrow(lines=None, only_own=True)) == (0, 0, 0)
    with pytest.raises(NotFound):
        shop.write(lambda tx: crm_intake.delete(tx.through(narrow(lines=None, only_own=True)), 1))


def test_a_result_for_which_an_automation_waits_is_not_dropped(stage: Stage) -> None:
    shop = stage.desk.shop
    stage.runs(stage.asked(phone=ANNA, message="Готово"))
    [entry] = shop.read(ledger.everything)
    with pytest.raises(Refused, match="an automation of the CRM waits for it"):
        shop.write(lambda tx: ledger.drop(tx, entry.id))
    assert shop.read(ledger.everything) == [entry]
