"""Robots: one act for several recipients, once for each call, of which whoever called is told (S-170 to S-178)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain import border, limits
from chatapp_cli.domain.access import PROGRAM, Right, system
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import LinkId, Millis, RunId
from chatapp_cli.domain.journal.robots import RunBegan
from chatapp_cli.domain.robot import ASYNC, COMMENT, known
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, acts, crm_owed, runs
from chatapp_cli.services.act_call import ActCall
from chatapp_cli.services.runs import RunWanted

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.events import RobotAsked
    from chatapp_cli.domain.draft import StagedFile
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.rows.robots import RunRow
    from chatapp_cli.store.tx import Tx

RIGHTS: Final = (Right.ANSWER, Right.ASSIGN, Right.TAG, Right.MARK, Right.GROUPS)
"""What a CRM's automation may do here; an operator's robot may do what they may."""
_TRUE: Final = frozenset({"y", "yes", "1", "on", "true"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotSetting:
    """What carrying out a robot needs."""

    able: Able
    files: Sequence[StagedFile] = ()
    hindrance: Text | None = None
    """Why it cannot be done at all, such as a file that is gone."""

    def require_possible(self) -> None:
        """Raise Refused with the hindrance, if there is one."""
        if self.hindrance is not None:
            raise Refused("hindered", self.hindrance)


def is_ticked(arguments: Mapping[str, str], name: str) -> bool:
    """Whether a field of yes or no says yes."""
    return arguments.get(name, "").strip().lower() in _TRUE


def is_final(code: str, arguments: Mapping[str, str]) -> bool:
    """Whether a robot waits for the messenger's last word: one without a choice always does."""
    robot = known(code)
    return robot is not None and (not robot.has(ASYNC.name) or is_ticked(arguments, ASYNC.name))


def expect(tx: Tx, link: LinkId, asked: RobotAsked) -> bool:
    """Keep what a CRM's automation asks for, and have it told by its deadline; false if it asked that before."""
    token = border.external_id(asked.remote)
    final = is_final(asked.robot, asked.arguments)
    wanted = RunWanted(
        key=f"{link} {token}",
        robot=asked.robot,
        link=link,
        arguments=asked.arguments,
        card="" if asked.card is None else str(asked.card),
        remote=token,
        final=final,
        comment=is_ticked(asked.arguments, COMMENT.name),
        until=asked.until if final else None,
    )
    run = runs.begin(tx, wanted)
    if run is None:
        return False
    entry = crm_owed.expect(tx, link, token, asked.until or tx.now + runs.PATIENCE, Act.RESULT) if asked.waits else None
    if entry is not None:
        runs.told_by(tx, run, entry)
    return True


def carry_out_of(tx: Tx, link: LinkId, asked: RobotAsked, setting: RobotSetting) -> None:
    """Carry out what a CRM's automation asked for, in the name of the program: no CRM says for whom it works."""
    run = runs.under(tx, f"{link} {border.external_id(asked.remote)}")
    if run is not None:
        carry_out(tx.by(system(PROGRAM, *RIGHTS)), run, setting)


def start(tx: Tx, code: str, arguments: Mapping[str, str], *, key: str, until: Millis) -> RunId:
    """Keep what a person asks for here; the one of before under the same key. Raises Refused for another use of it.

    ``until`` is the deadline of what waits for the messenger's last word; anything else has none.
    """
    access.require(tx, Right.ANSWER)
    limits.REQUEST.require(key, field="key")
    limits.REQUEST.require(json.dumps(dict(arguments), ensure_ascii=False), field="arguments")
    final = is_final(code, arguments)
    wanted = RunWanted(key=f"here {key}", robot=code, arguments=arguments, final=final, until=until if final else None)
    run = runs.begin(tx, wanted)
    if run is not None:
        tx.emit(RunBegan(run=run, robot=code))
        return run
    found = runs.under(tx, wanted.key)
    if found is None or found.robot != code or found.arguments != arguments:
        raise Refused("key_taken", T("This key was used for another robot, or for something else to do."))
    return found.id


def carry_out(tx: Tx, run: RunRow, setting: RobotSetting) -> None:
    """Do it once, unless its time is over."""
    if run.state != runs.NEW or (run.until is not None and run.until <= tx.now):
        return
    try:
        with tx.trial():
            _require_known(run.robot)
            setting.require_possible()
            attempts = acts.perform(run.robot, _call(tx, run, setting))
            runs.keep(tx, run.id, attempts)
    except (Refused, NotFound, UsageError) as refusal:
        runs.keep(tx, run.id, (), refusal)


def _require_known(code: str) -> None:
    """Raise Refused for a code of no robot, also for one of an act that none has yet."""
    if known(code) is None:
        raise acts.no_robot(code)


def _call(tx: Tx, run: RunRow, setting: RobotSetting) -> ActCall:
    return ActCall(
        tx=tx,
        able=setting.able,
        arguments=run.arguments,
        key=f"run {run.id}",
        files=setting.files,
        link=run.link_id,
        until=run.until,
    )
