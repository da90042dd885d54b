"""``chatapp crm amo``: what an administrator carries to amoCRM by hand.

A step for Salesbot (S-191), and the letter by which its support registers a chat channel.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Verb, noun, opened
from chatapp_cli.commands.crm_names import Link, app
from chatapp_cli.commands.errors import note, say
from chatapp_cli.domain import os_words
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.recipients import is_address
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.services import links, pairings

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.ports.bind import Bound
    from chatapp_cli.ports.crm import ShipsStep, StepChoices
    from chatapp_cli.store.rows.crm import LinkRow

amo, widget, bot, channel = noun(), noun(), noun(), noun()
app.add_typer(amo, name="amo", help=N_("Salesbot of amoCRM, and its chat channel"))
amo.add_typer(channel, name="channel", help=N_("The chat channel, which the support of amoCRM registers"))
amo.add_typer(widget, name="widget", help=N_("The archive that puts a step into Salesbot"))
amo.add_typer(bot, name="bot", help=N_("The step itself"))

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help=N_("The archive to be written"))
]
Icon = Annotated[
    Path | None, typer.Option("--icon", metavar="FILE", dir_okay=False, help=N_("Where the icon is to be written"))
]
Email = Annotated[str, typer.Option("--email", metavar="ADDRESS", help=N_("Where the support can ask you"))]


@widget.command("build", cls=Verb)
def build(ctx: typer.Context, *, output: Output = Path("chatapp-amocrm-widget.zip"), link: Link = "") -> None:
    """Build the widget for this desk's public address. It has to be built again after lines or channels changed."""
    with opened(ctx) as company:
        row, crm = _found(company, link)
        content = crm.package(_bound(company, row), _choices(company, row), public_url=_address(company))
    _write(output, content, by="--output")
    note("Built: {file}", file=output)
    note("Upload it in amoCRM into the integration of {title}, and put the step into a bot.", title=row.title)


@bot.command("export", cls=Verb)
def export(ctx: typer.Context, link: Link = "") -> None:
    """Show what the step of a bot asks for and what the bot keeps of it, as JSON. Bots themselves are not copied."""
    with opened(ctx) as company:
        row, crm = _found(company, link)
        told = crm.definition(_bound(company, row), _choices(company, row), public_url=_address(company))
    printing.document(told)


@channel.command("request", cls=Verb)
def request(ctx: typer.Context, link: Link = "", email: Email = "", icon: Icon = None, as_json: Json = False) -> None:
    """Show the letter by which the support of amoCRM registers a chat channel, for this desk and this account."""
    import asyncio

    from chatapp_cli.documents import crm as documents
    from chatapp_cli.runtime import linking

    _require_mailbox(email)
    with opened(ctx) as company:
        row = _link(company, link, lambda kind: manifest(kind).letter is not None)
        letter = asyncio.run(linking.letter(company, row, email=email))
    written = "" if icon is None else str(icon)
    if icon is not None:
        _write(icon, f"{letter.icon}\n".encode(), by="--icon")
    if as_json:
        printing.document(documents.letter(letter, written))
        return
    typer.echo(printing.plain(show(letter.subject)) + "\n\n" + letter.written(show))
    for one in letter.left_to_do(written):
        say(one)
    if icon is None:
        note("Write the icon to a file: {how}", how="--icon FILE")


def _require_mailbox(address: str) -> None:
    if address and not is_address(address):
        raise UsageError(T("{address} is no e-mail address.", address=address), T("Correct it."), field="email")


def _write(file: Path, content: bytes, *, by: str) -> None:
    """Write a file whole. Raises NotFound."""
    from chatapp_cli.domain.whole_file import write_whole

    try:
        write_whole(file, content, mode=0o644)
    except OSError as error:
        raise NotFound(
            T("{file} cannot be written: {why}.", file=file, why=os_words.why(error)),
            T("Choose another place: {how}", how=f"{by} FILE"),
        ) from error


def _found(company: Company, named: str) -> tuple[LinkRow, ShipsStep]:
    """The link, and its CRM. Raises NotFound for a link to a CRM into whose automations no step of ours is put."""
    from chatapp_cli.ports.crm import ShipsStep

    company.require(Right.CRM)
    row = _link(company, named, lambda kind: isinstance(company.crm(kind), ShipsStep))
    crm = company.crm(row.kind)
    if not isinstance(crm, ShipsStep):
        raise NotFound(
            T("{title} has no bots for a step of ours.", title=row.title), T("Name it: {how}", how="--link LINK")
        )
    return row, crm


def _link(company: Company, named: str, fits: Callable[[str], bool]) -> LinkRow:
    """The link that is named, otherwise the only one to a CRM whose kind ``fits``."""
    ours = [] if named else [row for row in company.read(links.everything) if fits(row.kind)]
    return ours[0] if len(ours) == 1 else company.read(lambda tx: links.find(tx, named))


def _bound(company: Company, row: LinkRow) -> Bound:
    return company.read(lambda tx: links.bound(tx, company.vault, row))


def _address(company: Company) -> str:
    return str(company.read(lambda tx: company.options.text(tx, "public_url"))).rstrip("/")


def _choices(company: Company, row: LinkRow) -> StepChoices:
    """The lines and the kinds of channels that are paired with the account."""
    from chatapp_cli.kit import manifests
    from chatapp_cli.ports.crm import StepChoices

    paired = company.read(lambda tx: pairings.of_link(tx, row.id))
    return StepChoices(
        lines={str(one.line_id): one.line for one in paired},
        kinds={one.kind: show(manifests.manifest(one.kind).title) for one in paired},
    )
