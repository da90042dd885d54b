"""Who acts, and what they may do: rights, and the roles that hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.text import T, Text


class Right(StrEnum):
    """A right; its value is what people type and what is stored."""

    ANSWER = "answer"
    MASS = "mass"
    MARK = "mark"
    BLOCK = "block"
    TAG = "tag"
    NOTE = "note"
    ASSIGN = "assign"
    SNOOZE = "snooze"
    VIEWS = "views"
    DRAFTS = "drafts"
    REPLIES = "replies"
    PEOPLE = "people"
    GROUPS = "groups"
    REPAIR = "repair"
    LINES = "lines"
    CHANNELS = "channels"
    PROXIES = "proxies"
    SECRETS = "secrets"
    CHATS = "chats"
    APPLICATIONS = "applications"
    TEMPLATES = "templates"
    SETTINGS = "settings"
    USERS = "users"
    BLACKLIST = "blacklist"
    SHARED_VIEWS = "shared-views"
    SECTIONS = "sections"
    BACKUPS = "backups"
    CRM = "crm"
    AUTOMATION = "automation"


RIGHTS: Mapping[Right, Text] = MappingProxyType(
    {
        Right.ANSWER: T("write, change, take back and forward messages"),
        Right.MASS: T("write to many people at once"),
        Right.MARK: T("mark as read, pin and name dialogs"),
        Right.BLOCK: T("put the client of a dialog on the blacklist"),
        Right.TAG: T("tag dialogs"),
        Right.NOTE: T("write notes"),
        Right.ASSIGN: T("assign dialogs"),
        Right.SNOOZE: T("snooze dialogs, or mark that no answer is needed"),
        Right.VIEWS: T("keep views of one's own"),
        Right.DRAFTS: T("keep drafts of one's own"),
        Right.REPLIES: T("change quick replies in sections that are open to them"),
        Right.PEOPLE: T("merge contacts and set how they are reached"),
        Right.GROUPS: T("make groups and change their members"),
        Right.REPAIR: T("resume a channel, and handle dead letters"),
        Right.LINES: T("add, rename and remove lines"),
        Right.CHANNELS: T("bind, set up and unbind channels"),
        Right.PROXIES: T("set the proxies of an account"),
        Right.SECRETS: T("change the secrets of a channel"),
        Right.CHATS: T("choose the chats that an account follows"),
        Right.APPLICATIONS: T("fill in applications and record their stage"),
        Right.TEMPLATES: T("write templates and record their approval"),
        Right.SETTINGS: T("change the settings of the company"),
        Right.USERS: T("make and change the accounts of operators"),
        Right.BLACKLIST: T("change the blacklist of the company"),
        Right.SHARED_VIEWS: T("change views that everybody sees"),
        Right.SECTIONS: T("manage who edits others' sections of quick replies"),
        Right.BACKUPS: T("make backups and restore them"),
        Right.CRM: T("link a CRM, and pair channels with it"),
        Right.AUTOMATION: T("make and change rules and automatic answers"),
    }
)
"""What each right allows, worded to follow «may …» and «may not …»."""


class Role(StrEnum):
    """A person's role in a company; its value is stored with the account."""

    OWNER = "owner"
    OPERATOR = "operator"


ROLES: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OWNER: frozenset(Right),
        Role.OPERATOR: frozenset(
            {
                Right.ANSWER,
                Right.MASS,
                Right.MARK,
                Right.BLOCK,
                Right.TAG,
                Right.NOTE,
                Right.ASSIGN,
                Right.SNOOZE,
                Right.VIEWS,
                Right.DRAFTS,
                Right.REPLIES,
                Right.PEOPLE,
                Right.GROUPS,
                Right.REPAIR,
            }
        ),
    }
)
"""The rights that each role has by default."""


class Acting(NamedTuple):
    """Who acts: a person, or a part of the program under its own name."""

    name: str
    account: bool = False
    """Whether it is the name of an account, which has its own unread count and rights."""
    lines: Sequence[LineId] | None = None
    """The visible lines; ``None``: all."""
    owner: bool = False
    """Whether they own the store, and so may do everything."""
    system: frozenset[Right] | None = None
    """The rights of a part of the program; ``None`` for a person."""
    signs: bool = True
    """Whether its name appears in the journal; the daemon only carries out what others wrote."""

    only_own: bool = False
    """Whether of the dialogs in these lines only those are visible that are theirs."""
    owner_names: frozenset[str] = frozenset()
    """The names under which the owner acts, as far as this process knows them."""

    @property
    def signature(self) -> str:
        """The name to record in the journal; empty if it does not sign."""
        return self.name if self.signs else ""


def system(name: str, *rights: Right, signs: bool = True) -> Acting:
    """A part of the program that acts on its own, with exactly these rights."""
    return Acting(name, system=frozenset(rights), signs=signs)


PROGRAM = ""
"""The signature of a provider's reports and of the program's own actions."""

NOBODY = Acting("", lines=())
"""Before anybody has logged in: sees nothing and may do nothing."""

DAEMON = system("daemon", Right.ANSWER, Right.TEMPLATES, signs=False)
"""Receives and sends, passes messages along their chains, and stores moderators' verdicts on templates."""

DISTRIBUTION = system("distribution", Right.ASSIGN, signs=False)
"""Gives dialogs to the operators who are there."""

EFFECT = system("effect")
"""Runs in the transaction of an event, whoever caused it; it only runs statements and needs no right."""

LOGIN = system("door", signs=False)
"""Checks passwords and opens sessions."""


def rights_from(stored: str) -> frozenset[Right]:
    """The rights in a stored text; names that this version does not know are skipped."""
    known = set(Right)
    return frozenset(Right(word) for word in stored.split() if word in known)


def rights_text(rights: frozenset[Right]) -> str:
    """Rights as they are stored, in the order of the enum."""
    return " ".join(right for right in Right if right in rights)
