"""Commands below ``chatapp crm`` that only one kind of CRM has, as its manifest names them (S-018).

What a command does is one of ``DOES``; a CRM with other commands answers them itself. Nothing of a CRM is imported
before its command runs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Noun, Verb, built, noun, opened
from chatapp_cli.commands.crm_names import Link
from chatapp_cli.commands.errors import note, say
from chatapp_cli.domain import os_words
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.recipients import is_address
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import N_, show
from chatapp_cli.kit.crms import manifest, manifests
from chatapp_cli.services import links

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.crm_manifest import CrmCommand
    from chatapp_cli.store.rows.crm import LinkRow

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help=N_("The archive to be written"))
]
Icon = Annotated[
    Path | None, typer.Option("--icon", metavar="FILE", dir_okay=False, help=N_("Where the icon is to be written"))
]
Email = Annotated[str, typer.Option("--email", metavar="ADDRESS", help=N_("Where the support can ask you"))]
Run = Callable[..., None]


class CrmNoun(Noun):
    """The noun ``crm``: behind its own commands those that the manifests of CRMs bring."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All of them; a name that is taken is not taken again."""
        own = super().list_commands(ctx)
        return [*own, *(name for name in _brought() if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Build one the first time."""
        if cmd_name not in super().list_commands(ctx) and (kind := _brought().get(cmd_name)) is not None:
            self.add_command(built(_group(kind, cmd_name)), cmd_name)
        return super().get_command(ctx, cmd_name)


app = noun(CrmNoun)


def _brought() -> Mapping[str, str]:
    """The kinds of CRMs by the first word of their commands."""
    found: dict[str, str] = {}
    for kind, one in manifests().items():
        for name in one.commands:
            found.setdefault(name.partition(" ")[0], kind)
    return found


def _group(kind: str, name: str) -> typer.Typer:
    """A group of a manifest with everything in it."""
    app, said = noun(), manifest(kind).commands
    app.info.help = said[name].summary.msgid
    for one in _inside(kind, name):
        word = one.rpartition(" ")[2]
        if said[one].does:
            app.command(word, cls=Verb)(_verb(kind, one, said[one]))
        else:
            app.add_typer(_group(kind, one), name=word, help=said[one].summary.msgid)
    return app


def _inside(kind: str, name: str) -> list[str]:
    return [one for one in manifest(kind).commands if one.rpartition(" ")[0] == name]


def _verb(kind: str, name: str, command: CrmCommand) -> Run:
    run = DOES[command.does](kind, name, command)
    run.__doc__ = command.summary.msgid
    return run


def _package(kind: str, name: str, command: CrmCommand) -> Run:
    def package(ctx: typer.Context, *, output: Output = Path(command.file), link: Link = "") -> None:
        import asyncio

        from chatapp_cli.runtime import crm_commands

        with opened(ctx) as company:
            row = _link(company, kind, link)
            content = asyncio.run(crm_commands.package(company, row))
        _write(output, content, by="--output")
        note("Built: {file}", file=output)
        if command.next_step is not None:
            say(Text(command.next_step.msgid, {"title": row.title}))

    del name
    return package


def _definition(kind: str, name: str, command: CrmCommand) -> Run:
    def definition(ctx: typer.Context, link: Link = "") -> None:
        import asyncio

        from chatapp_cli.runtime import crm_commands

        with opened(ctx) as company:
            told = asyncio.run(crm_commands.definition(company, _link(company, kind, link)))
        printing.document(told)

    del name, command
    return definition


def _letter(kind: str, name: str, command: CrmCommand) -> Run:
    def letter(
        ctx: typer.Context, link: Link = "", email: Email = "", icon: Icon = None, as_json: Json = False
    ) -> None:
        import asyncio

        from chatapp_cli.documents import crm as documents
        from chatapp_cli.runtime import linking

        _require_mailbox(email)
        with opened(ctx) as company:
            found = asyncio.run(linking.letter(company, _link(company, kind, link), email=email))
        written = "" if icon is None else str(icon)
        if icon is not None:
            _write(icon, f"{found.icon}\n".encode(), by="--icon")
        if as_json:
            printing.document(documents.letter(found, written))
            return
        typer.echo(printing.plain(show(found.subject)) + "\n\n" + found.written(show))
        for one in found.left_to_do(written):
            say(one)
        if icon is None:
            note("Write the icon to a file: {how}", how="--icon FILE")

    del name, command
    return letter


def _own(kind: str, name: str, command: CrmCommand) -> Run:
    """A command that the CRM answers itself, with the questions of its manifest as options."""

    def own(ctx: typer.Context, link: str, as_json: bool, **said: str) -> None:
        import asyncio

        from chatapp_cli.runtime import crm_commands

        with opened(ctx) as company:
            answer = asyncio.run(crm_commands.answer(company, _link(company, kind, link), name, said))
        if as_json:
            printing.document(answer.document)
            return
        for one in answer.lines:
            typer.echo(printing.plain(show(one)))

    asked: Mapping[str, Any] = {
        one.name: Annotated[str, typer.Option(f"--{one.name.replace('_', '-')}", help=one.label.msgid)]
        for one in command.fields
    }
    defaults = {one.name: ... if one.required and not one.default else one.default for one in command.fields}
    kinds = {"ctx": typer.Context, "link": Link, "as_json": Json, **asked}
    values = {"ctx": inspect.Parameter.empty, "link": "", "as_json": False, **defaults}
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(one, keyword, default=values[one], annotation=kinds[one]) for one in kinds]
    vars(own)["__signature__"] = inspect.Signature(parameters)
    own.__annotations__ = kinds
    return own


DOES: Final[Mapping[str, Callable[[str, str, CrmCommand], Run]]] = MappingProxyType(
    {"package": _package, "definition": _definition, "letter": _letter, "own": _own}
)
"""What a command of a manifest can do: what ``ports.crm`` names in ``ShipsStep``, ``WritesToSupport``, ``Answers``."""


def _link(company: Company, kind: str, named: str) -> LinkRow:
    """The link that is named, otherwise the only one to this kind of CRM. Raises NotFound for one to another CRM."""
    ours = [] if named else [row for row in company.read(links.everything) if row.kind == kind]
    row = ours[0] if len(ours) == 1 else company.read(lambda tx: links.find(tx, named))
    if row.kind != kind:
        about = manifest(kind).title
        raise NotFound(
            T("{title} is no link to {crm}.", title=row.title, crm=about), T("Name one: {how}", how="--link LINK")
        )
    return row


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
