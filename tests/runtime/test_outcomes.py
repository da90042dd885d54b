"""What is done about each answer of a provider: one table, without a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.runtime.governor import RateTarget
from chatapp_cli.runtime.outcomes import BEHIND, SHORTEST_WAIT, Outcomes, put_back, stumbled

TO = RateTarget("anna", "private", stranger=True)
NEXT_REST = 60.0


@dataclass
class Account:
    """Everything around the verdicts of one account; remembers what was done."""

    about_one: bool = False
    outlived: bool = False
    idempotent: bool = False
    action: Operation = Operation.SEND
    done: list[object] = field(default_factory=list)
    noted: list[object] = field(default_factory=list)
    next_rest: float = NEXT_REST

    def __post_init__(self) -> None:
        out = SimpleNamespace(address=TO.address, chat_kind=TO.chat_kind, stranger=TO.stranger)
        row = SimpleNamespace(message_id=7, attempts=3, action=self.action, channel_id=1)
        self.claim: Any = SimpleNamespace(row=row, outbound=out)
        can = Capabilities(intake="poll", idempotent_send=self.idempotent)
        chance = SimpleNamespace(between=lambda low, high: (low + high) / 2)
        self.outcomes = Outcomes(can, self, self, chance, count=self.done.append)  # type: ignore[arg-type]

    async def record(self, verdict: partial[object]) -> None:
        told = {name: value for name, value in verdict.keywords.items() if name != "claim"}
        error = told.pop("error", None)
        self.done.append((verdict.func.__name__, *([_said(error)] if error else []), told))

    def note_refused_alone(self, message: int) -> None:
        self.noted.append(("refused alone", message))

    @property
    def few_refused_alone(self) -> bool:
        return self.about_one

    def note_accuser(self, message: int) -> None:
        self.noted.append(("accuser", message))

    def is_outlived(self, _message: int) -> bool:
        return self.outlived

    async def suspend(self, _governor: object, error: ChannelError) -> None:
        self.done.append(("suspend", _said(error)))

    async def took(self, began: float) -> None:
        self.done.append(("took", began))

    def penalise(self, seconds: float, *, scope: str, target: RateTarget) -> None:
        self.done.append(("penalise", seconds, scope, target))

    def rests(self, target: RateTarget) -> dict[str, float]:
        return {"dialog": 1.5} if target == TO else {}


def _said(error: ChannelError) -> str:
    return f"{type(error).__name__}({error.code}, {error.detail})"


class Silent:
    """A session that cannot be asked whether the account is let in."""


@dataclass
class Proving:
    """One that can; ``against`` is what the provider has against the account."""

    against: ChannelError | None = None

    async def prove(self) -> None:
        if self.against:
            raise self.against


def later(error: str) -> list[object]:
    """It goes again after three attempts, and that counts."""
    return [("postpone", error, {"seconds": 8.0 * 0.75, "counted": True}), "postponed"]


def rests(error: str) -> list[object]:
    """Sending rests, and the message goes behind the one that tries it next."""
    kept = ("postpone", error, {"seconds": NEXT_REST + BEHIND, "counted": False})
    return [kept, ("suspend", error)]


def refused(error: str) -> list[object]:
    return [("fail", error, {}), "failed"]


FLOOD = RateLimited("flood", "wait", retry_after=SHORTEST_WAIT, scope="strangers")
HASTY = RateLimited("flood", "wait", retry_after=SHORTEST_WAIT - 0.001)
OUT = NeedsRebind("logged_out", "401")
UNPAID = SendingBlocked("unpaid", "402")


@pytest.mark.parametrize(
    ("account", "session", "error", "done"),
    [
        (Account(), Silent(), Rejected("no_user", "404"), refused("Rejected(no_user, 404)")),
        (
            Account(),
            Silent(),
            FLOOD,
            [("penalise", SHORTEST_WAIT, "strangers", TO), ("_delay_as_asked", "RateLimited(flood, wait)", {})],
        ),
        (Account(), Silent(), HASTY, later("RateLimited(flood, wait)")),
        (Account(), Silent(), Retryable("busy", "503"), later("Retryable(busy, 503)")),
        (Account(), Silent(), UNPAID, rests("SendingBlocked(unpaid, 402)")),
        (Account(outlived=True), Silent(), UNPAID, refused("Rejected(refused_alone, 402)")),
        (Account(outlived=True), Silent(), SendingBlocked("unpaid"), refused("Rejected(refused_alone, unpaid)")),
        (Account(about_one=True), Silent(), OUT, rests("NeedsRebind(logged_out, 401)")),
        (Account(about_one=True), Proving(), OUT, refused("Rejected(refused_alone, 401)")),
        (Account(about_one=True), Proving(), NeedsRebind("logged_out"), refused("Rejected(refused_alone, logged_out)")),
        (Account(), Proving(), OUT, rests("NeedsRebind(logged_out, 401)")),
        (Account(about_one=True), Proving(UNPAID), OUT, rests("SendingBlocked(unpaid, 402)")),
        (Account(), Proving(Misconfigured("no_url")), Misconfigured("bad"), rests("Misconfigured(no_url, )")),
        (Account(about_one=True), Proving(Retryable("busy")), OUT, later("Retryable(busy, )")),
        (
            Account(),
            Silent(),
            OutcomeUnknown("timeout", "read"),
            [("leave_uncertain", "OutcomeUnknown(timeout, read)", {}), "uncertain"],
        ),
        (Account(idempotent=True), Silent(), OutcomeUnknown("timeout"), later("OutcomeUnknown(timeout, )")),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, ChannelError) else type(value).__name__,
)
async def test_each_kind_of_answer_has_its_own_consequences(
    account: Account, session: Any, error: ChannelError, done: list[object]
) -> None:
    await account.outcomes.refused(session, account, account.claim, error)  # type: ignore[arg-type]
    assert account.done == done


async def test_a_refusal_is_held_against_the_account_or_against_its_message() -> None:
    account = Account()
    for session, error in ((Silent(), UNPAID), (Proving(), OUT), (Proving(UNPAID), OUT), (Silent(), OUT)):
        await account.outcomes.refused(session, account, account.claim, error)  # type: ignore[arg-type]
    assert account.noted == [("accuser", 7), ("refused alone", 7)]


async def test_what_failed_before_the_hand_over_certainly_did_not_go() -> None:
    account = Account()
    error = OutcomeUnknown("timeout", "connect")
    await account.outcomes.not_handed_over(Silent(), account, account.claim, error)  # type: ignore[arg-type]
    assert account.done == [("note_attempt", {}), *later("Retryable(timeout, connect)")]
    other = Account()
    await other.outcomes.not_handed_over(Silent(), other, other.claim, Rejected("no_user"))  # type: ignore[arg-type]
    assert other.done == [("note_attempt", {}), *refused("Rejected(no_user, )")]


@pytest.mark.parametrize(("action", "took"), [(Operation.SEND, [("took", 5.0)]), (Operation.EDIT, [])])
async def test_a_message_that_was_taken_proves_that_the_account_may_send_and_an_edit_does_not(
    action: Operation, took: list[object]
) -> None:
    account = Account(action=action)
    await account.outcomes.sent(account, account.claim, Receipt(ids=("e1",)), began=5.0)  # type: ignore[arg-type]
    written = ("_succeed", {"receipt": Receipt(ids=("e1",)), "rests": {"dialog": 1.5}})
    assert account.done == [written, "sent", *took]


async def test_what_was_not_tried_goes_again_at_once_or_when_its_turn_comes_and_counts_as_no_attempt() -> None:
    account = Account()
    await account.outcomes.put_back(account.claim)
    await account.outcomes.wait_for_turn(account.claim, 2.5)
    assert account.done == [
        ("postpone", "Retryable(stopped, )", {"seconds": 0, "counted": False}),
        ("postpone", "RateLimited(pace, )", {"seconds": 2.5, "counted": False}),
    ]


def test_what_our_own_code_broke_over_is_unsure_and_what_was_only_claimed_goes_again() -> None:
    claim: Any = object()
    assert stumbled(claim).func.__name__ == "leave_uncertain"  # type: ignore[attr-defined]
    assert put_back(claim).keywords["counted"] is False  # type: ignore[attr-defined]
