"""What rules are made and carried out with: the company's names, hours and options, and what its channels can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp_cli.services import business_hours, calendars, crm_stages, rule_making
from chatapp_cli.services.auto_index import KnownRules, RuleIndex
from chatapp_cli.services.business_hours import HoursOfLines
from chatapp_cli.services.conditions import SourceNames

if TYPE_CHECKING:
    from chatapp_cli.domain.dialog_condition import HoursOf
    from chatapp_cli.domain.ids import LineId
    from chatapp_cli.domain.rule_clock import ClockOfLine
    from chatapp_cli.services.options import Options
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoDesk:
    """The surroundings of rules."""

    able: Able
    options: Options
    folder: Path
    """Of the company: its own calendars are there."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """How people call the kinds of channels; needed only where somebody makes a rule."""
    _known: KnownRules = field(default_factory=KnownRules, init=False, repr=False, compare=False)

    def rules(self, tx: Tx) -> RuleIndex:
        """The rules that work; to be asked for on the thread that writes only."""
        return self._known.now(tx, self.names(tx))

    def names(self, tx: Tx) -> SourceNames:
        """What conditions may name, with the hours of lines and the stages of CRMs as they are now."""
        found = rule_making.source_names(tx, self.folder / calendars.FOLDER, self.kinds)
        stages = frozenset(spelled for one in crm_stages.there(tx) for spelled in crm_stages.spelled(one))
        return replace(found, hours=self.hours(tx), stages=stages)

    def hours(self, tx: Tx) -> HoursOf:
        """The hours of lines in this transaction. They raise UsageError for a line with a calendar that is gone."""
        return HoursOfLines(partial(business_hours.of_company(self.options, self.folder).of, tx))

    def clock(self, tx: Tx, line: LineId) -> ClockOfLine:
        """By whose clocks a line lives. Raises UsageError for a line with a calendar that is gone."""
        return business_hours.of_company(self.options, self.folder).clock(tx, line)
