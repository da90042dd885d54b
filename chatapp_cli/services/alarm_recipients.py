"""Who is told of alarms, and in which words; apart from the messages, which nobody needs while nothing is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from chatapp_cli.domain.moment import written
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import alarms
from chatapp_cli.store.rows.alarms import AlarmRow

OPTION = "alarm"
"""The option of the company with the recipients."""


class AlarmRecipient(NamedTuple):
    """Somebody who is told of alarms."""

    channel: str
    """By which channel: its kind, account or number; empty: the address is an e-mail, and any mailbox will do."""
    address: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.address}" if self.channel else self.address


def recipients(option: str) -> Sequence[AlarmRecipient]:
    """The recipients in a value of the option: ``CHANNEL:ADDRESS`` or ``ADDRESS``, between commas or spaces."""
    words = [word.partition(":") for word in re.split(r"[,\s]+", option) if word]
    return [AlarmRecipient(head, tail) if colon else AlarmRecipient("", head) for head, colon, tail in words]


def message(alarm: AlarmRow, company: str) -> Text:
    """What people are sent: the sentence, and the next step in a line of its own."""
    said, step = sentence(alarm, company), alarms.next_step(alarm)
    return said if step is None else Text("{said}\n→ {step}", {"said": said, "step": step})


def sentence(alarm: AlarmRow, company: str) -> Text:
    """What people are told of an alarm now."""
    what = alarms.sentence(alarm)
    if alarm.healed_at is None:
        return T("{company}: {what} (since {moment})", company=company, what=what, moment=written(alarm.since))
    return T("{company}: over since {moment}: {what}", company=company, what=what, moment=written(alarm.healed_at))
