"""The daemon answers by itself as soon as a client has written, and at the time that a rule waits for."""

from __future__ import annotations

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.automation import ActWanted, RuleKind, RuleWanted
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.services import auto_rules
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import bound, call_here, eventually, serving, the_dialogs


def keep(company: Company, wanted: RuleWanted) -> None:
    desk = desk_of(company, making=True)
    company.write(lambda tx: auto_rules.add(tx, wanted, desk.names(tx)))


async def test_an_arrival_is_answered_by_a_rule_that_was_made_while_the_daemon_ran(company: Company) -> None:
    async with ApiSandbox() as program:
        channel = await bound(company, program)
        async with serving(company) as address:
            call_here(company, program, channel, address)
            keep(company, RuleWanted(name="А", kind=RuleKind.AUTOREPLY, acts=[ActWanted("send", "Скоро ответим")]))
            await program.say(ANNA, "Здравствуйте")
            await eventually(lambda: program.heard(ANNA))
            assert [one.text for one in await program.heard(ANNA)] == ["Скоро ответим"]
    assert the_dialogs(company)[0].waiting_since is not None
