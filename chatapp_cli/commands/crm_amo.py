"""``chatapp crm amo``: what an administrator of amoCRM needs to put a step of ours into a Salesbot (S-191)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Verb, noun, opened
from chatapp_cli.commands.crm_names import Link, app
from chatapp_cli.commands.errors import note
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.services import links, pairings

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.ports.bind import Bound
    from chatapp_cli.ports.crm import ShipsStep, StepChoices
    from chatapp_cli.store.rows.crm import LinkRow
    from chatapp_cli.store.tx import Tx

KIND = "amocrm"
amo, widget, bot = noun(), noun(), noun()
app.add_typer(amo, name="amo", help=N_("Salesbot of amoCRM"))
amo.add_typer(widget, name="widget", help=N_("The archive that puts a step into Salesbot"))
amo.add_typer(bot, name="bot", help=N_("The step itself"))

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help=N_("The archive to be written"))
]


@widget.command("build", cls=Verb)
def build(ctx: typer.Context, *, output: Output = Path("chatapp-amocrm-widget.zip"), link: Link = "") -> None:
    """Build the widget for this desk's public address. It has to be built again after lines or channels changed."""
    from chatapp_cli.domain.whole_file import write_whole

    with opened(ctx) as company:
        row, crm = _found(company, link)
        content = crm.package(_bound(company, row), _choices(company, row), public_url=_address(company))
    try:
        write_whole(output, content, mode=0o644)
    except OSError as error:
        raise NotFound(
            T("{file} cannot be written: {why}.", file=output, why=error.strerror or type(error).__name__),
            T("Choose another place: {how}", how="--output FILE"),
        ) from error
    note("Built: {file}", file=output)
    note("Upload it in amoCRM into the integration of {title}, and put the step into a bot.", title=row.title)


@bot.command("export", cls=Verb)
def export(ctx: typer.Context, link: Link = "") -> None:
    """Show what the step of a bot asks for and what the bot keeps of it, as JSON. Bots themselves are not copied."""
    with opened(ctx) as company:
        row, crm = _found(company, link)
        told = crm.definition(_bound(company, row), _choices(company, row), public_url=_address(company))
    printing.document(told)


def _found(company: Company, named: str) -> tuple[LinkRow, ShipsStep]:
    """The link, and its CRM. Raises NotFound for a link to another CRM."""
    from chatapp_cli.ports.crm import ShipsStep

    company.require(Right.CRM)
    row = company.read(lambda tx: _link(tx, named))
    crm = company.crm(row.kind)
    if row.kind != KIND or not isinstance(crm, ShipsStep):
        raise NotFound(T("{title} is no account of amoCRM.", title=row.title), T("Name it: {how}", how="--link LINK"))
    return row, crm


def _link(tx: Tx, named: str) -> LinkRow:
    """The link that is named, otherwise the only one to amoCRM."""
    ours = [row for row in links.everything(tx) if row.kind == KIND]
    return ours[0] if not named and len(ours) == 1 else links.find(tx, named)


def _bound(company: Company, row: LinkRow) -> Bound:
    return company.read(lambda tx: links.bound(tx, company.vault, row))


def _address(company: Company) -> str:
    return str(company.read(lambda tx: company.options.text(tx, "public_url"))).rstrip("/")


def _choices(company: Company, row: LinkRow) -> StepChoices:
    """The lines and the kinds of channels that are paired with the account."""
    from chatapp_cli.i18n import show
    from chatapp_cli.kit.manifests import manifest
    from chatapp_cli.ports.crm import StepChoices

    paired = company.read(lambda tx: pairings.of_link(tx, row.id))
    return StepChoices(
        lines={str(one.line_id): one.line for one in paired},
        kinds={one.kind: show(manifest(one.kind).title) for one in paired},
    )
