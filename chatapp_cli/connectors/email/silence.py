"""Which mails need no operator, and so are neither unread nor waiting."""

from __future__ import annotations

from email.message import Message

from chatapp_cli.connectors.email import machines, receipts
from chatapp_cli.connectors.email.incoming import Reading
from chatapp_cli.connectors.email.sender import Correspondence


def is_silent(message: Message, between: Correspondence, reading: Reading) -> bool:
    """Whether no operator needs to look; never true if an answer would reach a person."""
    if between.from_us or between.personal:
        return False
    if machines.is_receipt(message):
        return receipts.says_nothing_more(message)
    if machines.is_delivery_report(message):
        return False
    by_choice = not reading.newsletters_wait and machines.is_newsletter(message)
    return by_choice or machines.is_automatic_reply(message)
