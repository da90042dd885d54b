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
from chatapp_cli.domain.template import Filled, Template, fill, gaps
from chatapp_cli.i18n import _, show
from chatapp_cli.services import channels, sending, templates
from chatapp_cli.tui.screens.small import Small

if TYPE_CHECKING:
    from chatapp_cli.store.rows import ChannelRow, DialogCard, TemplateRow
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
            yield Static(_("Enter: to the next gap, and past the last one."), classes="note", markup=False)

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
            self.answer(self._values())


async def send(hands: Hands, card: DialogCard) -> None:
    """Choose one of the channel's approved templates, fill it and send it."""
    channel = await hands.office.read(partial(channels.one, channel=card.channel_id))
    found = await filled(hands, channel, yes=_("Send"))
    if found is not None:
        can, order = hands.office.capabilities(channel), hands.office.order()
        draft = Draft(text=found[1], template=found[0])
        await hands.office.write(lambda tx: sending.enqueue(tx, can, card.id, draft, order))


async def filled(hands: Hands, channel: ChannelRow, *, yes: str = "") -> tuple[Filled, str] | None:
    """One of a channel's approved templates with its gaps filled, and what the client will read."""
    rows = await hands.office.read(partial(templates.everything, channel=channel.id))
    approved = [row for row in rows if row.state == "approved"]
    if not approved:
        hands.say(_("No template of this channel is approved. Read them again: chatapp template sync"))
        return None
    chosen = await _chosen(hands, approved)
    values = None if chosen is None else await _filled(hands, templates.value(chosen), yes)
    if chosen is None or values is None:
        return None
    named = f"{chosen.name}/{chosen.language}"
    return await hands.office.read(partial(templates.filled, channel=channel, named=named, values=values))


async def _chosen(hands: Hands, approved: list[TemplateRow]) -> TemplateRow | None:
    options = [(str(n), f"{row.name}/{row.language}  {row.body}") for n, row in enumerate(approved)]
    number = await hands.choose(_("Which template?"), options)
    return None if number is None else approved[int(number)]


async def _filled(hands: Hands, template: Template, yes: str) -> Mapping[str, str] | None:
    if gaps(template.body):
        values: dict[str, str] | None = await hands.app.push_screen_wait(Fill(template))
        return values
    return {} if await hands.confirm(template.name, template.body, yes=yes or _("Take it")) else None
