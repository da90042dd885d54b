"""Choosing an approved template, filling its gaps and sending it (S-090)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label, Static

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.template import Filled, Template, fill, gaps
from chatapp_cli.i18n import _, show
from chatapp_cli.services import channels, templates
from chatapp_cli.services.message_request import InDialog
from chatapp_cli.tui.popups import Popup, Take
from chatapp_cli.tui.reading.naming import about, named

if TYPE_CHECKING:
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.tui.action_page import ActionPage


class Fill(Popup[Mapping[str, str]]):
    """The text as the client will read it, and a field for each gap."""

    def __init__(self, template: Template, title: str) -> None:
        super().__init__()
        self._template, self._title = template, title
        self._gaps = gaps(template.body)

    def compose(self) -> ComposeResult:
        """Text, fields, and a note."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            yield Static(self._template.body, id="read", markup=False)
            for gap in self._gaps:
                yield Input(placeholder=gap, name=gap)
            yield Static(_("Enter: to the next gap, and past the last one."), classes="note", markup=False)

    def _values(self) -> dict[str, str]:
        return {gap: box.value for gap, box in zip(self._gaps, self.query(Input), strict=True)}

    @on(Input.Changed)
    def _read(self) -> None:
        """Show the text with the values so far."""
        seen = {gap: value.strip() or f"{{{{{gap}}}}}" for gap, value in self._values().items()}
        self.query_one("#read", Static).update(fill(self._template, seen)[1])

    @on(Input.Submitted)
    def _next(self) -> None:
        """Focus the first empty field, or answer with the values."""
        try:
            fill(self._template, self._values())
        except UsageError as error:
            self.query_one(".note", Static).update(show(error.what))
            next(box for box in self.query(Input) if not box.value.strip()).focus()
        else:
            self.answer(self._values())


FilledTemplate: TypeAlias = tuple[Filled, str]
"""A template with its gaps filled, and what the client will read."""


async def send(page: ActionPage, card: DialogCard) -> None:
    """Choose one of the channel's approved templates, fill it and send it."""
    channel = await page.workspace.read(partial(channels.one, channel=card.channel_id))

    async def take(found: FilledTemplate) -> None:
        draft = Draft(text=found[1], template=found[0])
        await page.workspace.write(page.workspace.accept(InDialog(card.id), draft, page.workspace.send_options()))
        page.say(_("Sent to {name}.", name=named(card)))

    await _asked(page, channel, [card], take, yes=_("Send"))


async def filled(page: ActionPage, channel: ChannelRow) -> FilledTemplate | None:
    """Choose one of the channel's approved templates and fill it; ``None`` if the person leaves."""
    made: list[FilledTemplate] = []

    async def take(found: FilledTemplate) -> None:
        made.append(found)

    await _asked(page, channel, (), take, yes=_("Take it"))
    return made[0] if made else None


async def _asked(
    page: ActionPage, channel: ChannelRow, cards: Sequence[DialogCard], take: Take[FilledTemplate], *, yes: str
) -> None:
    """Ask for a template and its values; both questions stay open until ``take`` accepts the filled template."""
    rows = await page.workspace.read(partial(templates.everything, channel=channel.id))
    approved = [row for row in rows if row.state == "approved"]
    if not approved:
        page.say(_("No template of this channel is approved. Read them again: chatapp template sync"))
        return

    async def chosen(number: str) -> bool:
        row = approved[int(number)]

        async def valued(values: Mapping[str, str]) -> None:
            job = partial(templates.filled, channel=channel, named=f"{row.name}/{row.language}", values=values)
            await take(await page.workspace.read(job))

        return await _filled(page, templates.value(row), cards, valued, yes)

    options = [(str(n), f"{row.name}/{row.language}  {row.body}") for n, row in enumerate(approved)]
    await page.choose(_about(_("Which template?"), cards), options, take=chosen)


async def _filled(
    page: ActionPage, template: Template, cards: Sequence[DialogCard], take: Take[Mapping[str, str]], yes: str
) -> bool:
    title = _about(template.name, cards)
    if gaps(template.body):
        return await page.app.push_screen_wait(Fill(template, title).taken_by(take)) is not None

    async def agreed(_yes: object) -> None:
        await take({})

    return await page.confirm(title, template.body, yes=yes, take=agreed)


def _about(question: str, cards: Sequence[DialogCard]) -> str:
    return about(question, cards) if cards else question
