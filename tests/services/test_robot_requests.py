"""Robots that ask a channel's session: whom they look for, whom they put into groups, and what their steps are told."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.arrival import Peer
from chatapp_cli.domain.errors import RateLimited, Rejected
from chatapp_cli.domain.robot import RobotCode
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import crm_intake, ledger, robot_results, robot_retries, runs, session_requests
from chatapp_cli.services.crm_intake import CrmContext
from chatapp_cli.services.crm_run_entries import EntryNotReady
from tests.services.robot_stage import ANNA, CAN, LATE, MINUTE, OLEG, Stage, robot_stage
from tests.stores import Shop

OURS = "+79000000009"
OWN = f"79000000009:N:[OWN_NUMBER] {OURS} is a number of our own"
GROUP = {"peer": {"key": "g1", "address": "g1", "title": "Ёлки"}, "missing": {}}


@pytest.fixture
def stage(shop: Shop) -> Stage:
    return robot_stage(shop)


@pytest.mark.req("K-07")
@pytest.mark.parametrize(
    ("whom", "called"), [({"phone": ANNA}, "79000000001"), ({"chat_id": "@anna"}, "@anna")], ids=["phone", "username"]
)
def test_a_check_waits_for_the_answer_and_a_check_that_was_not_begun_is_withdrawn(
    stage: Stage, whom: dict[str, str], called: str
) -> None:
    stage.runs(stage.asked(RobotCode.CHECK_PHONE, **whom, line_id="1"))
    assert stage.results() == []
    stage.answers(stage.claims_request(), {"id": "7", "name": "Анна Ильина", "username": "anna"})
    stage.results()
    found = stage.told[-1].results
    assert (found["status"], found["detail"], found["found"]) == ("Y", f"{called}:Y", "Y")
    assert (found["username"], found["first_name"], found["last_name"]) == ("anna", "Анна", "Ильина")
    stage.runs(stage.asked(RobotCode.CHECK_PHONE, token="w2|A1|x", phone=OLEG))
    stage.desk.shop.clock.at += 10 * MINUTE
    assert stage.results() == [("N", f"79000000002:N:[TIMEOUT] {LATE}", "0")]
    assert stage.claims_request() is None


@pytest.mark.parametrize("end", ["done", "one is missing", "refused", "nobody knows"])
def test_a_request_that_is_under_way_at_the_deadline_is_told_as_it_ends(stage: Stage, end: str) -> None:
    shop = stage.desk.shop
    stage.runs(stage.asked(RobotCode.CREATE_GROUP, title="Ёлки", members=f"{ANNA}; {OLEG}"))
    request = stage.claims_request()
    assert request is not None
    shop.clock.at += 10 * MINUTE
    [row] = stage.claims()
    with pytest.raises(EntryNotReady):
        stage.desk.entry(row)
    shop.write(lambda tx: ledger.again(tx, row, RateLimited("x", retry_after=1), seconds=2, counted=False))
    if end == "refused":
        shop.write(lambda tx: session_requests.failed(tx, request, Rejected("blocked")))
    elif end == "nobody knows":
        shop.write(lambda tx: session_requests.interrupted(tx, stage.desk.channel))
    else:
        stage.answers(request, {**GROUP, "missing": {OLEG: "private"} if end == "one is missing" else {}})
    shop.clock.at += 2_000
    [(status, detail, timed)] = stage.results()
    told = {part.partition(":")[0]: part.partition(":")[2].partition("]")[0] for part in detail.split("; ")}
    assert (status, timed) == ("Y" if end == "done" else "N", "1")
    code = {"one is missing": "PRIVATE", "refused": "BLOCKED", "nobody knows": "INTERRUPTED"}.get(end)
    assert told == {
        "79000000001": f"N:[{code}" if code in {"BLOCKED", "INTERRUPTED"} else "Y",
        "79000000002": f"N:[{code}" if code else "Y",
    }
    assert stage.told[-1].results["group_id"] == ("g1" if end in {"done", "one is missing"} else "")


def test_what_a_killed_daemon_handed_over_is_waited_for_only_for_a_while_if_its_channel_does_not_come_up(
    stage: Stage,
) -> None:
    shop = stage.desk.shop
    stage.runs(stage.asked(RobotCode.CREATE_GROUP, title="Ёлки", members=ANNA))
    assert stage.claims_request() is not None
    shop.clock.at += 10 * MINUTE + runs.HANDED_OVER
    assert stage.results() == [("N", "79000000001:N:[PENDING] It has not ended yet", "0")]
    shop.write(lambda tx: session_requests.interrupted(tx, stage.desk.channel))
    [run] = shop.read(runs.latest)
    assert (stage.claims_request(), stage.results(), run.state) == (None, [], "ended")


@pytest.mark.parametrize(
    ("robot", "asked", "detail", "members"),
    [
        (RobotCode.SEND_MESSAGE, {"phone": f"{OURS}; {ANNA}", "message": "Готово"}, f"{OWN}; 79000000001:Y", None),
        (RobotCode.SET_TAGS, {"phone": "8 900 000-00-09", "tags": "VIP"}, OWN, None),
        (RobotCode.RENAME_CHAT, {"phone": OURS, "title": "Мы"}, OWN, None),
        (RobotCode.CHECK_PHONE, {"phone": OURS}, OWN, None),
        (RobotCode.CREATE_GROUP, {"title": "Ёлки", "members": OURS}, OWN, None),
        (RobotCode.CREATE_GROUP, {"title": "Ёлки", "members": f"{OURS}, {ANNA}"}, f"{OWN}; 79000000001:Y", [ANNA]),
        (RobotCode.ADD_MEMBERS, {"group_id": "g1", "members": f"{ANNA}; {OURS}"}, f"79000000001:Y; {OWN}", [ANNA]),
    ],
)
def test_a_number_of_our_own_is_nobody_to_write_to_to_look_for_or_to_put_into_a_group(
    stage: Stage, robot: RobotCode, asked: dict[str, str], detail: str, members: list[str] | None
) -> None:
    shop = stage.desk.shop
    shop.channel(kind="sms", account=OURS)
    shop.hear(stage.desk.channel, who="anna", peer=Peer(key="g1", address="g1", kind="group", title="Ёлки"))
    stage.runs(stage.asked(robot, **asked))
    request = stage.claims_request()
    assert (None if request is None else json.loads(request.arguments)["members"]) == members
    if request is not None:
        stage.answers(request, GROUP)
    assert stage.results() == [("N", detail, "1")]


def test_a_check_that_is_done_again_tells_what_is_found_only_once_somebody_was_asked(stage: Stage) -> None:
    shop = stage.desk.shop

    def found(run: Any) -> str:
        row = shop.read(lambda tx: runs.one(tx, run))
        return str(shop.read(lambda tx: robot_results.of(tx, row, lambda _row: manifest("email"))).values["found"])

    event = stage.asked(RobotCode.CHECK_PHONE, phone=ANNA)
    stage.keeps(event)
    [row] = shop.read(lambda tx: crm_intake.waiting(tx, stage.desk.link))
    unable = CrmContext(able=lambda _row: replace(CAN, finds_people=()))
    shop.write(lambda tx: crm_intake.apply(tx, row, event, unable))
    assert len(stage.results()) == 1
    [first] = shop.read(runs.latest)
    again = shop.write(partial(robot_retries.retry, run=first.id, able=lambda _row: CAN))
    assert (found(first.id), found(again)) == ("N", "N")
    stage.answers(stage.claims_request(), {"id": "7", "name": "Анна"})
    assert (found(again), stage.results()) == ("Y", [])
