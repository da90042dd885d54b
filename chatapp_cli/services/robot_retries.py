"""Doing again what a robot did not do, where nobody can get anything twice by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain import border
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.journal.robots import RunBegan
from chatapp_cli.domain.robot import CHAT_ID, NO, PHONE, WHOM, RobotCode, known
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, act_whom, acts, robots, runs
from chatapp_cli.services.robots import RobotSetting
from chatapp_cli.services.run_reason import RunReason
from chatapp_cli.services.runs import RunWanted

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import Millis, RunId
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.rows.robots import PartRow, RunRow
    from chatapp_cli.store.tx import Tx

_OF_TEXT: Final = frozenset({RobotCode.SEND_MESSAGE, RobotCode.SEND_TO_GROUP})
_FILLED_IN: Final = frozenset({
    "bad_choice", "empty", "field_missing", "no_recipient", "several_recipients", "unknown_robot",
})  # fmt: skip
"""Why a run is refused each time, since what was filled in stays."""
_GIVEN: Final = tuple(one.name for one in WHOM)


def obstacle(tx: Tx, run: RunRow, parts: Sequence[PartRow]) -> Text | None:
    """Why a run cannot safely be done again; ``None`` if it can."""
    why = _unsafe(run, parts)
    if why is None and runs.under(tx, _key(run.id)) is not None:
        return T("It was tried again already.")
    return why


def _unsafe(run: RunRow, parts: Sequence[PartRow]) -> Text | None:
    failed = [part for part in parts if part.verdict == NO]
    robot = known(run.robot)
    if robot is None:
        return T("Only the CRM can have that done again.")
    if run.state != runs.ENDED:
        return T("It has not ended yet.")
    if not failed and not run.reason:
        return T("It was done for everybody.")
    if (reason := RunReason.read(run.reason)) is not None and reason.code in _FILLED_IN:
        return T("It would be refused again: {why}", why=reason.what)
    if robot.files(run.arguments):
        return T("Its files are not kept.")
    safe = acts.ACTS[run.robot].repeatable or run.reason or (run.robot in _OF_TEXT and not _is_uncertain(failed))
    return None if safe else T("It may have been done: somebody could get it twice.")


def _is_uncertain(failed: Sequence[PartRow]) -> bool:
    return any(part.code == runs.UNCERTAIN for part in failed)


def _key(run: RunId) -> str:
    """The key of the run that does a run again."""
    return f"again {run}"


def retry(tx: Tx, run: RunId, able: Able, *, until: Millis | None = None) -> RunId:
    """Do a run again for those for whom it was not done, once; returns the new run. The automation is told nothing.

    ``until`` is the deadline of what waits for the messenger's last word; ``None``: nobody waits.
    Raises Refused where that is not safe, or was done already.
    """
    access.require(tx, Right.ANSWER)
    row, parts = runs.one(tx, run), runs.parts(tx, run)
    if (why := obstacle(tx, row, parts)) is not None:
        raise Refused("not_safe", why)
    wanted = RunWanted(
        key=_key(run),
        robot=row.robot,
        link=row.link_id,
        arguments=_narrowed(row, parts),
        card=row.card,
        final=bool(row.final),
        comment=bool(row.comment),
        until=until if row.final else None,
    )
    number = runs.begin(tx, wanted)
    if number is None:
        raise Refused("already", T("It was tried again already."))
    tx.emit(RunBegan(run=number, robot=row.robot))
    robots.carry_out(tx, runs.one(tx, number), RobotSetting(able=able))
    return number


def _narrowed(row: RunRow, parts: Sequence[PartRow]) -> Mapping[str, str]:
    """What was filled in, for those alone for whom it was not done; a phone stays one."""
    failed = [part.address for part in parts if part.verdict == NO]
    if not failed or not any(row.arguments.get(name) for name in _GIVEN):
        return row.arguments
    kept = {name: value for name, value in row.arguments.items() if name not in _GIVEN}
    named = {border.address(one.called) for one in act_whom.phones(row.arguments.get(PHONE.name, ""))}
    phones, others = ("; ".join(one for one in failed if (one in named) is so) for so in (True, False))
    return {**kept, **{name: said for name, said in ((PHONE.name, phones), (CHAT_ID.name, others)) if said}}
