"""``chatapp line channels``: kinds of channels from their manifests."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.binding import known_kind
from chatapp_cli.commands.errors import note
from chatapp_cli.documents import channels as documents
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import RESERVED, manifests


def listing(kind: str, *, as_json: bool) -> None:
    """Print all kinds in the order of their source ids (S-036), or one."""
    found = [known_kind(kind)] if kind else list(manifests().values())
    if as_json:
        printing.document([documents.kind(one) for one in found])
        return
    columns = (
        _("Id"), _("Kind"), _("Channel"), _("Writes first to"), _("Files up to"), _("Can do"), _("Source"),
    )  # fmt: skip
    rows = [_row(one) for one in found] + ([] if kind else [_kept_free(n, name) for n, name in RESERVED.items()])
    printing.table(columns, sorted(rows, key=itemgetter(0)))
    for one in found:
        typer.echo(f"\n{show(one.title)}: {show(one.summary)}", err=True)
        for limit in one.limits:
            typer.echo(f"  – {show(limit)}", err=True)
    if kind:
        _tell_fields(found[0])


def _tell_fields(one: Manifest) -> None:
    """Print the names by which questions are answered in advance."""
    typer.echo(err=True)
    note("Fields for --set and --answers, see also: docs/channels/{kind}.md", kind=one.kind)
    width = max((len(field.name) for field in one.fields), default=0)
    for field in one.fields:
        typer.echo(f"  {field.name:{width}}  {show(field.label)}", err=True)


def _kept_free(n: int, name: str) -> tuple[Any, ...]:
    return n, "–", _("not there yet"), "–", "–", "", name


def _row(one: Manifest) -> tuple[Any, ...]:
    can = one.capabilities
    size = _("{n} MB", n=can.max_upload // MEGABYTE) if can.max_upload else "–"
    writes_first = ", ".join(can.write_first) or "–"
    return one.source_id, one.kind, show(one.title), writes_first, size, ", ".join(_abilities(one)), one.source_name


def _abilities(one: Manifest) -> list[str]:
    can = one.capabilities
    words = {
        _("subject"): can.subject,
        _("copies"): can.copies,
        _("quotes"): can.replies,
        _("edits"): can.edits,
        _("deletes"): can.deletes,
        _("reactions"): can.reactions,
        _("buttons"): can.buttons.most > 0,
        _("groups"): can.groups,
        _("read receipts"): can.receipts == "read",
    }
    return [word for word, ability in words.items() if ability]
