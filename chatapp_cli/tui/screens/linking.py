"""Linking a CRM, and the options of a pairing: pages of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from rich.text import Text

from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.kit.manifests import manifest as channel_manifest
from chatapp_cli.ports.bind import Asker
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import linking
from chatapp_cli.services import links, pairings
from chatapp_cli.store.rows.crm import LinkRow, PairingRow
from chatapp_cli.tui.screens.asking import AskingScreen


class LinkingScreen(AskingScreen):
    """The questions of one kind of CRM, for a new link or for one that is renewed."""

    def __init__(self, kind: str, previous: LinkRow | None = None) -> None:
        super().__init__()
        self._kind, self._previous = kind, previous
        self._rests = False
        """Whether something is left to be done at the CRM."""

    def where(self) -> str:
        """The kind of CRM."""
        return f"{_('Link again') if self._previous else _('Link a CRM')}: {show(manifest(self._kind).title)}"

    def about(self) -> Text:
        """What the CRM is for, and what the link cannot do."""
        about = manifest(self._kind)
        return Text("\n".join([show(about.summary), "", *(f"· {show(limit)}" for limit in about.limits)]))

    def notice(self, notice: Notice) -> None:
        """Show what is to be done at the CRM."""
        self._rests = True
        super().notice(notice)

    async def converse(self, ask: Asker) -> str:
        """Link it, and leave on the page what is to be done there until it is done. Raises ChatappError."""
        link = await linking.link(self.workspace.company, ask, kind=self._kind, previous=self._previous)
        about = manifest(self._kind)
        if self._rests:
            await ask.form(Form(title=about.admits or about.title, fields=()))
        row = await self.workspace.read(partial(links.one, link=link))
        lacking = await linking.lacks(self.workspace.company, row)
        return "\n".join([self._linked(row), *(line for one in lacking for line in _told(one))])

    def _linked(self, row: LinkRow) -> str:
        about = manifest(self._kind)
        if row.state == LinkState.OK:
            return _("{title} works. Now pair a channel with it.", title=row.title)
        if about.admits_of(row.settings):
            return _("{title} works once the CRM has let us in.", title=row.title)
        return _("{title} is linked. Now pair a channel with it.", title=row.title)


def _told(lacking: Finding) -> Sequence[str]:
    """What a link lacks, and what to do."""
    return [show(one) for one in (lacking.what, lacking.next_step) if one is not None]


class PairingScreen(AskingScreen):
    """The options of one pairing."""

    def __init__(self, link: LinkRow, pairing: PairingRow) -> None:
        super().__init__()
        self._link, self._pairing = link, pairing

    def where(self) -> str:
        """The channel, with its kind, and the place."""
        one = self._pairing
        return f"{_('Options')} · {channel_manifest(one.kind).label} {one.channel} · {one.place_name}"

    def about(self) -> Text:
        """Where the options hold."""
        return Text(_("They hold for this channel in this place of the CRM, from the next message on."))

    def button(self) -> str:
        """It saves."""
        return _("Save")

    async def converse(self, ask: Asker) -> str:
        """Ask until the options are accepted and stored."""
        about = manifest(self._link.kind)
        before = dict(pairings.options(about, self._pairing))
        form = Form(title=T("Options"), fields=pairings.fields_of(about, self._pairing.kind), values=before)
        while True:
            answers = await ask.form(form)
            try:
                await self._save({name: value for name, value in answers.items() if value != before.get(name)})
            except UsageError as error:
                form = replace(form, values={**before, **answers}, errors={error.field or "": error.what})
            else:
                return _("The options of {title} are kept.", title=self._pairing.channel)

    async def _save(self, changes: Mapping[str, str]) -> None:
        if changes:
            save = partial(pairings.configure, manifest=manifest(self._link.kind), row=self._pairing, changes=changes)
            await self.workspace.write(save)
