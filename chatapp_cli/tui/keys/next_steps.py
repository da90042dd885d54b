"""Next steps as keys of the window, or as a command where the window has no page for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from chatapp_cli.domain.next_step import Next, NextStep
from chatapp_cli.domain.text import Text
from chatapp_cli.i18n import _
from chatapp_cli.tui.keys.keymap import key

Keys: TypeAlias = Sequence[tuple[str, str]]
"""Actions in sequence, each as scope and name."""

_LINES = ("app", "page('lines')")
_OPERATORS = ("app", "page('operators')")
_CRM = ("app", "page('crm')")
_PAPERS = (_LINES, ("lines", "documents"))
KEYS: Final[Mapping[Next, Keys]] = MappingProxyType(
    {
        Next.ADD_LINE: (_LINES, ("lines", "add_line")),
        Next.ADD_OPERATOR: (_OPERATORS, ("operators", "add")),
        Next.ADDRESS_BOOK: (("app", "page('begin')"), ("begin", "contacts")),
        Next.AGAIN: (("transcript", "message('retry')"),),
        Next.ALLOW: (_OPERATORS, ("operators", "rights")),
        Next.ANSWER: (("inbox", "write"),),
        Next.APPLICATION_STAGES: (*_PAPERS, ("applications", "decide")),
        Next.APPLICATIONS: _PAPERS,
        Next.APPROVED: (("inbox", "deed('template')"),),
        Next.AUTOMATION: (("app", "page('automation')"),),
        Next.RULE_FIRST: (("app", "page('automation')"),),
        Next.RESUME_ANSWERS: (("app", "page('automation')"),),
        Next.BIND: (_LINES, ("lines", "bind")),
        Next.BIND_AGAIN: (_LINES, ("lines", "bind")),
        Next.BIND_ANOTHER: (_LINES, ("lines", "bind")),
        Next.CATCH_UP: (_CRM, ("crm", "catch_up")),
        Next.CHAIN: (("inbox", "deed('chain')"),),
        Next.CHANNELS: (_LINES,),
        Next.CHECK: (_LINES, ("lines", "check")),
        Next.CONFIGURE: (_LINES, ("lines", "options")),
        Next.CONFIGURE_COMPANY: (_LINES, ("lines", "company")),
        Next.CONTACT: (("inbox", "card"),),
        Next.CRM_RULES: (_CRM, ("crm", "rules")),
        Next.CRM_USERS: (_CRM, ("crm", "people")),
        Next.DEAD_LETTER: (("app", "page('troubles')"),),
        Next.ALARMS: (("app", "page('troubles')"),),
        Next.DEAD_LETTERS: (("app", "page('troubles')"),),
        Next.DECIDE: (("transcript", "message('resolve')"),),
        Next.DIALOG: (("list", "open"),),
        Next.DIALOGS: (("inbox", "everything"),),
        Next.HOURS: (_LINES, ("lines", "options")),
        Next.KINDS: (_LINES, ("lines", "bind")),
        Next.LEDGER: (_CRM,),
        Next.LINES: (_LINES,),
        Next.LINK: (_CRM, ("crm", "link")),
        Next.LINK_AGAIN: (_CRM, ("crm", "renew")),
        Next.LINKS: (_CRM,),
        Next.NEW_APPLICATION: (*_PAPERS, ("applications", "new")),
        Next.OPERATORS: (_OPERATORS,),
        Next.OUTBOX: (("app", "page('troubles')"),),
        Next.PAIR: (_CRM, ("crm", "attach")),
        Next.PASSWORD: (_OPERATORS, ("operators", "password")),
        Next.PLACES: (_CRM, ("crm", "attach")),
        Next.PROXIES: (_LINES, ("lines", "proxies")),
        Next.QUICK_REPLIES: (("app", "page('replies')"),),
        Next.RENEW: (_LINES, ("lines", "bind")),
        Next.RESUME: (_LINES, ("lines", "resume")),
        Next.RETRY: (("transcript", "message('retry')"),),
        Next.ROBOTS: (_CRM, ("crm", "robots")),
        Next.TAKE: (("inbox", "deed('assign')"),),
        Next.TEMPLATES: (("inbox", "deed('template')"),),
        Next.TO_ORGANIZER: (("transcript", "message('invitation')"),),
        Next.TRANSCRIBE: (("transcript", "message('transcribe')"),),
        Next.UNLINK: (_CRM, ("crm", "unlink")),
        Next.UNBLOCK: (("inbox", "deed('block')"),),
        Next.UNMERGE: (("inbox", "deed('part')"),),
        Next.VIEWS: (("inbox", "views"),),
    }
)
SHELL: Final[Mapping[Next, str]] = MappingProxyType(
    {
        # Who may log in by which account elsewhere is said once, with a number from there.
        Next.CONNECT: "chatapp user ways",
        # The page of CRMs shows what they are owed, not what they said.
        # It also works where the window does not open.
        Next.CRM_DEAD_LETTERS: "chatapp crm deadletter list",
        Next.DOCTOR: "chatapp doctor",
        # Only ``doctor`` names a follower.
        Next.FORGET_FOLLOWER: "chatapp gc --forget",
        # The window shows its login page itself; only commands are refused with this step.
        Next.LOGIN: "chatapp login",
        # The window's own daemon ends with the window.
        Next.SERVE: "chatapp serve",
        # Settings of the machine are read before the window opens; options of the store have a page.
        Next.SET: "chatapp config set",
        Next.SETTING: "chatapp config get",
        Next.SETTINGS: "chatapp config list",
        # Like doctor: for a window that does not open.
        Next.SUPPORT: "chatapp support",
        # The daemon reads templates every hour, and the page shows what it found.
        Next.SYNC: "chatapp template sync",
    }
)
"""Steps without a page in the window."""


def keys(step: NextStep) -> str:
    """The keys to press on the page of dialogs, as they are shown in the keymap in use."""
    if step.code in SHELL:
        return _("{command} in a shell", command=SHELL[step.code])
    return " → ".join(key(scope, name) for scope, name in KEYS[step.code])


def said_here(step: Text | None, code: Next, how: str) -> Text | None:
    """A sentence in which the keys of a step are others, as its page is open already."""
    return None if step is None else Text(step.msgid, {name: _here(v, code, how) for name, v in step.params.items()})


def _here(value: object, code: Next, how: str) -> object:
    if isinstance(value, Text):
        return said_here(value, code, how)
    return how if isinstance(value, NextStep) and value.code == code else value
