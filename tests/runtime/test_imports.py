"""A channel costs nothing before it is bound, and a CRM nothing before it is linked."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

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
    print(*sorted({name.removeprefix("chatapp_cli.") for name in sys.modules}))
    print(*sorted({name.split(".")[0] for name in sys.modules}))

asyncio.run(main())
"""
HEAVY = {"aiogram", "telethon", "neonize", "aioimaplib", "aiosmtplib", "phonenumbers", "docx", "textual"}
OF_CRMS = {"crm", "sandbox.bitrix24", "runtime.link", "runtime.link_inbox", "runtime.ledger", "services.crm_entries"}
"""What a desk without a CRM does without; the last four only a link needs."""
FACES = ("chatapp_cli.cli", "chatapp_cli.commands.serve", "chatapp_cli.tui.app", "chatapp_cli.tui.screens.inbox")


def test_a_daemon_imports_the_channels_that_are_bound_and_no_other(tmp_path: object) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", DAEMON, str(tmp_path)], check=True, capture_output=True, text=True, timeout=120
    )
    *_, channels, ours, modules = ran.stdout.splitlines()
    assert channels.split() == ["api"]
    assert HEAVY & set(modules.split()) == set()
    assert of_crms(ours.split()) == []


def of_crms(modules: Sequence[str]) -> list[str]:
    """Which of these a desk without a CRM does without."""
    return [name for name in modules if any(name == one or name.startswith(f"{one}.") for one in OF_CRMS)]


@pytest.mark.parametrize("face", FACES)
def test_the_window_and_the_commands_load_nothing_of_crms(face: str) -> None:
    code = f"import sys, {face}; print(*(name.removeprefix('chatapp_cli.') for name in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120)
    assert of_crms(ran.stdout.split()) == []
