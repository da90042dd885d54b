"""``chatapp rule test``: what rules say of a message, and what they would have done lately."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chatapp_cli.commands import printing
from chatapp_cli.commands.binding import found, wanted
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.progress import Progress
from chatapp_cli.documents import automation as documents
from chatapp_cli.domain.automation import TRIED_STATES, PlannedState, RuleEvent
from chatapp_cli.domain.condition import OnSource
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_kinds, auto_rules, auto_shown, auto_trial, business_hours
from chatapp_cli.services.auto_trial import PretendedFacts, TriedRule
from chatapp_cli.services.auto_words import TAKEN_AS_NOW

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.services.auto_replay import ReplayedAct
    from chatapp_cli.store.rows.automation import AutoRuleRow
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.tx import Tx

_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([dhmдчм])")
_MILLIS: Final = {
    "d": 86_400_000, "д": 86_400_000, "h": 3_600_000, "ч": 3_600_000, "m": 60_000, "м": 60_000,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TriedClient:
    """A message that a person thinks of."""

    text: str
    source: str
    line: str
    at: str
    wrote_before: bool
    tagged: Sequence[str]


def on_message(company: Company, named: Sequence[str], client: TriedClient, *, as_json: bool) -> bool:
    """Print what rules say of a message; whether one of them holds."""
    desk, channel = desk_of(company), _source(company, client)
    source = OnSource(channel.line_id, channel.kind, channel.id)

    def read(tx: Tx) -> list[TriedRule]:
        names = desk.names(tx)
        assert names.hours is not None
        hours = names.hours(channel.line_id)
        at = business_hours.moment(client.at, hours) if client.at else tx.now
        facts = PretendedFacts(at=at, wrote_before=client.wrote_before, tagged=frozenset(client.tagged))
        rules = [auto_shown.as_seen(tx, auto_rules.restore(row, names)) for row in auto_rules.chosen(tx, named)]
        return auto_trial.tried(rules, source, client.text, facts)

    answers = company.read(read)
    if as_json:
        printing.document([documents.tried(one) for one in answers])
    else:
        columns = (_("Number"), _("Name"), _("Fits"), _("Why"), _("Then"))
        printing.records(columns, [_answer(one) for one in answers])
        if not answers:
            note("No rule is asked.")
    return any(one.holds for one in answers)


def _source(company: Company, client: TriedClient) -> ChannelRow:
    """The channel that was named, or the only one. Raises UsageError if there are several."""
    if client.source:
        return found(company, client.source, client.line)
    rows = wanted(company, "", client.line)
    if len(rows) > 1:
        raise UsageError(
            T("There are several channels: {names}", names=", ".join(row.title for row in rows)),
            T("Say which the client writes to: {how}", how="--source CHANNEL"),
            field="source",
        )
    return rows[0]


def _answer(one: TriedRule) -> Sequence[object]:
    acts = show(auto_kinds.all_in_words(one.rule.wanted))
    fits = _("yes") if one.holds else _("no") if one.due is None else _("at {time}", time=printing.moment(one.due))
    return one.rule.id, one.rule.wanted.name, fits, show(one.why), acts


def on_history(company: Company, named: Sequence[str], last: str, limit: int, *, as_json: bool) -> bool:
    """Print what rules would have done lately; whether they would have done anything."""
    rows = company.read(lambda tx: auto_rules.chosen(tx, named))
    acts = _replayed(company, rows, _span(last))
    done: Counter[tuple[str, PlannedState]] = Counter()
    with _printing(limit, as_json=as_json) as show_one:
        for one in acts:
            done[one.rule.wanted.name, one.state] += 1
            show_one(one)
    for row in rows:
        if row.event == RuleEvent.TIME:
            continue
        counts = {state: done[row.name, state] for state in (PlannedState.DONE, PlannedState.SKIPPED)}
        note("Rule {name}: {done} acts would be done, {left} not.", name=row.name, done=counts[PlannedState.DONE],
             left=counts[PlannedState.SKIPPED])  # fmt: skip
    for row in rows:
        if row.event == RuleEvent.TIME:
            note("Rule {name} runs by the clock, which cannot be tried on the past: it is left out.", name=row.name)
    say(TAKEN_AS_NOW)
    return any(state is PlannedState.DONE for _name, state in done)


def _span(said: str) -> int:
    """Milliseconds. Raises UsageError."""
    meant = _SPAN.fullmatch(said.strip().lower())
    if meant is None:
        raise UsageError(T("{said} is no span of time.", said=said), T("Such as: 7d, 12h, 30m"), field="last")
    return int(meant[1]) * _MILLIS[meant[2]]


def _replayed(company: Company, rows: Sequence[AutoRuleRow], span: int) -> Iterator[ReplayedAct]:
    from chatapp_cli.services.auto_replay import Replay

    desk = desk_of(company)
    replay = company.read(lambda tx: Replay(tx, desk, rows, since=tx.now - span, until=tx.now + 1))
    with Progress(_("Entries"), replay.last - replay.first) as progress:
        while not replay.over:
            yield from company.read(replay.page)
            progress.at(replay.read)


@contextmanager
def _printing(limit: int, *, as_json: bool) -> Iterator[Callable[[ReplayedAct], Any]]:
    """Yield what prints an act: as JSON each at once, otherwise the last ones at the end."""
    if as_json:
        with printing.array() as add:
            yield lambda one: add(documents.replayed(one))
        return
    kept: deque[ReplayedAct] = deque(maxlen=limit)
    yield kept.append
    columns = (_("When"), _("Rule"), _("Act"), _("Dialog"), _("Name"), _("Message"), _("State"), _("Result"), _("Why"))
    printing.records(columns, [_row(one) for one in kept])


def _row(one: ReplayedAct) -> Sequence[object]:
    state = show(TRIED_STATES[one.state])
    about = (one.dialog, one.name, one.message or "")
    return (
        printing.moment(one.at),
        one.rule.wanted.name,
        show(auto_kinds.by_name(one.wanted.do)),
        *about,
        state,
        show(one.outcome),
        show(one.why),
    )
