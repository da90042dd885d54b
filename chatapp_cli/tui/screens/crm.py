"""The page of CRMs: links with their states, the channels paired with them, and what they are still to be told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.events import ScreenResume
from textual.widgets import OptionList, Static

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import ChannelId, LinkId, PairingId
from chatapp_cli.domain.journal.links import EntryEvent, LinkEvent, PairingEvent
from chatapp_cli.i18n import _
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import linking
from chatapp_cli.runtime.link import public_url
from chatapp_cli.services import crm_history, crm_people, crm_put_off, ledger, link_access, links, pairings
from chatapp_cli.store.rows.crm import CrmPutOffRow, ImportRow, LinkRow, PairingRow, ShownEntryRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.actions import crm as crm_actions
from chatapp_cli.tui.actions import crm_people as crm_people_actions
from chatapp_cli.tui.actions import crm_robots as robot_actions
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.screens.crm_rules import CrmRulesScreen
from chatapp_cli.tui.screens.linking import LinkingScreen, PairingScreen
from chatapp_cli.tui.screens.robot_runs import RobotRunsScreen
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.crm_tree import CrmTree
from chatapp_cli.tui.widgets.link_words import LinkWords


class _CrmState(NamedTuple):
    """What the page shows, as it stands in the store."""

    links: Sequence[LinkRow]
    pairings: Sequence[PairingRow]
    entries: Sequence[ShownEntryRow]
    bars: Overview
    imports: Mapping[PairingId, ImportRow]
    """How far what was written before a pairing is shown."""
    addresses: Mapping[LinkId, str]
    """Where each CRM calls us, for those who may see it."""
    put_off: Mapping[LinkId, Sequence[CrmPutOffRow]]
    """The events of each CRM that are tried again."""
    lacking: Mapping[LinkId, Sequence[Finding]]
    """What a CRM does not let its link do, and whom synchronising of who is responsible passes over."""


def _look(tx: Tx, company: Company) -> _CrmState:
    active = [row for row in pairings.everything(tx) if row.active]
    linked, address = links.everything(tx), public_url(tx, company=company)
    put_off = {row.id: crm_put_off.oldest(tx, row.id) for row in linked if row.put_off}
    addresses = {row.id: links.webhook(tx, row, manifest(row.kind), address) for row in linked}
    imports = {row.pairing_id: row for row in crm_history.everything(tx)}
    entries, bars = ledger.everything(tx), overview.read(tx)
    lacking = {row.id: _lacking(tx, row) for row in linked}
    return _CrmState(linked, active, entries, bars, imports, addresses, put_off, lacking)


def _lacking(tx: Tx, link: LinkRow) -> Sequence[Finding]:
    lacks = link_access.of(tx, link.id).lacks
    return [
        *(Finding(name=one.name, ok=False, what=one.what, next_step=one.next_step) for one in lacks),
        *(
            Finding(name="users", ok=False, what=what, next_step=step)
            for what, step in crm_people.troubles(tx, manifest(link.kind), link)
        ),
    ]


class CrmScreen(ActionPage):
    """The links of a company to its CRMs."""

    SCOPE = "crm"
    DEFAULT_CSS = """
    CrmScreen #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    CrmScreen #tree { width: 50%; min-width: 34; border: none; border-right: solid $rule; height: 1fr; padding: 0 0 0 1;
        background: $background; scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    CrmScreen #tree:focus { border: none; border-right: solid $rule; background-tint: $background 0%; }
    CrmScreen #detail { width: 1fr; padding: 0 2; scrollbar-size-vertical: 1; }
    """
    BINDINGS = bindings("crm")

    def __init__(self) -> None:
        super().__init__()
        self._tree = CrmTree()
        self._shown: _CrmState | None = None
        self._findings: dict[LinkId, list[Finding]] = {}
        self._words = LinkWords(self.appearance)

    def compose(self) -> ComposeResult:
        """Tree on the left, the chosen link, pairing or entry on the right."""
        yield Static(_("CRMs"), id="title", markup=False)
        with Horizontal():
            yield self._tree
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="about", markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read, and again now and then: no event tells that something is tried again."""
        self.every(30, self._read, at_once=True)

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a link, a pairing or an entry changed."""
        if news.any_of(LinkEvent, PairingEvent, EntryEvent):
            self.on_resize()

    @on(ScreenResume)  # after another page, such as that of linking
    def on_resize(self) -> None:
        """Read again: titles are folded to another width."""
        self.do(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        found = await self.workspace.read(partial(_look, company=self.workspace.company))
        self._shown = found
        self.query_one(StatusBar).tell(found.bars)
        self._tree.show(self._words, found.links, found.pairings, found.entries)
        self._tree.focus()
        self._show_chosen()

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        about, link, pairing, entry = self.query_one("#about", Static), *self._tree.chosen
        self.query_one(StatusBar).tell_keys("crm", "app", without=self._tree.unfit())
        shown, words = self._shown, self._words
        if link is None or shown is None:
            about.update(words.nothing())
        elif entry is not None:
            about.update(words.about_entry(entry, link))
        elif pairing is not None:
            address, past = shown.addresses.get(link.id, ""), shown.imports.get(pairing.id)
            about.update(words.about_pairing(pairing, link, address, past))
        else:
            findings = [*shown.lacking.get(link.id, ()), *self._findings.get(link.id, ())]
            put_off = shown.put_off.get(link.id, ())
            about.update(words.about_link(link, findings, put_off, paired=self._tree.is_paired(link)))

    # What can be done

    def action_down(self) -> None:
        """The next one."""
        self._tree.action_cursor_down()

    def action_up(self) -> None:
        """The one before."""
        self._tree.action_cursor_up()

    def action_back(self) -> None:
        """Back to the dialogs."""
        self.dismiss()

    def action_link(self) -> None:
        """Link a CRM."""
        self.do(self._link)

    async def _link(self) -> None:
        kind = await crm_actions.kind_of_crm(self)
        if kind is not None:
            self.app.push_screen(LinkingScreen(kind))

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Link the chosen CRM again, or open the options of the chosen pairing."""
        link, pairing = self._tree.link, self._tree.pairing
        if link is None:
            self.action_link()
        elif pairing is not None:
            self.app.push_screen(PairingScreen(link, pairing))
        elif self._tree.entry is None:
            self.action_renew()

    def action_renew(self) -> None:
        """Link the chosen CRM again."""
        if link := self._tree.link:
            self.app.push_screen(LinkingScreen(link.kind, link))

    def action_attach(self) -> None:
        """Pair a channel with the chosen CRM."""
        if link := self._tree.link:
            paired: set[ChannelId] = {row.channel_id for row in self._tree.pairings if row.link_id == link.id}
            self.do(partial(crm_actions.attach, self, link, paired))

    def action_detach(self) -> None:
        """End the chosen pairing, after a question."""
        if pairing := self._tree.pairing:
            self.do(partial(crm_actions.detach, self, pairing))

    def action_mend(self) -> None:
        """Mend the settings of the chosen pairing's place."""
        if found := crm_actions.pairing_or_say(self, self._tree):
            self.do(partial(crm_actions.mend, self, *found))

    def action_history(self) -> None:
        """Have what was written before the chosen pairing shown in its CRM, or no more of it."""
        if found := crm_actions.pairing_or_say(self, self._tree):
            self.do(partial(crm_actions.history, self, *found))

    def action_check(self) -> None:
        """Check the chosen link."""
        if link := self._tree.link:
            self.say(_("Asking the CRM…"))
            self.do(partial(self._check, link), group="check", exclusive=True)

    async def _check(self, link: LinkRow) -> None:
        self._findings[link.id] = await linking.check(self.workspace.company, link)
        self._show_chosen()

    def action_robots(self) -> None:
        """Show how the chosen CRM has our robots, and install or remove them."""
        self._do_with_link(robot_actions.robots)

    def action_resume(self) -> None:
        """Try the chosen link again now."""
        self._do_with_link(crm_actions.resume)

    def _do_with_link(self, act: Callable[[ActionPage, LinkRow], Awaitable[None]]) -> None:
        if link := self._tree.link:
            self.do(partial(act, self, link))

    def action_catch_up(self) -> None:
        """Look now for what did not reach us."""
        self._do_with_link(crm_actions.catch_up)

    def action_retry(self) -> None:
        """Tell the CRM the chosen entry again."""
        if entry := crm_actions.entry_or_say(self, self._tree):
            self.do(partial(crm_actions.retry, self, entry))

    def action_drop(self) -> None:
        """Give up the chosen entry, after a question."""
        if entry := crm_actions.entry_or_say(self, self._tree):
            self.do(partial(crm_actions.drop, self, entry))

    def action_rules(self) -> None:
        """Show the rules of the chosen link."""
        self._do_with_link(_show_rules)

    def action_runs(self) -> None:
        """Show what robots did."""
        self.app.push_screen(RobotRunsScreen())

    def action_people(self) -> None:
        """Show who is who in the chosen link's CRM, and join an employee with an operator."""
        self._do_with_link(crm_people_actions.people)

    def action_letter(self) -> None:
        """Show the letter to the support of the chosen link's CRM."""
        self._do_with_link(crm_actions.letter)

    def action_unlink(self) -> None:
        """Remove the chosen link, after a question."""
        self._do_with_link(crm_actions.unlink)


async def _show_rules(page: ActionPage, link: LinkRow) -> None:
    page.app.push_screen(CrmRulesScreen(link))
