"""``chatapp line channels``: kinds of channels from their manifests."""

from __future__ import annotations

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.binding import known_kind
from chatapp_cli.documents import channels as documents
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifests


def listing(kind: str, *, as_json: bool) -> None:
    """Print all kinds in the order of their source ids (S-036), or one."""
    found = [known_kind(kind)] if kind else list(manifests().values())
    if as_json:
        printing.document([documents.kind(one) for one in found])
        return
    columns = (_("Id"), _("Kind"), _("Channel"), _("Writes first to"), _("Files up to"), _("Can do"))
    printing.table(columns, [_row(one) for one in found])
    for one in found:
        typer.echo(f"\n{show(one.title)}: {show(one.summary)}", err=True)
        for limit in one.limits:
            typer.echo(f"  – {show(limit)}", err=True)


def _row(one: Manifest) -> tuple[object, ...]:
    can = one.capabilities
    size = _("{n} MB", n=can.max_upload // MEGABYTE) if can.max_upload else "–"
    return one.source_id, one.kind, show(one.title), ", ".join(can.write_first) or "–", size, ", ".join(_abilities(one))


def _abilities(one: Manifest) -> list[str]:
    can = one.capabilities
    words = {
        _("subject"): can.subject,
        _("quotes"): can.replies,
        _("edits"): can.edits,
        _("deletes"): can.deletes,
        _("reactions"): can.reactions,
        _("groups"): can.groups,
        _("read receipts"): can.receipts == "read",
    }
    return [word for word, ability in words.items() if ability]
