"""``chatapp crm``: links to CRMs, the channels paired with them, and what they are owed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Channel, Force, Json, Line, Verb, completing, opened
from chatapp_cli.commands.crm_names import Link, OneLink
from chatapp_cli.commands.crm_own import app
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.line import Answers, Set
from chatapp_cli.commands.served import note_if_unserved, note_if_untold
from chatapp_cli.documents import crm as documents
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import crm_put_off, link_access, links, pairings, words

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.services.link_access import LinkAccess
    from chatapp_cli.store.rows.crm import CrmPutOffRow, LinkRow, PairingRow
    from chatapp_cli.store.tx import Tx

_EXIT: Mapping[str, int] = {LinkState.OK: 0, LinkState.LIMITED: 3}
_NEEDS_A_PERSON = 4


def _crm_kinds(company: Company) -> list[str]:
    from chatapp_cli.kit.crms import packages

    del company
    return list(packages())


Kind = Annotated[str, typer.Argument(metavar="KIND", help=N_("Kind of CRM"), autocompletion=completing(_crm_kinds))]


@app.command(cls=Verb)
def link(
    ctx: typer.Context,
    kind: Kind = "",
    given: Set = None,
    answers: Answers = "",
    *,
    renew: Annotated[str, typer.Option("--renew", metavar="LINK", help=N_("The link to renew"))] = "",
) -> None:
    """Link a CRM, or renew a link. The daemon has to run: the CRM calls it. Steps: docs/crm/KIND.md."""
    from chatapp_cli.commands import linking

    with opened(ctx) as company:
        row = linking.link(company, kind, renew=renew, given=given or [], answers=answers)
        typer.echo(row.id)
        linking.say_linked(row)
        linking.say_lacks(company, row)
        note_if_unserved(company)


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the links and how they are. The exit code is 3 if one waits, 4 if one needs a person."""
    from chatapp_cli.commands import linking

    with opened(ctx) as company:
        rows, paired = company.read(lambda tx: (links.everything(tx), pairings.everything(tx)))
        access = company.read(lambda tx: [link_access.of(tx, row.id) for row in rows])
        if as_json:
            found = zip(rows, access, strict=True)
            printing.document(
                [{**documents.link(row, _of(row, paired)), **documents.access(one)} for row, one in found]
            )
        else:
            _print_links(rows, paired)
            for row, one in zip(rows, access, strict=True):
                linking.say_lacking(row, one)
            if rows:
                note_if_untold(company)
    waits = any(one.held is not None for one in paired)
    raise typer.Exit(
        max((_EXIT.get(row.state, _NEEDS_A_PERSON) for row in rows), default=0) if not waits else _NEEDS_A_PERSON
    )


def _of(row: LinkRow, paired: Sequence[PairingRow]) -> list[PairingRow]:
    return [one for one in paired if one.link_id == row.id and one.active]


def _print_links(rows: Sequence[LinkRow], paired: Sequence[PairingRow]) -> None:
    columns = (
        *(_("No."), _("CRM"), _("Kind"), _("State"), _("Channels"), _("Waiting"), _("Oldest"), _("Refused")),
        *(_("Put off"), _("Put off since")),
    )
    printing.records(columns, [_columns(row, len(_of(row, paired))) for row in rows])
    for row in rows:
        _say_trouble(row)
        _say_refused(row, [one for one in _of(row, paired) if one.held is not None])
    if not rows:
        note("No CRM is linked yet. Link one: chatapp crm link KIND")


def _columns(row: LinkRow, channels: int) -> tuple[object, ...]:
    from chatapp_cli.kit.crms import manifest

    kind, state = show(manifest(row.kind).title), show(words.standing(row))
    owed = row.waiting, printing.moment(row.oldest), row.dead
    return row.id, row.title, kind, state, channels, *owed, row.put_off, printing.moment(row.put_off_since)


def _say_trouble(row: LinkRow) -> None:
    from chatapp_cli.kit.crms import manifest

    if row.state != LinkState.OK and row.code:
        what, step = words.why_there(manifest(row.kind), row.id, row.code, row.detail)
        say(T("{title}: {what}", title=row.title, what=what), step)
    if row.ending is not None:
        what = T(
            "{title}: its removal began at {moment} and is not over yet.",
            title=row.title,
            moment=printing.moment(row.ending_since),
        )
        say(what, T("A daemon carries on by itself; here it goes on with: {how}", how=to_do(Next.UNLINK, link=row.id)))
    elif row.gap is not None:
        start, end = row.gap
        say(
            T(
                "{title}: what was written there from {start} until {end} is being looked for.",
                title=row.title,
                start=printing.moment(start),
                end=printing.moment(end),
            )
        )


@app.command("show", cls=Verb)
def show_(ctx: typer.Context, link: OneLink = "", as_json: Json = False) -> None:
    """Show a link with the channels that are paired."""
    from chatapp_cli.commands import linking

    with opened(ctx) as company:
        row, paired, put_off = company.read(lambda tx: _with_pairings(tx, link))
        access = company.read(lambda tx: link_access.of(tx, row.id))
        if as_json:
            events = {"events": [documents.put_off(one) for one in put_off]}
            printing.document({**documents.link(row, paired), **documents.access(access), **events})
        else:
            _print_link(row, paired, put_off, access)
            linking.say_lacking(row, access)
            linking.say_strangers(company, row)


def _print_link(
    row: LinkRow, paired: Sequence[PairingRow], put_off: Sequence[CrmPutOffRow], access: LinkAccess
) -> None:
    from chatapp_cli.kit.crms import manifest

    way = manifest(row.kind).one_way_of(row.settings)
    printing.facts(
        {
            _("CRM"): f"{row.title} ({row.kind}, {row.id})",
            **({_("Way"): show(way.label)} if way else {}),
            _("State"): show(words.standing(row)),
            _("Since"): printing.moment(row.state_since),
            _("Tries again"): printing.moment(row.look_at),
            _("Last sign of life"): printing.moment(row.proof_at),
            **({} if access.until is None else {_("Access until"): printing.moment(access.until)}),
            _("Waiting"): row.waiting,
            _("Refused"): row.dead,
            _("Put off"): row.put_off,
            **{_(name): value for name, value in row.facts.items() if value != row.title},
        }
    )
    _print_pairings(row, paired)
    if put_off:
        typer.echo(_("Events of the CRM that could not be used yet, and are tried again:"))
    for one in put_off:
        typer.echo(f"  {printing.one_line(show(crm_put_off.sentence(one)))}")
    _say_trouble(row)


def _with_pairings(tx: Tx, named: str) -> tuple[LinkRow, list[PairingRow], list[CrmPutOffRow]]:
    row = links.find(tx, named)
    paired = [one for one in pairings.everything(tx) if one.link_id == row.id]
    return row, paired, crm_put_off.oldest(tx, row.id) if row.put_off else []


def _print_pairings(row: LinkRow, paired: Sequence[PairingRow]) -> None:
    from chatapp_cli.kit.crms import manifest

    about = manifest(row.kind)
    columns = (_("No."), _("Line"), _("Channel"), _("Place"), _("New clients become"), _("State"), _("Options"))
    printing.records(columns, [_pairing(one, about) for one in paired])
    _say_refused(row, [one for one in paired if one.code])


def _say_refused(row: LinkRow, paired: Sequence[PairingRow]) -> None:
    from chatapp_cli.kit.crms import manifest

    for one in paired:
        what, step = words.why_refused(manifest(row.kind), one)
        say(T("{title}: {what}", title=one.channel, what=what), step)


def _pairing(one: PairingRow, about: CrmManifest) -> tuple[object, ...]:
    from chatapp_cli.commands import linking

    state = _("refused") if one.held is None else _("waits")
    if not one.active or not one.code:
        state = _("paired") if one.active else _("not paired")
    where, cards = f"{one.place_name} ({one.place})", show(words.cards_made(one))
    return one.id, one.line, one.channel, where, cards, state, linking.changed(about, one)


@app.command(cls=Verb)
def places(
    ctx: typer.Context,
    link: OneLink = "",
    *,
    mend: Annotated[
        str,
        typer.Option("--mend", metavar="PLACE", help=N_("Change the settings of this place that make trouble")),
    ] = "",
    as_json: Json = False,
) -> None:
    """Ask the CRM for the places that channels can be paired with."""
    from chatapp_cli.commands import linking, mending

    with opened(ctx) as company:
        if mend:
            mending.mend(company, mend, company.read(lambda tx: links.find(tx, link)))
            return
        row, found = linking.asked(company, link, CrmQuestion.PLACES)
    if as_json:
        printing.document([documents.place(one) for one in found])
        return
    printing.records(
        (_("No."), _("Name"), _("State"), _("New clients become")),
        [(one.id, one.name, _("on") if one.active else _("off"), show(words.cards_made(one))) for one in found],
    )
    mending.say_warnings(row, found)
    mending.say_how(row, found)


@app.command(cls=Verb)
def attach(
    ctx: typer.Context,
    channel: Channel,
    place: Annotated[str, typer.Argument(metavar="PLACE", help=N_("Place in the CRM by number or name"))],
    line: Line = "",
    link: Link = "",
    given: Set = None,
    *,
    mend: Annotated[
        bool, typer.Option("--mend", help=N_("Change the settings of the place that make trouble, before it is paired"))
    ] = False,
) -> None:
    """Pair a channel with a place of the CRM; new messages go there from now on."""
    from chatapp_cli.commands import linking
    from chatapp_cli.commands.binding import found, gathered

    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        made = linking.attach(company, row, found(company, channel, line), place, gathered(given or [], ""), mend=mend)
        typer.echo(made.id)
        note("{title} is paired with {place}.", title=made.channel, place=made.place_name)


@app.command(cls=Verb)
def configure(
    ctx: typer.Context, channel: Channel, line: Line = "", link: Link = "", given: Set = None, as_json: Json = False
) -> None:
    """Show or change the options of a pairing."""
    from chatapp_cli.commands import linking
    from chatapp_cli.commands.binding import found, gathered
    from chatapp_cli.kit.crms import manifest

    with opened(ctx) as company:
        row = linking.paired(company, link, found(company, channel, line))
        changes = gathered(given or [], "")
        if changes:
            linking.configure(company, row, changes)
            note("{title} is configured.", title=row.channel)
        elif as_json:
            kind = company.read(lambda tx: links.one(tx, row.link_id)).kind
            printing.document(documents.pairing(row, manifest(kind)))
        else:
            printing.facts(linking.options(company, row))


@app.command(cls=Verb)
def detach(ctx: typer.Context, channel: Channel, line: Line = "", link: Link = "") -> None:
    """End a pairing; what was mirrored stays in both."""
    from chatapp_cli.commands import linking
    from chatapp_cli.commands.binding import found

    with opened(ctx) as company:
        row = linking.paired(company, link, found(company, channel, line))
        company.write(lambda tx: pairings.detach(tx, row))
    note("{title} is no longer paired with {place}.", title=row.channel, place=row.place_name)


@app.command(cls=Verb)
def check(ctx: typer.Context, link: OneLink = "", as_json: Json = False) -> None:
    """Check a link without changing anything in the CRM."""
    from chatapp_cli.commands import linking
    from chatapp_cli.commands.binding import print_findings
    from chatapp_cli.documents import channels

    with opened(ctx) as company:
        findings = linking.checked(company, link)
    if as_json:
        printing.document([channels.finding(one) for one in findings])
    else:
        print_findings(findings)
    raise typer.Exit(0 if all(one.ok for one in findings) else 1)


@app.command(cls=Verb)
def resume(ctx: typer.Context, link: OneLink = "") -> None:
    """Have a link tried again now."""
    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        company.write(lambda tx: links.resume(tx, row.id))
        note("{title} is tried again now, if the daemon runs.", title=row.title)
        note_if_unserved(company)


@app.command(cls=Verb)
def catchup(ctx: typer.Context, link: OneLink = "") -> None:
    """Look now for what was written in the CRM and did not reach us."""
    from chatapp_cli.kit.crms import manifest

    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        links.require_called(manifest(row.kind), row)
        company.write(lambda tx: links.ask_catch_up(tx, row.id))
        note("{title} is asked now, if the daemon runs. See what came: chatapp tail", title=row.title)
        note_if_unserved(company)


@app.command(cls=Verb)
def unlink(ctx: typer.Context, link: OneLink = "", force: Force = False) -> None:
    """Remove a link with its rules and the logins by it; dialogs and messages stay."""
    from chatapp_cli.commands import linking
    from chatapp_cli.kit.crms import manifest

    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        left = linking.unlink(company, row, force=force)
    if left is not None:
        note("What the link made there could not be taken away: {why}", why=show(left.what))
    step = show(manifest(row.kind).leave_of(row.settings))
    note("{title} is not linked any more. {step}", title=row.title, step=step)


from chatapp_cli.commands import (  # noqa: E402 - they register their verbs, behind these
    crm_cards,  # noqa: F401
    crm_fields,  # noqa: F401
    crm_history,  # noqa: F401
    crm_outbox,  # noqa: F401
    crm_robots,  # noqa: F401
    crm_rules,  # noqa: F401
    crm_users,  # noqa: F401
)
