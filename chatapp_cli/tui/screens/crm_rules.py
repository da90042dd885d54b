"""The rules of a link to a CRM: in which pipeline cards are made. They are made, changed, ordered and tried here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.text import Text

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
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.listed_page import ListedPage
from chatapp_cli.tui.reading import overview, words
from chatapp_cli.tui.reading.filters import title
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.screens.rule_form import RuleScreen, mended_here
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.rule_words import RuleWords


class CrmRulesScreen(ListedPage[PipelineRule]):
    """The rules of one link, those asked first on top."""

    SCOPE = "crm_rules"
    DEFAULT_CSS = "CrmRulesScreen RowList VerticalScroll { max-height: 35%; }"
    BINDINGS = bindings("crm_rules")
    TOLD = ("whole", "tried")

    def __init__(self, link: LinkRow) -> None:
        super().__init__()
        self._link = link
        self._names = SourceNames(lines={}, channels={})

    def heading(self) -> str:
        """The link of the rules."""
        return f"{_('Rules of a CRM')} · {self._link.title}"

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a rule changed; what became of a message by the rules before says nothing any more."""
        if news.any_of(RulesChanged):
            self.listed.tell("tried", Text())
            self.read_again()

    def complain(self, error: Exception, *, asked: bool = True) -> None:
        """Show an error; of the keys that lead to this page those are named that work on it."""
        super().complain(mended_here(error), asked=asked)

    async def look(self) -> tuple[Sequence[PipelineRule], str, Overview]:
        """Read the rules, and how lines and channels are called."""
        folder, link = self.workspace.company.settings.folder / calendars.FOLDER, self._link.id
        kinds = kept.kinds(self._link)

        def look(tx: Tx) -> tuple[list[PipelineRule], SourceNames, Overview]:
            rules = crm_rules.everything(tx, link, folder, kinds=kinds)
            return rules, rule_making.source_names(tx, folder, kinds), overview.read(tx)

        rules, self._names, bars = await self.workspace.read(look)
        return rules, _of_all(self._link, rules), bars

    def table(self, rows: Sequence[PipelineRule], width: int) -> Sequence[Text]:
        """Name, condition and outcome of each."""
        return self._words.table(rows, width)

    def whole(self, row: PipelineRule) -> Text:
        """A rule in full."""
        return self._words.whole(row)

    def identity(self, row: PipelineRule) -> object:
        """Of the rule."""
        return row.id

    @property
    def _words(self) -> RuleWords:
        return RuleWords(self.appearance.styles, self._names)

    # What can be done

    def action_add(self) -> None:
        """Make a rule."""
        self.app.push_screen(RuleScreen(self._link, self._names))

    def action_edit(self) -> None:
        """Change the chosen rule."""
        if rule := self.listed.chosen:
            self.app.push_screen(RuleScreen(self._link, self._names, rule))

    def action_earlier(self) -> None:
        """Ask the chosen rule before the one above it."""
        self._move(-1)

    def action_later(self) -> None:
        """Ask the chosen rule after the one below it."""
        self._move(1)

    def _move(self, by: int) -> None:
        rule = self.listed.chosen
        if rule is not None and 0 <= (place := self.listed.rows.index(rule) + by) < len(self.listed.rows):
            self.do(partial(self._moved, rule, place))

    async def _moved(self, rule: PipelineRule, place: int) -> None:
        folder = self.workspace.company.settings.folder / calendars.FOLDER
        move = partial(crm_rules.move, link=self._link.id, rule=rule.id, place=place + 1, folder=folder)
        await self.workspace.write(move)
        await self.read_rows()

    def action_remove(self) -> None:
        """Remove the chosen rule, after a question."""
        if rule := self.listed.chosen:
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
        when = rule_trial.moment(at, self.listed.rows) if at.strip() else rule_trial.TrialTime(now, "")
        said = f"{at.strip()} {when.zone}".rstrip() if at.strip() else words.moment(now, now)
        occasion = Occasion.of(OnSource(row.line_id, row.kind, row.id), text, when.at)
        answers = crm_rules.explained(self.listed.rows, occasion)
        self.listed.tell("tried", self._words.tried(f"«{text}» · {title(row)} · {said}", answers))


def _of_all(link: LinkRow, rules: Sequence[PipelineRule]) -> str:
    """What is to be said of the rules together; empty: nothing."""
    if (where := manifest(link.kind).own_cards_of(link.settings)) is not None:
        return show(where)
    return "" if rules else _("There are no rules: cards are made where the channels are paired.")
