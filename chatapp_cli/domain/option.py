"""Options of the company, a line or a channel, each declared once.

The command line, the window's page, ``config list`` and the documentation loop over these declarations.
A channel also has the options of its manifest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from chatapp_cli.domain import limits
from chatapp_cli.domain.address import kinds
from chatapp_cli.domain.attendance import Distribution
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Choice, Field
from chatapp_cli.domain.recipients import require_addresses
from chatapp_cli.domain.text import T
from chatapp_cli.domain.variables import require_signature

Value: TypeAlias = str | int


class OptionLevel(StrEnum):
    """What may have options, from the widest to the narrowest."""

    COMPANY = "company"
    LINE = "line"
    CHANNEL = "channel"
    CRM = "crm"


class OptionTarget(NamedTuple):
    """A particular company, line, channel or CRM."""

    level: OptionLevel
    ref: int = 0
    """Its number; the company has none."""


COMPANY: Final = OptionTarget(OptionLevel.COMPANY)

BEFORE_STORE: Final = frozenset(
    {"home", "company", "database_url", "secret_key", "http_host", "http_port", "log_level"}
)
"""Settings that are needed before the store is open, or without it, and are never stored in it."""

TRACED: Final = 90
"""Days for which journal and attempts are always kept: ``trace`` tells everything of messages that are younger."""

LONGEST_UNDO: Final = 3600
"""Longest time in seconds during which a sent message can be taken back."""

_HIGHEST: Final = 2**31 - 1
_SHOWN: Final = 40

_declared: Mapping[OptionLevel, dict[str, Field]] = MappingProxyType({level: {} for level in OptionLevel})


def declare(field: Field, *levels: OptionLevel) -> None:
    """Declare an option. Raises ValueError for a name that is taken or may not be stored."""
    if field.name in BEFORE_STORE or field.secret:
        raise ValueError(f"{field.name} cannot be kept in the store in the open")
    for level in levels:
        if _declared[level].setdefault(field.name, field) is not field:
            raise ValueError(f"{level} has an option {field.name} already")


def declared(level: OptionLevel) -> Mapping[str, Field]:
    """The options of every company, line, channel or CRM, by name."""
    return MappingProxyType(_declared[level])


def levels_of(name: str) -> tuple[OptionLevel, ...]:
    """The levels that may have this option, from the widest to the narrowest."""
    return tuple(level for level, fields in _declared.items() if name in fields)


def decoded(field: Field, text: str) -> Value:
    """A person's input as the option's value. Raises UsageError with what is wrong and what is allowed."""
    allowed = ["on", "off"] if field.kind == "flag" else [choice.value for choice in field.choices]
    if allowed and text not in allowed:
        raise UsageError(
            T("{name} cannot be {value}.", name=field.name, value=text),
            T("Choose one of: {allowed}", allowed=", ".join(allowed)),
            field=field.name,
        )
    if field.kind == "number":
        return _number(field, text)
    field.require_one_line(text)
    if (required := _REQUIRED.get(field.kind)) is not None:
        required(field.name, text)
    fits = _FITS.get(field.kind)
    if text and not ((fits is None or fits(text)) and re.fullmatch(field.pattern or ".*", text, re.DOTALL)):
        raise UsageError(T("{name} cannot be {value}.", name=field.name, value=text), field.hint, field=field.name)
    return text


def _number(field: Field, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(
            T("{name} has to be a whole number, not {value}.", name=field.name, value=text or "–"),
            T("Write digits alone, such as: {name}={example}", name=field.name, example=field.default or "0"),
            field=field.name,
        )
    most = _HIGHEST if field.most is None else field.most
    if len(text) > len(str(_HIGHEST)) or int(text) > most:
        raise UsageError(
            T("{name} can be {most} at most, not {value}.", name=field.name, most=most, value=text[:_SHOWN]),
            T("Write a smaller number."),
            field=field.name,
        )
    if int(text) < field.least:
        raise UsageError(
            T("{name} has to be {least} at least, not {value}.", name=field.name, least=field.least, value=text),
            T("Write a greater number."),
            field=field.name,
        )
    return int(text)


def _is_web(text: str) -> bool:
    """Whether it is a web address without a password."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - one that is no number is found out here
    except ValueError:
        return False
    spaces = any(map(str.isspace, text))
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.password is None and not spaces


def _is_email(text: str) -> bool:
    return kinds(text)[0] == "email"


_FITS: Mapping[str, Callable[[str], bool]] = MappingProxyType({"url": _is_web, "email": _is_email})


def _require_hours(name: str, text: str) -> None:
    from chatapp_cli.domain.hours_text import week

    if text:
        week(text, name)


def _require_days(name: str, text: str) -> None:
    from chatapp_cli.domain.hours_text import own_days

    own_days(text, name)


def _require_zone(name: str, text: str) -> None:
    from chatapp_cli.domain.zones import zone_of

    if text:
        zone_of(text, name)


_REQUIRED: Mapping[str, Callable[[str, str], None]] = MappingProxyType(
    {
        "addresses": require_addresses,
        "signature": require_signature,
        "hours": _require_hours,
        "days": _require_days,
        "zone": _require_zone,
    }
)
"""Kinds that say in words of their own what is wrong."""


_TOLD = r"([^\s:,;]+:[^\s,;]+|[^@\s:,;]+@[^@\s:,;]+)"
"""Who is told of alarms: ``CHANNEL:ADDRESS``, or an e-mail; any other address is another person in each channel."""
_COMPANY_AND_LINE = (OptionLevel.COMPANY, OptionLevel.LINE)

declare(
    Field(
        name="company_name",
        label=T("Name that customers know"),
        hint=T("In quick replies; the company's own is also the title of the window and the login page."),
        longest=limits.NAME.most,
        required=False,
    ),
    *_COMPANY_AND_LINE,
)
declare(
    Field(
        name="undo_send",
        label=T("Seconds to take a message back"),
        hint=T("A message from the window waits this long before it is sent; 0: sent at once."),
        kind="number",
        most=LONGEST_UNDO,
        default="0",
        required=False,
    ),
    *_COMPANY_AND_LINE,
    OptionLevel.CHANNEL,
)
declare(
    Field(
        name="quiet",
        label=T("Hours without notices"),
        hint=T("Such as 22:00-08:00, by the clock of each operator's machine."),
        required=False,
    ),
    OptionLevel.COMPANY,
)
declare(
    Field(
        name="notify_text",
        label=T("Words of the message in notices on the desktop"),
        kind="flag",
        default="off",
        required=False,
    ),
    OptionLevel.COMPANY,
)
declare(
    Field(
        name="web_idle",
        label=T("Minutes without input in a browser"),
        hint=T("The browser is logged out after this time; 0: never."),
        kind="number",
        most=525_600,
        default="240",
        required=False,
    ),
    OptionLevel.COMPANY,
)
declare(
    Field(
        name="public_url",
        label=T("Public address of this desk"),
        hint=T("Where a CRM reaches the daemon from outside, such as https://desk.example.ru"),
        kind="url",
        required=False,
    ),
    OptionLevel.COMPANY,
)
declare(
    Field(
        name="alarm",
        label=T("Who is told of alarms"),
        hint=T("E-mails, or addresses with their channel, such as: olga@shop.example, telegram_bot:@olga"),
        pattern=rf"{_TOLD}([,\s]+{_TOLD})*",
        required=False,
    ),
    OptionLevel.COMPANY,
)
declare(
    Field(
        name="hours",
        label=T("Working hours"),
        hint=T("Such as: mon-fri 09:00-13:00, 14:00-18:00; sat 10:00-15:00; empty: always."),
        kind="hours",
        required=False,
    ),
    *_COMPANY_AND_LINE,
)
declare(
    Field(
        name="hours_zone",
        label=T("Time zone of the working hours"),
        hint=T("A place, such as Europe/Moscow or Asia/Yekaterinburg."),
        kind="zone",
        default="Europe/Moscow",
        required=False,
    ),
    *_COMPANY_AND_LINE,
)
declare(
    Field(
        name="hours_calendar",
        label=T("Calendar of working days"),
        hint=T("ru: Russian holidays and the days that are moved; none: the weekdays alone; or the name of your own."),
        pattern=r"\w+",
        default="ru",
        required=False,
    ),
    *_COMPANY_AND_LINE,
)
declare(
    Field(
        name="hours_days",
        label=T("Days with hours of their own"),
        hint=T("Such as: 2026-12-31 10:00-14:00; 2027-01-11 off."),
        kind="days",
        required=False,
    ),
    *_COMPANY_AND_LINE,
)
declare(
    Field(
        name="distribution",
        label=T("Who is given a dialog that nobody has"),
        hint=T("Only operators who are there: not away, not outside their hours, and with a free place."),
        kind="choice",
        choices=(
            Choice(Distribution.OFF, T("Nobody: they take it themselves")),
            Choice(Distribution.EVENLY, T("In turn, evenly")),
            Choice(Distribution.IN_ORDER, T("The first in order who is there")),
            Choice(Distribution.ALL, T("All at once: everybody is told of it")),
        ),
        default=Distribution.OFF,
        required=False,
    ),
    *_COMPANY_AND_LINE,
)
declare(
    Field(
        name="distribution_to",
        label=T("Who is given dialogs, in order"),
        hint=T("Names with commas; empty: everybody who sees the line, by name."),
        required=False,
    ),
    *_COMPANY_AND_LINE,
)
declare(
    Field(
        name="hand_over_after",
        label=T("Minutes until what an absent operator has is handed over"),
        hint=T("Counted from when they went away; only dialogs that wait for an answer. 0: never."),
        kind="number",
        most=10_080,
        default="0",
        required=False,
    ),
    *_COMPANY_AND_LINE,
)

for _name, _label, _hint, _default in (
    (
        "auto_per_day",
        T("Automatic answers in a dialog within a day"),
        T("At most so many by autoreplies and rules; 0: none."),
        "5",
    ),
    (
        "auto_quiet",
        T("Minutes without automatic answers after a person"),
        T("Whoever types or answers in a dialog keeps them away for so long; 0: not at all."),
        "30",
    ),
    (
        "auto_storm",
        T("Automatic answers of a channel within ten minutes"),
        T("With more than these they stop, with an alarm, until somebody resumes them."),
        "30",
    ),
):
    declare(
        Field(name=_name, label=_label, hint=_hint, kind="number", most=1_440, default=_default, required=False),
        *_COMPANY_AND_LINE,
    )

declare(
    Field(
        name="webhook_hosts",
        label=T("Hosts of the own network that rules may tell something"),
        hint=T("Names or addresses with commas; all others have to be on the Internet."),
        required=False,
    ),
    OptionLevel.COMPANY,
)

KEEP: Final = MappingProxyType(
    {
        "keep_raw": (
            T("Days to keep raw arrivals"),
            T("Then the bytes that a provider sent go, not the message; 0: kept for ever."),
        ),
        "keep_journal": (
            T("Days to keep the journal"),
            T("At least 90, for the history of each message; 0: kept for ever."),
        ),
        "keep_attempts": (
            T("Days to keep attempts to send"),
            T("At least 90, for the history of each message; 0: kept for ever."),
        ),
        "keep_requests": (
            T("Days to keep answered requests"),
            T("Such as looked-up numbers and lists of chats; 0: kept for ever."),
        ),
        "keep_acts": (
            T("Days to keep what rules did"),
            T("At least 90, so that each automatic message says why; 0: kept for ever."),
        ),
    }
)
"""What is deleted after some days: the option, its label and its hint."""

for _name, (_label, _hint) in KEEP.items():
    declare(
        Field(name=_name, label=_label, hint=_hint, kind="number", most=36_500, default=str(TRACED), required=False),
        OptionLevel.COMPANY,
    )
