"""The demo with its CRMs: linked in the background, with deals and employees' answers; and without any."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.message import Origin
from chatapp_cli.runtime import crm_cards
from chatapp_cli.runtime.demo import DemoStage, play, staged
from chatapp_cli.runtime.demo_crm import DemoCrm, crms_linked, employees, play_crm
from chatapp_cli.sandbox.amocrm.demo import DemoAccount
from chatapp_cli.sandbox.bitrix24.demo import DemoPortal
from chatapp_cli.services import links, pairings, runs, transcript
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.messages import MessageRow
from tests.runtime.desk import eventually, serving
from tests.sandbox.amocrm.schema import problems

QUICKLY = (0.05, 0.1)


class Steps:
    """What a round told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, object]]] = []

    def __call__(self, word: str, values: Mapping[str, object]) -> None:
        self.told.append((word, values))

    def of(self, word: str) -> list[Mapping[str, object]]:
        return [values for one, values in self.told if one == word]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[DemoStage]:
    async with staged(tmp_path, "ru") as made:
        yield made


@asynccontextmanager
async def linked(stage: DemoStage) -> AsyncIterator[asyncio.Task[list[DemoCrm]]]:
    """The stage with its daemon and its CRMs; the published rules of both are kept."""
    async with crms_linked(stage) as linking, serving(stage.company) as address:
        stage.listen_at(address)
        yield linking
        account, portal = (one.crm for one in await linking)
        assert isinstance(account, DemoAccount)
        assert isinstance(portal, DemoPortal)
        assert portal.problems == problems(account) == []


def from_crm(stage: DemoStage, kind: str) -> list[MessageRow]:
    """What came from a CRM into the dialogs of a kind of channel."""
    with stage.company.database.reading() as tx:
        dialogs = dialog_list.page(tx, stage.company.database.driver.dialect, DialogFilter(kind=kind))
        said = [one.message for dialog in dialogs for one in transcript.latest(tx, dialog.id)]
    return [message for message in said if message.origin == Origin.CRM]


async def test_clients_of_the_demo_have_deals_in_both_crms_and_an_employee_of_each_answers_them(
    stage: DemoStage,
) -> None:
    steps = Steps()
    async with linked(stage) as linking:
        account, portal = await linking
        await play_crm(stage, linking, steps)
        rows = stage.company.read(links.everything)
        assert [(row.id, row.kind, row.state) for row in rows] == [
            (account.link, "amocrm", LinkState.OK),
            (portal.link, "bitrix24", LinkState.OK),
        ]
        for row in rows:
            paired = stage.company.read(lambda tx, link=row.id: pairings.of_link(tx, link))  # type: ignore[misc]
            assert {(one.kind, one.place_name, one.code) for one in paired} == {
                ("telegram", "Продажи", ""),
                ("whatsapp_web", "Продажи", ""),
            }
        both = from_crm(stage, "whatsapp_web")
        assert [message.text for message in both] == [stage.town.from_crm] * 2
        found = await crm_cards.of_dialog(stage.company, both[0].dialog_id)
        assert [{(card.kind, card.title) for card in one.cards} for one in found] == [
            {("deal", "Сделка: Игорь Валентинович"), ("contact", "Игорь Валентинович")},
            {("deal", "Игорь Валентинович"), ("contact", "Игорь Валентинович")},
        ]
    names = {"Арсен", "Игорь Валентинович"}
    deals = {(said["name"], said["deal"]) for said in steps.of("crm_deal")}
    assert deals == {(name, deal) for name in names for deal in (name, f"Сделка: {name}")}
    assert [said["text"] for said in steps.of("crm_answered")] == [stage.town.from_crm] * 4
    (robot,) = steps.of("crm_robot")
    assert (robot["name"] in names, robot["text"]) == (True, stage.town.from_robot)
    assert [run.robot for run in stage.company.read(runs.latest)] == ["send_message"]


async def test_an_employee_answers_each_client_who_waits_in_a_crm_once(stage: DemoStage) -> None:
    async with linked(stage) as linking:
        both = await linking
        (boris,) = [one for one in both[0].people if one.customer.number == 502]
        await boris.begin()
        staff = asyncio.create_task(employees(stage, linking, pause=QUICKLY))
        await eventually(lambda: len(from_crm(stage, "telegram")) == 1)
        said = await boris.add()
        for one in both:
            await eventually(lambda crm=one.crm: crm.shows(boris.customer, said))  # type: ignore[misc]
        await asyncio.sleep(5 * QUICKLY[1])
        staff.cancel()
        await asyncio.gather(staff, return_exceptions=True)
        assert [one.text for one in from_crm(stage, "telegram")] == [stage.town.from_crm]


@pytest.mark.req("S-011")
async def test_clients_write_are_answered_and_react_without_any_crm(stage: DemoStage) -> None:
    """Avito, which is asked every ten seconds, is left to the round of the command."""
    steps, kinds = Steps(), {one.sandbox.kind: one for one in stage.town.people if one.sandbox.kind != "avito"}
    async with serving(stage.company) as address:
        stage.listen_at(address)
        await play(replace(stage, town=replace(stage.town, people=list(kinds.values()))), steps)
    assert stage.company.read(links.everything) == []
    assert len(kinds) >= 9
    assert len(steps.of("arrived")) == len(steps.of("reacted")) == len(kinds)
    assert len(steps.of("answered")) > len(kinds)
