"""Which operators are which people at providers by which one can log in (S-024).

That is not the map of a CRM's employees: there whoever may link a CRM says in whose name messages are told, and a
login by it would let them become anybody.
"""

from __future__ import annotations

from chatapp_cli.domain import border
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.journal.operators import IdentityConnected, IdentityDisconnected
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, operators
from chatapp_cli.store.rows.operators import IdentityRow, OperatorRow
from chatapp_cli.store.tx import Tx


def of(tx: Tx, name: str) -> list[IdentityRow]:
    """Who an operator is elsewhere. Raises NotFound for a name without an account."""
    found = tx.all(IdentityRow, "identities.of_operator", operator=operators.find(tx, name).name)
    return sorted(found, key=lambda row: (row.way, row.realm))


def connect(tx: Tx, name: str, identity: LoginIdentity) -> None:
    """Let an operator log in as this person from now on, in place of another one of the same realm.

    Raises Refused for a person who is another operator already, and for an account with more rights than one's own.
    """
    access.require(tx, Right.USERS)
    operators.require_above(tx, name)
    person, shown = border.external_id(identity.person), border.name(identity.name)
    taken = tx.one(IdentityRow, "identities.find", way=identity.way, realm=identity.realm, person=person)
    if taken is not None and taken.operator != name:
        raise Refused(
            "identity_taken",
            T("{person} logs in as {name} already.", person=shown or person, name=taken.operator),
            T("Take that back first: {how}", how=to_do(Next.CONNECT, name=taken.operator, n=0)),
        )
    if taken is not None:
        return
    disconnect(tx, name, identity.way, identity.realm)
    way, realm = identity.way, identity.realm
    tx.run("identities.connect", operator=name, way=way, realm=realm, person=person, name=shown, now=tx.now)
    tx.emit(IdentityConnected(name=name, way=way, realm=realm, person=person))


def disconnect(tx: Tx, name: str, way: str, realm: str) -> None:
    """Let an operator log in by a realm no longer; they are logged out everywhere, since a login by it may be open."""
    access.require(tx, Right.USERS)
    operators.require_above(tx, name)
    if tx.run("identities.disconnect", operator=name, way=way, realm=realm):
        tx.run("operators.close_sessions", name=name)
        tx.emit(IdentityDisconnected(name=name, way=way, realm=realm))


def operator_of(tx: Tx, identity: LoginIdentity) -> OperatorRow:
    """The operator who somebody is. Raises Refused for a stranger and for a disabled account, never for the owner."""
    found = tx.one(IdentityRow, "identities.find", way=identity.way, realm=identity.realm, person=identity.person)
    account = None if found is None else operators.known(tx, found.operator)
    if account is None:
        raise Refused(
            "login_stranger",
            T("{person} (user {n}) is no operator of this desk.", person=identity.name, n=identity.person),
            T("The owner of the desk can connect them: {how}", how=to_do(Next.CONNECT, n=identity.person)),
        )
    if account.disabled:
        raise Refused(
            "account_over",
            T("The account {name} is disabled or removed.", name=account.name),
            T("Ask the administrator of this desk: {how}", how=to_do(Next.SUPPORT)),
        )
    return account
