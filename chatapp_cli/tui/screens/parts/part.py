"""A part of a conversation, and what it works with."""

from __future__ import annotations

from chatapp_cli.tui.screens.conversation import Conversing
from chatapp_cli.tui.screens.hooks import Hooks


class ConversationPart(Hooks):
    """Something that a conversation can do; it hears of the conversation by hooks."""

    def __init__(self, conversation: Conversing) -> None:
        self.conversation = conversation
        self.page = conversation.page
