"""The outbox and the delivery log."""

from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind


class OutboxRow(NamedTuple):
    """An operation that waits or is in progress."""

    id: int
    message_id: MessageId
    dialog_id: DialogId
    channel_id: ChannelId
    action: str
    value: str
    actor: str
    priority: int
    state: str
    not_before: Millis
    wait_code: str
    attempts: int
    claims: int


class AttemptRow(NamedTuple):
    """One line of the delivery log."""

    id: int
    message_id: MessageId
    action: str
    started_at: Millis
    finished_at: Millis | None
    verdict: str
    code: str
    detail: str


class RecentSend(NamedTuple):
    """A send that the governor has to remember."""

    address: str
    chat_kind: "ChatKind"
    stranger: int
    at: Millis


class EarlyRow(NamedTuple):
    """A delivery report that came before the verdict."""

    id: int
    state: str
    code: str
    detail: str
    about: str
    """The recipients that it is about, as a JSON list; empty if it does not say."""
