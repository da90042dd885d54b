"""What a channel does now, in the words that list, window, doctor, health and metrics share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.health import DOWN, WORKING, ChannelState, Health
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import N_
from chatapp_cli.services import resting, words
from chatapp_cli.store.rows.channels import ChannelRow

if TYPE_CHECKING:
    from chatapp_cli.domain.manifest import Manifest

LATE = 180_000
"""Milliseconds without a sign of life after which a channel counts as silent."""
STATES: Mapping[ChannelState, str] = MappingProxyType(
    {
        ChannelState.STARTING: N_("not started yet"),
        ChannelState.WORKING: N_("works"),
        ChannelState.RESTING: N_("rests"),
        ChannelState.RECEIVES_ONLY: N_("receives, sends nothing"),
        ChannelState.SENDS_ONLY: N_("sends, receives nothing"),
        ChannelState.RETRYING: N_("tries again"),
        ChannelState.STOPPED: N_("stopped"),
        ChannelState.SILENT: N_("gives no sign of life"),
    }
)
"""One word or two for each state."""
_UNTIL: Mapping[ChannelState, str] = MappingProxyType(
    {
        ChannelState.RESTING: N_("paused until {moment}"),
        ChannelState.RECEIVES_ONLY: N_("receives, sends nothing until {moment}"),
        ChannelState.SENDS_ONLY: N_("sends, receives nothing until {moment}"),
        ChannelState.RETRYING: N_("tries again at {moment}"),
        ChannelState.STOPPED: N_("stopped; looks again at {moment} by itself"),
        ChannelState.SILENT: N_("gives no sign of life since {moment}"),
    }
)
FAULTS = frozenset(
    {
        ChannelState.RECEIVES_ONLY,
        ChannelState.SENDS_ONLY,
        ChannelState.RETRYING,
        ChannelState.STOPPED,
        ChannelState.SILENT,
    }
)
"""The states that are faults: what a person is told of if they last."""
_GOES_ON = frozenset({ChannelState.RESTING, ChannelState.RECEIVES_ONLY, ChannelState.STOPPED})
"""What a person can end at once."""
_BY_CODE = _GOES_ON | {ChannelState.RETRYING, ChannelState.SENDS_ONLY}
Moment = Callable[[Millis], str]


class ChannelStanding(NamedTuple):
    """The state of a channel, until when it lasts, why, and what to do about it."""

    channel: ChannelRow
    state: ChannelState
    until: Millis = 0
    """When it changes or is tried again by itself; of a silent one, since when it is silent; 0: not known."""
    why: Text | None = None
    next_step: Text | None = None

    @property
    def well(self) -> bool:
        """Whether there is nothing to tell a person."""
        return self.state in {ChannelState.WORKING, ChannelState.STARTING}

    @property
    def word(self) -> Text:
        """The state alone."""
        return T(STATES[self.state])

    def said(self, moment: Moment = written) -> Text:
        """The state and its time, which ``moment`` words."""
        return T(_UNTIL[self.state], moment=moment(self.until)) if self.until else self.word

    def sentence(self, moment: Moment = written) -> Text:
        """The state, its time and the reason."""
        said = self.said(moment)
        return said if self.why is None else T("{said}: {why}", said=said, why=self.why)

    @property
    def gist(self) -> Text:
        """The state and the reason, without its time: for what is still read later."""
        return self.word if self.why is None else T("{said}: {why}", said=self.word, why=self.why)

    @property
    def go_on(self) -> Text | None:
        """How a person ends it at once, if that is possible."""
        return resting.next_step(self.channel) if self.state in _GOES_ON else None


def standing(
    row: ChannelRow,
    manifest: Manifest,
    now: Millis,
    *,
    held: bool | None = None,
    since: Millis = 0,
    unattended: bool = False,
) -> ChannelStanding:
    """The standing of a channel.

    ``held``: whether any process holds the lease, and so runs the channels; ``None``: not known.
    ``since``: when that process started, if it is known: what the store says of a channel from before is no sign that
    it works.
    ``unattended``: nobody is known to run the channels, or whoever does gives no sign of life: one that worked is
    silent at once.
    """
    state = state_of(row, now, held=held, since=since, unattended=unattended)
    why, step = _reason(row, manifest, state, held=held)
    return ChannelStanding(row, state, _until(row, state, now), why, step)


def without_reason(row: ChannelRow, now: Millis) -> ChannelStanding:
    """The state and its time alone, which need no manifest."""
    state = state_of(row, now)
    return ChannelStanding(row, state, _until(row, state, now))


def state_of(
    row: ChannelRow, now: Millis, *, held: bool | None = None, since: Millis = 0, unattended: bool = False
) -> ChannelState:
    """Only the state, for programs and colours."""
    if row.health not in WORKING:
        return _troubled(row)
    if held and since and _past(row.proof_at, now) < since <= now <= since + LATE:
        return ChannelState.STARTING
    late = unattended or now - _seen_at(row, now) > LATE
    if resting.troubled(row, now) and not (late and held):
        return ChannelState.RESTING
    if late and (held or row.health == Health.OK):
        return ChannelState.SILENT
    return ChannelState.STARTING if row.health == Health.STARTING else ChannelState.WORKING


def _troubled(row: ChannelRow) -> ChannelState:
    """What an unhealthy channel does.

    Its sending alone may be refused while its session goes on: then it has a pause, and no time to look again.
    """
    if row.health == Health.RETRYING:
        return ChannelState.RETRYING
    if row.health == Health.SENDS_ONLY:
        return ChannelState.SENDS_ONLY
    if row.health in DOWN and (row.look_at or not row.paused_code):
        return ChannelState.STOPPED
    return ChannelState.RECEIVES_ONLY


def _seen_at(row: ChannelRow, now: Millis) -> Millis:
    """The last sign of life; 0 if none is known.

    What lies in the future was written while the clock was wrong, and says nothing.
    """
    return max(_past(row.proof_at, now), _past(row.health_since, now))


def _past(at: Millis | None, now: Millis) -> Millis:
    return at if at is not None and at <= now + LATE else 0


def _until(row: ChannelRow, state: ChannelState, now: Millis) -> Millis:
    """A time that is over says nothing: it is being tried just now."""
    if state is ChannelState.SILENT:
        return _seen_at(row, now)
    known = {
        ChannelState.RESTING: row.paused_until,
        ChannelState.RECEIVES_ONLY: row.paused_until,
        ChannelState.STOPPED: row.look_at,
        ChannelState.RETRYING: row.look_at,
        ChannelState.SENDS_ONLY: row.look_at,
    }
    return until if (until := known.get(state, 0)) > now else 0


def _reason(
    row: ChannelRow, manifest: Manifest, state: ChannelState, *, held: bool | None
) -> tuple[Text | None, Text | None]:
    """Why, and what to do."""
    if state is ChannelState.SILENT and held is False:
        return T("The daemon is not running: nothing is received"), T("Start it: {how}", how=to_do(Next.SERVE))
    if state is ChannelState.SILENT:
        return None, T("Look: {how}", how=to_do(Next.CHECK, n=row.id))
    partly = state is ChannelState.WORKING and row.health_code != ""
    if state not in _BY_CODE and not partly:
        return None, None
    resting_now = state is ChannelState.RESTING
    code, detail = (row.paused_code, row.paused_detail) if resting_now else (row.health_code, row.health_detail)
    why, step = words.why(manifest, code, detail) if code else (None, None)
    return why, resting.next_step(row) if resting_now or (step is None and state in _GOES_ON) else step
