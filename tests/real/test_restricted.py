"""The window that an operator gets over SSH, in a real terminal: nothing leads out of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines, operators
from chatapp_cli.services.ingest import ingest
from chatapp_cli.settings import Settings
from chatapp_cli.store.tx import Tx
from tests.real.terminal import terminal
from tests.stores import OWNER

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

COMMAND = (sys.executable, "-m", "chatapp_cli", "--operator", "Ольга", "inbox", "--restricted")
"""As the line in ``authorized_keys`` names it; see docs/operations.md."""


def with_a_dialog(company: Company) -> None:
    def fill(tx: Tx) -> None:
        line = lines.add(tx, "Розница")
        channel = channels.save(tx, company.vault, Bound(account="shop", title="Магазин"), line=line, kind="api")
        peer = Peer(key="anna", address="anna", title="Анна")
        event = MessageArrived(
            peer=peer, ext_id="1", at=tx.now - 60_000, text="Где заказ?", sender=Profile(id="anna", name="Анна")
        )
        ingest(tx, channel, Batch(arrivals=(Arrival(provider_id="1", raw=b"{}", events=(event,)),)))
        operators.add(tx, "Ольга", "", ())

    company.write(fill)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    company = open_company(Settings(home=str(tmp_path / "home"))).seen_by(OWNER)
    with_a_dialog(company)
    company.close()
    return tmp_path / "home" / "main"


async def test_a_restricted_window_leads_to_no_shell_and_to_no_file_but_ones_own(desk: Path, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho escaped > "$0.ran"\n', "utf-8")
    editor.chmod(0o755)
    home = str(desk.parent)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "CHATAPP_HOME": home,
        "CHATAPP_CONFIG": str(tmp_path / "config.toml"),
        "CHATAPP_HTTP_PORT": "0",
        "CHATAPP_LANG": "en",
        "EDITOR": str(editor),
        "VISUAL": str(editor),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    async with terminal(tmp_path, COMMAND, env) as window:
        await window.sees("Анна")
        own = desk / "uploads" / "Ольга"
        (own / "price.txt").write_text("900", "utf-8")
        await window.press("Enter")
        await window.sees("Где заказ?")
        await window.press("C-e")
        await window.sees("This window is restricted")
        for path in (str(desk / "secret.key"), "/etc/passwd", "../../chatapp.db"):
            await window.press("C-o")
            await window.sees("price.txt")
            await window.press("C-u")
            await window.type(path)
            await window.press("Enter")
            await window.sees("restricted window files")
            await window.press("Escape")
        await window.press("C-o")
        await window.press("Enter")
        await window.sees_no("restricted window files")
        await window.sees("price.txt")
        company = open_company(Settings(home=home)).seen_by(OWNER)
        company.write(lambda tx: operators.disable(tx, "Ольга"))
        company.close()
        await window.sees("The account Ольга is disabled")
        await window.sees_no("Анна")
    assert not editor.with_name("editor.ran").exists()
    assert not (tmp_path / "config.toml").exists()
