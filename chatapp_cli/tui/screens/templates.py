"""An approved template: chosen, its gaps filled, sent (S-090)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label, Static

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.template import Template, fill, gaps
from chatapp_cli.i18n import _, show
from chatapp_cli.services import channels, sending, templates
from chatapp_cli.tui.screens.small import Small

if TYPE_CHECKING:
    from chatapp_cli.store.rows import DialogCard, TemplateRow
    from chatapp_cli.store.tx import Tx
    from chatapp_cli.tui.hands import Hands


class Fill(Small[dict[str, str]]):
    """The text as the client will read it, and a box for each gap."""

    def __init__(self, template: Template) -> None:
        super().__init__()
        self._template = template
        self._gaps = gaps(template.body)

    def compose(self) -> ComposeResult:
        """Text, boxes, what is missing."""
        with Vertical():
            yield Label(self._template.name, classes="title", markup=False)
            yield Static(self._template.body, id="read", markup=False)
            for gap in self._gaps:
                yield Input(placeholder=gap, name=gap)
            yield Static(_("Enter: the next gap; after the last one it is sent."), classes="note", markup=False)

    def _values(self) -> dict[str, str]:
        return {gap: box.value for gap, box in zip(self._gaps, self.query(Input), strict=True)}

    @on(Input.Changed)
    def _read(self) -> None:
        """Show what it says so far."""
        seen = {gap: value.strip() or f"{{{{{gap}}}}}" for gap, value in self._values().items()}
        self.query_one("#read", Static).update(fill(self._template, seen)[1])

    @on(Input.Submitted)
    def _next(self) -> None:
        """To the first empty gap, or done."""
        try:
            fill(self._template, self._values())
        except UsageError as error:
            self.query_one(".note", Static).update(show(error.what))
            next(box for box in self.query(Input) if not box.value.strip()).focus()
        else:
            self.dismiss(self._values())


async def send(hands: Hands, card: DialogCard) -> None:
    """Choose one of the channel's approved templates, fill it and send it."""
    rows = await hands.office.read(partial(templates.everything, channel=card.channel_id))
    approved = [row for row in rows if row.state == "approved"]
    if not approved:
        hands.say(_("No template of this channel is approved. Read them again: chatapp template sync"))
        return
    chosen = await _chosen(hands, approved)
    if chosen is None:
        return
    values = await _filled(hands, templates.value(chosen))
    if values is not None:
        await _put_out(hands, card, chosen, values)


async def _chosen(hands: Hands, approved: list[TemplateRow]) -> TemplateRow | None:
    options = [(str(n), f"{row.name}/{row.language}  {row.body}") for n, row in enumerate(approved)]
    number = await hands.choose(_("Which template?"), options)
    return None if number is None else approved[int(number)]


async def _filled(hands: Hands, template: Template) -> Mapping[str, str] | None:
    if gaps(template.body):
        values: dict[str, str] | None = await hands.app.push_screen_wait(Fill(template))
        return values
    return {} if await hands.confirm(template.name, template.body, yes=_("Send")) else None


async def _put_out(hands: Hands, card: DialogCard, chosen: TemplateRow, values: Mapping[str, str]) -> None:
    order = hands.office.order()

    def accept(tx: Tx) -> object:
        channel = channels.one(tx, card.channel_id)
        named = f"{chosen.name}/{chosen.language}"
        template, text = templates.filled(tx, channel, named, values)
        can = hands.office.capabilities(channel)
        return sending.enqueue(tx, can, card.id, Draft(text=text, template=template), order)

    await hands.office.write(accept)
