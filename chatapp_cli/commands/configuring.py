"""Options of company, line and channel: stored and effective values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from chatapp_cli.commands import printing
from chatapp_cli.documents import operators as documents
from chatapp_cli.domain import option
from chatapp_cli.domain.option import COMPANY, OptionLevel, OptionTarget
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import options
from chatapp_cli.services.options import OptionScope
from chatapp_cli.settings import LoadedSettings, Settings
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.form import Field
    from chatapp_cli.store.rows.channels import ChannelRow

UNKNOWN = N_("This version does not know it")
_SETTINGS: Mapping[str, Any] = {one.name: one for one in fields(Settings)}


class SettingRow(NamedTuple):
    """A setting or option with its value."""

    name: str
    value: object
    source: str
    """``flag``, ``env``, ``own``, ``file``, ``default``, or the level at which it is stored."""
    ref: int
    """Number of the line or channel that it is stored for, 0 otherwise."""
    words: str
    default: str = ""
    """Of an option that a line or channel may leave empty."""


class Spot(NamedTuple):
    """The scope of a question: everywhere, a line, or a channel."""

    scope: OptionScope = options.EVERYWHERE
    channel: ChannelRow | None = None
    own: Sequence[Field] = ()
    """The fields of the channel's manifest."""

    @property
    def targets(self) -> list[OptionTarget]:
        """The targets whose options apply here, widest first."""
        line = [] if self.scope.line is None else [OptionTarget(OptionLevel.LINE, self.scope.line)]
        channel = [] if self.channel is None else [OptionTarget(OptionLevel.CHANNEL, self.channel.id)]
        return [COMPANY, *line, *channel]


def line_meant(tx: Tx, named: str) -> str:
    """The line that a person named where a channel can stand as well; empty if it is a channel, or nothing at all."""
    from chatapp_cli.commands.binding import spelled
    from chatapp_cli.services import channels, lines

    if any(spelled(tx, named) in channels.names_of(row) for row in channels.everything(tx)):
        return ""
    return next((one.name for one in lines.everything(tx) if one.name == named), "")


def spot(tx: Tx, company: Company, channel: str, line: str) -> Spot:
    """The scope that a person named: a channel, a line, or none. Raises NotFound."""
    from chatapp_cli.commands.binding import spelled
    from chatapp_cli.services import channels, lines

    number = lines.find(tx, line).id if line else None
    if not channel:
        return Spot(OptionScope(line=number))
    row = channels.find(tx, spelled(tx, channel), line=number)
    return Spot(OptionScope(line=row.line_id, channel=row.id), row, company.manifest(row).fields)


def stored(tx: Tx, target: OptionTarget, spot: Spot) -> list[SettingRow]:
    """All options of a target, with the value stored or answered when binding."""
    own, answered = (spot.own, spot.channel.settings) if spot.channel else ((), {})
    kept, known = options.stored(tx, target), options.known(target.level, own)
    rows = [
        SettingRow(n, kept.get(n, answered.get(n)), target.level, target.ref, show(f.label), f.default)
        for n, f in known.items()
    ]
    return rows + [SettingRow(n, kept[n], target.level, target.ref, _(UNKNOWN)) for n in kept if n not in known]


def taking_precedence(tx: Tx, name: str) -> list[SettingRow]:
    """The stored values of a setting, for the company, for lines and for channels."""
    from chatapp_cli.services import channels, lines

    of_lines = [OptionTarget(OptionLevel.LINE, one.id) for one in lines.everything(tx)]
    of_channels = [OptionTarget(OptionLevel.CHANNEL, one.id) for one in channels.everything(tx)]
    found = [(target, options.stored(tx, target)) for target in (COMPANY, *of_lines, *of_channels)]
    return [SettingRow(name, kept[name], target.level, target.ref, "") for target, kept in found if name in kept]


def tell_stored(rows: Sequence[SettingRow], *, as_json: bool) -> None:
    """Print the stored options."""
    if as_json:
        printing.document(documents.options({row.name: row.value for row in rows}))
        return
    columns = (_("Option"), _("Stored"), _("Meaning"))
    printing.table(columns, [(row.name, _kept_or_default(row), row.words) for row in rows])


def _kept_or_default(row: SettingRow) -> object:
    """What is stored, or in brackets what holds without that."""
    if row.value is None:
        return f"({row.default})" if row.default else ""
    return row.value


def holding(found: LoadedSettings, tx: Tx | None, spot: Spot) -> list[SettingRow]:
    """All settings and options with their effective values in this scope; without a store, only settings."""
    rows = {row.name: row for row in (*_settings(found), *_defaults(spot))}
    if tx is not None:
        rows |= {row.name: row for row in _stored(tx, found, spot)}
    return list(rows.values())


def _settings(found: LoadedSettings) -> Iterator[SettingRow]:
    for name, one in _SETTINGS.items():
        value = getattr(found.settings, name)
        shown = "***" if one.metadata["secret"] and value else value
        yield SettingRow(name, shown, found.sources[name], 0, _(one.metadata["words"]))


def _defaults(spot: Spot) -> Iterator[SettingRow]:
    """Defaults of the options that are not settings."""
    for target in spot.targets:
        for name, one in options.known(target.level, spot.own).items():
            if name not in _SETTINGS:
                yield SettingRow(name, option.decoded(one, one.default), "default", 0, show(one.label))


def _stored(tx: Tx, found: LoadedSettings, spot: Spot) -> Iterator[SettingRow]:
    """Stored values: those of a newer version unchanged, known ones as used."""
    chosen = options.chosen(tx, spot.scope)
    for target in spot.targets:
        for row in stored(tx, target, spot if target.level is OptionLevel.CHANNEL else Spot()):
            at = chosen.get(row.name)
            if row.name in found.given or row.value is None or (at is not None and at.target != target):
                continue
            words = _(_SETTINGS[row.name].metadata["words"]) if row.name in _SETTINGS else row.words
            if at is not None or row.name not in option.declared(target.level):
                yield row._replace(value=at.value if at else row.value, words=words)
