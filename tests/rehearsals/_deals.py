"""Deals that come to a stage at which a robot writes to their client."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.robot import DETAIL, STATUS
from chatapp_cli.runtime import crm_robots
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import ADMIN
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.services import runs
from chatapp_cli.store.rows.crm import LinkRow
from tests.rehearsals._crm_figures import ROBOT, RobotTold

CHANNEL = "whatsapp"
"""It writes to phones."""
TIMEOUT = 20
"""Seconds that a process waits for the robot's answer."""
_STAGE, _NEW, _CODE = "PREPARATION", "NEW", "chatapp_send_message"


class RehearsedDeals:
    """The deals of a portal."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.made = 0

    async def place(self, company: Company, row: LinkRow) -> None:
        """Install our robots, and put one at a stage: it waits for the messenger's last word."""
        await crm_robots.install(company, row)
        filled = {"message": "{=Document:TITLE}", "phone": "{=Document:PHONE}", "channel": CHANNEL, "async": "Y"}
        self._portal.automation.place(_CODE, _STAGE, filled, timeout=TIMEOUT)

    async def comes(self, who: Customer) -> None:
        """A client's deal is moved to the stage; it is named by what the robot writes."""
        text = f"{CHANNEL} {ROBOT} {self.made}"
        self.made += 1
        deal = self._portal.server.office.add_card("deal", title=text, responsible=ADMIN, stage=_NEW, phone=who.phone)
        await self._portal.staff.changes(deal, stageId=_STAGE)

    def ended(self, company: Company) -> bool:
        """Whether every run has ended here, and the portal was told so of those that wait for it."""
        return all(run.state == runs.ENDED for run in company.read(partial(runs.latest, n=10_000)))

    def told(self, company: Company) -> Mapping[str, RobotTold]:
        """What the desk decided of each message, by its text."""
        found = {}
        for run in company.read(partial(runs.latest, n=10_000)):
            parts = company.read(partial(runs.parts, run=run.id))
            refused = RobotTold("N", "refused") if run.reason else RobotTold("", "")
            said = RobotTold(parts[0].verdict, parts[0].code) if parts else refused
            found[run.arguments["message"]] = said
        return found

    def belied(self, company: Company) -> list[str]:
        """Processes that were told another thing than what the desk decided, and calls that it took and forgot."""
        told, wrong = self.told(company), []
        for run in self._portal.automation.runs:
            text, answer = run.card.title, run.returned.get(STATUS.name)
            taken = any(one.status == 200 for one in run.answered)
            if taken and text not in told:
                wrong.append(f"{text}: the desk took it and knows nothing of it")
            elif answer and answer != told[text].verdict and f"[{runs.UNCERTAIN}]" not in run.returned[DETAIL.name]:
                wrong.append(f"{text}: {answer} was answered, and {told[text].verdict} is true")
        return wrong
