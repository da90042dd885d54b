"""``chatapp line``: lines and the channels bound to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import attendance, printing
from chatapp_cli.commands.base import (
    Channel,
    Force,
    Json,
    Line,
    LineName,
    OneLine,
    Verb,
    channel_names,
    completing,
    kind_names,
    noun,
    opened,
)
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.served import note_if_silent, note_if_unserved
from chatapp_cli.documents import channels as documents
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import Busy
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import business_hours, lines

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.commands.configuring import SettingRow
    from chatapp_cli.services.standings import ChannelStanding
    from chatapp_cli.store.rows.channels import ChannelRow, LineRow
    from chatapp_cli.store.tx import Tx

app = noun()
app.registered_commands += attendance.of_lines.registered_commands

Kind = Annotated[
    str,
    typer.Argument(
        metavar="KIND",
        help=N_("Kind of channel by name or number, see: chatapp line channels"),
        autocompletion=completing(kind_names),
    ),
]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help=N_("Answer or option; repeatable"))]
Answers = Annotated[
    str, typer.Option("--answers", metavar="FILE", help=N_("TOML file with the answers; - reads standard input"))
]


@app.command(cls=Verb)
def add(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help=N_("Name"))]) -> None:
    """Add a line."""
    with opened(ctx) as company:
        number = company.write(lambda tx: lines.add(tx, name))
    typer.echo(number)
    note("Line {name} is there. Bind a channel to it: chatapp line bind KIND", name=name)


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the lines; channels that do not work are named on stderr."""
    from chatapp_cli.services import channels

    with opened(ctx) as company:
        found, bound = company.read(lambda tx: (lines.everything(tx), channels.everything(tx)))
        told = [one for one in _standings(company, bound) if not one.well]
        note_if_silent(company)
    if as_json:
        printing.document([documents.line(line, told) for line in found])
        return
    columns = (_("No."), _("Line"), _("Channels"), _("Dialogs"), _("Unread"))
    printing.table(columns, found)
    for one in told:
        said = T("{line}, {title}: {said}", line=one.channel.line, title=one.channel.title, said=one.sentence())
        say(said, one.next_step)
    if not found:
        note("There is no line yet. Make one: chatapp line add NAME")


def _standings(company: Company, rows: Sequence[ChannelRow]) -> list[ChannelStanding]:
    """What each channel does now."""
    from chatapp_cli.runtime.lease import current_holder, silent_holder
    from chatapp_cli.services import channels
    from chatapp_cli.services.standings import standing

    now, held = company.world.clock.now(), current_holder(company) is not None
    unattended = not held or silent_holder(company) is not None
    manifests = {row.kind: company.manifest(row) for row in rows}
    seen = (channels.seen(row, manifests[row.kind]) for row in rows)
    return [standing(row, manifests[row.kind], now, held=held, unattended=unattended) for row in seen]


@app.command("show", cls=Verb)
def show_(ctx: typer.Context, line: OneLine = "", as_json: Json = False) -> None:
    """Show a line's channels: health, facts, settings."""
    with opened(ctx) as company:
        found, rows = company.read(lambda tx: _with_channels(tx, line))
        bound, now = _standings(company, rows), company.world.clock.now()
        hours = company.read(
            lambda tx: business_hours.of_company(company.options, company.settings.folder).state(tx, found.id)
        )
        note_if_silent(company)
    if as_json:
        printing.document(documents.bound_to(found, bound))
        return
    if hours is not None:
        printing.facts({_("Working hours"): show(hours)})
        typer.echo()
    for one in bound:
        printing.facts(_channel_facts(one, now))
        typer.echo()
    if not bound:
        note("Line {name} has no channel yet. Bind one: chatapp line bind KIND", name=found.name)


def _with_channels(tx: Tx, line: str) -> tuple[LineRow, list[ChannelRow]]:
    from chatapp_cli.services import channels

    found = lines.find(tx, line)
    return found, [row for row in channels.everything(tx) if row.line_id == found.id]


def _channel_facts(one: ChannelStanding, now: int) -> Mapping[str, object]:
    from chatapp_cli.kit.manifests import manifest

    row = one.channel
    return {
        _("Channel"): f"{row.title} ({show(manifest(row.kind).title)}, {row.id})",
        _("Health"): show(one.said()),
        _("Why"): show(one.why),
        _("Next step"): show(one.next_step),
        _("Go on now"): show(one.go_on) if one.go_on != one.next_step else "",
        **_rest_facts(one, now),
        _("Last sign of life"): _age(row.proof_at, now),
        **{_(name): value for name, value in row.facts.items()},
        **_settings(row),
    }


def _rest_facts(one: ChannelStanding, now: int) -> Mapping[str, str]:
    """The account's own pace, which is no trouble, and when strangers are written to again."""
    from chatapp_cli.kit.manifests import manifest
    from chatapp_cli.services import resting

    row, strangers = one.channel, max(one.channel.strangers_until, one.channel.paused_until)
    paces = one.well and resting.rests(row, now)
    return {
        _("Sending"): show(resting.rest_of(manifest(row.kind), row)) if paces else "",
        _("First messages"): _("not before {moment}", moment=printing.moment(strangers)) if strangers > now else "",
    }


def _settings(row: ChannelRow) -> Mapping[str, str]:
    """Settings that a person answered or chose, without the connector's own."""
    from chatapp_cli.kit.manifests import manifest

    kept = row.settings
    asked = (field for field in manifest(row.kind).fields if kept.get(field.name))
    return {show(field.label): show(field.shown(kept[field.name])) for field in asked}


def _age(at: int | None, now: int) -> str:
    from chatapp_cli.services.standings import LATE

    if at is None:
        return _("never")
    if at > now + LATE:
        return _("unknown: the clock was wrong ({moment})", moment=printing.moment(at))
    return _("{moment}, {n} s ago", moment=printing.moment(at), n=max(0, (now - at) // 1000))


@app.command(cls=Verb)
def rename(
    ctx: typer.Context, line: LineName, name: Annotated[str, typer.Argument(metavar="NAME", help=N_("New name"))]
) -> None:
    """Rename a line."""
    with opened(ctx) as company:
        company.write(lambda tx: lines.rename(tx, lines.find(tx, line).id, name))
    note("The line is called {name} now.", name=name)


@app.command(cls=Verb)
def remove(ctx: typer.Context, line: LineName, force: Force = False) -> None:
    """Remove a line."""
    from chatapp_cli.commands.clearing import clear
    from chatapp_cli.services import channels

    with opened(ctx) as company:
        if force:
            number = company.read(lambda tx: lines.find(tx, line).id)
            company.require(Right.LINES)
            clear(company, [row for row in company.read(channels.everything) if row.line_id == number])
        company.write(lambda tx: lines.remove(tx, lines.find(tx, line), force=force))
    note("Line {name} is gone.", name=line)


@app.command(cls=Verb)
def bind(
    ctx: typer.Context,
    kind: Kind,
    line: Line = "",
    given: Set = None,
    answers: Answers = "",
    *,
    another: Annotated[
        bool, typer.Option("--another", help=N_("Add an account to those that are bound: a pool"))
    ] = False,
    renew: Annotated[
        str, typer.Option("--renew", metavar="CHANNEL", help=N_("The account of a pool to bind again"))
    ] = "",
) -> None:
    """Bind a channel to a line, or renew a binding. Fields: chatapp line channels KIND, or docs/channels/KIND.md."""
    from chatapp_cli.commands import binding

    given_answers = binding.gathered(given or [], answers)
    with opened(ctx) as company:
        row = binding.bind(company, kind, line=line, given=given_answers, another=another, renew=renew)
        typer.echo(row.id)
        note("{title} is bound to line {line}.", title=row.title, line=row.line)
        binding.tell_facts(company, row)


@app.command(cls=Verb)
def invite(
    ctx: typer.Context,
    line: OneLine = "",
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help=N_("Kind of channel; not needed where only one has links"),
            autocompletion=completing(kind_names),
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Print the link of the account that the next client should write to."""
    from chatapp_cli.kit.manifests import kind_of
    from chatapp_cli.services import account_pools

    with opened(ctx) as company:
        found = company.read(lambda tx: account_pools.invite(tx, lines.find(tx, line).id, kind_of(kind)))
    if not as_json:
        typer.echo(found[0].link)
        return
    printing.document(documents.invitation(found))


@app.command(cls=Verb)
def unbind(ctx: typer.Context, channel: Channel, line: Line = "", force: Force = False) -> None:
    """Unbind a channel; its dialogs are removed too."""
    from chatapp_cli.commands.binding import found
    from chatapp_cli.commands.clearing import clear
    from chatapp_cli.services import channels

    with opened(ctx) as company:
        row = found(company, channel, line)
        if force:
            clear(company, [row])
        company.write(lambda tx: channels.unbind(tx, row, force=force))
    note("{title} is not bound any more.", title=row.title)


@app.command(cls=Verb)
def configure(
    ctx: typer.Context,
    channel: Annotated[
        str,
        typer.Argument(
            metavar="CHANNEL",
            help=N_("Channel by kind, account or number; a line by its name; without one, the line itself"),
            autocompletion=completing(channel_names),
        ),
    ] = "",
    line: Line = "",
    given: Set = None,
    as_json: Json = False,
) -> None:
    """Change options of a line or a channel without binding again; without --set, show them."""
    from chatapp_cli.commands import configuring
    from chatapp_cli.commands.binding import gathered

    with opened(ctx) as company:
        if channel and not line and (meant := company.read(lambda tx: configuring.line_meant(tx, channel))):
            channel, line = "", meant
        if given:
            changes = gathered(given, "")
            title = _configured(company, channel, line, changes)
            note("Saved for {title}: {names}.", title=title, names=", ".join(sorted(changes)))
            return
        rows = company.read(lambda tx: _stored(tx, company, channel, line))
    configuring.tell_stored(rows, as_json=as_json)


def _configured(company: Company, channel: str, line: str, changes: Mapping[str, str]) -> str:
    """Change options; returns the name of their channel or line."""
    from chatapp_cli.commands.binding import found
    from chatapp_cli.services import channels

    if channel:
        row = found(company, channel, line)
        company.write(lambda tx: channels.configure(tx, row, company.manifest(row), changes))
        return row.title
    one = company.read(lambda tx: lines.find(tx, line))
    business_hours.require_calendar(company.settings.folder, changes)
    company.write(lambda tx: lines.configure(tx, one, changes))
    return one.name


def _stored(tx: Tx, company: Company, channel: str, line: str) -> list[SettingRow]:
    from chatapp_cli.commands import configuring

    spot = configuring.spot(tx, company, channel, line if channel or line else lines.find(tx).name)
    return configuring.stored(tx, spot.targets[-1], spot)


@app.command(cls=Verb)
def resume(ctx: typer.Context, channel: Channel, line: Line = "") -> None:
    """Resume a paused channel."""
    import asyncio

    from chatapp_cli.commands.binding import found
    from chatapp_cli.domain.health import STOPPED
    from chatapp_cli.runtime import resuming
    from chatapp_cli.runtime.lease import current_holder
    from chatapp_cli.services import words

    with opened(ctx) as company:
        row = found(company, channel, line)
        served = current_holder(company) is not None
        patience = resuming.PATIENCE if served else 0
        after = asyncio.run(resuming.resume(company, row.id, patience=patience))
        if served and after.health in STOPPED:
            what, step = words.why(company.manifest(after), after.health_code, after.health_detail)
            raise Busy(T("{title} was tried and is still refused: {why}", title=row.title, why=what), step)
        note("{title} continues.", title=row.title)
        note_if_unserved(company)


@app.command(cls=Verb)
def check(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help=N_("Channel; without one, all of the line"))] = "",
    line: Line = "",
    as_json: Json = False,
) -> None:
    """Check that channels can receive and send, without sending a message."""
    from chatapp_cli.commands import binding

    with opened(ctx) as company:
        results = [(row, binding.checked(company, row)) for row in binding.wanted(company, channel, line)]
    if as_json:
        printing.document([documents.finding(f, channel=row.id) for row, found in results for f in found])
    else:
        binding.print_findings([f for _row, found in results for f in found])
    raise typer.Exit(0 if all(f.ok for _row, found in results for f in found) else 1)


@app.command(cls=Verb)
def proxies(
    ctx: typer.Context,
    channel: Channel,
    urls: Annotated[
        list[str] | None,
        typer.Argument(metavar="URL", help=N_("New proxies, like socks5://user:password@host:1080; - reads them")),
    ] = None,
    line: Line = "",
    *,
    off: Annotated[bool, typer.Option("--off", help=N_("Use no proxies any more"))] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Test a channel's proxies, or replace them."""
    from chatapp_cli.commands import proxying

    with opened(ctx) as company:
        options = proxying.ProxyOptions(urls=urls or [], off=off, force=force)
        code = proxying.settle(company, channel, line, options, as_json=as_json)
    raise typer.Exit(code)


@app.command(cls=Verb)
def channels(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help=N_("Only this one, by name or number"), autocompletion=completing(kind_names)
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """List every kind of channel and what it can do."""
    from chatapp_cli.commands import kinds

    kinds.listing(kind, as_json=as_json)
