"""A daemon that is killed between any two steps of a robot: nothing is done twice, and nothing after an N."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

import pytest

from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.crm.events import RobotAsked
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import OutcomeUnknown, RateLimited
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.robot import RobotCode
from chatapp_cli.services import ledger, outbox, session_requests
from chatapp_cli.services.crm_run_entries import EntryNotReady
from tests.every import every
from tests.services.robot_stage import MINUTE, Stage, final, robot_stage
from tests.stores import Shop

FILE = StagedFile(name="price.pdf", mime="application/pdf", size=7, sha256="0" * 64)
PEER = {"key": "g1", "address": "g1", "title": "Ёлки"}
ANSWERS: Mapping[str, Any] = {
    RobotCode.CHECK_PHONE: {"id": "7", "name": "Анна"},
    RobotCode.CREATE_GROUP: {"peer": PEER, "missing": {}},
}


@dataclass(slots=True)
class Killed:
    """One robot, whose daemon is killed once."""

    stage: Stage
    event: RobotAsked
    done: list[str] = field(default_factory=list)
    """What the messenger did."""
    said: list[tuple[str, str, int]] = field(default_factory=list)
    """What the step was told: status, details, and how much was done by then."""
    comments: list[str] = field(default_factory=list)

    def life(self, *, told_first: bool) -> Generator[None]:
        """All that happens for it, a transaction or a call after the other."""
        self.stage.keeps(self.event)
        yield
        self.stage.applies([FILE] if self.event.robot == RobotCode.SEND_FILE else ())
        yield
        parts = [self._sending, self._answering]
        for part in [self.telling, *parts] if told_first else [*parts, self.telling]:
            yield from part()

    def _sending(self) -> Generator[None]:
        shop = self.stage.desk.shop
        claim = shop.write(lambda tx: outbox.claim(tx, shop.media, self.stage.desk.channel))
        yield
        if claim is not None and shop.write(lambda tx: outbox.begin(tx, claim)):
            yield
            self.done.append(claim.message.text)
            yield
            shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(f"x{claim.message.id}",))))
            yield

    def _answering(self) -> Generator[None]:
        row = self.stage.claims_request()
        if row is not None:
            yield
            self.done.append(row.what)
            yield
            self.stage.answers(row, ANSWERS[self.event.robot])
            yield

    def telling(self) -> Generator[None]:
        shop, desk = self.stage.desk.shop, self.stage.desk
        for row in self.stage.claims():
            yield
            try:
                entry = desk.entry(row)
            except EntryNotReady:
                error = RateLimited("being_sent", retry_after=2)
                shop.write(partial(ledger.again, row=row, error=error, seconds=2, counted=False))
                continue
            assert entry is not None
            shop.write(partial(ledger.begin, rows=[row]))
            yield
            if entry.act is Act.RESULT:
                self.said.append((entry.results["status"], entry.results["detail"], len(self.done)))
            elif not (row.doubtful and entry.text in self.comments):  # the CRM looks for the same words
                self.comments.append(entry.text)
            yield
            shop.write(partial(ledger.settle, row=row, shown=CrmReceipt()))
            yield

    def restarts(self) -> None:
        """A new daemon finds what the killed one left, and the CRM, which had no answer, calls again."""
        shop, channel = self.stage.desk.shop, self.stage.desk.channel

        def recover(tx: Any) -> None:
            ledger.recover(tx, self.stage.desk.link)
            session_requests.interrupted(tx, channel)
            for claim in outbox.left_by_last_holder(tx, shop.media, channel):
                lost = OutcomeUnknown("interrupted")
                if claim.began:
                    outbox.leave_uncertain(tx, claim, lost)
                else:
                    outbox.postpone(tx, claim, lost, seconds=0, counted=False)

        shop.write(recover)


@pytest.mark.parametrize(
    ("robot", "asked", "steps"),
    [
        (RobotCode.SEND_MESSAGE, final(comment="Y"), 14),
        (RobotCode.SEND_FILE, final(file="7", message="Цены"), 10),
        (RobotCode.CHECK_PHONE, {}, 10),
        (RobotCode.CREATE_GROUP, {"title": "Ёлки", "comment": "Y"}, 14),
    ],
    ids=["a message and a comment", "a file", "a check", "a group"],
)
def test_killed_between_any_two_steps_it_does_nothing_twice_and_nothing_after_a_no(
    shop: Shop, robot: RobotCode, asked: dict[str, str], steps: int
) -> None:
    stage, cases = robot_stage(shop), list(product(range(1, steps + 1), (False, True)))

    def holds(case: tuple[int, bool]) -> None:
        step, late = case
        whom = f"+790000{cases.index(case):05}"
        filled = {**asked, "phone": whom, "members": whom}
        one = Killed(stage, stage.asked(robot, token=f"w{cases.index(case)}|A1|x", **filled))
        life = one.life(told_first=False)
        for _ in range(step):
            next(life)
        life.close()
        one.restarts()
        if late:
            shop.clock.at += 10 * MINUTE
        for _ in range(2):
            for _ in one.life(told_first=late):
                pass
            shop.clock.at += 10 * MINUTE
        for _ in one.telling():
            pass
        assert len(one.done) <= 1
        assert len({detail for _, detail, _ in one.said}) == 1
        assert {by_then for *_, by_then in one.said} == {len(one.done)}
        assert {status for status, *_ in one.said} <= ({"Y", "N"} if one.done else {"N"})
        assert len(one.comments) == (asked.get("comment") == "Y")
        assert (stage.rests(), stage.claims()) == (True, [])

    every(cases, holds)
