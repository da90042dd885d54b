"""The page of options, for the company, a line and a channel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.option import COMPANY, OptionLevel, OptionTarget
from chatapp_cli.domain.text import T
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import channels, lines, options
from chatapp_cli.tui.screens.lines import LinesScreen
from chatapp_cli.tui.screens.options import OptionsScreen
from chatapp_cli.tui.widgets.form import FieldRow, FormView
from tests.declared import declared
from tests.tui.conftest import Opener
from tests.tui.stage import Stage


@pytest.fixture
def pace() -> Iterator[str]:
    """An option of lines that only this test knows, declared as ours are."""
    with declared(
        Field(name="pace", label=T("Pace of the line"), kind="number", default="3"), OptionLevel.LINE
    ) as name:
        yield name


def row(it: object, name: str) -> FieldRow:
    return next(one for one in it.app.screen.query(FieldRow) if one.field.name == name)  # type: ignore[attr-defined]


async def fill(it: object, **answers: str) -> None:
    """Write into fields of the form that is open, and send it."""
    await it.until(lambda: it.app.screen.query(FormView))  # type: ignore[attr-defined]
    for name, said in answers.items():
        row(it, name).query_one("Input").value = said  # type: ignore[attr-defined]
    it.app.screen.query_one("Button").focus()  # type: ignore[attr-defined]
    await it.press("enter")  # type: ignore[attr-defined]


async def test_a_line_has_a_page_with_every_option_that_is_declared(
    window: Opener, company: Company, pace: str
) -> None:
    line = company.read(lines.everything)[0]
    target = OptionTarget(OptionLevel.LINE, line.id)
    async with window((120, 90)) as it:
        await it.press("f2", "home", "o")
        await it.sees(f"Options · {line.name}", "Pace of the line", "Seconds to take a message back", "Left open: 3.")
        await fill(it, pace="soon", undo_send="9")
        await it.sees("pace has to be a whole number, not soon. Write digits alone,", "such as: pace=3")
        assert company.read(lambda tx: options.stored(tx, target)) == {}
        await fill(it, pace="7")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))
    assert company.read(lambda tx: options.stored(tx, target)) == {"pace": "7", "undo_send": "9"}


async def test_an_option_of_the_company_is_left_open_again_by_emptying_it(window: Opener, company: Company) -> None:
    company.write(lambda tx: options.save(tx, COMPANY, {"undo_send": "5", "mood": "kind"}))
    async with window() as it:
        await it.press("f2", "O")
        await it.sees("Options · The company", "mood = kind: this version does not know it and leaves it as it")
        await it.until(lambda: isinstance(it.app.screen, OptionsScreen))
        await fill(it, undo_send="", company_name="Тёплый дом")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))
    assert company.read(lambda tx: options.stored(tx, COMPANY)) == {"company_name": "Тёплый дом", "mood": "kind"}


async def test_a_channel_has_the_options_of_its_kind_and_its_session_comes_up_with_them(
    window: Opener, company: Company
) -> None:
    mail = [row for row in company.read(channels.everything) if row.kind == "email"][-1]
    async with window() as it:
        await it.press("f2", "end", "o")
        await it.sees(f"Options · Mail {mail.title}", "Seconds to take a message back")
        await fill(it, sender_name="Тёплый дом")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))
    after = company.read(lambda tx: channels.one(tx, mail.id))
    assert (after.settings["sender_name"], after.revision) == ("Тёплый дом", mail.revision + 1)


@pytest.mark.req("S-099")
async def test_links_in_mails_are_hidden_and_shown_again_by_an_option_of_the_mailbox(
    window: Opener, company: Company, stage: Stage
) -> None:
    mail = [row for row in company.read(channels.everything) if row.kind == "email"][-1]
    zoya = Profile(id="zoya@pochta.example", name="Зоя Линкова", email="zoya@pochta.example")
    stage.hear(mail.id, zoya, "Вот https://lavka.example/a?b=1 чек")
    async with window() as it:
        await it.open("Зоя")
        await it.sees("https://lavka.example/a?b=1")
        for wanted, shown in (("on", "Вот чек"), ("off", "https://lavka.example/a?b=1")):
            company.write(
                lambda tx, wanted=wanted: channels.configure(tx, mail, manifest("email"), {"remove_links": wanted})
            )
            await it.press("escape", "f2", "escape", "1")
            await it.open("Зоя")
            await it.sees(shown)
            assert ("lavka" in it.text()) == (wanted == "off")
