"""Rules as ``chatapp rule`` and ``chatapp autoreply`` are told them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from chatapp_cli.commands import input_checks
from chatapp_cli.domain import os_words
from chatapp_cli.domain.automation import ActWanted, RuleEvent, RuleWanted
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import AutoRuleId
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_form, auto_kinds, auto_rules, auto_shown, conditions, lines, word_forms

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.commands.asked_conditions import AskedConditions
    from chatapp_cli.services.auto_rules import AutoRule
    from chatapp_cli.services.conditions import SourceNames
    from chatapp_cli.store.rows.automation import AutoRuleRow
    from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRule:
    """What was said of a rule; ``None``: not said."""

    asked: AskedConditions | None = None
    of_dialog: Mapping[str, Any] | None = None
    """Conditions on the dialog, by their names; an empty one is taken away."""
    tree: str | None = None
    """A file with a condition, which is added to what the options say."""
    name: str | None = None
    event: str | None = None
    about: str | None = None
    at: str | None = None
    """When it runs by the clock."""
    line: str | None = None
    """Empty: the company's."""
    acts: Sequence[str] | None = None
    buttons: Sequence[str] = ()
    """Below what it answers by ``send``."""
    otherwise: Sequence[str] | None = None
    """What it does if nobody is there; one empty text takes that away."""
    stop: bool | None = None
    enabled: bool | None = None

    def over(self, tx: Tx, named: Mapping[str, Any], before: RuleWanted, names: SourceNames) -> RuleWanted:
        """A rule with the changes; ``named``: the conditions that options name. Raises UsageError, NotFound."""
        changes = {**named, **self._of_file(tx, names)}
        said: dict[str, Any] = {
            "name": self.name,
            "event": self._event(),
            "about": self.about if self.at is None else self.at,
            "acts": self._acts(),
            "otherwise": None if self.otherwise is None else [_act(one) for one in self.otherwise if one],
            "stop": self.stop,
            "enabled": self.enabled,
        }
        asked = conditions.without_idle({**before.asked, **changes}, changes.keys())
        made = replace(before, asked=asked, **{key: value for key, value in said.items() if value is not None})
        if self.line is None:
            return made
        return replace(made, line=lines.find(tx, self.line).id if self.line else None)

    def _acts(self) -> list[ActWanted] | None:
        if self.acts is None and not self.buttons:
            return None
        return auto_kinds.with_buttons([_act(one) for one in self.acts or ()], self.buttons)

    def _event(self) -> RuleEvent | None:
        if self.event is None:
            return None if self.at is None else RuleEvent.TIME
        return _event(self.event)

    def conditions(self, company: Company) -> Mapping[str, Any]:
        """The conditions that options name; read before the transaction in which the rule is kept."""
        said = {} if self.asked is None else self.asked.changes(company)
        return {**said, **{name: value for name, value in (self.of_dialog or {}).items() if value is not None}}

    def _of_file(self, tx: Tx, names: SourceNames) -> Mapping[str, Any]:
        if not self.tree:
            return {} if self.tree is None else {"all": [], "any": [], "not": None}
        said = auto_form.loaded(text_of(self.tree))
        if not isinstance(said, Mapping):
            raise UsageError(T("A condition is a mapping, not: {said}", said=str(said)), field="if")
        return auto_form.numbered(tx, auto_form.require_full(said, T("The file of rules")), names)


def _event(said: str) -> RuleEvent:
    if said not in set(RuleEvent):
        raise UsageError(
            T("Rules know no event {name}.", name=said), T("Events: {names}", names=", ".join(RuleEvent)), field="when"
        )
    return RuleEvent(said)


def _act(said: str) -> ActWanted:
    """An act as ``tag=vip``."""
    do, _equals, value = said.partition("=")
    return ActWanted(do.strip(), value)


def text_of(file: str) -> str:
    """What stands in a file; ``-`` is standard input. Raises NotFound for one that cannot be read."""
    try:
        return input_checks.standard_input() if file == "-" else input_checks.file(file, T("The file of rules"))
    except OSError as error:
        raise NotFound(T("{file} cannot be read: {error}", file=file, error=os_words.why(error))) from error


def known(company: Company) -> tuple[list[AutoRule], SourceNames]:
    """The rules in their order, as the acting operator may see them, and how lines and channels are called."""
    desk = desk_of(company)

    def read(tx: Tx) -> tuple[list[AutoRule], SourceNames]:
        names = desk.names(tx)
        return [auto_shown.as_seen(tx, rule) for rule in auto_rules.everything(tx, names)], names

    return company.read(read)


def one(company: Company, named: str) -> tuple[AutoRule, int, SourceNames]:
    """A rule by name or number, its place, and how lines and channels are called. Raises NotFound."""
    number = company.read(lambda tx: auto_rules.find(tx, named)).id
    rules, names = known(company)
    place, found = next((place, rule) for place, rule in enumerate(rules, 1) if rule.id == number)
    return found, place, names


def add(company: Company, before: RuleWanted, said: SaidRule) -> tuple[AutoRuleId, RuleWanted]:
    """Add a rule; returns its number and how it was understood. Raises UsageError, NotFound, Refused."""
    word_forms.load()
    desk = desk_of(company, making=True)
    changes = said.conditions(company)

    def save(tx: Tx) -> tuple[AutoRuleId, RuleWanted]:
        names = desk.names(tx)
        wanted = said.over(tx, changes, before, names)
        return auto_rules.add(tx, wanted, names), wanted

    return company.write(save)


def edit(company: Company, named: str, said: SaidRule) -> tuple[AutoRuleRow, int]:
    """Change a rule; returns it as it is now, and how many planned acts are cancelled."""
    number = company.read(lambda tx: auto_rules.find(tx, named)).id
    word_forms.load()
    desk = desk_of(company, making=True)
    changes = said.conditions(company)

    def save(tx: Tx) -> tuple[AutoRuleRow, int]:
        names = desk.names(tx)
        before = auto_rules.restore(auto_rules.require_mine(tx, number), names).wanted
        gone = auto_rules.change(tx, number, said.over(tx, changes, before, names), names)
        return auto_rules.one(tx, number), gone

    return company.write(save)


def secret(company: Company, named: str, *, new: bool) -> str:
    """The secret that signs the calls of a rule. Raises NotFound, Refused."""
    from chatapp_cli.kit.signatures import new_secret
    from chatapp_cli.services import auto_secrets

    make = partial(new_secret, company.world.chance)

    def read(tx: Tx) -> str:
        return auto_secrets.shown(tx, auto_rules.find(tx, named).id, company.vault, make, new=new)

    return company.write(read)


def take(company: Company, file: str) -> Sequence[AutoRuleId]:
    """Add the rules of a file, all or none; those whose names are there already are changed. Returns their numbers."""
    said = auto_form.read(text_of(file))
    word_forms.load()
    desk = desk_of(company, making=True)

    def save(tx: Tx) -> Sequence[AutoRuleId]:
        names = desk.names(tx)
        return [_taken(tx, auto_form.wanted(tx, one, names), names) for one in said]

    return company.write(save)


def _taken(tx: Tx, wanted: RuleWanted, names: SourceNames) -> AutoRuleId:
    """Keep one rule of a file. Raises UsageError that names it."""
    try:
        there = auto_rules.called(tx, wanted.name)
        if there is None:
            return auto_rules.add(tx, wanted, names)
        auto_rules.change(tx, there.id, wanted, names)
    except UsageError as error:
        error.what = T("Rule {name}: {what}", name=wanted.name, what=error.what)
        raise
    return there.id
