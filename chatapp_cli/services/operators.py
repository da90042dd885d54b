"""Operators with accounts: who may log in, and which lines they see (S-128)."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import NamedTuple

from chatapp_cli.domain.access import Right, rights_from, rights_text
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.finding import by_name
from chatapp_cli.domain.ids import LineId, Millis
from chatapp_cli.domain.journal.operators import (
    EmailChanged,
    LoggedIn,
    LoggedOut,
    OperatorAdded,
    OperatorDisabled,
    OperatorEnabled,
    OperatorRemoved,
    PasswordChanged,
    RightsChanged,
    VisibleDialogsChanged,
    VisibleLinesChanged,
)
from chatapp_cli.domain.name import known_as, of_operator, skeleton
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.recipients import is_address
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, passwords
from chatapp_cli.store.rows.operators import OperatorRow, SeenLineRow
from chatapp_cli.store.tx import Tx

SESSION = 30 * 24 * 3_600_000
"""The lifetime of a login, in milliseconds."""


class OperatorAccount(NamedTuple):
    """An operator with the lines they see; ``None``: all, including future ones."""

    who: OperatorRow
    lines: Sequence[SeenLineRow] | None


def accounts(tx: Tx) -> list[OperatorAccount]:
    """All accounts with their lines, by name."""
    return [OperatorAccount(who, lines(tx, who)) for who in everything(tx)]


def everything(tx: Tx) -> list[OperatorRow]:
    """All accounts, by name."""
    return sorted(tx.all(OperatorRow, "operators.all"), key=lambda row: by_name(row.name))


def known(tx: Tx, name: str) -> OperatorRow | None:
    """An account; ``None`` if there is none."""
    return tx.one(OperatorRow, "operators.find", name=name)


def require_somebody(tx: Tx, name: str) -> None:
    """Raise NotFound, where there are accounts, for a name without one that is not the owner's."""
    if is_nobodys(tx, name):
        find(tx, name)


def is_nobodys(tx: Tx, name: str) -> bool:
    """Whether there are accounts, none of them has a name, and it is not the owner's: also one that was removed.

    Whoever signed something without an account is the owner; what was signed before an account was removed says nothing
    of that.
    """
    who = access.acting(tx)
    if not everything(tx) or known(tx, name) is not None or name == who.name or name in who.owner_names:
        return False
    removed = json.dumps({"name": name}, ensure_ascii=False)
    return bool(tx.whole().value("operators.last_signed", name=name, removed=removed) != name)


def is_nobody_yet(tx: Tx, name: str) -> bool:
    """Whether there are no accounts at all, and a name is not the owner's either."""
    return not everything(tx) and name != access.acting(tx).name and not _is_the_owners(tx, name)


def _is_the_owners(tx: Tx, name: str) -> bool:
    signed = tx.whole().value("operators.signed_before", name=name, until=tx.now + 1)
    return name in access.acting(tx).owner_names or bool(signed)


def find(tx: Tx, name: str) -> OperatorRow:
    """An account. Raises NotFound."""
    found = known(tx, name)
    if found is None:
        raise NotFound(
            T("There is no operator {name}.", name=name), T("See them with: {how}", how=to_do(Next.OPERATORS))
        )
    return found


def lines(tx: Tx, who: OperatorRow) -> list[SeenLineRow] | None:
    """The lines that an operator sees; ``None``: all, including future ones."""
    return None if who.every_line else tx.all(SeenLineRow, "operators.lines", name=who.name)


def add(tx: Tx, name: str, password_hash: str, lines: Sequence[LineId], *, only_own: bool = False) -> OperatorRow:
    """Add an account; without a hash no password lets it in, without lines it sees all of them.

    With ``only_own`` it sees there only the dialogs that are theirs.

    Raises UsageError for a name that is empty or has a meaning of its own, and Refused for one that is taken, or looks
    like another one.
    """
    access.require(tx, Right.USERS)
    _require_lines(tx, lines or None)
    _require_dialogs(tx, only_own=only_own)
    name = _sound(name)
    _require_not_the_owners(tx, name)
    _require_unlike_others(tx, name)
    seen = {"every_line": int(not lines), "only_own": int(only_own)}
    if not tx.run("operators.add", name=name, password=password_hash, now=tx.now, **seen):
        raise Refused(
            "operator_exists", T("There is an operator {name} already.", name=name), T("Choose another name.")
        )
    _see(tx, name, lines)
    tx.run("unread.begin", operator=name)
    tx.emit(OperatorAdded(name=name))
    return find(tx, name)


def disable(tx: Tx, name: str) -> None:
    """Disable an account; its sessions end at once."""
    access.require(tx, Right.USERS)
    require_above(tx, name)
    if tx.run("operators.disable", name=find(tx, name).name, disabled=1):
        tx.run("operators.close_sessions", name=name)
        tx.emit(OperatorDisabled(name=name))


def enable(tx: Tx, name: str) -> None:
    """Enable an account."""
    access.require(tx, Right.USERS)
    require_above(tx, name)
    if tx.run("operators.disable", name=find(tx, name).name, disabled=0):
        tx.emit(OperatorEnabled(name=name))


def set_email(tx: Tx, name: str, email: str) -> None:
    """Set the address by which CRMs know an operator; empty: none. Raises UsageError for what is no address.

    Not even their own is set by operators: it decides in whose name a CRM has what they write.
    """
    access.require(tx, Right.USERS)
    require_above(tx, name)
    if email and not is_address(email):
        raise UsageError(T("{said} is no e-mail address.", said=email), field="email")
    if tx.run("operators.set_email", name=find(tx, name).name, email=email):
        tx.emit(EmailChanged(name=name))


def set_password(tx: Tx, name: str, password_hash: str) -> None:
    """Set a password; sessions opened with the old one end."""
    if name != access.acting(tx).name:
        access.require(tx, Right.USERS)
        require_above(tx, name)
    account = find(tx, name)
    if account.disabled and access.acting(tx).account and name == access.acting(tx).name:
        raise Refused("login_over", T("You are logged out."), T("Log in: {how}", how=to_do(Next.LOGIN)))
    tx.run("operators.set_password", name=account.name, password=password_hash)
    tx.run("operators.close_sessions", name=name)
    tx.emit(PasswordChanged(name=name))


def see_lines(tx: Tx, name: str, lines: Sequence[LineId] | None) -> None:
    """Set the lines that an operator sees; ``None``: all of them."""
    access.require(tx, Right.USERS)
    require_above(tx, name)
    _require_lines(tx, lines)
    tx.run("operators.see", name=find(tx, name).name, every_line=int(lines is None))
    tx.run("operators.see_no_line", name=name)
    _see(tx, name, lines or ())
    tx.emit(VisibleLinesChanged(name=name))


def see_only_own(tx: Tx, name: str, *, only_own: bool) -> None:
    """Set whether of the dialogs in their lines an operator sees only theirs: assigned to them, or as a member."""
    access.require(tx, Right.USERS)
    require_above(tx, name)
    _require_dialogs(tx, only_own=only_own)
    if tx.run("operators.see_own", name=find(tx, name).name, only_own=int(only_own)):
        tx.emit(VisibleDialogsChanged(name=name, only_own=only_own))


def may(tx: Tx, name: str) -> frozenset[Right]:
    """The rights of an account, from its role and granted. Raises NotFound."""
    who = find(tx, name)
    return access.of_role(who.role) | rights_from(who.rights)


def changes(words: Sequence[str]) -> tuple[frozenset[Right], frozenset[Right]]:
    """The rights granted by ``+NAME`` and revoked by ``-NAME``. Raises UsageError for anything else."""
    unknown = [word for word in words if word[:1] not in {"+", "-"} or word[1:] not in set(Right)]
    if unknown:
        raise UsageError(
            T("{said} is no change of rights.", said=unknown[0]),
            T("Use +RIGHT or -RIGHT; rights are: {known}", known=", ".join(Right)),
            field="rights",
        )
    given, taken = ({Right(word[1:]) for word in words if word[0] == sign} for sign in "+-")
    return frozenset(given), frozenset(taken)


def allow(tx: Tx, name: str, given: Collection[Right], taken: Collection[Right]) -> None:
    """Grant rights in addition to the role's, and revoke granted ones.

    Raises UsageError for revoking a right of the role, and Refused for rights that the acting operator does not have.
    """
    access.require(tx, Right.USERS)
    require_above(tx, name)
    _require_rights(tx, frozenset(given))
    who = find(tx, name)
    if kept := access.of_role(who.role) & frozenset(taken):
        raise UsageError(
            T("Every operator has the right {right}; it cannot be taken back.", right=min(kept).value), field="rights"
        )
    rights = rights_text((rights_from(who.rights) | frozenset(given)) - frozenset(taken) - access.of_role(who.role))
    if tx.run("operators.give", name=name, rights=rights):
        tx.emit(RightsChanged(name=name, rights=rights))


def require_above(tx: Tx, name: str) -> None:
    """Raise Refused for an account that may do or see more than the acting operator: it could be taken over."""
    _require_not_the_owners(tx, name)
    who = find(tx, name)
    seen = lines(tx, who)
    _require_rights(tx, may(tx, name))
    _require_lines(tx, None if seen is None else [line.id for line in seen])
    _require_dialogs(tx, only_own=bool(who.only_own))


def _require_not_the_owners(tx: Tx, name: str) -> None:
    """Raise Refused unless the owner acts, for a name that is theirs: an account of that name limits what they see.

    A name that signed something before there was an account of it counts as theirs too.
    """
    if access.acting(tx).owner or not _is_the_owners(tx, name):
        return
    raise Refused(
        "owners_name",
        T("{name} is a name of the owner, or was used here before; only the owner changes such an account.", name=name),
        T("Ask the administrator of this desk: {how}", how=to_do(Next.SUPPORT)),
    )


def _require_unlike_others(tx: Tx, name: str) -> None:
    """Raise Refused for a name that nobody could tell from another account's in a list or the journal."""
    alike = next((one.name for one in everything(tx) if skeleton(one.name) == skeleton(name)), name)
    if alike != name:
        raise Refused(
            "operator_exists",
            T("{name} looks like {other}, who has an account: nobody could tell them apart.", name=name, other=alike),
            T("Choose another name."),
        )


def _require_rights(tx: Tx, rights: frozenset[Right]) -> None:
    if not rights <= access.rights(tx):
        raise _beyond()


def _require_lines(tx: Tx, lines: Sequence[LineId] | None) -> None:
    """Raise Refused unless the acting operator sees all of these lines (``None``: every line); the owner does."""
    who = access.acting(tx)
    if not (who.owner or who.lines is None or (lines is not None and set(lines) <= set(who.lines))):
        raise _beyond()


def _require_dialogs(tx: Tx, *, only_own: bool) -> None:
    """Raise Refused for dialogs that the acting operator does not see, who sees only their own; the owner does."""
    who = access.acting(tx)
    if who.only_own and not who.owner and not only_own:
        raise _beyond()


def _beyond() -> Refused:
    return Refused(
        "beyond_own",
        T("Nobody can grant or change rights beyond their own."),
        T("Ask the administrator of this desk: {how}", how=to_do(Next.SUPPORT)),
    )


def remove(tx: Tx, name: str) -> None:
    """Delete an account with its sessions; what was done under the name stays."""
    access.require(tx, Right.USERS)
    require_above(tx, name)
    tx.run("operators.remove", name=find(tx, name).name)
    tx.run("attendance.forget", name=name)
    tx.emit(OperatorRemoved(name=name))


# Logging in


def verify(tx: Tx, name: str, password: str) -> OperatorRow:
    """Check a password and return the operator. Slow on purpose: run it on a thread, outside writing transactions.

    Raises Refused with the same text and after the same time, whatever was wrong.
    """
    found = known(tx, known_as(name))
    fits = passwords.fits(password, found.password if found else "")
    if found is None or not fits or found.disabled:
        raise Refused(
            "wrong_login",
            T("Name or password is wrong."),
            T("The administrator of the desk can set another one: {how}", how=to_do(Next.PASSWORD)),
        )
    return found


def renewed(who: OperatorRow, password: str) -> str:
    """A new hash if the stored one uses outdated parameters; otherwise empty."""
    return passwords.renewed(password) if passwords.outdated(who.password) else ""


def rehash(tx: Tx, name: str, password_hash: str) -> None:
    """Store a new hash of the same password."""
    tx.run("operators.set_password", name=name, password=password_hash)


def open_session(tx: Tx, name: str, token: str, *, browser: bool = False, way: str | None = None) -> None:
    """Open a session of 30 days for a token; only its hash is stored. A browser's also ends by idleness.

    ``way``: by which provider the operator proved who they are; ``None``: with the password.
    """
    seen = tx.now if browser else 0
    tx.run("operators.sweep", now=tx.now)
    tx.run("operators.open_session", token=_digest(token), name=name, now=tx.now, until=tx.now + SESSION, at=seen)
    tx.emit(LoggedIn(name=name, way=way), actor=name)


def of_session(tx: Tx, token: str, *, since: Millis = 0) -> OperatorRow | None:
    """The operator of a token; ``None`` if it has expired or was closed, or the account is disabled.

    With ``since`` also if the browser has not been active after that moment; 0: whenever it was.
    """
    return tx.one(OperatorRow, "operators.of_session", token=_digest(token), now=tx.now, since=since)


def saw(tx: Tx, token: str, at: Millis) -> None:
    """Record when the operator of a browser's session was last active."""
    tx.run("operators.saw", token=_digest(token), at=at)


def close_session(tx: Tx, token: str) -> None:
    """Log out."""
    who = of_session(tx, token)
    if tx.run("operators.close_session", token=_digest(token)) and who:
        tx.emit(LoggedOut(name=who.name), actor=who.name)


def close_sessions(tx: Tx, name: str) -> None:
    """Log an operator out everywhere."""
    access.require(tx, Right.USERS)
    require_above(tx, name)
    if tx.run("operators.close_sessions", name=find(tx, name).name):
        tx.emit(LoggedOut(name=name))


def _digest(token: str) -> str:
    import hashlib

    return hashlib.sha256(token.encode()).hexdigest()


def _see(tx: Tx, name: str, lines: Sequence[LineId]) -> None:
    for line in lines:
        tx.run("operators.see_line", name=name, line=line)


def _sound(name: str) -> str:
    name = of_operator(name)
    if name.isdigit():
        raise UsageError(T("A name is more than a number."), T("Choose another name."), field="name")
    if not name:
        raise UsageError(T("An operator needs a name."), field="name")
    return name
