"""Actions on rules of automation: switch, move, remove, and what is said of a rule that was kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain.ids import AutoRuleId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_doubts, auto_guards, auto_log, auto_rules
from chatapp_cli.services.auto_doubts import RuleDoubt
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions.message_target import MessageTarget, message_action, unless
from chatapp_cli.tui.pages import page_named
from chatapp_cli.tui.reading.filters import title


async def open_rule(page: ActionPage, target: MessageTarget) -> None:
    """Show the rule that wrote a message; one that is gone since cannot be shown."""
    if (because := target.entry.because) is not None:
        await page.workspace.read(partial(auto_rules.one, rule=because.id))
        at: Callable[[AutoRuleId], ActionPage] = page_named("automation")
        page.app.push_screen(at(because.id))


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


async def resume(page: ActionPage, stopped: Sequence[ChannelRow]) -> None:
    """Let channels that were stopped answer automatically again."""
    for one in stopped:
        await page.workspace.write(partial(auto_guards.resume, channel=one.id))
        page.say(_("{title} answers automatically again.", title=title(one)))
    if not stopped:
        page.say(_("No channel was stopped."))


def cancelled(n: int) -> str:
    """How many planned acts are cancelled, to stand behind a sentence; nothing if none are."""
    return "\n" + _("Planned acts that are cancelled: {n}", n=n) if n else ""


async def tell_doubts(page: ActionPage, rule: AutoRuleId) -> None:
    """Say which words of a rule are in no dictionary or ambiguous, and which rules it starts that start it."""
    desk = desk_of(page.workspace.company)
    tell(page, await page.workspace.read(partial(auto_doubts.of_rule, desk=desk, rule=rule)))


def tell(page: ActionPage, doubts: Sequence[RuleDoubt]) -> None:
    """Say doubts about a rule, each with what can be done about it."""
    for one in doubts:
        page.notify("\n".join(filter(None, (show(one.what), show(one.next_step)))), severity="warning", timeout=12)


DEEDS: Final[Mapping[str, Callable[[ActionPage, AutoRule], Awaitable[None]]]] = MappingProxyType(
    {"switch": switch, "remove": remove}
)
"""What is done with a rule."""
ACTIONS: dict[str, Action[MessageTarget]] = {
    "rule": message_action(open_rule, unless(lambda target: target.entry.because, T("No rule wrote this message."))),
}
