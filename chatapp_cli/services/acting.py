"""Who is at work, and what they may see: decided here and nowhere else (S-128)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.text import T
from chatapp_cli.services import operators
from chatapp_cli.store.rows.operators import OperatorRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.store.lens import Lens


class Acting(NamedTuple):
    """An operator at work."""

    name: str
    account: bool = False
    """Whether it is an account's name: what is unread is then counted for it alone."""
    lines: Sequence[LineId] | None = None
    """The lines that are seen; ``None``: all."""
    owner: bool = False
    """Whether they own the store, and so may let others in."""

    def lens(self, dialect: str) -> Lens | None:
        """What they see the store through; ``None`` for somebody who sees it as it is."""
        if not self.account and self.lines is None:
            return None
        from chatapp_cli.store.lens import Lens

        return Lens(dialect, lines=self.lines, reader=self.name if self.account else "")


NOBODY = Acting("", lines=())
"""Before anybody has logged in: nothing is seen."""


def decide(tx: Tx, *, token: str, owner: bool, name: str) -> Acting:
    """Who acts: whoever a token stands for, or else the owner under a name.

    Raises Refused for a token that holds no longer, and for somebody else without one.
    """
    if token:
        who = operators.of_session(tx, token)
        if who is None:
            raise Refused("login_over", T("You are logged in no longer."), T("Log in: chatapp login"))
        return _with_account(tx, who, owner=False)
    if not owner:
        raise Refused("login_wanted", T("Nobody is logged in."), T("Log in: chatapp login"))
    account = operators.known(tx, name)
    if account is None or account.disabled:
        return Acting(name, owner=True)
    return _with_account(tx, account, owner=True)


def insist_on_owner(acting: Acting | None) -> None:
    """Raise Refused unless it is the store's owner who acts; a process without a person is."""
    if acting is not None and not acting.owner:
        raise Refused(
            "owner_only",
            T("Only the owner of this desk can do that."),
            T("Ask whoever looks after it: chatapp support"),
        )


def _with_account(tx: Tx, who: OperatorRow, *, owner: bool) -> Acting:
    seen = operators.lines(tx, who)
    lines = None if seen is None else tuple(line.id for line in seen)
    return Acting(who.name, account=True, lines=lines, owner=owner)
