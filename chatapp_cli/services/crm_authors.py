"""Who wrote a message, as a CRM is told: an operator, a member of a group with their phone, or the client."""

from __future__ import annotations

from chatapp_cli.domain import border
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.message import Direction, Origin
from chatapp_cli.services import channels, operators
from chatapp_cli.store.rows.crm import EntryRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx


def name(tx: Tx, row: EntryRow, card: DialogCard, message: MessageRow) -> str:
    """The operator or the member of a group who wrote; empty for the client of a private dialog.

    What was written in the account's own application is of the operator who answers the dialog: the provider names the
    account or nobody. If it names somebody else, as VK does the administrator, that name stands. Before the pairing it
    may have been another operator.
    """
    if message.direction != Direction.OUT:
        return message.author if card.chat_kind != "private" else ""
    guessed = message.origin == Origin.PHONE and row.act != Act.IMPORT and card.assignee
    return card.assignee if guessed and _names_account(tx, message, card) else message.author


def sign(tx: Tx, message: MessageId, name: str) -> None:
    """Name the employee who wrote a message in a CRM and is no operator, by the name that the CRM tells.

    An operator of the same name is not the author.
    """
    known = {fold(one.name) for one in operators.everything(tx.whole())}
    shown = f"{name} (CRM)" if fold(name) in known else name
    if name:
        tx.run("messages.sign", id=message, author=border.name(shown))


def _names_account(tx: Tx, message: MessageRow, card: DialogCard) -> bool:
    row = channels.one(tx, card.channel_id)
    return message.author in {"", row.account, row.title, *row.facts.values()}


def phone(tx: Tx, card: DialogCard, message: MessageRow) -> str:
    """The phone of a group's member who wrote; empty if it is not known, or a number of ours."""
    if card.chat_kind != "group" or message.direction == Direction.OUT:
        return ""
    found = str(tx.value("messages.author_phone", id=message.id) or "")
    return "" if found and channels.is_own_phone(tx)(found) else found
