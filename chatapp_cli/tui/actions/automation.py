"""Actions on rules of automation: switch, move, remove, and what is said of a rule that was kept."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.ids import AutoRuleId
from chatapp_cli.i18n import _, show
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_doubts, auto_log, auto_rules
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.tui.action_page import ActionPage


async def switch(page: ActionPage, rule: AutoRule) -> None:
    """Switch a rule off, or on if it is off or was stopped by the desk."""
    on = not rule.wanted.enabled or rule.halted is not None
    gone = await page.workspace.write(partial(auto_rules.switch, rule=rule.id, on=on))
    name = rule.wanted.name
    page.say(_("Rule {name} is on.", name=name) if on else _("Rule {name} is off.", name=name) + cancelled(gone))


async def remove(page: ActionPage, rule: AutoRule) -> None:
    """Remove a rule, after a question that says how much of what it planned will not be done."""
    planned = await page.workspace.read(partial(auto_log.planned, rule=rule.id))
    note = _("What it did stays.") + (" " + _("Planned acts that will not be done: {n}", n=planned) if planned else "")

    async def take(_yes: bool) -> None:
        gone = await page.workspace.write(partial(auto_rules.remove, rule=rule.id))
        page.say(_("Rule {name} is removed.", name=rule.wanted.name) + cancelled(gone))

    await page.confirm(_("Remove the rule {name}?", name=rule.wanted.name), note, yes=_("Remove"), take=take)


def cancelled(n: int) -> str:
    """How many planned acts are cancelled, to stand behind a sentence; nothing if none are."""
    return "\n" + _("Planned acts that are cancelled: {n}", n=n) if n else ""


async def tell_doubts(page: ActionPage, rule: AutoRuleId) -> None:
    """Say which words of a rule are in no dictionary or ambiguous, and which rules it starts that start it."""
    desk = desk_of(page.workspace.company)
    for one in await page.workspace.read(partial(auto_doubts.of_rule, desk=desk, rule=rule)):
        page.notify("\n".join(filter(None, (show(one.what), show(one.next_step)))), severity="warning", timeout=12)
