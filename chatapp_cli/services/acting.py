"""Decides who acts, and what they may see (S-128)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain.access import Acting, Right, system
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, operators
from chatapp_cli.store.rows.operators import OperatorRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import LineId
    from chatapp_cli.store.visibility import Visibility


def visibility(acting: Acting, dialect: str) -> Visibility | None:
    """What an operator sees of the store; ``None`` if they see everything."""
    if not acting.account and acting.lines is None:
        return None
    from chatapp_cli.store.visibility import Visibility

    reader = acting.name if acting.account else ""
    return Visibility(dialect, lines=acting.lines, reader=reader, only_own=acting.only_own)


def who_acts(
    tx: Tx,
    *,
    token: str,
    owner: bool,
    name: str,
    owner_names: frozenset[str] = frozenset(),
    restricted: bool = False,
) -> Acting:
    """Who acts: the operator of a token, otherwise the owner under a name.

    In a restricted window the owner's system user only carries the operator of that name, who never acts as the owner.
    Raises Refused for an expired token, for anybody else without one, and for a restricted window without an account.
    """
    if token:
        who = operators.of_session(tx, token)
        if who is None:
            raise Refused("login_over", T("You are logged out."), T("Log in: {how}", how=to_do(Next.LOGIN)))
        return _with_account(tx, who, owner=False)._replace(owner_names=owner_names)
    if not owner:
        raise Refused("login_wanted", T("Nobody is logged in."), T("Log in: {how}", how=to_do(Next.LOGIN)))
    if restricted:
        return _with_account(tx, account_of(tx, name), owner=False)._replace(owner_names=owner_names)
    account = operators.known(tx, name)
    if account is None or account.disabled:
        return Acting(name, owner=True)
    return _with_account(tx, account, owner=True)


def account_of(tx: Tx, name: str) -> OperatorRow:
    """The account for which a restricted window opens. Raises Refused if there is none, or it is disabled."""
    account = operators.known(tx, name)
    if account is None:
        raise Refused(
            "account_wanted",
            T("A restricted window needs an account, and {name} has none.", name=name),
            T("The administrator of this desk adds it: {how}", how=to_do(Next.ADD_OPERATOR)),
        )
    if account.disabled:
        raise Refused(
            "account_over",
            T("The account {name} is disabled or removed.", name=name),
            T("Ask the administrator of this desk: {how}", how=to_do(Next.SUPPORT)),
        )
    return account


def _with_account(tx: Tx, who: OperatorRow, *, owner: bool) -> Acting:
    seen = operators.lines(tx, who)
    lines = None if seen is None else tuple(line.id for line in seen)
    return Acting(who.name, account=True, lines=lines, owner=owner, only_own=bool(who.only_own))


def in_name_of(tx: Tx, name: str, *rights: Right) -> Tx:
    """The transaction in which the program goes on with what somebody began, with these rights.

    It sees the whole store; but only what they see, if that is now only their own dialogs.
    """
    who, account = system(name, *rights), operators.known(tx.whole(), name)
    if account is None or not account.only_own:
        return tx.whole().by(who)
    seen = _with_account(tx.whole(), account, owner=False)
    return tx.through(visibility(seen, tx.dialect), who._replace(only_own=True))


def in_line(tx: Tx, line: LineId | None) -> Tx:
    """The same transaction and actor, who sees of one line only; ``None``: what they saw before."""
    if line is None:
        return tx
    who = access.acting(tx)._replace(lines=(line,))
    return tx.through(visibility(who, tx.dialect), who)
