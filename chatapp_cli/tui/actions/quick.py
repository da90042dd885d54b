"""Choosing a quick reply for the composer: its gaps are filled and its use is counted (S-139, S-140)."""

from __future__ import annotations

from chatapp_cli.domain.variables import gaps, missing
from chatapp_cli.i18n import _
from chatapp_cli.services import business_hours, replies
from chatapp_cli.services.options import OptionScope
from chatapp_cli.services.replies import FilledReply
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.replies import QuickReplyRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.questions.quick import QuickPick


async def picked(page: ActionPage, card: DialogCard) -> FilledReply | None:
    """The reply that the person chose; ``None`` if they leave."""
    rows = await page.workspace.read(replies.everything)
    if not rows:
        page.say(_("There is no quick reply yet. {key} makes them.", key=key("app", "page('replies')")))
        return None
    company, scope = page.workspace.company, OptionScope(line=card.line_id, channel=card.channel_id)

    def read(tx: Tx) -> dict[str, str]:
        opens = business_hours.opening(tx, company.options, company.settings.folder, card.line_id)
        named = company.options.text(tx, "company_name", scope)
        return replies.values(card, company=named, operator=page.workspace.actor, now=tx.now, opens=opens)

    values = await page.workspace.read(read)
    row: QuickReplyRow | None = await page.app.push_screen_wait(QuickPick(rows, values))
    if row is None or not await _ask(page, row, values):
        return None

    def use(tx: Tx) -> FilledReply:
        replies.count_use(tx, row.id)
        return replies.filled(tx, row, values)

    return await page.workspace.write(use)


async def _ask(page: ActionPage, row: QuickReplyRow, values: dict[str, str]) -> bool:
    """Ask for the values that the program does not know; false if the person leaves a gap empty."""
    written = gaps(row.text)
    for name in missing(row.text, values):
        value = await page.prompt(
            _("{title}: what is the value of {gap}?", title=row.title, gap=written[name]), note=row.text
        )
        if not (value or "").strip():
            return False
        values[name] = value or ""
    return True
