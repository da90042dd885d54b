"""What a connector shows and asks of the person while a channel is bound."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pytest
from textual.widgets import Button, Input, RadioButton, RadioSet

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.text import T
from chatapp_cli.sandbox.email_oauth import OauthEmailSandbox
from chatapp_cli.services import channels, lines
from chatapp_cli.tui.screens.asking import WindowAsker, qr, shown
from chatapp_cli.tui.screens.bind import BindScreen
from chatapp_cli.tui.widgets.form import FieldRow, FormView
from tests.tui.conftest import Opener
from tests.tui.stage import Stage

LOGIN = "https://id.example.test/allow"


class Page:
    """A page whose person answers what was prepared."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.forms, self.notices = list(answers), [], []

    async def answer(self, form: Form) -> Mapping[str, str]:
        self.forms.append(form)
        return {"address": self.answers.pop(0)}

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)


def test_a_visit_returns_what_the_page_led_to() -> None:
    page = Page("https://desk.example.test/back?state=s1&code=c7")
    found = asyncio.run(WindowAsker(page).visit(LOGIN, "s1"))
    assert found == {"state": "s1", "code": "c7"}
    assert [notice.link for notice in page.notices] == [LOGIN]


def test_an_address_of_another_visit_is_refused_in_its_place_and_asked_again() -> None:
    page = Page("https://desk.example.test/back?state=old&code=c1", "https://desk.example.test/back?state=s1&code=c2")
    assert asyncio.run(WindowAsker(page).visit(LOGIN, "s1"))["code"] == "c2"
    assert [list(form.errors) for form in page.forms] == [[], ["address"]]


def test_a_qr_code_is_as_wide_as_it_is_high_and_fits_a_small_terminal() -> None:
    drawn = qr("https://chat.example.test/link/7f3a").plain.rstrip("\n").split("\n")
    assert len({len(line) for line in drawn}) == 1
    assert len(drawn[0]) in {2 * len(drawn), 2 * len(drawn) - 1}
    assert len(drawn) <= 20


def test_a_notice_shows_title_words_and_link_and_says_what_to_do_about_a_code_that_is_too_tall() -> None:
    notice = Notice(title=T("Scan"), lines=(T("Open the app"),), link=LOGIN, qr="code")
    assert shown(notice, tall=False).plain == "Scan\n\nOpen the app\n" + LOGIN + "\n"
    assert "enlarge it" in shown(notice, tall=True).plain


@pytest.mark.parametrize(("size", "beside"), [((120, 35), True), ((80, 24), False)])
async def test_a_code_has_the_page_to_itself_until_it_is_scanned(
    window: Opener, company: Company, size: tuple[int, int], beside: bool
) -> None:
    async with window(size=size) as it:
        page = BindScreen(company.read(lines.everything)[0], "api", None)
        await it.app.push_screen(page)
        await it.until(lambda: page.query("FormView"))
        page.notice(Notice(title=T("Scan"), qr="https://example.test/" + "a" * 180))
        await it.until(lambda: page.query_one("#code").display and not page.query_one("#form").display)
        assert page.has_class("-beside") == beside
        await it.until(lambda: page.query_one("#code").size.width >= 53)
        page.notice(Notice(title=T("Done")))
        await it.until(lambda: page.query_one("#form").display and not page.query_one("#code").display)


async def test_the_button_of_a_form_says_what_it_does(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.app.push_screen(BindScreen(company.read(lines.everything)[0], "api", None))
        await it.sees("Continue")


def fill(page: BindScreen, answers: Mapping[str, str]) -> None:
    """Type the answers into the form."""
    for row in page.query(FieldRow):
        said = answers.get(row.field.name, row.field.default)
        if row.field.kind == "choice":
            chosen = [choice.value for choice in row.field.choices].index(said)
            row.query(RadioButton)[chosen].value = True
        elif row.field.kind != "flag":
            row.query_one(Input).value = said


async def mail_page(it: Stage, company: Company) -> tuple[BindScreen, Mapping[str, FieldRow]]:
    """The form of a mailbox, with the rows by their names."""
    page = BindScreen(company.read(lines.everything)[-1], "email", None)
    await it.app.push_screen(page)
    await it.until(lambda: page.query(RadioSet) and all(one.pressed_button for one in page.query(RadioSet)))
    return page, {row.field.name: row for row in page.query(FieldRow)}


async def test_signs_tell_without_colours_what_is_chosen(window: Opener, company: Company) -> None:
    async with window(size=(120, 50)) as it:
        await mail_page(it, company)
        rows = [row for row in it.text().splitlines() if "(●)" in row or "( )" in row]
        assert {"(●)" in row for row in rows} == {True, False}
        assert "▐●▌" not in it.text()


async def test_what_is_typed_while_answers_are_checked_goes_nowhere_and_the_form_stays(
    window: Opener, company: Company
) -> None:
    async with window(size=(120, 50)) as it:
        page, rows = await mail_page(it, company)
        form = page.query_one(FormView)
        before = form.typed()
        form.check()
        await it.press("q", "x", ":")
        assert it.app.screen is page
        assert form.typed() == before
        name = next(name for name, row in rows.items() if row.display and row.query(Input))
        form.ask_again(replace(form.form, errors={name: T("No."), "": T("Neither.")}))
        await it.sees("No.", "Neither.")
        await it.press("z")
        assert form.typed()[name].endswith("z")
        await it.sees_no("No.")


async def test_a_mailbox_is_bound_by_oauth_in_the_window(window: Opener, company: Company) -> None:
    async with OauthEmailSandbox() as sandbox, window(size=(120, 50)) as it:
        company.write(partial(lines.add, name="Почта"))
        page, rows = await mail_page(it, company)
        fill(page, {**sandbox.answers, "oauth_by": "code"})
        await it.until(lambda: not rows["password"].display and rows["auth_url"].display)
        page.query_one("#continue", Button).press()
        await it.until(lambda: [row.field.name for row in page.query(FieldRow)] == ["code"])
        link = next(line for line in str(page.query_one("#notice").render()).splitlines() if "/authorize?" in line)
        fill(page, {"code": await sandbox.authorisation.open(link)})
        page.query_one("#continue", Button).press()
        await it.until(lambda: it.app.screen is not page)
    assert "desk@shop.example.org" in {row.account for row in company.read(channels.everything)}


async def test_further_settings_are_folded_until_they_are_wanted_and_one_that_is_missing_unfolds_them(
    window: Opener, company: Company
) -> None:
    async with window(size=(120, 50)) as it:
        page, rows = await mail_page(it, company)
        folded = {name for name, row in rows.items() if row.applies and not row.display}
        assert folded == {name for name, row in rows.items() if row.applies and row.field.further}
        assert {"imap_port", "signature", "per_day"} < folded
        page.query_one("#further", Button).press()
        await it.until(lambda: all(rows[name].display for name in folded))
        fill(
            page, {"address": "desk@shop.example", "password": "x", "imap_host": "mx", "smtp_host": "mx", "per_day": ""}
        )
        page.query_one("#further", Button).press()
        await it.until(lambda: not any(rows[name].display for name in folded))
        page.query_one("#continue", Button).press()
        await it.until(lambda: rows["per_day"].display and rows["per_day"].has_class("-wrong"))


async def test_an_address_tells_the_service_and_a_service_the_login_until_a_person_chooses_another(
    window: Opener, company: Company
) -> None:
    async with window(size=(120, 50)) as it:
        _, rows = await mail_page(it, company)
        address = rows["address"].query_one(Input)
        address.value = "desk@Yandex.ru"
        await it.until(lambda: rows["service"].value == "yandex" and not rows["imap_host"].applies)
        address.value = "desk@shop.example"
        await it.until(lambda: rows["service"].value == "custom" and rows["imap_host"].display)
        rows["service"].choose("microsoft")
        await it.until(lambda: rows["login_by"].value == "oauth" and rows["tenant"].display)
        rows["login_by"].choose("password")
        await it.until(lambda: rows["password"].display)
        assert rows["service"].value == "microsoft"
