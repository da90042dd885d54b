"""A part of a conversation, and what it works with."""

from __future__ import annotations

from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.hooks import Hooks


class ConversationPart(Hooks):
    """Something that a conversation can do; it hears of the conversation by hooks."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.page = conversation.page
