"""Runs: what an automation had us do for several recipients, of which it is told together, at a deadline at the latest.

A robot is one (``services/robots``), and so is a step of a bot (``services/crm_steps``). What was done for each
recipient is a part, decided by its message, by its request to a channel's session, or at once. At the deadline the
parts that wait here are withdrawn in the transaction that decides them, so nothing is sent after it was told to have
failed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from chatapp_cli.domain import border
from chatapp_cli.domain.access import PROGRAM, Right, system
from chatapp_cli.domain.crm.states import AWAITED
from chatapp_cli.domain.errors import ChatappError, NotFound, Refused
from chatapp_cli.domain.ids import ChannelId, EntryId, LinkId, MessageId, Millis, RunId, SessionRequestId
from chatapp_cli.domain.journal.channels import SessionRequestEnded
from chatapp_cli.domain.journal.messages import MessageStateChanged
from chatapp_cli.domain.journal.robots import RunEnded
from chatapp_cli.domain.message import SENT, State
from chatapp_cli.domain.robot import NO, RUN_TIMER, TIMEOUT, YES
from chatapp_cli.domain.session_request import SessionRequestState
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import crm_owed, session_answers, session_requests, timers, transcript
from chatapp_cli.services.run_reason import RunReason
from chatapp_cli.services.sending import cancel
from chatapp_cli.store.rows.crm import EntryRow
from chatapp_cli.store.rows.robots import PartRow, RunRow
from chatapp_cli.store.tx import Tx

STEP: Final = "step"
"""In place of a robot's code, of a step of a bot."""
NEW, OPEN, ENDED = "new", "open", "ended"
"""It was asked for, it is carried out, all of its parts are decided: values that are stored."""
UNCERTAIN: Final = "uncertain"
"""The code of a part of which nobody can say whether the provider has it; a later report may still say that."""
PATIENCE: Final[Millis] = 600_000
"""How long a channel's session is waited for where nothing else says so."""
HANDED_OVER: Final[Millis] = 900_000
"""How long after the deadline what was handed over is waited for: longer than any call of a session takes.

What has not ended then was handed over by a daemon that is gone, and its channel has not come up since.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWanted:
    """A run to begin; see ``store/tables/robots``."""

    key: str
    robot: str
    link: LinkId | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    card: str = ""
    remote: str = ""
    final: bool = True
    """Whether its end is what the messenger says in the end, and not that it is accepted."""
    comment: bool = False
    until: Millis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActAttempt:
    """What was done for one recipient; without a message and a request it is decided: ``refusal``, or done."""

    address: str
    channel: ChannelId | None = None
    message: MessageId | None = None
    request: SessionRequestId | None = None
    refusal: ChatappError | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """As it is stored."""
        if self.refusal is not None:
            return NO
        return YES if self.message is None and self.request is None else ""


def begin(tx: Tx, wanted: RunWanted) -> RunId | None:
    """Keep a run that is to be carried out, by its deadline; ``None`` if there was one under this key."""
    number = tx.insert(
        "runs.begin",
        crm=wanted.link,
        key=border.external_id(wanted.key),
        robot=border.external_id(wanted.robot),
        arguments=json.dumps(dict(wanted.arguments), ensure_ascii=False),
        card=wanted.card,
        remote=border.external_id(wanted.remote),
        actor=tx.name,
        final=int(wanted.final),
        comment=int(wanted.comment),
        until=wanted.until,
        now=tx.now,
    )
    if number is None:
        return None
    if wanted.until is not None:
        timers.put(tx, RUN_TIMER, str(number), wanted.until, keeps_hour=False)
    return RunId(number)


def told_by(tx: Tx, run: RunId, entry: EntryId) -> None:
    """Have a run told by an entry of the ledger."""
    tx.run("runs.told_by", run=run, entry=entry)


def one(tx: Tx, run: RunId) -> RunRow:
    """A run by number. Raises NotFound."""
    found = tx.one(RunRow, "runs.one", run=run)
    if found is None:
        raise NotFound(T("There is no run {n} of a robot.", n=run))
    return found


def under(tx: Tx, key: str) -> RunRow | None:
    """The run under a key."""
    return tx.one(RunRow, "runs.by_key", key=border.external_id(key))


def of_entry(tx: Tx, entry: EntryId) -> RunRow | None:
    """The run that an entry of the ledger tells; ``None`` if it was deleted."""
    number: RunId | None = tx.value("runs.of_entry", entry=entry)
    return None if number is None else one(tx, number)


def latest(tx: Tx, *, n: int = 100) -> list[RunRow]:
    """The latest runs, the newest first."""
    return tx.all(RunRow, "runs.latest", n=n)


def parts(tx: Tx, run: RunId) -> list[PartRow]:
    """What was done for each recipient, in the order in which they were given."""
    return tx.all(PartRow, "parts.of_run", run=run)


def keep(tx: Tx, run: RunId, attempts: Sequence[ActAttempt], refusal: ChatappError | None = None) -> None:
    """Note what was done, or why nothing was; the automation is told of what is decided."""
    tx.run("runs.opened", run=run)
    if refusal is not None:
        tx.run("runs.refused", run=run, reason=RunReason.of(refusal).written)
    for position, one_ in enumerate(attempts):
        _keep_part(tx, run, position, one_)
    if one(tx, run).until is None and any(one_.request is not None for one_ in attempts):
        timers.put(tx, RUN_TIMER, str(run), tx.now + PATIENCE, keeps_hour=False)
    advance(tx, run)


def _keep_part(tx: Tx, run: RunId, position: int, attempt: ActAttempt) -> None:
    reason = None if attempt.refusal is None else RunReason.of(attempt.refusal)
    tx.insert(
        "parts.add",
        run=run,
        position=position,
        address=border.address(attempt.address),
        channel=attempt.channel,
        message=attempt.message,
        request=attempt.request,
        verdict=attempt.verdict,
        code="" if reason is None else reason.code,
        detail="",
        reason="" if reason is None else reason.written,
        facts=json.dumps(dict(attempt.facts), ensure_ascii=False),
    )


def on_state(tx: Tx, event: MessageStateChanged) -> None:
    """Decide the parts of a message; one that comes back to wait after its deadline is given up. An effect."""
    for part in tx.all(PartRow, "parts.of_message", message=event.message):
        run = one(tx, part.run_id)
        if event.state == State.QUEUED and run.until is not None and run.until <= tx.now:
            give_up(tx, run)
            continue
        verdict = _verdict(State(event.state), waited_for=_is_waited_for(run))
        if verdict:
            found = transcript.message(tx, event.message)
            code = UNCERTAIN if event.state == State.UNCERTAIN else found.code or event.state
            _decide(tx, part, verdict, code if verdict == NO else "", found.detail)
            advance(tx, part.run_id)


def _verdict(state: State, *, waited_for: bool) -> str:
    """What a message's state says; while somebody waits, an uncertain one may still be confirmed."""
    if state in SENT:
        return YES
    undecided = state is State.UNCERTAIN and waited_for
    return NO if state in {State.FAILED, State.CANCELLED, State.UNCERTAIN} and not undecided else ""


def on_request(tx: Tx, event: SessionRequestEnded) -> None:
    """Decide the parts of a request to a channel's session. An effect of its event."""
    found = tx.all(PartRow, "parts.of_request", id=event.request)
    for part in found:
        answer = session_answers.read(session_requests.one(tx, SessionRequestId(event.request)), part.address)
        verdict = YES if answer.done else NO
        _decide(tx, part, verdict, answer.code, answer.detail, reason=answer.reason, facts=answer.facts)
    for run in dict.fromkeys(part.run_id for part in found):
        advance(tx, run)


def _decide(
    tx: Tx,
    part: PartRow,
    verdict: str,
    code: str = "",
    detail: str = "",
    *,
    reason: Text | None = None,
    facts: Mapping[str, str] | None = None,
) -> None:
    """Decide a part, once; one that was uncertain may become certain."""
    tx.run(
        "parts.decide",
        part=part.id,
        verdict=verdict,
        code=border.name(code),
        detail=border.name(detail),
        reason="" if reason is None else RunReason(reason, code).written,
        facts=part.facts if facts is None else json.dumps(dict(facts), ensure_ascii=False),
    )


def advance(tx: Tx, run: RunId) -> None:
    """Have a run told that can be told now, and commented if it has ended."""
    row = one(tx, run)
    if row.state != OPEN:
        return
    decided = all(part.verdict for part in parts(tx, run))
    if row.entry_id is not None and (decided or not row.final):
        tx.run("runs.due_now", entry=row.entry_id)
    if decided:
        _end(tx, row)


def _end(tx: Tx, row: RunRow) -> None:
    if not tx.run("runs.ended", run=row.id):
        return
    tx.emit(RunEnded(run=row.id, robot=row.robot), actor=PROGRAM)
    if row.comment and row.link_id is not None and row.card:
        crm_owed.owe_comment(tx, row.link_id, str(row.id))


def is_under_way(tx: Tx, row: RunRow) -> bool:
    """Whether a part has been handed over and is not decided yet: it is reported as it ends, if that is soon."""
    until = row.created_at + PATIENCE if row.until is None else row.until
    is_soon = tx.now < until + HANDED_OVER
    return bool(row.final) and is_soon and any(not part.verdict for part in parts(tx, row.id))


def settle_late(tx: Tx, rows: Sequence[EntryRow]) -> None:
    """Give up, of the runs that are told now, what still waits here."""
    for row in rows:
        found = of_entry(tx, row.id) if row.act in AWAITED else None
        if found is not None:
            give_up(tx, found)


def give_up(tx: Tx, row: RunRow) -> None:
    """Withdraw what a run has waiting here, and decide it so; what was handed over goes on.

    One that was accepted is told of what was accepted, and withdraws nothing.
    """
    if row.state == NEW:
        late = RunReason(T("It could not be begun in time."), TIMEOUT)
        tx.run("runs.refused", run=row.id, reason=late.written)
        _end(tx, row)
    elif row.state == OPEN:
        for part in parts(tx, row.id):
            if not part.verdict and (_is_waited_for(row) or _has_expired(tx, part)):
                _withdraw(tx, part)
        advance(tx, row.id)


def _is_waited_for(row: RunRow) -> bool:
    """Whether the messenger's last word is waited for, and until a deadline."""
    return bool(row.final) and row.until is not None


def _has_expired(tx: Tx, part: PartRow) -> bool:
    """Whether a part is a request that is not begun any more."""
    return part.request_id is not None and session_requests.one(tx, part.request_id).until <= tx.now


def is_awaited(tx: Tx, run: RunId) -> bool:
    """Whether a part that has a deadline is still under way."""
    row = one(tx, run)
    pending = [part for part in parts(tx, run) if not part.verdict]
    return row.state == OPEN and any(_is_waited_for(row) or part.request_id is not None for part in pending)


def _withdraw(tx: Tx, part: PartRow) -> None:
    """Decide a part that still waits, and take back what it waits for."""
    try:
        message = None if part.message_id is None else transcript.message(tx, part.message_id)
    except NotFound:
        _decide(tx, part, NO, "gone", reason=T("The message was deleted."))
        return
    if message is not None and message.state == State.UNCERTAIN:
        _decide(tx, part, NO, UNCERTAIN, message.detail)
        return
    with suppress(Refused), tx.trial():  # it is being sent right now
        _decide(tx, part, NO, TIMEOUT, reason=T("It could not be sent in time."))
        if message is not None:
            cancel(tx.by(system(PROGRAM, Right.ANSWER)), message.id)
        elif part.request_id is not None:
            _withdraw_request(tx, part.request_id)


def _withdraw_request(tx: Tx, request: SessionRequestId) -> None:
    """Take back a request; several parts may be of one. Raises Refused while it is being answered."""
    if session_requests.one(tx, request).state != SessionRequestState.FAILED:
        session_requests.withdraw(tx, request)
