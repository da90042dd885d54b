"""A channel whose package was uninstalled does not end the daemon, and the other channels work."""

from __future__ import annotations

from chatapp_cli.bootstrap import Company
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime.daemon import running
from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox
from chatapp_cli.services import channels, lines
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import bound, eventually, the_dialogs


async def test_it_is_unhealthy_with_its_reason_while_the_others_receive(company: Company) -> None:
    async with TelegramBotSandbox() as telegram:
        await bound(company, telegram)
        line = company.write(lambda tx: lines.add(tx, "Голубятня"))
        gone = Bound(account="1", title="Голубь")
        pigeon = company.write(lambda tx: channels.save(tx, company.vault, gone, line=line, kind="pigeon"))
        async with running(company, parts=()):
            await telegram.say(ANNA, "Ау")
            await eventually(lambda: [one for one in the_dialogs(company) if one.preview == "Ау"], seconds=30)
            await eventually(lambda: company.read(lambda tx: channels.one(tx, pigeon)).health == "misconfigured")
    assert company.read(lambda tx: channels.one(tx, pigeon)).health_code == "not_installed"
