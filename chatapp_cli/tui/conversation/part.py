"""What works on a conversation, and what of it also answers the conversation's hooks."""

from __future__ import annotations

from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.hooks import Hooks


class ConversationController:
    """Carries out keys and messages of widgets on the conversation of a page."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.page = conversation.page


class ConversationPart(ConversationController, Hooks):
    """A controller that also answers hooks: it has a place in the order of ``Conversation.parts``."""
