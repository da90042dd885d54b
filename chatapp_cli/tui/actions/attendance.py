"""Being away and back, and the hours and limits of operators (K-06)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.attendance import in_words
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.domain.when import when
from chatapp_cli.i18n import _, show
from chatapp_cli.services import attendance, duties
from chatapp_cli.tui.reading import words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from textual.screen import Screen

    from chatapp_cli.domain.attendance import Attendance
    from chatapp_cli.tui.action_page import ActionPage
    from chatapp_cli.tui.session.workspace import Workspace

OTHER = "?"


def turn(screen: Screen[object]) -> None:
    """Have a page ask for it that runs actions; others have no key for it."""
    from chatapp_cli.tui.action_page import ActionPage

    if isinstance(screen, ActionPage):
        screen.do(partial(go_or_come_back, screen))


async def go_or_come_back(page: ActionPage) -> None:
    """Be back if one is away; otherwise ask until when one is, and what for."""
    if await page.workspace.read(duties.away) is not None:
        await page.workspace.write(attendance.come_back)
        page.say(_("You are back."))
        return
    options = [
        ("", _("Until I am back")),
        ("+30m", _("For 30 minutes")),
        ("+1h", _("For an hour")),
        (OTHER, _("Until another time…")),
    ]

    async def chosen(until: str) -> bool:
        return await (_until_another(page) if until == OTHER else _reason(page, until))

    await page.choose(_("How long are you away?"), options, take=chosen)


async def _until_another(page: ActionPage) -> bool:
    async def typed(until: str) -> bool:
        return bool(until.strip()) and await _reason(page, until)

    note = _("Such as: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00")
    return await page.prompt(_("Away until"), note=note, take=typed) is not None


async def _reason(page: ActionPage, until: str) -> bool:
    now = page.workspace.company.world.clock.now()
    at = when(until, now=now) if until else None

    async def take(reason: str) -> None:
        await page.workspace.write(partial(attendance.leave, until=at, reason=reason))
        page.say(_("You are away: nothing is given to you."))

    return await page.prompt(_("What for?"), note=_("Colleagues see it; may be empty."), take=take) is not None


async def set_hours(page: ActionPage, one: Attendance) -> None:
    """Give an operator working hours of their own."""
    name, note = one.operator, _("Such as: mon-fri 09:00-18:00; empty: the hours of the lines")

    async def take(hours: str) -> None:
        await page.workspace.write(partial(attendance.set_hours, name=name, hours=hours, zone=one.zone))

    await page.prompt(_("Working hours of {name}", name=name), one.hours, note=note, take=take)


async def set_limit(page: ActionPage, one: Attendance) -> None:
    """Set how many dialogs may wait for an operator."""
    name = one.operator

    async def take(typed: str) -> None:
        if typed.strip() and not typed.strip().isdecimal():
            raise UsageError(T("{said} is not a number.", said=typed))
        most = min(int(typed.strip() or 0), attendance.MOST)
        await page.workspace.write(partial(attendance.set_limit, name=name, most=most))

    title = _("How many dialogs may wait for {name}", name=name)
    await page.prompt(title, str(one.most or ""), note=_("Empty: any number"), take=take)


async def read_all(workspace: Workspace) -> Mapping[str, Attendance]:
    """Whether each operator is there, by the hours of the company."""
    company = workspace.company
    found = await workspace.read(attendance.of_company(company.options, company.settings.folder).everybody)
    return {one.operator: one for one in found}


async def absences(workspace: Workspace, names: Collection[str]) -> Mapping[str, str]:
    """Of some operators those who are not there, with the reason in words."""
    found = await read_all(workspace)
    return {name: said(workspace, found[name]) for name in names if name in found and found[name].absence is not None}


def said(workspace: Workspace, one: Attendance) -> str:
    """Whether somebody is there, in words."""
    now = workspace.company.world.clock.now()
    return show(in_words(one, lambda at: words.moment(at, now)))
