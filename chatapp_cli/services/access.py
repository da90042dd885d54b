"""Rights checks, made in the transaction that uses the right, so that a withdrawal takes effect at once."""

from __future__ import annotations

from chatapp_cli.domain.access import RIGHTS, ROLES, Acting, Right, Role, rights_from
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.store.rows.operators import HeldRow
from chatapp_cli.store.tx import Tx


class NobodyActs(RuntimeError):
    """A bug of ours: a right is required in a transaction without an acting operator."""


def require(tx: Tx, right: Right) -> None:
    """Require a right of the acting operator. Raises Refused, and NobodyActs if nobody acts."""
    if not has(tx, right):
        raise _refused(tx, acting(tx), right)


def has(tx: Tx, right: Right) -> bool:
    """Whether whoever acts has a right. Raises NobodyActs."""
    return right in rights(tx)


def rights(tx: Tx) -> frozenset[Right]:
    """The current rights of whoever acts, an operator or a part of the program. Raises NobodyActs."""
    who = acting(tx)
    if who.system is not None:
        return who.system
    if who.owner:
        return ROLES[Role.OWNER]
    return of_account(tx, who.name) if who.account else frozenset()


def acting(tx: Tx) -> Acting:
    """Whoever acts, an operator or a part of the program. Raises NobodyActs."""
    if tx.acting is None:
        raise NobodyActs("this transaction does not say who acts: open the store with Company.seen_by")
    return tx.acting


def of_account(tx: Tx, name: str) -> frozenset[Right]:
    """The rights of an account: those of its role and those granted; none while it is disabled."""
    row = tx.one(HeldRow, "operators.rights", name=name)
    return frozenset() if row is None else of_role(row.role) | rights_from(row.rights)


def of_role(role: str) -> frozenset[Right]:
    """The rights of a role; an unknown role has none."""
    return ROLES[Role(role)] if role in set(Role) else frozenset()


def _refused(tx: Tx, who: Acting, right: Right) -> Refused:
    if not who.name:
        return Refused("login_wanted", T("Nobody is logged in."), T("Log in: {how}", how=to_do(Next.LOGIN)))
    if who.account and tx.one(HeldRow, "operators.rights", name=who.name) is None:
        return Refused(
            "account_over",
            T("The account {name} is disabled or removed.", name=who.name),
            T("Ask the administrator of this desk: {how}", how=to_do(Next.SUPPORT)),
        )
    step = T("Ask the owner to allow it: {how}", how=to_do(Next.ALLOW, name=who.name, right=right.value))
    return Refused("no_right", T("{name} may not {what}.", name=who.name, what=RIGHTS[right]), step)
