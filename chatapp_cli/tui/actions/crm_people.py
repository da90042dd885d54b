"""Says on the page of CRMs which employee is which operator."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.i18n import _
from chatapp_cli.runtime.asking_crm import asked
from chatapp_cli.services import crm_people, employees
from chatapp_cli.services.crm_people import PersonThere
from chatapp_cli.store.rows.crm import LinkRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.actions import account
from chatapp_cli.tui.reading.cells import fit, line

_NOBODY, _NEW = "", "\n"
"""Answers that are no operator's name."""
_NAME, _OPERATOR = 26, 18
"""Cells of the columns, so that both are seen at 80."""


async def people(page: ActionPage, link: LinkRow) -> None:
    """Show who works in the CRM and who each is here, and join the chosen one with an operator."""
    page.say(_("Asking the CRM…"))
    found = await asked(page.workspace.company, link, CrmQuestion.EMPLOYEES)
    await page.workspace.write(partial(employees.recognise, link=link.id, found=found))
    people, names = await page.workspace.read(partial(_known, link=link, found=found))
    there = {one.employee.id: one for one in people}
    if not there:
        page.say(_("The CRM tells of no employee."))
        return
    chosen = await page.choose(
        _("Who is who in {title}", title=link.title), [(key, _row(one)) for key, one in there.items()]
    )
    if chosen is None:
        return
    one = there[chosen]
    title = _("Which operator is {name}?", name=one.employee.name)
    others = [(_NEW, _("Add an operator")), (_NOBODY, _("nobody here"))]
    operator = await page.choose(title, [*((name, line(name)) for name in names), *others])
    if operator == _NEW:
        operator = await _added(page, names)
    if operator is not None:
        await _join(page, link, one, operator)


async def _added(page: ActionPage, names: Sequence[str]) -> str | None:
    """Let an operator be added, and return their name; ``None`` if the person leaves."""
    await account.add(page)
    new = [name for name in await page.workspace.read(crm_people.operators_to_join) if name not in names]
    return new[0] if len(new) == 1 else None


def _known(tx: Tx, *, link: LinkRow, found: Sequence[Employee]) -> tuple[list[PersonThere], list[str]]:
    people = crm_people.roster(found, employees.said(tx, link.id))
    return crm_people.shown(tx, people), crm_people.operators_to_join(tx)


def _row(one: PersonThere) -> str:
    """Who somebody is here comes before their address, which may be cut on a small screen."""
    who = one.operator or _("nobody here")
    how = _("left the CRM") if one.left_at else {"email": _("e-mail address"), "hand": _("hand")}.get(one.way, "")
    beside = " · ".join(filter(None, (how, line(one.employee.email))))
    return f"{fit(one.employee.name, _NAME)} {fit(who, _OPERATOR)} {beside}".rstrip()


async def _join(page: ActionPage, link: LinkRow, one: PersonThere, operator: str) -> None:
    if operator:
        await page.workspace.write(partial(employees.map_to, link=link.id, operator=operator, employee=one.employee))
        page.say(_("{operator} is {employee} in the CRM.", operator=operator, employee=one.employee.name))
    elif one.operator:
        await page.workspace.write(partial(employees.map_to, link=link.id, operator=one.operator, employee=None))
        page.say(_("{operator} is nobody in {crm}.", operator=one.operator, crm=link.title))
