"""Runs the dialogue that binds a channel, and reports its result and that of checks."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import typer

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands import input_checks, printing
from chatapp_cli.commands.asking import PresetAsker, TerminalAsker
from chatapp_cli.commands.errors import note, say
from chatapp_cli.domain import os_words
from chatapp_cli.domain.errors import ChannelError, NotFound, Refused, UsageError
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import RESERVED, kind_of, manifest, packages
from chatapp_cli.ports.bind import Asker
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import binding
from chatapp_cli.services import channels, lines, words
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx


def gathered(given: Sequence[str], answers: str) -> Mapping[str, str]:
    """Answers from a file and from ``field=value`` arguments, which take precedence. Raises UsageError."""
    found = _from_file(answers) if answers else {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(T("{word} is not an answer.", word=word), T("Write it so: --set field=value"), field="set")
        found[name] = value
    return found


def _from_file(answers: str) -> dict[str, str]:
    try:
        text = (
            input_checks.standard_input()
            if answers == "-"
            else input_checks.file(answers, T("The file {path}", path=answers))
        )
        return {name: _answer(value) for name, value in tomllib.loads(text).items()}
    except (OSError, ValueError, tomllib.TOMLDecodeError) as error:
        why = os_words.why(error) if isinstance(error, OSError) else error
        raise UsageError(
            T("The answers {file} cannot be read: {why}.", file=answers, why=why),
            T('It has to be a TOML file with lines such as: name = "value"'),
            field="answers",
        ) from error


def _answer(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def known_kind(kind: str) -> Manifest:
    """The manifest of a kind that a person named by its name or its number. Raises NotFound."""
    known = kind_of(kind)
    if kind.isdecimal() and (name := RESERVED.get(int(kind))):
        raise NotFound(T("Number {n}, {name}, is kept for a channel that is not there yet.", n=kind, name=name))
    if known not in packages():
        raise NotFound(
            T("There is no kind of channel {kind}.", kind=kind),
            T("Known kinds: {known}. More about them: chatapp line channels", known=", ".join(packages())),
        )
    return manifest(known)


def bind(
    company: Company, kind: str, *, line: str, given: Mapping[str, str], another: bool = False, renew: str = ""
) -> ChannelRow:
    """Bind, or renew an existing binding; ``another`` adds an account to a pool, ``renew`` names one of it."""
    about = known_kind(kind)
    known = {field.name for field in about.fields} | set(about.later)
    wanted = company.read(lambda tx: lines.find(tx, line))
    if another:
        _require_pool(about)
    previous = None if another else _previous(company, about.kind, wanted.id, renew)
    number = asyncio.run(
        binding.bind(company, asker(given, known=known), line=wanted.id, kind=about.kind, previous=previous)
    )
    return company.read(lambda tx: channels.one(tx, number))


def _require_pool(about: Manifest) -> None:
    if not about.capabilities.pool:
        raise Refused(
            "no_pool",
            T("A line has only one {title}.", title=about.title),
            T("Bind the other account on another line: chatapp line add NAME"),
        )


def _previous(company: Company, kind: str, line: LineId, named: str) -> ChannelRow | None:
    rows = [row for row in company.read(channels.everything) if row.kind == kind and row.line_id == line]
    if named:
        rows = [row for row in rows if named in {str(row.id), row.account, row.title}]
        if not rows:
            raise NotFound(T("No channel {name} is bound here.", name=named), T("See them with: chatapp line show"))
    if len(rows) > 1:
        raise UsageError(
            T("{name} is bound several times.", name=kind),
            T(
                "Add one with --another, or renew one with --renew: {numbers}",
                numbers=", ".join(str(r.id) for r in rows),
            ),
            field="renew",
        )
    return rows[0] if rows else None


def asker(given: Mapping[str, str], *, known: Collection[str] = ()) -> Asker:
    """The person at the terminal, or without one the given answers. ``known`` fields may also be given."""
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return TerminalAsker(given) if terminal else PresetAsker(given, known=known)


@contextmanager
def explained(about: Manifest) -> Iterator[None]:
    """Replace the error codes of a channel that is bound by the texts of its manifest."""
    try:
        yield
    except ChannelError as error:
        error.what, error.next_step = words.why(about, error.code, error.detail)
        raise


def tell_facts(company: Company, row: ChannelRow) -> None:
    """Show the facts of a new binding, and its webhook address."""
    for name, value in row.facts.items():
        typer.echo(f"{_(name)}: {printing.plain(value)}", err=True)
    if company.capabilities(row).intake == "webhook" and row.hook_key:
        host, port = company.settings.http_host, company.settings.http_port
        note("Webhooks are accepted at: http://{host}:{port}/hooks/{key}", host=host, port=port, key=row.hook_key)
    note("Messages are received while the daemon runs: chatapp serve")


def found(company: Company, channel: str, line: str) -> ChannelRow:
    """The channel that a person named, on a line if they named one."""
    return company.read(lambda tx: channels.find(tx, spelled(tx, channel), line=_number_of(tx, line)))


def _number_of(tx: Tx, line: str) -> LineId | None:
    return lines.find(tx, line).id if line else None


def spelled(tx: Tx, channel: str) -> str:
    """A channel as services find it: a number that no channel has is that of a kind (S-036), as for ``line bind``."""
    kind = kind_of(channel)
    if kind == channel or any(channel in {str(row.id), row.account, row.title} for row in channels.everything(tx)):
        return channel
    return kind


def wanted(company: Company, channel: str, line: str) -> list[ChannelRow]:
    """One channel, all of a line, or all channels."""
    if channel:
        return [found(company, channel, line)]
    every = company.read(channels.everything)
    number = company.read(lambda tx: lines.find(tx, line)).id if line else None
    rows = [row for row in every if number in {None, row.line_id}]
    if not rows:
        raise NotFound(T("No channel is bound yet."), T("Bind one: chatapp line bind KIND"))
    return rows


def checked(company: Company, row: ChannelRow) -> list[Finding]:
    """The findings of the channel's own check."""
    with explained(manifest(row.kind)):
        return asyncio.run(binding.check(company, row))


def print_findings(findings: Sequence[Finding]) -> None:
    """Print one line per finding; next steps of failures go to stderr."""
    marks = {True: _("ok"), False: _("problem")}
    printing.verdicts([(marks[one.ok], one.name, show(one.what)) for one in findings])
    for one in findings:
        if not one.ok:
            say(T("{name}: {what}", name=one.name, what=one.what), one.next_step)
