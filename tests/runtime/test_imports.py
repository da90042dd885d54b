"""A channel costs nothing before it is bound."""

import subprocess
import sys

DAEMON = """
import asyncio, sys
from pathlib import Path
from chatapp_cli.bootstrap import open_company
from chatapp_cli.runtime.binding import bind
from chatapp_cli.runtime.daemon import running
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.services import lines
from chatapp_cli.settings import Settings
from tests.contract.connector_contract import ScriptedAsker
from tests.stores import OWNER

async def main() -> None:
    company = open_company(Settings(home=sys.argv[1])).seen_by(OWNER)
    line = company.write(lambda tx: lines.add(tx, "Продажи"))
    async with ApiSandbox() as provider:
        await bind(company, ScriptedAsker(provider.answers), line=line, kind="api")
        async with running(company) as daemon:
            async with asyncio.timeout(30):
                while not daemon.ready or not all(r.session for r in daemon.supervisor.runners.values()):
                    await asyncio.sleep(0.01)
    company.close()
    print(*sorted({name.split(".")[2] for name in sys.modules if name.startswith("chatapp_cli.connectors.")}))
    print(*sorted({name.split(".")[0] for name in sys.modules}))

asyncio.run(main())
"""
HEAVY = {"aiogram", "telethon", "neonize", "aioimaplib", "aiosmtplib", "phonenumbers", "docx", "textual"}


def test_a_daemon_imports_the_channels_that_are_bound_and_no_other(tmp_path: object) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", DAEMON, str(tmp_path)], check=True, capture_output=True, text=True, timeout=120
    )
    *_, channels, modules = ran.stdout.splitlines()
    assert channels.split() == ["api"]
    assert HEAVY & set(modules.split()) == set()
