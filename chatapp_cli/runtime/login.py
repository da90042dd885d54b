"""Log operators in, and change their passwords."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import LOGIN, Right
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.ports.bind import Asker
from chatapp_cli.ports.login import LoginWay
from chatapp_cli.services import access, login_attempts, login_identities, operators, passwords
from chatapp_cli.store.tx import Tx


def accounts(company: Company) -> Sequence[operators.OperatorAccount]:
    """All accounts for those who may change them; otherwise one's own."""
    every = company.whole.read(operators.accounts)
    if company.read(lambda tx: access.has(tx, Right.USERS)):
        return every
    return [one for one in every if one.who.name == company.acting_name]


def log_in(company: Company, name: str, password: str, *, browser: str | None = None) -> str:
    """Open a session and return its token; ``browser`` is the address of one. Raises Refused, TooManyAttempts.

    Hashing takes a tenth of a second, outside writing transactions.
    """
    whole, address = company.seen_by(LOGIN), browser or ""
    if whole.read(operators.everything):  # without accounts nobody can guess, and a refusal makes no store
        whole.write(partial(login_attempts.begin, name=name, address=address))
    who = whole.read(partial(operators.verify, name=name, password=password))
    better = operators.renewed(who, password)
    token = company.world.chance.key()

    def enter(tx: Tx) -> None:
        login_attempts.succeeded(tx, name, address)
        if better:
            operators.rehash(tx, who.name, better)
        operators.open_session(tx, who.name, token, browser=browser is not None)

    whole.write(enter)
    return token


async def log_in_by(company: Company, way: LoginWay, ask: Asker) -> str:
    """Open a session for whoever proves by a provider that they are an operator, and return its token.

    Raises Refused, TooManyAttempts and what the way raises.
    """
    whole, counted = company.seen_by(LOGIN), way.counted
    if not await asyncio.to_thread(whole.read, operators.everything):
        raise Refused(
            "no_accounts",
            T("Nobody has an account at this desk yet."),
            T("Its owner makes one: {how}", how=to_do(Next.ADD_OPERATOR)),
        )
    await asyncio.to_thread(whole.write, partial(login_attempts.begin_by, way=counted))
    identity = await way.prove(ask)
    token = company.world.chance.key()

    def enter(tx: Tx) -> None:
        who = login_identities.operator_of(tx, identity)
        login_attempts.succeeded_by(tx, counted)
        operators.open_session(tx, who.name, token, way=identity.way)

    await asyncio.to_thread(whole.write, enter)
    return token


def new_password(company: Company, name: str, password: str) -> None:
    """Set an operator's password."""
    kept = hashed(company, name, password)
    company.whole.write(partial(operators.set_password, name=name, password_hash=kept))


def hashed(company: Company, name: str, password: str) -> str:
    """The hash of an operator's new password. Raises UsageError if it is too short or easily guessed."""
    known = company.whole.read(lambda tx: company.options.text(tx, "company_name"))
    return passwords.hashed(password, (name, known, company.settings.company))
