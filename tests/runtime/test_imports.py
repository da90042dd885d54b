"""What a daemon at rest has not loaded: channels that are not bound, CRMs without a link, and what only work needs."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest

from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.directory import sandbox
from chatapp_cli.services import channels, lines
from tests.contract.connector_contract import ScriptedAsker
from tests.daemons import Serving

BOUND = ("api", "email")
TELLING = """
import atexit, sys
from pathlib import Path
from chatapp_cli.cli import main
atexit.register(lambda: Path("{file}").write_text("\\n".join(sys.modules)))
main()
"""
"""A daemon that writes down at its end what it has loaded."""
LINKS_RUN = (
    *("chatapp_cli.crm", "chatapp_cli.sandbox.bitrix24", "chatapp_cli.runtime.link", "chatapp_cli.runtime.link_inbox"),
    *("chatapp_cli.runtime.ledger", "chatapp_cli.services.crm_entries"),
)
"""What a link to a CRM runs with."""
OF_CRMS = (
    *LINKS_RUN,
    *("chatapp_cli.kit.crms", "chatapp_cli.domain.crm_manifest", "chatapp_cli.runtime.link_load"),
    *("chatapp_cli.services.links", "chatapp_cli.services.link_faults", "chatapp_cli.services.ledger"),
    "chatapp_cli.services.crm_owed",
    *("chatapp_cli.services.crm_chats", "chatapp_cli.services.crm_intake", "chatapp_cli.services.crm_owner_effects"),
    *("chatapp_cli.services.crm_route_record", "chatapp_cli.services.crm_rules", "chatapp_cli.services.conditions"),
    "chatapp_cli.store.rows.crm",
)
NOT_AT_REST: Mapping[str, Sequence[str]] = {
    "another channel": ("aiogram", "telethon", "neonize", "phonenumbers"),
    "a link to a CRM": OF_CRMS,
    "a window": ("textual", "rich", "pygments", "chatapp_cli.tui"),
    "a package that adds something": ("importlib.metadata", "importlib.resources", "zipfile", "csv"),
    "a calendar in a mail": (
        *("icalendar", "zoneinfo", "sysconfig", "chatapp_cli.connectors.email.invitations"),
        *("chatapp_cli.connectors.email.invited", "chatapp_cli.connectors.email.invitation_answer"),
    ),
    "a winmail.dat": ("chatapp_cli.connectors.email.tnef", "chatapp_cli.connectors.email.rtf"),
    "an alarm to be told, or a message to be written": (
        *("chatapp_cli.services.alarm_messages", "chatapp_cli.services.chains", "chatapp_cli.services.composing"),
        *("chatapp_cli.services.reaching", "chatapp_cli.services.replies", "chatapp_cli.services.sending"),
        *("chatapp_cli.services.signatures", "chatapp_cli.services.templates"),
    ),
    "a rule": (
        *("chatapp_cli.runtime.automation", "chatapp_cli.services.auto_rules", "chatapp_cli.services.auto_plan"),
        *("chatapp_cli.services.auto_run", "chatapp_cli.services.auto_answers", "chatapp_cli.services.following"),
        *("chatapp_cli.services.auto_index", "chatapp_cli.services.auto_facts", "chatapp_cli.services.auto_desk"),
        *("chatapp_cli.services.auto_deeds", "chatapp_cli.services.auto_guards", "chatapp_cli.services.auto_kinds"),
        *("chatapp_cli.services.auto_past", "chatapp_cli.services.auto_replay", "chatapp_cli.services.auto_trial"),
        *("chatapp_cli.services.dialog_conditions", "chatapp_cli.domain.dialog_condition"),
        *("chatapp_cli.domain.choosing", "pymorphy3", "regex"),
    ),
    "a file to be read": ("docx", "openpyxl", "pypdf", "PIL"),
    "a command line's answers": ("chatapp_cli.services.common_passwords", "chatapp_cli.services.journal_words"),
}
"""By what it takes until a daemon loads them."""
CODE_OF_CRMS = ("chatapp_cli.crm.amocrm.", "chatapp_cli.crm.bitrix24.")
"""Their modules; the empty packages around them hold the manifests."""
FACES = ("chatapp_cli.cli", "chatapp_cli.commands.serve", "chatapp_cli.tui.app", "chatapp_cli.tui.screens.inbox")


class Telling(Serving):
    """Its daemons write down what they have loaded."""

    @property
    def modules(self) -> Path:
        """Where."""
        return self.home / "modules"

    @property
    def _program(self) -> tuple[str, ...]:
        return sys.executable, "-c", TELLING.format(file=self.modules)


async def test_a_daemon_at_rest_has_loaded_its_channels_and_nothing_that_only_work_needs(tmp_path: Path) -> None:
    serving = Telling(tmp_path)
    with closing(serving.company()) as company:
        line = company.write(lambda tx: lines.add(tx, "Продажи"))
        async with AsyncExitStack() as stack:
            for kind in BOUND:
                provider = await stack.enter_async_context(sandbox(kind))
                await bind(company, ScriptedAsker(provider.answers), line=line, kind=kind)
            async with serving.child() as child, asyncio.timeout(30):
                while any(row.health != "ok" for row in company.read(channels.everything)):
                    await asyncio.sleep(0.01)
                await child.terminate()
    loaded = serving.modules.read_text("ascii").split()
    assert {name.split(".")[2] for name in loaded if name.startswith("chatapp_cli.connectors.")} == set(BOUND)
    assert {why: among(loaded, names) for why, names in NOT_AT_REST.items()} == {why: [] for why in NOT_AT_REST}


def among(loaded: Sequence[str], names: Sequence[str]) -> list[str]:
    """Which of these modules and packages are loaded."""
    return [name for name in loaded if any(name == one or name.startswith(f"{one}.") for one in names)]


@pytest.mark.parametrize("face", FACES)
def test_the_window_and_the_commands_load_nothing_that_a_link_runs_with(face: str) -> None:
    code = f"import sys, {face}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120)
    assert among(ran.stdout.split(), LINKS_RUN) == []


@pytest.mark.parametrize("words", [("crm",), ("crm", "amo"), ("crm", "amo", "widget", "build")])
def test_the_commands_that_only_a_crm_has_are_built_of_its_manifest_without_its_code(words: tuple[str, ...]) -> None:
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules))\n"
        f"from chatapp_cli.cli import main; sys.argv = ['chatapp', *{words!r}, '--help']; main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120)
    assert [name for name in ran.stdout.split() if name.startswith(CODE_OF_CRMS)] == []
