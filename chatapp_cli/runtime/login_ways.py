"""The ways of logging in other than a password: by a CRM whose users we know (S-024)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import LOGIN, Right
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.form import Field, Form
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.domain.text import T
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.crm import VouchesForUsers
from chatapp_cli.runtime import asking_crm
from chatapp_cli.runtime.asking_crm import explained
from chatapp_cli.runtime.memory import bound_link
from chatapp_cli.services import links
from chatapp_cli.store.rows.crm import LinkRow
from chatapp_cli.store.tx import Tx

AMO = "amocrm"
"""The kind of CRM of ``login --amo``."""


@dataclass(frozen=True, slots=True)
class CrmLogin:
    """Signing in at the account of a link."""

    crm: VouchesForUsers
    kind: str
    bound: Bound

    @property
    def counted(self) -> str:
        """The kind of CRM and the account."""
        return f"{self.kind} {self.bound.account}"

    async def prove(self, ask: Asker) -> LoginIdentity:
        """Have the person sign in there."""
        with explained(manifest(self.kind)):
            return await self.crm.identify(self.bound, ask)


def offered(tx: Tx) -> list[LinkRow]:
    """The links by which one may log in."""
    return [row for row in links.everything(tx) if manifest(row.kind).vouches_by(row.settings)]


async def by_crm(company: Company, kind: str, said: str) -> CrmLogin:
    """Logging in by the account that a person named. Raises UsageError for another host, and Refused."""
    company = company.seen_by(LOGIN)
    crm = await _voucher(company, kind)
    account = crm.account_of(said)
    for row in await asyncio.to_thread(company.read, links.everything):
        if row.kind == kind:
            bound = await asyncio.to_thread(bound_link, company, row)
            if await crm.has_account(bound, account):
                return CrmLogin(crm, kind, bound)
    raise Refused(
        "not_linked",
        T("This desk is not linked to {account}.", account=account),
        T("Log in with your password. The owner can link that account."),
    )


async def asked(company: Company, kind: str, ask: Asker) -> CrmLogin:
    """Logging in by the account that a person is asked for, until it is one. Raises what the asker raises."""
    field = Field(name="account", label=T("Address of the account"), hint=T("Like company.amocrm.ru."))
    form = Form(title=T("Logging in through {title}", title=manifest(kind).title), fields=(field,))
    while True:
        said = (await ask.form(form)).get(field.name, "")
        try:
            return await by_crm(company, kind, said)
        except (UsageError, Refused) as wrong:
            step = {} if wrong.next_step is None else {"": wrong.next_step}
            form = replace(form, values={field.name: said}, errors={field.name: wrong.what, **step})


async def identity_in(company: Company, row: LinkRow, person: str) -> LoginIdentity:
    """A user of a link's account by their number there. Raises NotFound for one that is not there, or left."""
    await asyncio.to_thread(company.require, Right.USERS)
    crm = await _voucher(company, row.kind)
    bound = await asyncio.to_thread(bound_link, company, row)
    with explained(manifest(row.kind), row.id):
        realm = await crm.realm(bound)
    found = await asking_crm.asked(company, row, CrmQuestion.EMPLOYEES)
    one = next((one for one in found if one.id == person), None)
    if one is None:
        raise NotFound(T("There is no employee {n} in {crm}.", n=person, crm=row.title))
    return LoginIdentity(way=row.kind, realm=realm, person=one.id, name=one.name)


async def _voucher(company: Company, kind: str) -> VouchesForUsers:
    crm = await asyncio.to_thread(company.crm, kind)
    if not isinstance(crm, VouchesForUsers):
        raise Refused("vouches_not", T("Nobody can log in through {title}.", title=manifest(kind).title))
    return crm
