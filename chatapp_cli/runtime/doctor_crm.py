"""Diagnosis of the links to CRMs: why messages do not reach a CRM, or its answers do not come (S-197)."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import LinkId, Millis
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import doctor_address, link_figures, linking
from chatapp_cli.runtime.lease import HolderKind, current_holder
from chatapp_cli.runtime.link import public_url
from chatapp_cli.runtime.link_load import LinkLoad
from chatapp_cli.services import calendars, crm_people, crm_put_off, crm_rules, links, pairings, rule_troubles, words
from chatapp_cli.services.crm_rules import PipelineRule
from chatapp_cli.store.rows.crm import LinkRow, PairingRow

LONG: Final[Millis] = 10 * 60_000
"""Milliseconds after which something that waits to be told is late."""
SLOW: Final = 1.0
"""Seconds for an answer after which a CRM may slow its calls down (providers' sheet §1.6)."""
_SEVERAL: Final = 3
"""Of how many events that are put off it says why."""
_ECHO: Final = "echo"
_UNCALLED: Final = "uncalled"


def examine(company: Company, named: str = "") -> Iterator[Finding]:
    """Yield the findings about one link, or about all. Raises NotFound for an unknown one."""
    rows = [company.read(lambda tx: links.find(tx, named))] if named else company.read(links.everything)
    if not rows:
        yield Finding(name="crm", ok=True, what=T("No CRM is linked yet."))
        return
    yield _daemon(company)
    for row in rows:
        for one in asyncio.run(_link(company, row)):
            step = None if one.ok else one.next_step
            said = T("{title}: {said}", title=row.title, said=one.what)
            yield replace(one, name=f"{row.kind} {one.name}", what=said, next_step=step)


def _daemon(company: Company) -> Finding:
    held = current_holder(company)
    runs = held is not None and held.kind is not HolderKind.COMMAND
    what = (
        T("The daemon runs.")
        if runs
        else T("The daemon does not run: CRMs are told nothing, and what they tell is lost.")
    )
    step = None if runs else T("Start it: {how}", how=to_do(Next.SERVE))
    return Finding(name="daemon", ok=runs, what=what, next_step=step)


async def _link(company: Company, row: LinkRow) -> Sequence[Finding]:
    """Everything about one link; the CRM is asked once."""
    checked = await _checked(company, row)
    loads = await link_figures.loads(company)
    proved = any(one.name == _ECHO and one.ok for one in checked)
    address = await asyncio.to_thread(company.read, partial(public_url, company=company))
    now = company.world.clock.now()
    called = all(one.name != _UNCALLED for one in checked)
    beside = _is_here(row.account)
    seen = await doctor_address.look(address, now, beside=beside, proved=proved) if called else ()
    rows = await asyncio.to_thread(company.read, partial(pairings.of_link, link=row.id))
    folder = company.settings.folder / calendars.FOLDER
    rules = await asyncio.to_thread(company.read, partial(crm_rules.everything, link=row.id, folder=folder))
    about = manifest(row.kind)
    troubles = await asyncio.to_thread(company.read, lambda tx: list(crm_people.troubles(tx, about, row)))
    return [
        *_state(row),
        *checked,
        *seen,
        *_pairings(row, rows, some=company.acting is not None and company.acting.lines is not None),
        *_rules(row.id, rules),
        *_people(troubles),
        *_owed(row, now),
        *await asyncio.to_thread(_put_off, company, row),
        *_load(row, None if loads is None else loads.get(row.id)),
    ]


async def _checked(company: Company, row: LinkRow) -> Sequence[Finding]:
    try:
        return await linking.check(company, row)
    except ChatappError as error:
        return [Finding(name="check", ok=False, what=error.what, next_step=error.next_step)]


def _is_here(account: str) -> bool:
    """Whether a CRM is reached by an address of this machine alone."""
    host = urlsplit(f"//{account}").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _state(row: LinkRow) -> Iterator[Finding]:
    said = T("The link {state}.", state=words.standing(row))
    if row.ending is not None:
        carry_on = T("Have it removed now: {how}", how=to_do(Next.UNLINK, link=row.id))
        yield Finding(name="state", ok=False, what=said, next_step=carry_on)
    elif row.state == LinkState.OK:
        yield Finding(name="state", ok=True, what=said)
    else:
        what, step = words.why_there(manifest(row.kind), row.id, row.code, row.detail) if row.code else (said, None)
        yield Finding(name="state", ok=False, what=what, next_step=step)
    if row.gap is not None:
        start, end = row.gap
        yield Finding(
            name="gap",
            ok=False,
            what=T(
                "What was written there from {start} until {end} is being looked for.",
                start=written(start),
                end=written(end),
            ),
            next_step=T("It is found once the link works; look now by: {how}", how=to_do(Next.CATCH_UP, link=row.id)),
        )


def _pairings(row: LinkRow, paired: Sequence[PairingRow], *, some: bool) -> Iterator[Finding]:
    """What is paired; ``some``: only some lines are seen, so that channels of others may be paired."""
    step = T("Pair it: {how}", how=to_do(Next.PAIR, link=row.id))
    if not paired and some:
        yield Finding(name="pairings", ok=True, what=T("No channel of your lines is paired."))
    elif not paired:
        yield Finding(name="pairings", ok=False, what=T("No channel is paired: nothing is told."), next_step=step)
    for one in paired:
        if one.code:
            what, after = words.why_refused(manifest(row.kind), one)
            yield Finding(
                name="pairings",
                ok=False,
                what=T("{title}: {said}", title=one.channel, said=what),
                next_step=after or step,
            )
    if paired and not any(one.code for one in paired):
        names = ", ".join(f"{one.channel} ({one.place_name})" for one in paired)
        yield Finding(name="pairings", ok=True, what=T("Paired: {names}", names=names))


def _rules(link: LinkId, rules: Sequence[PipelineRule]) -> Iterator[Finding]:
    """The rules that are passed over, and those of which the CRM has something no longer."""
    for one in rules:
        if one.problem is not None:
            what = T("Rule {name} is passed over: {what}", name=one.name, what=one.problem.what)
            yield Finding(name="rules", ok=False, what=what, next_step=one.problem.next_step)
        if one.trouble is not None:
            what = T("Rule {name}: {what}", name=one.name, what=one.trouble)
            yield Finding(name="rules", ok=False, what=what, next_step=rule_troubles.how_to_mend(link))


def _people(troubles: Sequence[tuple[Text, Text]]) -> Iterator[Finding]:
    """Whom synchronising of who is responsible passes over."""
    for what, step in troubles:
        yield Finding(name="users", ok=False, what=what, next_step=step)


def _owed(row: LinkRow, now: Millis) -> Iterator[Finding]:
    """What waits, since when, and what was refused."""
    late = row.oldest is not None and now - row.oldest > LONG
    what = T("Everything has been told.")
    if row.oldest is not None:
        what = T("Waiting to be told: {n}, the oldest since {moment}.", n=row.waiting, moment=written(row.oldest))
    yield Finding(name="outbox", ok=not late, what=what, next_step=T("Look: {how}", how=to_do(Next.LEDGER)))
    if row.refused:
        yield Finding(
            name="outbox",
            ok=False,
            what=T("Refused there, for a person to decide: {n}.", n=row.refused),
            next_step=T("Look: {how}", how=to_do(Next.LEDGER)),
        )
    if row.letters:
        yield Finding(
            name="deadletter",
            ok=False,
            what=T("Events of the CRM that could not be used: {n}.", n=row.letters),
            next_step=T("Look: {how}", how=to_do(Next.CRM_DEAD_LETTERS)),
        )


def _put_off(company: Company, row: LinkRow) -> Sequence[Finding]:
    """The events that could not be used yet, the oldest first."""
    if not row.put_off or row.put_off_since is None:
        return ()
    known = {"n": row.put_off, "moment": written(row.put_off_since)}
    what = T("Events of the CRM that could not be used yet: {n}, the oldest of {moment}.", **known)
    step = T("They are tried again by themselves; look when: {how}", how=to_do(Next.LINKS, link=row.id))
    found = company.read(partial(crm_put_off.oldest, link=row.id, n=_SEVERAL))
    late = company.world.clock.now() - row.put_off_since > LONG
    shown = (Finding(name="putoff", ok=True, what=crm_put_off.sentence(one)) for one in found)
    return [Finding(name="putoff", ok=not late, what=what, next_step=step), *shown]


def _load(row: LinkRow, load: LinkLoad | None) -> Iterator[Finding]:
    """What only the running daemon knows."""
    if load is None:
        yield Finding(
            name="load",
            ok=True,
            what=T("How often the CRM is called, and how fast it is answered, only a daemon knows that listens at the"
                   " port of the settings."),
        )  # fmt: skip
        return
    most = manifest(row.kind).calls_per_hour
    what = T("Calls to the CRM in the last hour: {n}.", n=load.calls)
    if most:
        what = T("Calls to the CRM in the last hour: {n}; {most} are safe.", n=load.calls, most=most)
    yield Finding(
        name="calls",
        ok=not most or load.calls <= most,
        what=what,
        next_step=T("Look what is told so often: {how}. A CRM may block what asks too much.", how=to_do(Next.LEDGER)),
    )
    what = T("The CRM has not called since the daemon started.")
    if load.answered:
        ms = round(load.slowest * 1000)
        what = T("Its last {n} calls were answered within {ms} ms, but for one in a hundred.", n=load.answered, ms=ms)
    yield Finding(
        name="answers",
        ok=load.slowest <= SLOW,
        what=what,
        next_step=T("Look what else this machine and its disk do: a CRM calls slow handlers late. {how}",
                    how=to_do(Next.DOCTOR)),
    )  # fmt: skip
