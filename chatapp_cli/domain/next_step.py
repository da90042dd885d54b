"""Next steps for a person, as codes with values; each front end words them in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chatapp_cli.domain.text import Text


class Next(StrEnum):
    """A next step; programs and manifests use its value."""

    ADD_LINE = "add_line"
    ADD_OPERATOR = "add_operator"
    ADDRESS_BOOK = "address_book"
    AGAIN = "again"
    ALARMS = "alarms"
    ALLOW = "allow"
    ANSWER = "answer"
    APPLICATION_STAGES = "application_stages"
    APPLICATIONS = "applications"
    APPROVED = "approved"
    AUTOMATION = "automation"
    BIND = "bind"
    BIND_AGAIN = "bind_again"
    BIND_ANOTHER = "bind_another"
    CATCH_UP = "catch_up"
    CHAIN = "chain"
    CHANNELS = "channels"
    CHECK = "check"
    CONFIGURE = "configure"
    CONFIGURE_COMPANY = "configure_company"
    CONNECT = "connect"
    CONTACT = "contact"
    CRM_DEAD_LETTERS = "crm_dead_letters"
    CRM_RULES = "crm_rules"
    CRM_USERS = "crm_users"
    DEAD_LETTER = "dead_letter"
    DEAD_LETTERS = "dead_letters"
    DECIDE = "decide"
    DIALOG = "dialog"
    DIALOGS = "dialogs"
    DOCTOR = "doctor"
    FORGET_FOLLOWER = "forget_follower"
    HOURS = "hours"
    KINDS = "kinds"
    LEDGER = "ledger"
    LINES = "lines"
    LINK = "link"
    LINK_AGAIN = "link_again"
    LINKS = "links"
    LOGIN = "login"
    NEW_APPLICATION = "new_application"
    OPERATORS = "operators"
    OUTBOX = "outbox"
    PAIR = "pair"
    PASSWORD = "password"  # noqa: S105 - something to do
    PLACES = "places"
    PROXIES = "proxies"
    QUICK_REPLIES = "quick_replies"
    RENEW = "renew"
    RESUME = "resume"
    RESUME_ANSWERS = "resume_answers"
    RETRY = "retry"
    ROBOTS = "robots"
    RULE_FIRST = "rule_first"
    SERVE = "serve"
    SET = "set"
    SETTING = "setting"
    SETTINGS = "settings"
    SUPPORT = "support"
    SYNC = "sync"
    TAKE = "take"
    TEMPLATES = "templates"
    TO_ORGANIZER = "to_organizer"
    TRANSCRIBE = "transcribe"
    UNBLOCK = "unblock"
    UNLINK = "unlink"
    UNMERGE = "unmerge"
    VIEWS = "views"


@dataclass(frozen=True, slots=True)
class NextStep:
    """A value in a sentence, which the front end replaces by a command, a key or a field."""

    code: Next
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.params.items())])


def to_do(code: Next, **params: object) -> NextStep:
    """A next step with its values."""
    return NextStep(code, params)


def about(text: Text | None, **values: object) -> Text | None:
    """The same sentence, in which every next step has these values unless it has others."""
    return None if text is None else Text(text.msgid, {name: _about(one, values) for name, one in text.params.items()})


def _about(value: object, values: Mapping[str, object]) -> object:
    if isinstance(value, Text):
        return about(value, **values)
    return NextStep(value.code, {**values, **value.params}) if isinstance(value, NextStep) else value


def steps(text: Text | None) -> Iterator[NextStep]:
    """The next steps in a sentence."""
    for value in text.params.values() if text is not None else ():
        if isinstance(value, NextStep):
            yield value
        elif isinstance(value, Text):
            yield from steps(value)
