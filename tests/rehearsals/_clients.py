"""What clients do beside writing: they edit, delete, and take nothing any more."""

from __future__ import annotations

from chatapp_cli.sandbox.email import EmailSandbox
from chatapp_cli.sandbox.stage import Customer, Sandbox
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox

NO_MAILBOX = "550 5.1.1 The recipient's mailbox is unavailable"


async def edits(one: Sandbox, who: Customer, message: str, text: str) -> bool:
    """A client edits a message without files, named by the provider's id; false if the channel has no edits."""
    match one:
        case TelegramBotSandbox():
            await one.edit(one.town.private(who).messages[int(message)], text)
        case WhatsAppSandbox():
            new = {"type": "text", "text": {"body": text}}
            one.arrive(who, {"type": "edit", "edit": {"original_message_id": message, "message": new}})
        case _:
            return False
    return True


def withdraws(one: Sandbox, who: Customer, message: str) -> bool:
    """A client deletes a message; false if nobody tells the desk of that in this channel."""
    if not isinstance(one, WhatsAppSandbox):
        return False
    one.arrive(who, {"type": "revoke", "revoke": {"original_message_id": message}})
    return True


async def leaves(one: Sandbox, who: Customer) -> None:
    """A client who has written takes nothing any more."""
    match one:
        case TelegramBotSandbox():
            await one.block(who)
        case WhatsAppSandbox():
            one.meta.client(who).wrote_at = 0.0  # so that their 24 hours are over
        case EmailSandbox():
            one.refusals[who.email] = NO_MAILBOX
