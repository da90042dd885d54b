"""Times, sizes, delivery states and cards of CRMs as text."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State
from chatapp_cli.domain.moment import local
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services.words import CARDS, why
from chatapp_cli.tui.reading.cells import line

if TYPE_CHECKING:
    from chatapp_cli.domain.manifest import Manifest

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_KILO = 1024

_DATES = (
    N_("{day} January"),
    N_("{day} February"),
    N_("{day} March"),
    N_("{day} April"),
    N_("{day} May"),
    N_("{day} June"),
    N_("{day} July"),
    N_("{day} August"),
    N_("{day} September"),
    N_("{day} October"),
    N_("{day} November"),
    N_("{day} December"),
)
_DAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
_SHORT_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))

SIGNS: dict[str, str] = {
    State.SCHEDULED: "◷",
    State.QUEUED: "◷",
    State.SENDING: "↑",
    State.SENT: "✓",
    State.DELIVERED: "✓✓",
    State.READ: "✓✓",
    State.FAILED: "✗",
    State.UNCERTAIN: "?",
    State.CANCELLED: "⊘",
}


def clock(at: Millis) -> str:
    """Hours and minutes."""
    return f"{local(at):%H:%M}"


def short(at: Millis, now: Millis) -> str:
    """For a narrow column: the time of today, the weekday of the last week, otherwise the date."""
    then, today = local(at), local(now)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if timedelta(0) < today.date() - then.date() < timedelta(days=7):
        return _(_SHORT_DAYS[then.weekday()])
    return f"{then:%d.%m}" if then.year == today.year else f"{then:%m.%y}"


def day(at: Millis, now: Millis) -> str:
    """A day as the heading above its messages."""
    then, today = local(at).date(), local(now).date()
    if then == today:
        return _("Today")
    if today - then == timedelta(days=1):
        return _("Yesterday")
    date = _(_DATES[then.month - 1], day=then.day)
    return f"{_(_DAYS[then.weekday()])}, {date}" if then.year == today.year else f"{date} {then.year}"


def moment(at: Millis, now: Millis) -> str:
    """The time, with the day before it unless that is today."""
    return clock(at) if local(at).date() == local(now).date() else f"{short(at, now)} {clock(at)}"


def age(milliseconds: int) -> str:
    """A duration in its largest whole unit."""
    if milliseconds < MINUTE:
        return _("{n} s", n=max(0, milliseconds // 1000))
    if milliseconds < HOUR:
        return _("{n} min", n=milliseconds // MINUTE)
    if milliseconds < DAY:
        return _("{n} h", n=milliseconds // HOUR)
    return _("{n} d", n=milliseconds // DAY)


def size(length: int) -> str:
    """A size in bytes, KB or MB."""
    if length < _KILO:
        return _("{n} B", n=length)
    if length < _KILO * _KILO:
        return _("{n} KB", n=round(length / _KILO))
    return _("{n} MB", n=round(length / _KILO / _KILO, 1))


def reason(manifest: Manifest, code: str, detail: str = "") -> tuple[str, str]:
    """What a code of this channel means, and what to do about it."""
    what, step = why(manifest, code, detail)
    return show(what), show(step)


def card(ref: str) -> str:
    """A card of a CRM, such as ``deal:17``, with what its kind is called; another kind as it is."""
    kind, _colon, number = ref.partition(":")
    return f"{show(CARDS[kind])} {line(number)}" if kind in CARDS else line(ref)
