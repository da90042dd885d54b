"""Linking a CRM and asking it, for ``chatapp crm``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands import asking, mending
from chatapp_cli.commands.binding import asker, gathered
from chatapp_cli.commands.errors import note, say
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.crm_manifest import CrmManifest
from chatapp_cli.domain.errors import ChatappError, NotFound, UsageError
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.crms import manifest, packages, require_address
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import asking_crm, linking
from chatapp_cli.runtime.link import public_url
from chatapp_cli.services import crm_owners, crm_people, links, pairings, words
from chatapp_cli.services import employees as staff
from chatapp_cli.services.crm_people import PersonThere
from chatapp_cli.services.link_access import LinkAccess
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import LinkRow, PairingRow

_SOON = 5.0
"""Seconds that a person waits for names that are only nicer than numbers."""


def link(company: Company, kind: str, *, renew: str, given: Sequence[str], answers: str) -> LinkRow:
    """Link a CRM, or renew the named link. Raises what ``kind_of`` raises."""
    company.require(Right.CRM)
    previous = company.read(lambda tx: links.find(tx, renew)) if renew else None
    if previous is not None and kind not in {"", previous.kind}:
        what = T("{title} is a link to {kind}.", title=previous.title, kind=previous.kind)
        raise UsageError(what, T("Renew it: {how}", how=to_do(Next.LINK_AGAIN, link=previous.id)), field="kind")
    kind = kind_of(kind if previous is None else previous.kind, list(packages()))
    known = {field.name for field in manifest(kind).fields}
    said = gathered(given, answers)
    _require_reached(company, manifest(kind), said, {} if previous is None else previous.settings)
    ask = asker(said, known=known)
    made = asyncio.run(linking.link(company, ask, kind=kind, previous=previous))
    return company.read(lambda tx: links.one(tx, made))


def _require_reached(company: Company, about: CrmManifest, said: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Raise UsageError for answers to a way of linking that needs a public address, if that is not known."""
    way = about.one_way
    if way is None or company.read(partial(public_url, company=company)):
        return
    chosen = {said.get(way.field) or before.get(way.field)}
    meant = {field.when.get(way.field) for field in about.fields if field.name in said} if chosen == {None} else chosen
    known = {choice.value for field in about.fields if field.name == way.field for choice in field.choices}
    if meant & known - {way.answer}:
        require_address("")


def kind_of(named: str, known: Sequence[str]) -> str:
    """The kind of CRM that a person named; without a name the only one.

    Raises NotFound for an unknown one, and UsageError without a name if there are several.
    """
    kinds = T("Known kinds: {known}", known=", ".join(known))
    if not named and len(known) != 1:
        how = T("Name one of {known}: {how}", known=", ".join(known), how=to_do(Next.LINK))
        raise UsageError(T("Say which kind of CRM."), how, field="kind")
    if named and named not in known:
        raise NotFound(T("There is no kind of CRM {kind}.", kind=named), kinds)
    return named or known[0]


def say_lacks(company: Company, row: LinkRow) -> None:
    """Say which rights a link lacks that was just made, if the CRM tells it by now."""
    for one in asyncio.run(linking.lacks(company, row)):
        say(one.what, one.next_step)


def say_linked(row: LinkRow) -> None:
    """Say how a link that was just made comes to work."""
    if row.state != LinkState.OK and manifest(row.kind).admits_of(row.settings):
        note("{title} works once the CRM has let us in. See: chatapp crm list", title=row.title)
    else:
        note("{title} is linked; messages go there while the daemon runs: chatapp serve", title=row.title)
        note("Now pair a channel with a place. See them: chatapp crm places {link}", link=row.id)


def say_lacking(row: LinkRow, access: LinkAccess) -> None:
    """Say what a link lacks, as its last session found it."""
    for one in access.lacks:
        say(T("{title}: {what}", title=row.title, what=one.what), one.next_step)


def asked(company: Company, named: str, what: CrmQuestion) -> tuple[LinkRow, Any]:
    """The link that a person named, and its CRM's answer to a question."""
    row = company.read(lambda tx: links.find(tx, named))
    return row, asyncio.run(asking_crm.asked(company, row, what))


def checked(company: Company, named: str) -> list[Finding]:
    """The findings about a link."""
    row = company.read(lambda tx: links.find(tx, named))
    return asyncio.run(linking.check(company, row))


def attach(
    company: Company, row: LinkRow, channel: ChannelRow, place: str, changes: Mapping[str, str], *, mend: bool
) -> PairingRow:
    """Pair a channel with a place, after its settings that make trouble were shown, and mended if a person wants."""
    found = asyncio.run(linking.place_of(company, row, place))
    mending.offer(company, row, found, wanted=mend)
    said = _understood(manifest(row.kind), changes)
    made = asyncio.run(linking.attach(company, row, channel, found, said))
    return company.read(lambda tx: pairings.one(tx, made))


def paired(company: Company, named: str, channel: ChannelRow) -> PairingRow:
    """The active pairing of a channel. Raises NotFound."""
    row = company.read(lambda tx: links.find(tx, named))
    found = company.read(lambda tx: pairings.of_channel(tx, row.id, channel.id))
    if found is None:
        raise NotFound(
            T("{channel} is not paired with {crm}.", channel=channel.title, crm=row.title),
            T("Pair it: {how}", how=to_do(Next.PAIR, link=row.id)),
        )
    return found


def configure(company: Company, row: PairingRow, changes: Mapping[str, str]) -> None:
    """Change options of a pairing."""
    about = manifest(company.read(lambda tx: links.one(tx, row.link_id)).kind)
    said = _understood(about, changes)
    company.write(partial(pairings.configure, manifest=about, row=row, changes=said))


def _understood(about: CrmManifest, changes: Mapping[str, str]) -> Mapping[str, str]:
    """Yes and no as options have them; everything else as it was said."""
    flags = {field.name for field in about.pairing_fields if field.kind == "flag"}
    return {name: asking.on_or_off(value) if name in flags else value for name, value in changes.items()}


def unlink(company: Company, row: LinkRow, *, force: bool) -> ChatappError | None:
    """Remove a link; returns why what it made in the CRM is still there, if so."""
    return asyncio.run(linking.unlink(company, row, force=force))


def changed(about: CrmManifest, row: PairingRow) -> str:
    """The options of a pairing that are not as usual."""
    usual = {field.name: field.default for field in about.pairing_fields}
    values = pairings.options(about, row)
    return ", ".join(f"{name}={value}" for name, value in values.items() if value != usual[name])


def options(company: Company, row: PairingRow) -> Mapping[str, str]:
    """The options of a pairing in words, the address that the CRM calls, and until when the line works."""
    link = company.read(lambda tx: links.one(tx, row.link_id))
    about, values = manifest(link.kind), pairings.options(manifest(link.kind), row)
    shown = {
        f"{field.name} ({show(field.label)})": _value(field, values[field.name])
        for field in pairings.fields_of(about, row.kind)
    }
    address = company.read(lambda tx: links.webhook(tx, link, about, public_url(tx, company=company)))
    return {**shown, _("Webhook"): address or "–", _("The line works until"): show(words.WORKS_UNTIL)}


def _value(field: Field, value: str) -> str:
    """A value as ``--set`` takes it, with its words, and the others that are possible."""
    if field.kind == "flag":
        return f"{value} ({show(field.shown(value))})"
    if not field.choices:
        return value
    possible = ", ".join(one.value for one in field.choices)
    return _("{value} ({words}); one of {possible}", value=value, words=show(field.shown(value)), possible=possible)


def say_strangers(company: Company, row: LinkRow) -> None:
    """Say who answers on one side and is nobody on the other, as far as pairings synchronise that."""
    about = manifest(row.kind)
    unknown = company.read(lambda tx: crm_owners.unknown_employees(tx, about, row.id))
    names = asyncio.run(_names(company, row)) if unknown else {}
    for what, step in company.read(lambda tx: list(crm_people.troubles(tx, about, row, names))):
        say(what, step)


async def _names(company: Company, row: LinkRow) -> Mapping[str, str]:
    """The names of those who work in the CRM, if it tells them soon."""
    try:
        async with asyncio.timeout(_SOON):
            found = await asking_crm.asked(company, row, CrmQuestion.EMPLOYEES)
    except (ChatappError, TimeoutError):
        return {}
    return {one.id: one.name for one in found}


def roster(company: Company, named: str) -> tuple[Sequence[PersonThere], Sequence[str]]:
    """Who works in the CRM and who is who, and the operators who are nobody there; takes in who has whose address."""
    row, found = asked(company, named, CrmQuestion.EMPLOYEES)
    company.write(partial(staff.recognise, link=row.id, found=found))
    rows = company.read(lambda tx: staff.said(tx, row.id))
    people = crm_people.roster(found, rows)
    return company.read(lambda tx: (crm_people.shown(tx, people), crm_people.without(tx, rows)))


def map_employee(company: Company, named: str, operator: str, employee: str) -> str:
    """Say which employee an operator is; returns the employee's name. Raises NotFound for an unknown one."""
    company.require(Right.CRM)
    row, found = asked(company, named, CrmQuestion.EMPLOYEES)
    one = _employee(row, found, employee)
    company.write(partial(staff.map_to, link=row.id, operator=operator, employee=one))
    return one.name


def _employee(row: LinkRow, found: Sequence[Employee], named: str) -> Employee:
    """An employee by number, address or name. Raises UsageError for what several have, NotFound for nobody's."""
    told = named.casefold()
    fitting = [one for one in found if one.id == named]
    fitting = fitting or [one for one in found if told in {one.email.casefold(), one.name.casefold()}]
    if not fitting:
        raise NotFound(
            T("There is no employee {n} in {crm}.", n=named, crm=row.title),
            T("See them with: {how}", how=f"chatapp crm users {row.id}"),
        )
    if len(fitting) > 1:
        numbers = ", ".join(one.id for one in fitting)
        raise UsageError(T("{name} is one of several: {numbers}", name=named, numbers=numbers), field="employee")
    return fitting[0]


def unmap(company: Company, named: str, operator: str) -> str:
    """Say that an operator is nobody in a CRM; returns its title. Raises NotFound for who is nobody there already."""
    company.require(Right.CRM)
    row = company.read(lambda tx: links.find(tx, named))
    if not any(one.operator == operator for one in company.read(lambda tx: staff.everything(tx, row.id))):
        raise NotFound(
            T("{name} is no employee of {crm}.", name=operator, crm=row.title),
            T("See them with: {how}", how=f"chatapp crm users {row.id}"),
        )
    company.write(partial(staff.map_to, link=row.id, operator=operator, employee=None))
    return row.title
