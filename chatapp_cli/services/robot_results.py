"""What a robot returns, in the words of C-09, and what a card's comment and a process's log say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.address import canonical, openings
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.robot import (
    ADDRESSED,
    DETAIL,
    FOUND,
    NO,
    PHONE,
    STATUS,
    TIMED,
    TIMEOUT,
    YES,
    Robot,
    RobotVerdict,
    detail,
    known,
)
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.services import channels, runs, words
from chatapp_cli.services.act_whom import listed, phones
from chatapp_cli.services.run_reason import RunReason

if TYPE_CHECKING:
    from chatapp_cli.domain.manifest import Manifest
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.robots import PartRow, RunRow
    from chatapp_cli.store.tx import Tx


_AT_THE_DEADLINE: Final = frozenset({runs.UNCERTAIN, "pending"})
"""The codes of what the deadline decided, where somebody waited until then."""


@dataclass(frozen=True, slots=True)
class RobotOutcome:
    """How a run fared."""

    title: Text
    values: Mapping[str, str]
    """What the robot returns, by the names of its results."""
    line: Text
    """For a process's log."""
    waits: bool = False
    """Whether something of it has not ended yet."""

    @property
    def good(self) -> bool:
        """Whether it was done for everybody."""
        return self.values[STATUS.name] == YES

    @property
    def comment(self) -> Text:
        """For the card."""
        return T("{robot}: {line}\n{detail}", robot=self.title, line=self.line, detail=self.values[DETAIL.name])


def of(tx: Tx, run: RunRow, manifest: Callable[[ChannelRow], Manifest]) -> RobotOutcome:
    """The outcome of a run as it stands; what was accepted is done, unless the messenger's last word is waited for."""
    parts = runs.parts(tx, run.id)
    said = [_verdict(tx, run, part, manifest) for part in parts]
    if (reason := RunReason.read(run.reason)) is not None:
        said += [RobotVerdict(one, done=False, code=reason.code, message=show(reason.what)) for one in _asked_for(run)]
    good = bool(said) and all(one.done for one in said)
    passed = run.until is not None and run.until <= tx.now
    late = any(one.code == TIMEOUT or (one.code in _AT_THE_DEADLINE and passed) for one in said)
    values = {STATUS.name: YES if good else NO, DETAIL.name: detail(said), TIMED.name: "0" if late else "1"}
    robot = known(run.robot)
    if robot is not None:
        values |= _facts(robot, said, parts, values)
    done = sum(one.done for one in said)
    line = T("Done for {done} of {all}.", done=done, all=len(said))
    return RobotOutcome(title(run), values, line, waits=run.state != runs.ENDED)


def title(run: RunRow) -> Text:
    """What people call what ran."""
    if run.robot == runs.STEP:
        return T("A step of a bot")
    robot = known(run.robot)
    return T("Unknown robot {name}", name=run.robot) if robot is None else robot.title


def _facts(
    robot: Robot, said: Sequence[RobotVerdict], parts: Sequence[PartRow], values: Mapping[str, str]
) -> Mapping[str, str]:
    """The robot's results beside those that all have: of the first of whom something was found out."""
    first: Mapping[str, str] = next((found for part in parts if (found := json.loads(part.facts))), {})
    own = {one.name: str(first.get(one.name, "")) for one in robot.results if one.name not in values}
    if FOUND.name in own:
        own[FOUND.name] = YES if said and all(one.done for one in said) else NO
    return own


def chat_of(address: str) -> str:
    """A recipient as a result names it: a phone as its digits."""
    address = address.strip()
    return canonical(address, "phone").lstrip("+") if openings(address)[0] == "phone" else address


def _verdict(tx: Tx, run: RunRow, part: PartRow, manifest: Callable[[ChannelRow], Manifest]) -> RobotVerdict:
    chat = chat_of(part.address)
    if part.verdict == NO:
        return RobotVerdict(chat, done=False, code=part.code or "failed", message=show(why(tx, part, manifest)))
    if not part.verdict and run.final:
        return RobotVerdict(chat, done=False, code="pending", message=show(T("It has not ended yet.")))
    return RobotVerdict(chat, done=True)


def _asked_for(run: RunRow) -> Sequence[str]:
    """For whom a run was that was refused as a whole, as it was filled in; one without a name for nobody."""
    given = [said for one in ADDRESSED if one != PHONE and (said := run.arguments.get(one.name, "").strip())]
    called = [*(one.called for one in phones(run.arguments.get(PHONE.name, ""))), *listed("; ".join(given))]
    return list(dict.fromkeys(map(chat_of, called))) or [""]


def why(tx: Tx, part: PartRow, manifest: Callable[[ChannelRow], Manifest]) -> Text:
    """Why a part failed: our own reason, or the provider's code in words."""
    if (reason := RunReason.read(part.reason)) is not None:
        return reason.what
    if part.code == runs.UNCERTAIN:
        return T("Nobody can say whether it was sent.")
    try:
        channel = None if part.channel_id is None else channels.one(tx, part.channel_id)
    except NotFound:
        channel = None
    if channel is None:
        return T("It failed: {code}", code=part.code)
    return words.why(manifest(channel), part.code, part.detail)[0]
