"""Next steps as commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain.next_step import Next, NextStep

COMMANDS: Final[Mapping[Next, Sequence[str]]] = MappingProxyType(
    {
        Next.ADD_LINE: ("chatapp line add NAME",),
        Next.ADD_OPERATOR: ("chatapp user add NAME",),
        Next.ADDRESS_BOOK: ("chatapp contact list CHANNEL",),
        Next.AGAIN: ("retry",),
        Next.ALARMS: ("chatapp alarm list",),
        Next.ALLOW: ("chatapp user rights '{name}' +{right}",),
        Next.ANSWER: ("chatapp reply {n}",),
        Next.APPLICATION_STAGES: ("chatapp application --help",),
        Next.APPLICATIONS: ("chatapp application list",),
        Next.APPROVED: ("chatapp template list --channel {n} --state approved",),
        Next.AUTOMATION: ("chatapp rule list",),
        Next.BIND: ("chatapp line bind {kind}", "chatapp line bind"),
        Next.BIND_AGAIN: ("chatapp line bind",),
        Next.BIND_ANOTHER: ("chatapp line bind {kind} --another",),
        Next.CATCH_UP: ("chatapp crm catchup {link}", "chatapp crm catchup"),
        Next.CHAIN: ("chatapp contact chain {to} CHANNELS",),
        Next.CHANNELS: ("chatapp line show",),
        Next.CHECK: ("chatapp line check {n}", "chatapp line check"),
        Next.CONFIGURE: ("chatapp line configure LINE --set {name}=VALUE", "chatapp line configure"),
        Next.CONFIGURE_COMPANY: ("chatapp company configure --set {name}={value}", "chatapp company configure"),
        Next.CONNECT: ("chatapp user ways '{name}' --amo {n}", "chatapp user ways NAME --amo {n}"),
        Next.CONTACT: ("chatapp contact show",),
        Next.CRM_DEAD_LETTERS: ("chatapp crm deadletter list",),
        Next.CRM_RULES: ("chatapp crm rules list --link {link}", "chatapp crm rules list"),
        Next.CRM_USERS: (
            "chatapp crm users map {employee} {operator} --link {link}",
            "chatapp crm users map EMPLOYEE OPERATOR",
        ),
        Next.DEAD_LETTER: ("chatapp deadletter show {n}",),
        Next.DEAD_LETTERS: ("chatapp deadletter list",),
        Next.DECIDE: ("chatapp message resolve",),
        Next.DIALOG: ("chatapp dialog show",),
        Next.DIALOGS: ("chatapp dialog list",),
        Next.DOCTOR: ("chatapp doctor",),
        Next.FORGET_FOLLOWER: ("chatapp gc --forget {name}",),
        Next.HOURS: ('chatapp line configure --set hours="mon-fri 09:00-18:00"',),
        Next.KINDS: ("chatapp line channels",),
        Next.LEDGER: ("chatapp crm outbox list",),
        Next.LINES: ("chatapp line list",),
        Next.LINK: ("chatapp crm link {kind}", "chatapp crm link KIND"),
        Next.LINK_AGAIN: ("chatapp crm link --renew {link}", "chatapp crm link {kind}", "chatapp crm link KIND"),
        Next.LINKS: ("chatapp crm show {link}", "chatapp crm list"),
        Next.LOGIN: ("chatapp login",),
        Next.NEW_APPLICATION: ("chatapp application new {kind}", "chatapp application new"),
        Next.OPERATORS: ("chatapp user list",),
        Next.OUTBOX: ("chatapp outbox undelivered",),
        Next.PAIR: ("chatapp crm attach CHANNEL PLACE --link {link}", "chatapp crm attach CHANNEL PLACE"),
        Next.PASSWORD: ("chatapp user password NAME",),
        Next.PLACES: ("chatapp crm places {link}", "chatapp crm places"),
        Next.PROXIES: ("chatapp line proxies",),
        Next.QUICK_REPLIES: ("chatapp quick list --search WORDS",),
        Next.RENEW: ("chatapp line bind {kind} --line '{line}'",),
        Next.RESUME: ("chatapp line resume {n}",),
        Next.RESUME_ANSWERS: ("chatapp rule resume {n}", "chatapp rule resume CHANNEL"),
        Next.RETRY: ("chatapp message retry",),
        Next.ROBOTS: ("chatapp crm robots install {link}", "chatapp crm robots install"),
        Next.RULE_FIRST: ("chatapp rule order {n}",),
        Next.SERVE: ("chatapp serve",),
        Next.SET: ("chatapp config set {name} {value}", "chatapp config set {name} VALUE"),
        Next.SETTING: ("chatapp config get {name}",),
        Next.SETTINGS: ("chatapp config list",),
        Next.SUPPORT: ("chatapp support",),
        Next.SYNC: ("chatapp template sync {kind}",),
        Next.TAKE: ("chatapp dialog assign {n} me",),
        Next.TEMPLATES: ("chatapp template list --channel {n}", "chatapp template list"),
        Next.TO_ORGANIZER: ("chatapp message invitation {n} {answer} --to-organizer",),
        Next.TRANSCRIBE: ("chatapp message transcribe",),
        Next.UNLINK: ("chatapp crm unlink {link}", "chatapp crm unlink"),
        Next.UNBLOCK: ("chatapp dialog unblock {n}",),
        Next.UNMERGE: ("chatapp contact unmerge",),
        Next.VIEWS: ("chatapp view list",),
    }
)
"""The forms of each command, the one with the most values first; ``AGAIN`` is a verb of ``DECIDE``'s noun."""


def command(step: NextStep) -> str:
    """The command for a step, with its known arguments."""
    known = [spelling for spelling in COMMANDS[step.code] if _names(spelling) <= step.params.keys()]
    return known[0].format_map(step.params)


def _names(spelling: str) -> set[str]:
    return {name for _text, name, _form, _conversion in Formatter().parse(spelling) if name}
