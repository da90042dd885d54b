"""Events of operators' accounts."""

from __future__ import annotations

from typing import ClassVar

from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.journal.base import Audience, JournalEvent
from chatapp_cli.domain.text import T, Text


class OperatorEvent(JournalEvent):
    """Something happened to an operator's account; their own window sees it, whatever their lines."""

    audience: ClassVar[Audience] = Audience.OWN
    name: str


class OperatorAdded(OperatorEvent):
    """An account was made."""

    topic: ClassVar[str] = "operator.added"
    words: ClassVar[Text] = T("Operator added: {name}")


class OperatorDisabled(OperatorEvent):
    """An operator can no longer log in."""

    topic: ClassVar[str] = "operator.disabled"
    words: ClassVar[Text] = T("{name} can no longer log in")


class OperatorEnabled(OperatorEvent):
    """An operator can log in again."""

    topic: ClassVar[str] = "operator.enabled"
    words: ClassVar[Text] = T("{name} can log in again")


class PasswordChanged(OperatorEvent):
    """An operator has another password."""

    topic: ClassVar[str] = "operator.password"
    words: ClassVar[Text] = T("{name} has a new password")


class EmailChanged(OperatorEvent):
    """CRMs know an operator by another address."""

    topic: ClassVar[str] = "operator.email"
    words: ClassVar[Text] = T("{name} has another e-mail address")


class VisibleLinesChanged(OperatorEvent):
    """An operator sees other lines."""

    topic: ClassVar[str] = "operator.lines"
    words: ClassVar[Text] = T("{name} sees other lines")


class VisibleDialogsChanged(OperatorEvent):
    """Of the dialogs in their lines an operator sees all, or only those that are theirs."""

    topic: ClassVar[str] = "operator.dialogs"
    words: ClassVar[Text] = T("{name} sees other dialogs")
    only_own: bool


class IdentityConnected(OperatorEvent):
    """An operator can log in by a provider at which they are this person."""

    topic: ClassVar[str] = "operator.connected"
    words: ClassVar[Text] = T("{name} can log in as {person} of {realm} ({way})")
    way: str
    realm: str
    person: str


class IdentityDisconnected(OperatorEvent):
    """An operator can no longer log in by a provider."""

    topic: ClassVar[str] = "operator.disconnected"
    words: ClassVar[Text] = T("{name} can no longer log in through {realm} ({way})")
    way: str
    realm: str


class RightsChanged(OperatorEvent):
    """An operator's additional rights changed."""

    topic: ClassVar[str] = "operator.rights"
    rights: str
    """As stored: names separated by spaces."""


class WentAway(OperatorEvent):
    """An operator is away: nothing is given to them."""

    topic: ClassVar[str] = "operator.away"
    until: Millis | None = None
    """``None``: until they say that they are back."""
    reason: str | None = None


class CameBack(OperatorEvent):
    """An operator said that they are back."""

    topic: ClassVar[str] = "operator.back"
    words: ClassVar[Text] = T("{name} is back")


class OwnHoursChanged(OperatorEvent):
    """An operator has other working hours."""

    topic: ClassVar[str] = "operator.hours"
    hours: str
    """As they were typed; empty: those of the line."""


class WaitingLimitChanged(OperatorEvent):
    """Another number of dialogs may wait for an operator."""

    topic: ClassVar[str] = "operator.limit"
    most: int
    """0: any number."""


class OperatorRemoved(OperatorEvent):
    """An account is gone."""

    topic: ClassVar[str] = "operator.removed"
    words: ClassVar[Text] = T("Operator removed: {name}")


class LoggedIn(OperatorEvent):
    """An operator logged in."""

    topic: ClassVar[str] = "operator.login"
    way: str | None = None
    """By which provider; ``None``: with the password."""


class LoggedOut(OperatorEvent):
    """A login ended."""

    topic: ClassVar[str] = "operator.logout"
    words: ClassVar[Text] = T("{name} logged out")
