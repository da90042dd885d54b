"""Lines: groups of channels with one purpose (S-003)."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.journal.lines import LineAdded, LineConfigured, LineRemoved, LineRenamed
from chatapp_cli.domain.name import sound
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.option import OptionLevel, OptionTarget
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, crm_presence, options
from chatapp_cli.store.rows.channels import LineRow
from chatapp_cli.store.tx import Tx


def everything(tx: Tx) -> list[LineRow]:
    """All lines with their counts."""
    return tx.all(LineRow, "lines.all")


def find(tx: Tx, named: str = "") -> LineRow:
    """A line by number or name; without either, the only one (S-032)."""
    lines = everything(tx)
    if not named:
        if len(lines) == 1:
            return lines[0]
        if not lines:
            raise NotFound(T("There is no line yet."), T("Make one: {how}", how=to_do(Next.ADD_LINE)))
        raise UsageError(
            T("There are several lines; say which."),
            T("Name one of them: {known}", known=", ".join(line.name for line in lines)),
            field="line",
        )
    for line in lines:
        if named in {str(line.id), line.name}:
            return line
    known = ", ".join(line.name for line in lines)
    raise NotFound(T("There is no line {name}.", name=named), T("Known lines: {known}", known=known or "–"))


def seen(tx: Tx, line: LineId) -> None:
    """Require that the acting operator sees the line. Raises NotFound."""
    if tx.value("lines.one", id=line) is None:
        raise NotFound(T("There is no line {name}.", name=line), T("See them with: {how}", how=to_do(Next.LINES)))


def add(tx: Tx, name: str) -> LineId:
    """Add a line. Raises UsageError for an empty name, and Refused for one that is taken."""
    access.require(tx, Right.LINES)
    name = _sound(name)
    made = tx.insert("lines.add", name=name, now=tx.now)
    if made is None:
        raise Refused("line_exists", T("There is a line {name} already.", name=name), T("Choose another name."))
    tx.emit(LineAdded(name=name))
    return LineId(made)


def rename(tx: Tx, line: LineId, name: str) -> None:
    """Rename a line. Raises UsageError for an empty name, and Refused for one that is taken, by a hidden line too."""
    access.require(tx, Right.LINES)
    seen(tx, line)
    name = _sound(name)
    taken = tx.whole().value("lines.by_name", name=name)
    if taken not in {None, line}:
        raise Refused("line_exists", T("There is a line {name} already.", name=name), T("Choose another name."))
    tx.run("lines.rename", id=line, name=name)
    tx.emit(LineRenamed(name=name))


def remove(tx: Tx, line: LineRow, *, force: bool) -> None:
    """Remove a line; with channels only by ``force``, because their dialogs are removed too.

    That unbinds the channels, and requires the right to.
    """
    access.require(tx, Right.LINES)
    seen(tx, line.id)
    if line.channels:
        access.require(tx, Right.CHANNELS)
    if line.channels and not force:
        raise Refused(
            "line_in_use",
            T("Line {name} has channels; {n} dialogs would be lost with them.", name=line.name, n=line.dialogs),
            T("Unbind its channels first, or use --force."),
        )
    crm_presence.go(tx, crm_presence.pairings_of(tx, line.id, line=True))
    options.drop_with_line(tx, line.id)
    tx.run("lines.remove", id=line.id)
    tx.emit(LineRemoved(name=line.name))


def configure(tx: Tx, line: LineRow, changes: Mapping[str, str]) -> None:
    """Change options of a line; an empty value deletes one. Raises UsageError."""
    access.require(tx, Right.SETTINGS)
    seen(tx, line.id)
    changed = options.change(tx, OptionTarget(OptionLevel.LINE, line.id), options.Changes(changes))
    tx.emit(LineConfigured(name=line.name, changed=changed))


def _sound(name: str) -> str:
    name = sound(name)
    if not name or name.isdigit():
        raise UsageError(T("A line needs a name that is not only digits."), field="name")
    return name
