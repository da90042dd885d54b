"""The rules of a link to a CRM: in which pipeline cards are made. They are made, changed, ordered and tried here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.journal.links import RulesChanged
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import crm_rules as kept
from chatapp_cli.services import calendars, channels, crm_rules, links, rule_trial, rule_words
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.crm_rules import PipelineRule, RuleAnswer
from chatapp_cli.store.rows.crm import LinkRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.cells import fit
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.screens.rule_form import RuleScreen
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar

_NAME = 22


class CrmRulesScreen(ActionPage):
    """The rules of one link, those asked first on top."""

    SCOPE = "crm_rules"
    DEFAULT_CSS = """
    CrmRulesScreen #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    CrmRulesScreen OptionList { border: none; height: 2fr; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    CrmRulesScreen OptionList:focus { border: none; background-tint: $background 0%; }
    CrmRulesScreen #tried { height: 1fr; padding: 0 2; border-top: solid $rule; scrollbar-size-vertical: 1; }
    """
    BINDINGS = bindings("crm_rules")

    def __init__(self, link: LinkRow) -> None:
        super().__init__()
        self._link = link
        self._rules: Sequence[PipelineRule] = ()
        self._names = SourceNames(lines={}, channels={})

    def compose(self) -> ComposeResult:
        """The list, and below it what became of a message that was tried."""
        yield Static(f"{_('Rules of a CRM')} · {self._link.title}", id="title", markup=False)
        yield OptionList(markup=False)
        with VerticalScroll(id="tried", can_focus=False):
            yield Static(id="why", markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys("crm_rules", "app")
        self._read_again()

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a rule changed."""
        if news.any_of(RulesChanged):
            self._read_again()

    def _read_again(self) -> None:
        self.do(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        folder, link = self.workspace.company.settings.folder / calendars.FOLDER, self._link.id
        kinds = kept.kinds(self._link)

        def look(tx: Tx) -> tuple[list[PipelineRule], SourceNames, Overview]:
            rules = crm_rules.everything(tx, link, folder, kinds=kinds)
            return rules, crm_rules.source_names(tx, folder, kinds), overview.read(tx)

        self._rules, self._names, bars = await self.workspace.read(look)
        self.query_one(StatusBar).tell(bars)
        shown = self.query_one(OptionList)
        at = shown.highlighted or 0
        shown.clear_options()
        shown.add_options([Option(self._shown(rule)) for rule in self._rules])
        if said := self._of_all():
            shown.add_option(Option(said, disabled=True))
        shown.highlighted = min(at, len(self._rules) - 1) if self._rules else None
        shown.focus()

    @property
    def _heeded(self) -> bool:
        return manifest(self._link.kind).heeds_rules(self._link.settings)

    def _of_all(self) -> str:
        """What is to be said of the rules together; empty: nothing."""
        if not self._heeded:
            return show(links.no_rules(self._link).what)
        return "" if self._rules else _("There are no rules: cards are made where the channels are paired.")

    def _shown(self, rule: PipelineRule) -> Text:
        styles = self.appearance.styles
        asked = show(rule_words.condition(rule.asked, self._names)) if rule.problem is None else show(rule.problem.what)
        return Text.assemble(
            (f"{fit(rule.name, _NAME)} ", styles.strong),
            (asked, styles.plain if rule.problem is None else styles.bad),
            (f"  → {rule_words.target(rule.outcome)}", styles.accent),
            (f"  {show(rule_words.responsible(rule.outcome))}", styles.faint),
            no_wrap=True,
            overflow="ellipsis",
        )

    # What can be done

    @property
    def _chosen(self) -> PipelineRule | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None or not self._rules else self._rules[at]

    def action_back(self) -> None:
        """Back to the CRMs."""
        self.dismiss()

    def action_down(self) -> None:
        """The next one."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """The one before."""
        self.query_one(OptionList).action_cursor_up()

    def action_add(self) -> None:
        """Make a rule."""
        self.app.push_screen(RuleScreen(self._link, self._names))

    def action_edit(self) -> None:
        """Change the chosen rule."""
        if rule := self._chosen:
            self.app.push_screen(RuleScreen(self._link, self._names, rule))

    def action_earlier(self) -> None:
        """Ask the chosen rule before the one above it."""
        self._move(-1)

    def action_later(self) -> None:
        """Ask the chosen rule after the one below it."""
        self._move(1)

    def _move(self, by: int) -> None:
        rule = self._chosen
        if rule is not None and 0 <= (place := self._rules.index(rule) + by) < len(self._rules):
            self.do(partial(self._moved, rule, place))

    async def _moved(self, rule: PipelineRule, place: int) -> None:
        folder = self.workspace.company.settings.folder / calendars.FOLDER
        move = partial(crm_rules.move, link=self._link.id, rule=rule.id, place=place + 1, folder=folder)
        await self.workspace.write(move)
        self.query_one(OptionList).highlighted = place

    def action_remove(self) -> None:
        """Remove the chosen rule, after a question."""
        if rule := self._chosen:
            self.do(partial(self._remove, rule))

    async def _remove(self, rule: PipelineRule) -> None:
        title = _("Remove the rule {name}?", name=rule.name)
        if await self.confirm(title, _("Cards stay where they are."), yes=_("Remove")):
            await self.workspace.write(partial(crm_rules.remove, link=self._link.id, rule=rule.id))

    def action_test(self) -> None:
        """Try a message: which rule it takes, and why; nothing is changed."""
        self.do(self._test)

    async def _test(self) -> None:
        if not self._heeded:
            refusal = links.no_rules(self._link)
            self.query_one("#why", Static).update(f"{show(refusal.what)} {show(refusal.next_step)}")
            return
        rows = {str(row.id): row for row in await self.workspace.read(channels.everything)}
        named = [(number, f"{row.title} · {row.line}") for number, row in rows.items()]
        chosen = await self.choose(_("By which channel?"), named)
        text = None if chosen is None else await self.prompt(_("What does the client write?"))
        if chosen is None or text is None:
            return

        async def take(at: str) -> None:
            row = rows[chosen]
            when = rule_trial.moment(at, self._rules).at if at.strip() else self.workspace.company.world.clock.now()
            occasion = Occasion.of(OnSource(row.line_id, row.kind, row.id), text, when)
            self._tell(crm_rules.explained(self._rules, occasion))

        note = _("By the clocks of the rules, such as: 2026-12-31 23:59; empty: now")
        await self.prompt(_("When?"), note=note, take=take)

    def _tell(self, answers: Sequence[RuleAnswer]) -> None:
        styles, told = self.appearance.styles, Text()
        for one in answers:
            told.append("✓ " if one.holds else "✗ ", styles.good if one.holds else styles.faint)
            told.append(f"{one.rule.name}: ", styles.strong)
            told.append(f"{show(one.why)}\n", styles.plain)
        if not (answers and answers[-1].holds):
            told.append(_("No rule fits: the card is made where the channel is paired."), styles.muted)
        else:
            told.append(f"→ {rule_words.target(answers[-1].rule.outcome)}", styles.accent)
        self.query_one("#why", Static).update(told)
