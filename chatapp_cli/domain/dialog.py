"""Which dialogs a person wants to see, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from chatapp_cli.domain.ids import ChannelId, LineId, Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogFilter:
    """Filters that combine (S-117); what is not set does not matter. The blocked are shown only when asked for."""

    line: LineId | None = None
    channel: ChannelId | None = None
    kind: str = ""
    """Of the channel, such as the «messenger» filter has it."""
    tag: str = ""
    unread: bool = False
    waiting: bool = False
    """Unanswered, the longest waiting first."""
    pinned: bool = False
    blocked: bool = False
    assignee: str | None = None
    """Whoever answers for it; empty: nobody does."""
    snoozed: bool = False
    """Those put off; they are left out of the others until somebody searches for a text."""
    wherever: bool = False
    """Those put off too: somebody searches for what was said."""
    since: Millis | None = None
    """The last message is not older."""
    until: Millis | None = None
    """The last message is older."""
    text: str = ""
    """Part of a name, phone, e-mail or username (S-116)."""
