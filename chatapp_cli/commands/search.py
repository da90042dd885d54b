"""``chatapp search``: messages by their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Line, Verb, opened, single
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import amount, number
from chatapp_cli.commands.narrowing import Channel, Tagged, filtered
from chatapp_cli.documents import messages as documents
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.when import since
from chatapp_cli.i18n import N_, _

if TYPE_CHECKING:
    from chatapp_cli.services.search import SearchResult, SearchScope
    from chatapp_cli.store.tx import Tx

app = single()


@app.command(cls=Verb)
def search(
    ctx: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help=N_("All must occur; '\"a phrase\"', 'this -not'"))
    ],
    *,
    dialog: Annotated[int, typer.Option("--dialog", parser=number, metavar="DIALOG", help=N_("Only in this one"))] = 0,
    line: Line = "",
    channel: Channel = "",
    tag: Tagged = "",
    after: Annotated[str, typer.Option("--after", metavar="TIME", help=N_("Said since: 2026-12-01, or 7d ago"))] = "",
    before: Annotated[
        str, typer.Option("--before", metavar="TIME", help=N_("Said before: 2026-12-01, or 7d ago"))
    ] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", parser=amount, metavar="N", help=N_("At most this many"))] = 20,
    as_json: Json = False,
) -> None:
    """Find messages by their words in any form, the newest first."""
    from chatapp_cli.services import search as service
    from chatapp_cli.services.wording import understood

    query = understood(" ".join(words))
    with opened(ctx) as company:
        now, index = company.world.clock.now(), company.search
        times = {"since": since(after, now=now) if after else 0, "until": since(before, now=now) if before else None}

        def look(tx: Tx) -> service.SearchPage:
            scope = _scope(tx, line, channel, tag, dialog=dialog, **times)
            return service.find(tx, index, company.database.driver.dialect, query, scope, n=limit)

        whole = service.catch_up(company.database, index)
        found, missing = company.read(lambda tx: (look(tx).found, service.missing(tx, index)))
    _print(found, as_json=as_json)
    if not whole and (said := missing.said(printing.moment)) is not None:
        note(said.msgid, **said.params)
    if not found:
        note("Nothing is found.")
        raise typer.Exit(1)


def _scope(tx: Tx, line: str, channel: str, tag: str, *, dialog: int, **times: Any) -> SearchScope:
    from chatapp_cli.services.search import SearchScope

    return SearchScope(
        dialogs=filtered(tx, {"line": line, "channel": channel, "tag": tag}),
        dialog=DialogId(dialog) if dialog else None,
        **times,
    )


def _print(found: Sequence[SearchResult], *, as_json: bool) -> None:
    if as_json:
        printing.document([documents.found(one) for one in found])
        return
    columns = (_("Dialog"), _("Message"), _("Time"), _("Who"), _("Text"))
    printing.table(columns, [_row(one) for one in found])


def _row(one: SearchResult) -> tuple[object, ...]:
    arrow = "→ " if one.message.direction == "out" else ""
    message = one.message
    return one.dialog.id, message.id, printing.moment(message.at), f"{arrow}{one.who}", one.snippet.text
