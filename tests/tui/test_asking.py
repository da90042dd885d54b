"""What a connector shows and asks of the person while a channel is bound."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.text import T
from chatapp_cli.services import lines
from chatapp_cli.tui.screens.asking import WindowAsker, qr, shown
from chatapp_cli.tui.screens.bind import BindScreen
from tests.tui.conftest import Opener

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
