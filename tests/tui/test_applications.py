"""Official documents of a line, from the form to the verdict, in the window."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.application import ApplicationStage
from chatapp_cli.domain.ids import ApplicationId, LineId
from chatapp_cli.services import applications, lines
from chatapp_cli.tui.screens.applications import ApplicationsScreen, ApplyScreen
from chatapp_cli.tui.screens.lines import LinesScreen
from tests.connectors.vk_notify.notices import PERSON
from tests.tui.conftest import Opener, Window

pytestmark = [pytest.mark.req("S-031", part="applications"), pytest.mark.req("S-088")]


def filled(company: Company, *stages: ApplicationStage) -> ApplicationId:
    """An application of the first line that got so far."""
    line: LineId = company.read(lines.everything)[0].id
    made = company.write(
        lambda tx: applications.add(
            tx, company.vault, line=line, kind="vk_notify", title="ИП Ёлкина Ольга", answers=PERSON
        )
    )
    for stage in stages:
        company.write(lambda tx, stage=stage: applications.move(tx, made, stage))
    return made


async def documents(it: Window) -> None:
    await it.press("f2")
    await it.until(lambda: isinstance(it.app.screen, LinesScreen) and it.app.screen._chosen_line())
    await it.press("d")
    await it.until(lambda: isinstance(it.app.screen, ApplicationsScreen))


async def test_an_application_is_filled_in_and_slips_stand_at_their_fields(window: Opener, company: Company) -> None:
    async with window() as it:
        await documents(it)
        await it.sees("Official documents · Розница", "There is no application yet.")
        await it.press("a")
        await it.until(lambda: isinstance(it.app.screen, ApplyScreen) and it.app.screen.query("FieldRow"))
        for row in it.app.screen.query("FieldRow"):
            if row.field.kind == "text":
                row.query_one("Input").value = PERSON[row.field.name] + ("1" if row.field.name == "inn" else "")
            if row.field.kind == "flag":
                row.query_one("Checkbox").value = True
        it.app.screen.query_one("Button").focus()
        await it.press("enter")
        await it.until(lambda: it.app.screen.query(".-wrong"))
        (wrong,) = it.app.screen.query(".-wrong")
        assert wrong.field.name == "inn"
        wrong.query_one("Input").value = PERSON["inn"]
        it.app.screen.query_one("Button").focus()
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, ApplicationsScreen))
        await it.sees("ИП Ёлкина Ольга Петровна", "Documents made")
    (row,) = company.read(applications.everything)
    answers = company.read(lambda tx: applications.answers(tx, company.vault, row.id))
    assert (answers["inn"], answers["form"], "kpp" in answers) == (PERSON["inn"], "ip", False)


async def test_the_statement_is_saved_and_told_to_be_sent(window: Opener, company: Company, tmp_path: Path) -> None:
    filled(company)
    async with window() as it:
        await documents(it)
        await it.sees("Documents made")
        await it.press("S")
        await it.sees("Save into the folder")
        it.app.screen.query_one("Input").value = str(tmp_path)
        await it.press("enter")
        await it.until(lambda: list(tmp_path.glob("*.docx")))
        await it.until(lambda: isinstance(it.app.screen, ApplicationsScreen))
        await it.press("s")
        await it.sees("Statement sent")
    (path,) = tmp_path.glob("*.docx")
    assert Document(BytesIO(path.read_bytes())).paragraphs[0].text == "Заявление о присоединении"


async def test_a_rejection_is_entered_with_its_reason(window: Opener, company: Company) -> None:
    number = filled(company, ApplicationStage.SENT)
    async with window() as it:
        await documents(it)
        await it.sees("Statement sent")
        await it.press("v")
        await it.sees("What did the provider answer?", "Being checked", "Approved", "Rejected")
        await it.press("end", "enter")
        await it.sees("Why was it rejected?")
        await it.type("нет подписи")
        await it.press("enter")
        await it.sees("Rejected", "нет подписи")
    row = company.read(lambda tx: applications.one(tx, number))
    assert (row.state, row.reason) == (ApplicationStage.REJECTED, "нет подписи")


async def test_a_step_that_cannot_follow_is_refused_in_words(window: Opener, company: Company) -> None:
    filled(company, ApplicationStage.SENT, ApplicationStage.APPROVED)
    async with window() as it:
        await documents(it)
        await it.sees("Approved")
        await it.press("v")
        await it.until(lambda: any("Nothing can be decided: Approved." in n.message for n in it.app._notifications))
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))
