"""Calls of other programs that acts of rules began: a queue, in which each ends its act as it fared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.automation import PlannedState
from chatapp_cli.domain.ids import AutoActId, AutoRuleId, Millis
from chatapp_cli.domain.journal.automation import AutomationDue
from chatapp_cli.domain.stored_text import kept
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access
from chatapp_cli.store.rows.automation import AutoActRow, AutoCallRow, AutoRuleRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.store.secrets import Vault

PAUSES: Final = (10, 60, 300, 1800, 7200)
"""Seconds before each further attempt; after the last of them a call is given up."""
_SECOND: Final = 1_000
_SEALED_AS: Final = "secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoCall:
    """A call that was claimed."""

    act: AutoActId
    delivery: str
    """The same at each attempt, by which the receiver tells one that it has already."""
    url: str = field(repr=False)
    body: str = field(repr=False)
    secret: str = field(repr=False)
    tries: int
    """Attempts, with this one."""


def delivery_of(row: AutoActRow | AutoCallRow) -> str:
    """The id of the delivery of an act."""
    return f"{row.rule_id}/{row.version}/{row.event}/{row.act}"


def begin(tx: Tx, act: AutoActId, *, url: str, body: str, words: Text) -> None:
    """Queue the call of an act that is about to be done. Raises Refused for who may not answer."""
    access.require(tx, Right.ANSWER)
    tx.run("autocalls.begin", id=act, outcome=kept(words), now=tx.now)
    tx.run("autocalls.add", id=act, url=url, body=body, now=tx.now)
    tx.emit(AutomationDue(act=act))


def recover(tx: Tx) -> None:
    """Queue again what the last daemon was calling: the receiver knows it by its id."""
    tx.run("autocalls.recover")


def claim(tx: Tx, n: int, vault: Vault, make: Callable[[], str]) -> Sequence[AutoCall]:
    """Claim at most so many calls that are due; those of a rule that was changed meanwhile end.

    ``make`` makes a secret for a rule that has none yet.
    """
    found = []
    for row in tx.all(AutoCallRow, "autocalls.due", now=tx.now, n=n):
        if not _is_wanted(tx, row):
            end(tx, row.act_id, PlannedState.CANCELLED, T("The rule does not work any more."))
            continue
        tx.run("autocalls.claim", id=row.act_id)
        found.append(_claimed(row, secret_of(tx, row.rule_id, vault, make)))
    return found


def _claimed(row: AutoCallRow, secret: str) -> AutoCall:
    tries = row.tries + 1
    return AutoCall(act=row.act_id, delivery=delivery_of(row), url=row.url, body=row.body, secret=secret, tries=tries)


def _is_wanted(tx: Tx, row: AutoCallRow) -> bool:
    rule = tx.one(AutoRuleRow, "autorules.one", id=row.rule_id)
    return rule is not None and rule.version == row.version and rule.is_on


def end(tx: Tx, act: AutoActId, state: PlannedState, words: Text) -> None:
    """End a call and its act."""
    tx.run("autocalls.end", id=act, state=state.value, outcome=kept(words), now=tx.now)
    tx.run("autocalls.drop", id=act)


def again(tx: Tx, call: AutoCall, why: Text, *, wait: float = 0) -> None:
    """Repeat a call after a pause, or after so many seconds if that is longer; the last attempt ends it."""
    if call.tries > len(PAUSES):
        words = T("given up after {n} attempts: {why}", n=call.tries, why=why)
        end(tx, call.act, PlannedState.FAILED, words)
        return
    due = tx.now + int(max(PAUSES[call.tries - 1], wait) * _SECOND)
    tx.run("autocalls.again", id=call.act, due=due)
    tx.run("autocalls.say", id=call.act, outcome=kept(T("attempt {n}: {why}", n=call.tries, why=why)))


def put_back(tx: Tx, call: AutoCall) -> None:
    """Queue a call that was claimed and not begun."""
    tx.run("autocalls.put_back", id=call.act)


def next_due(tx: Tx) -> Millis | None:
    """When the next call may be made; ``None`` if there is none."""
    found: Millis | None = tx.value("autocalls.next")
    return found


def secret_of(tx: Tx, rule: AutoRuleId, vault: Vault, make: Callable[[], str]) -> str:
    """The secret that signs a rule's calls; one is made if it has none."""
    sealed = tx.value("autosecrets.of", rule=rule)
    return renewed(tx, rule, vault, make) if sealed is None else vault.open(sealed)[_SEALED_AS]


def renewed(tx: Tx, rule: AutoRuleId, vault: Vault, make: Callable[[], str]) -> str:
    """Replace the secret of a rule, or give it one."""
    secret = make()
    tx.run("autosecrets.put", rule=rule, sealed=vault.seal({_SEALED_AS: secret}))
    return secret
