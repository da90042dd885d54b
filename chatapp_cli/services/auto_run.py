"""Carries out what rules planned, one act at a time, each in the transaction that records how it ended."""

from __future__ import annotations

from chatapp_cli.domain.access import system
from chatapp_cli.domain.automation import ActCause, PlannedState
from chatapp_cli.domain.condition import Judgement
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import AutoActId, MessageId
from chatapp_cli.domain.stored_text import kept, recalled
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_answers, auto_clock, auto_deeds, auto_kinds, auto_pace, auto_plan, dialogs, timers
from chatapp_cli.services.auto_deed import AutoDeed, NobodyThere
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_facts import ReadTogether
from chatapp_cli.services.auto_guards import Guard
from chatapp_cli.services.auto_pace import MINUTE, MOST_A_MINUTE
from chatapp_cli.services.auto_past import StoredPast
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.store.rows.automation import AutoActRow, JudgedMessage
from chatapp_cli.store.tx import Tx


def work(tx: Tx, desk: AutoDesk) -> bool:
    """Do one act that is due, or when there is none plan for what happened; false if there is nothing to do.

    What happened later is judged by what the acts have changed, however far behind the daemon is.
    """
    whole = tx.whole()
    return _step(whole, desk) or bool(auto_plan.follow(whole, desk)) or auto_clock.work(whole, desk)


def next_due(tx: Tx) -> AutoActRow | None:
    """The act that is due next."""
    return tx.whole().one(AutoActRow, "autoacts.next", now=tx.now)


def give_up(tx: Tx, act: AutoActId, why: Text) -> None:
    """End an act that our code failed to do, so that it does not keep the others."""
    _end(tx, act, PlannedState.FAILED, why)


def _step(tx: Tx, desk: AutoDesk) -> bool:
    row = next_due(tx)
    if row is None:
        return False
    rules = desk.rules(tx)
    rule = rules.by_id.get(row.rule_id)
    if rule is None or rule.version != row.version:
        _end(tx, row.id, PlannedState.CANCELLED, T("The rule does not work any more."))
    elif row.state == PlannedState.WAITING:
        near = ReadTogether(tx, [row.dialog_id], [row.message_id])
        room = auto_pace.room_at(tx, desk, rule, near.places[row.dialog_id], StoredPast(tx))
        answer = auto_plan.judge_again(near, rule, row, rules.hours) if room is None else room
        _settle(near, rule, row, answer)
    else:
        _carry_out(tx, desk, rule, row)
    return True


def _settle(near: ReadTogether, rule: AutoRule, row: AutoActRow, answer: Judgement | int | None) -> None:
    """Go on with an act whose time has come, as the rule says now, or put it off until a time."""
    tx = near.tx
    match answer:
        case Judgement(holds=True, why=why):
            tx.run("autoacts.go", id=row.id, why=kept(why))
            places = range(1, len(rule.wanted.acts))
            about = auto_plan.happened_then(near, rule, row)
            auto_plan.plan(tx, rule, about, places, why=why, since=row.waits_since, cause=ActCause.TIME)
        case Judgement(why=why):
            _end(tx, row.id, PlannedState.SKIPPED, why)
        case None:
            _end(tx, row.id, PlannedState.FAILED, T("the condition could not be judged"))
        case due:
            tx.run("autoacts.later", id=row.id, due=due)
            timers.put(tx, auto_plan.TIMER, str(row.id), due, keeps_hour=False)


def _message(tx: Tx, row: AutoActRow) -> JudgedMessage | None:
    return None if row.message_id is None else ReadTogether(tx, (), [row.message_id]).messages.get(row.message_id)


def _carry_out(tx: Tx, desk: AutoDesk, rule: AutoRule, row: AutoActRow) -> None:
    timed = row.cause == ActCause.TIME
    lately = {"rule": rule.id, "cause": row.cause, "since": tx.now - MINUTE}
    if not timed and tx.value("autoacts.caused_since", **lately) >= MOST_A_MINUTE:
        in_dialog = tx.value("autoacts.caused_in", dialog=row.dialog_id, **lately)
        if auto_pace.is_loop(ActCause(row.cause), in_dialog):
            auto_plan.halt(tx, rule, T("it did {n} acts within a minute", n=MOST_A_MINUTE))
        else:
            _put_off(tx, row)
        return
    card, message = dialogs.card(tx, row.dialog_id), _message(tx, row)
    acting = tx.by(system(rule.signature, *auto_deeds.RIGHTS))
    deed = AutoDeed(acting, desk, rule, card, row, message)
    if not auto_kinds.KINDS[row.kind].sends:
        _do(tx, deed)
        return
    guard = Guard(tx, desk, rule, card, message, StoredPast(tx), timed)
    refusal = guard.refusal()
    if refusal is None:
        _do(tx, deed, guard)
    else:
        _end(tx, row.id, PlannedState.SKIPPED, refusal)


def _put_off(tx: Tx, row: AutoActRow) -> None:
    """Put off all that is due of a rule, in its order, because many clients came at once."""
    due = auto_pace.put_off(tx.now)
    tx.run("autoacts.put_off", rule=row.rule_id, cause=row.cause, now=tx.now, due=due)
    timers.put(tx, auto_plan.TIMER, str(row.id), due, keeps_hour=False)


def _do(tx: Tx, deed: AutoDeed, guard: Guard | None = None) -> None:
    """Do an act; one that is refused is undone alone. ``guard``: of one that writes to the client."""
    row = deed.row
    try:
        with tx.trial():
            done = auto_deeds.do(deed)
            if guard is not None:
                _claim(deed, guard)
    except NobodyThere as nobody:
        _end(tx, row.id, PlannedState.SKIPPED, nobody.what)
        _plan_else(tx, deed)
    except (Refused, NotFound, UsageError) as refusal:
        _end(tx, row.id, PlannedState.FAILED, refusal.what)
    else:
        if done.ended:
            _end(tx, row.id, PlannedState.DONE, done.words, done.message)


def _claim(deed: AutoDeed, guard: Guard) -> None:
    """Count an automatic message. Raises Refused if what it answers has an answer, whatever was looked at before."""
    arrival, name = guard.arrival(), T("rule {name}", name=deed.rule.wanted.name)
    if not auto_answers.claim(deed.tx, deed.card, arrival, name, timed=guard.timed):
        raise Refused("answered", T("it was answered automatically already"))


def _plan_else(tx: Tx, deed: AutoDeed) -> None:
    """Plan what a rule does if nobody is there; what is planned already, and what is part of it, begins nothing."""
    wanted, row = deed.rule.wanted, deed.row
    if row.act < len(wanted.acts):
        about = auto_plan.happened_then(ReadTogether(tx, [row.dialog_id], [row.message_id]), deed.rule, row)
        places = range(len(wanted.acts), len(wanted.every))
        auto_plan.plan(tx, deed.rule, about, places, why=recalled(row.why), since=row.waits_since,
                       cause=ActCause(row.cause))  # fmt: skip


def _end(tx: Tx, act: AutoActId, state: PlannedState, outcome: Text, result: MessageId | None = None) -> None:
    tx.run("autoacts.end", id=act, state=state.value, outcome=kept(outcome), result=result, now=tx.now)
