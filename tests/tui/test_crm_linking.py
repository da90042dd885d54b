"""A person at the window links a portal, which a daemon in the same process answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.widgets import Input

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.services import channels, lines, links, options, pairings
from chatapp_cli.tui.screens.linking import LinkingScreen
from chatapp_cli.tui.widgets.form import FieldRow
from tests.runtime.desk import eventually, serving
from tests.tui.conftest import Opener, Window
from tests.tui.gallery import StillClock
from tests.tui.stage import opened


@dataclass(frozen=True, slots=True)
class Office:
    """A portal, and the address of the daemon."""

    portal: Portal
    address: str


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A desk with one channel, for a program that is away."""
    found = opened(tmp_path / "desk", StillClock(), http_port=0)  # type: ignore[arg-type]
    settings, secrets = {"url": "http://127.0.0.1:9", "name": "Сайт"}, {"secret": "тайна"}
    site = Bound(account="site", title="Сайт", settings=settings, secrets=secrets, hook_key="key of the site")
    line = found.write(lambda tx: lines.add(tx, "Магазин"))
    found.write(lambda tx: channels.save(tx, found.vault, site, line=line, kind="api"))
    yield found
    found.close()


@pytest.fixture
async def office(company: Company) -> AsyncIterator[Office]:
    async with Portal(rate=50.0) as portal, serving(company) as address:
        company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
        yield Office(portal, address)
        await portal.settled()


def _fill(it: Window, answers: Mapping[str, str]) -> None:
    """Write answers into the form, and go to its button."""
    for row in it.app.screen.query(FieldRow):
        if row.field.name in answers:
            row.query_one(Input).value = answers[row.field.name]
    it.app.screen.query_one("#continue").focus()


async def test_a_portal_is_linked_paired_and_checked_without_leaving_the_window(
    office: Office, window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.press("ctrl+k")
        await it.press("a")
        await it.sees("Which CRM?", "Bitrix24 —")
        await it.press("down", "enter")
        await it.until(lambda: isinstance(it.app.screen, LinkingScreen) and it.app.screen.query("FormView"))
        await it.sees("Link a CRM: Bitrix24", "Address of the portal")
        await it.sees_no("Address of the first installation")
        _fill(it, {"portal": office.portal.address})
        await it.press("enter")
        await it.sees("Local application in", "Address of the first installation")
        office.portal.lines[109].settings.update(CRM_CREATE="deal", CRM_CREATE_THIRD="N")
        answers = {
            "client_id": office.portal.client_id,
            "client_secret": office.portal.client_secret,
            "auth_server": office.portal.auth_address,
        }
        _fill(it, answers)
        await it.press("enter")
        await it.sees("Go on once the application is installed there.")
        assert office.portal.client_secret not in it.text()
        (link,) = company.read(links.everything)
        url = f"{office.address}/hooks/{link.hook_key}/install"

        async def installs() -> bool:
            return (await office.portal.install(url)).status == 200

        await eventually(installs)
        await it.until(lambda: company.read(links.everything)[0].state == LinkState.OK)
        await it.press("enter")
        await it.sees(f"● {office.portal.domain}", "Bitrix24 · works")
        await it.press("b")
        await it.sees("Which channel?", "API Сайт · Магазин")
        await it.press("enter")
        await it.sees("Which place?", "Поддержка (109)")
        await it.press("down", "enter")
        await it.sees("Поддержка", "makes a new deal for every conversation", "Set CRM_CREATE_THIRD=Y there, then pair")
        assert office.portal.lines[109].settings["CRM_CREATE_THIRD"] == "N"
        await it.press("down", "enter")
        await it.sees("⇄ ", "Поддержка")
        assert office.portal.lines[109].settings["CRM_CREATE_THIRD"] == "N"
        await it.until(lambda: len(office.portal.active) == 1)
        assert [(row.channel, row.place, row.place_name) for row in company.read(pairings.everything)] == [
            ("Сайт", "109", "Поддержка")
        ]
        await it.press("down", "f")
        await it.sees("Change the settings of Поддержка?", "Set CRM_CREATE_THIRD=Y")
        await it.press("y")
        await it.until(lambda: any("CRM_CREATE_THIRD=Y is set now" in one.message for one in it.app._notifications))
        assert office.portal.lines[109].settings["CRM_CREATE_THIRD"] == "Y"
        await it.press("up", "c")
        await it.sees(
            "✓ A test event came back", "✗ Our clock and the portal's are", "→ Let this machine set its clock"
        )


async def test_a_portal_is_linked_by_a_webhook_alone(office: Office, window: Opener, company: Company) -> None:
    company.write(lambda tx: options.configure_company(tx, {"public_url": ""}))
    async with window() as it:
        await it.press("ctrl+k")
        await it.press("a")
        await it.sees("Which CRM?", "Bitrix24 —")
        await it.press("down", "enter")
        await it.sees("Link a CRM: Bitrix24", "By a webhook alone (lite)")
        rows = {row.field.name: row for row in it.app.screen.query(FieldRow)}
        rows["way"].choose("webhook")
        await it.sees("Address of the incoming webhook")
        await it.sees_no("Application ID (client_id)")
        rows["webhook"].query_one(Input).value = office.portal.webhook
        it.app.screen.query_one("#continue").focus()
        await it.press("enter")
        await it.until(lambda: any(row.state == LinkState.OK for row in company.read(links.everything)))
        await it.sees(f"● {office.portal.domain}", "Bitrix24 · works")
        assert office.portal.webhook not in it.text()
