"""Stored options: reading, precedence and changes.

Precedence: flag, environment, stored option of the narrowest level, settings file, default.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from chatapp_cli.domain import option
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.journal.company import CompanyConfigured
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.option import COMPANY, OptionLevel, OptionTarget, Value
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access
from chatapp_cli.settings import Settings, check
from chatapp_cli.store.rows.options import OptionRow
from chatapp_cli.store.tx import Tx

_NARROWEST = tuple(reversed(OptionLevel))
_SETTINGS = frozenset(one.name for one in fields(Settings))


class EffectiveOption(NamedTuple):
    """An effective stored option and where it is stored."""

    value: Value
    target: OptionTarget


@dataclass(frozen=True, slots=True)
class OptionScope:
    """The scope of a question: the company, a line or a channel."""

    line: LineId | None = None
    channel: ChannelId | None = None
    crm: int | None = None


EVERYWHERE = OptionScope()


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of this process, with stored options between environment and file."""

    settings: Settings
    given: Collection[str] = frozenset()
    """The names given by a flag or the environment."""

    def value(self, tx: Tx, name: str, scope: OptionScope = EVERYWHERE) -> Value:
        """The effective value. Raises KeyError for a name that is neither an option nor a setting."""
        found = None if name in self.given else chosen(tx, scope, only=name).get(name)
        return self.unstored(name) if found is None else found.value

    def text(self, tx: Tx, name: str, scope: OptionScope = EVERYWHERE) -> str:
        """The same, for a text option."""
        return str(self.value(tx, name, scope))

    def number(self, tx: Tx, name: str, scope: OptionScope = EVERYWHERE) -> int:
        """The same, for an integer option."""
        return int(self.value(tx, name, scope))

    def unstored(self, name: str) -> Value:
        """The value if nothing is stored. Raises KeyError."""
        if name in _SETTINGS:
            value: Value = getattr(self.settings, name)
            return value
        asked = option.declared(option.levels_of(name)[0])[name] if option.levels_of(name) else None
        if asked is None:
            raise KeyError(name)
        return option.decoded(asked, asked.default)


def chosen(tx: Tx, scope: OptionScope = EVERYWHERE, *, only: str = "") -> Mapping[str, EffectiveOption]:
    """The effective stored options in a scope, each of the narrowest level; unusable ones are skipped.

    ``only``: the one with this name.
    """
    rows = tx.all(OptionRow, "options.chosen", line=scope.line, channel=scope.channel, crm=scope.crm)
    if only:
        rows = [row for row in rows if row.name == only]
    found: dict[str, EffectiveOption] = {}
    for row in sorted(rows, key=lambda row: _NARROWEST.index(OptionLevel(row.subject))):
        target = OptionTarget(OptionLevel(row.subject), row.ref)
        asked = option.declared(target.level).get(row.name)
        if asked is not None and row.name not in found and _usable(asked, row.value):
            found[row.name] = EffectiveOption(option.decoded(asked, row.value), target)
    return found


def _usable(asked: Field, text: str) -> bool:
    """Whether a stored value is usable: a newer version may have written others."""
    try:
        _check(asked, text)
    except UsageError:
        return False
    return True


def stored(tx: Tx, target: OptionTarget) -> Mapping[str, str]:
    """All stored options of a target as written, including those of a newer version."""
    return dict(tx.all(_pair, "options.of", subject=target.level, id=target.ref))


def _pair(name: str, value: str) -> tuple[str, str]:
    return name, value


def known(level: OptionLevel, own: Sequence[Field] = ()) -> Mapping[str, Field]:
    """The options that a level may have; ``own`` are those of a channel's manifest, which take precedence."""
    return {**option.declared(level), **{one.name: one for one in own if one.option}}


@dataclass(frozen=True, slots=True)
class Changes:
    """Options as a person wrote them; an empty one is deleted unless it is the channel's own."""

    values: Mapping[str, str]
    own: Sequence[Field] = field(default=())
    """The fields of the channel's manifest."""


def change(tx: Tx, target: OptionTarget, changes: Changes) -> list[str]:
    """Store or delete options of one target; returns their names. Raises UsageError before any change."""
    there = known(target.level, changes.own)
    own = {one.name for one in changes.own}
    kept = {name: value for name, value in changes.values.items() if value or name in own}
    for name in changes.values:
        if name not in there:
            raise _unknown(target.level, name, there)
    for name, value in kept.items():
        if value:
            there[name].require_short(value)
            _check(there[name], value)
        elif there[name].required:
            raise UsageError(T("{name} cannot be empty.", name=name), there[name].hint, field=name)
    for name in changes.values.keys() - kept.keys():
        tx.run("options.forget", subject=target.level, id=target.ref, name=name)
    save(tx, target, kept)
    return sorted(changes.values)


def configure_company(tx: Tx, changes: Mapping[str, str]) -> None:
    """Change options of the company; an empty value deletes one. Raises UsageError."""
    access.require(tx, Right.SETTINGS)
    changed = change(tx, COMPANY, Changes(changes))
    tx.emit(CompanyConfigured(changed=changed))


def save(tx: Tx, target: OptionTarget, values: Mapping[str, str]) -> None:
    """Store validated values."""
    for name, value in values.items():
        tx.run("options.keep", subject=target.level, id=target.ref, name=name, value=value)


def drop(tx: Tx, target: OptionTarget) -> None:
    """Delete all options of a removed target."""
    tx.run("options.drop", subject=target.level, id=target.ref)


def drop_with_line(tx: Tx, line: LineId) -> None:
    """Delete all options of a removed line and its channels."""
    tx.run("options.drop_with_line", line=line)


def _check(asked: Field, text: str) -> None:
    value = option.decoded(asked, text)
    if asked.name in _SETTINGS:
        check(asked.name, value)


def _unknown(level: OptionLevel, name: str, there: Mapping[str, Field]) -> UsageError:
    return UsageError(*_why_not(level, name, ", ".join(there) or "–"), field=name)


def _why_not(level: OptionLevel, name: str, names: str) -> tuple[Text, Text]:
    set_it = T(
        "Set it on this machine: {how}, or {variable} in the environment",
        variable=f"CHATAPP_{name.upper()}",
        how=to_do(Next.SET, name=name),
    )
    if name in option.BEFORE_STORE:
        return T("{name} is needed before the store is open, so it is not kept in the store.", name=name), set_it
    if name in _SETTINGS and not option.levels_of(name):
        return T("{name} belongs to a machine or a person and is not kept in the store.", name=name), set_it
    if level is OptionLevel.CHANNEL and name in option.declared(OptionLevel.LINE):
        how = to_do(Next.CONFIGURE, name=name)
        return T("{name} is an option of a line.", name=name), T("Set it for the line: {how}", how=how)
    if level is OptionLevel.CHANNEL:
        known_here = T("Options are: {known}. Everything else: {how}", known=names, how=to_do(Next.BIND))
        return T("{name} cannot be changed this way.", name=name), known_here
    return T("There is no option {name} here.", name=name), T("Options are: {known}", known=names)
