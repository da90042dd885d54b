"""A stage of a CRM with robots on it, the messenger behind the channel, and the steps that are told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, RobotAsked
from chatapp_cli.domain.crm.states import OF_RUN, Act
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.robot import RobotCode
from chatapp_cli.services import crm_event_form, crm_intake, ledger, outbox, runs, session_requests
from chatapp_cli.services.crm_intake import CrmContext
from chatapp_cli.store.rows.channels import SessionRequestRow
from chatapp_cli.store.rows.crm import EntryRow
from tests.services.paired import Paired, linked
from tests.stores import EVERYTHING, Shop, hand_over

MINUTE: Final = 60_000
ANNA: Final = "+79000000001"
OLEG: Final = "+79000000002"
CAN: Final = replace(EVERYTHING, finds_people=("phone", "username"), manages_groups=True)
LATE: Final = "It could not be sent in time"


@dataclass(slots=True)
class Stage:
    """A stage of the CRM with a robot on it, and the messenger behind the channel."""

    desk: Paired
    able: Capabilities = CAN
    """What the channel can."""
    sent: list[str] = field(default_factory=list)
    """The texts that the messenger took."""
    told: list[LedgerEntry] = field(default_factory=list)
    """What steps and cards were told."""
    sent_by: list[int] = field(default_factory=list)
    """How much had been sent when they were told it."""

    def asked(self, robot: str = RobotCode.SEND_MESSAGE, *, token: str = "w1|A1|x", **arguments: str) -> RobotAsked:
        return RobotAsked(
            remote=token,
            robot=robot,
            arguments=arguments,
            card=CardRef("deal", "17"),
            until=self.desk.shop.clock.at + 10 * MINUTE,
        )

    def keeps(self, event: RobotAsked, mark: str = "robot") -> int:
        arrival = CrmArrival(provider_id=f"{mark} {event.remote}", event=event, raw=b"raw")
        new: int = self.desk.shop.write(lambda tx: crm_intake.keep(tx, self.desk.link, [arrival]))
        return new

    def applies(self, files: Sequence[StagedFile] = ()) -> None:
        for row in self.desk.shop.read(lambda tx: crm_intake.waiting(tx, self.desk.link)):
            event, context = crm_event_form.event_of(row), CrmContext(able=lambda _row: self.able, files=files)
            self.desk.shop.write(partial(crm_intake.apply, row=row, event=event, context=context))

    def runs(self, event: RobotAsked) -> None:
        self.keeps(event)
        self.applies()

    def claims(self) -> Sequence[EntryRow]:
        """What may be told of robots now, as the daemon claims it."""

        def claim(tx: Any) -> list[EntryRow]:
            rows = [row for row in ledger.claim(tx, self.desk.link, 20) if row.act in OF_RUN]
            runs.settle_late(tx, rows)
            return rows

        return list(self.desk.shop.write(claim))

    def results(self) -> list[tuple[str, str, str]]:
        """What steps are told now: status, details, whether in time; they take it."""
        found = []
        for row in self.claims():
            entry = self.desk.entry(row)
            assert entry is not None
            self.told.append(entry)
            assert self.desk.told(row)
            if entry.act is Act.RESULT:
                found.append((entry.results["status"], entry.results["detail"], entry.results["timeout"]))
        return found

    def hands_over(self) -> outbox.Claim:
        claim = self.desk.shop.write(lambda tx: hand_over(tx, self.desk.shop.media, self.desk.channel))
        assert claim is not None
        self.sent.append(claim.message.text)
        return claim

    def sends(self) -> None:
        claim = self.hands_over()
        self.desk.shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(f"x{len(self.sent)}",))))

    def claims_request(self) -> SessionRequestRow | None:
        """What the channel's session is asked next, as the daemon claims it."""
        found: SessionRequestRow | None = self.desk.shop.write(
            lambda tx: session_requests.claim(tx, self.desk.channel, epoch=0)
        )
        return found

    def answers(self, row: SessionRequestRow | None, answer: object) -> None:
        """The channel's session has done what it was asked."""
        assert row is not None
        self.desk.shop.write(lambda tx: session_requests.done(tx, row, json.dumps(answer)))

    def rests(self) -> bool:
        """Whether nothing waits for the channel."""
        return self.desk.shop.write(lambda tx: hand_over(tx, self.desk.shop.media, self.desk.channel)) is None


def final(**more: str) -> dict[str, str]:
    return {"phone": ANNA, "message": "Готово", "async": "Y", **more}


def robot_stage(shop: Shop) -> Stage:
    """A stage of a CRM that is paired with a channel."""
    return Stage(linked(shop, shop.channel(kind="email"), "north.example"))
