"""The rules of a link to a CRM: in which pipeline cards are made. They are made, changed, ordered and tried here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.journal.links import RulesChanged
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import crm_rules as kept
from chatapp_cli.services import calendars, channels, crm_rules, rule_making, rule_trial
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.crm_rules import PipelineRule
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import LinkRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading import overview, words
from chatapp_cli.tui.reading.filters import title
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.screens.rule_form import RuleScreen, mended_here
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.rule_words import RuleWords

_PADDING = 2
"""Cells beside the list and beside its rows."""
_SCROLLBAR = 1


class CrmRulesScreen(ActionPage):
    """The rules of one link, those asked first on top."""

    SCOPE = "crm_rules"
    DEFAULT_CSS = """
    CrmRulesScreen #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    CrmRulesScreen OptionList { border: none; height: 1fr; min-height: 4; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    CrmRulesScreen OptionList:focus { border: none; background-tint: $background 0%; }
    CrmRulesScreen VerticalScroll { height: auto; max-height: 35%; padding: 0 2; border-top: solid $rule;
        scrollbar-size-vertical: 1; }
    CrmRulesScreen VerticalScroll.-empty { display: none; }
    """
    BINDINGS = bindings("crm_rules")

    def __init__(self, link: LinkRow) -> None:
        super().__init__()
        self._link = link
        self._rules: Sequence[PipelineRule] = ()
        self._names = SourceNames(lines={}, channels={})

    def compose(self) -> ComposeResult:
        """The list, and below it the chosen rule in full, and what became of a message that was tried."""
        yield Static(f"{_('Rules of a CRM')} · {self._link.title}", id="title", markup=False)
        yield OptionList(markup=False)
        for part in ("whole", "tried"):
            with VerticalScroll(can_focus=False, classes="-empty"):
                yield Static(id=part, markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys("crm_rules", "app")
        self._read_again()

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a rule changed; what became of a message by the rules before says nothing any more."""
        if news.any_of(RulesChanged):
            self._tell("tried", Text())
            self._read_again()

    def on_resize(self) -> None:
        """Fit the columns into another width."""
        if self._rules:
            self.call_after_refresh(self._show_rules)

    def complain(self, error: Exception, *, asked: bool = True) -> None:
        """Show an error; of the keys that lead to this page those are named that work on it."""
        super().complain(mended_here(error), asked=asked)

    def _read_again(self) -> None:
        self.do(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        folder, link = self.workspace.company.settings.folder / calendars.FOLDER, self._link.id
        kinds = kept.kinds(self._link)

        def look(tx: Tx) -> tuple[list[PipelineRule], SourceNames, Overview]:
            rules = crm_rules.everything(tx, link, folder, kinds=kinds)
            return rules, rule_making.source_names(tx, folder, kinds), overview.read(tx)

        self._rules, self._names, bars = await self.workspace.read(look)
        self.query_one(StatusBar).tell(bars)
        self._show_rules()
        self.query_one(OptionList).focus()

    def _show_rules(self) -> None:
        shown = self.query_one(OptionList)
        at = shown.highlighted or 0
        shown.clear_options()
        rows = self._words.table(self._rules, shown.size.width - 2 * _PADDING - _SCROLLBAR)
        shown.add_options([Option(row) for row in rows])
        if said := _of_all(self._link, self._rules):
            shown.add_option(Option(said, disabled=True))
        shown.highlighted = min(at, len(self._rules) - 1) if self._rules else None
        self._show_chosen()

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        rule = self._chosen
        self._tell("whole", Text() if rule is None else self._words.whole(rule))

    def _tell(self, part: str, words: Text) -> None:
        shown = self.query_one(f"#{part}", Static)
        shown.update(words)
        if shown.parent is not None:
            cast("VerticalScroll", shown.parent).set_class(not words, "-empty")

    @property
    def _words(self) -> RuleWords:
        return RuleWords(self.appearance.styles, self._names)

    # What can be done

    @property
    def _chosen(self) -> PipelineRule | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None or at >= len(self._rules) else self._rules[at]

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
        rows = {str(row.id): row for row in await self.workspace.read(channels.everything)}
        named = [(number, f"{title(row)} · {row.line}") for number, row in rows.items()]
        chosen = await self.choose(_("By which channel?"), named)
        text = None if chosen is None else await self.prompt(_("What does the client write?"))
        if chosen is not None and text is not None:
            note = _("By the clocks of the rules, such as: 2026-12-31 23:59; empty: now")
            await self.prompt(_("When?"), note=note, take=partial(self._try, rows[chosen], text))

    async def _try(self, row: ChannelRow, text: str, at: str) -> None:
        now = self.workspace.company.world.clock.now()
        when = rule_trial.moment(at, self._rules) if at.strip() else rule_trial.TrialTime(now, "")
        said = f"{at.strip()} {when.zone}".rstrip() if at.strip() else words.moment(now, now)
        occasion = Occasion.of(OnSource(row.line_id, row.kind, row.id), text, when.at)
        answers = crm_rules.explained(self._rules, occasion)
        self._tell("tried", self._words.tried(f"«{text}» · {title(row)} · {said}", answers))


def _of_all(link: LinkRow, rules: Sequence[PipelineRule]) -> str:
    """What is to be said of the rules together; empty: nothing."""
    if (where := manifest(link.kind).own_cards_of(link.settings)) is not None:
        return show(where)
    return "" if rules else _("There are no rules: cards are made where the channels are paired.")
