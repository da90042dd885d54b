"""Lines, their channels, and what belongs to a channel."""

import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from chatapp_cli.domain.ids import ApplicationId, ChannelId, LineId, Millis, SessionRequestId

if TYPE_CHECKING:
    from chatapp_cli.domain.template import TemplateState


class LineRow(NamedTuple):
    """A line with its counts."""

    id: LineId
    name: str
    channels: int
    dialogs: int
    unread: int


class ChannelRow(NamedTuple):
    """A bound channel as a person sees it: no secrets."""

    id: ChannelId
    line_id: LineId
    line: str
    kind: str
    account: str
    title: str
    hook_key: str | None
    settings_text: str
    options_text: str
    facts_text: str
    capabilities_text: str
    cursor: str | None
    revision: int
    health: str
    health_code: str
    health_detail: str
    health_since: Millis
    proof_at: Millis | None
    paused_until: Millis
    strangers_until: Millis
    paused_code: str
    paused_detail: str
    look_at: Millis = 0
    """When a stopped channel is tried again by itself; 0 if it is not stopped, or waits for a person alone."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The answers and results of the binding, and stored options."""
        return _joined(self.settings_text, self.options_text)

    @property
    def facts(self) -> Mapping[str, str]:
        """Facts about the account for people."""
        return _decoded(self.facts_text)

    @property
    def capabilities(self) -> Mapping[str, Any]:
        """Capabilities in which the account differs from its kind."""
        return _decoded(self.capabilities_text)


@lru_cache(maxsize=512)
def _decoded(text: str) -> Mapping[str, Any]:
    """A stored JSON object; cached by its text."""
    return MappingProxyType(json.loads(text))


@lru_cache(maxsize=512)
def _joined(settings: str, options: str) -> Mapping[str, str]:
    return MappingProxyType({**json.loads(settings), **json.loads(options)})


class SessionRequestRow(NamedTuple):
    """A request to a session."""

    id: SessionRequestId
    channel_id: ChannelId
    what: str
    arguments: str
    actor: str
    state: str
    code: str
    detail: str
    result: str
    until: Millis


class TemplateRow(NamedTuple):
    """A text that a provider has to approve."""

    id: int
    channel_id: ChannelId
    name: str
    language: str
    category: str
    state: "TemplateState"
    body: str
    reason: str
    updated_at: Millis


class ApplicationRow(NamedTuple):
    """An application on paper, without its answers."""

    id: ApplicationId
    line_id: LineId
    line: str
    kind: str
    """Of the channel."""
    state: str
    title: str
    """The applicant."""
    document_sha256: str
    document_name: str
    reason: str
    created_at: Millis
    updated_at: Millis
