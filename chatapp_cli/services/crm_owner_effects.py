"""Owes CRMs who answers a dialog: effects of events, see ``crm_owners`` for the other way."""

from __future__ import annotations

from chatapp_cli.domain.crm.owner import tells_cards
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.ids import DialogId, LinkId, Millis
from chatapp_cli.domain.journal.dialogs import Assigned
from chatapp_cli.domain.journal.links import EntrySettled
from chatapp_cli.services import crm_owed, dialogs
from chatapp_cli.store.rows.crm import ChatRow, OwningRow, PairedRow
from chatapp_cli.store.tx import Tx


def on_assigned(tx: Tx, event: Assigned) -> None:
    """Have the CRMs told who answers now, except the one that said so. An effect of its event."""
    for row in tx.all(OwningRow, "owners.of_dialog", dialog=event.dialog):
        if tells_cards(row.options) and (chat := _chat(tx, row, event.dialog)) is not None:
            _owe(tx, row, chat, event.name)


def on_settled(tx: Tx, event: EntrySettled) -> None:
    """Have a CRM that shows the first message of a dialog told who answers it. An effect of its event."""
    if event.act != Act.ADD or event.dialog is None:
        return
    for row in tx.all(OwningRow, "owners.of_dialog", dialog=event.dialog):
        if row.link_id != event.link or not tells_cards(row.options):
            continue
        chat = _chat(tx, row, event.dialog)
        if chat is not None and not chat.owner and (name := dialogs.card(tx, event.dialog).assignee):
            _owe(tx, row, chat, name)


def _chat(tx: Tx, row: OwningRow, dialog: DialogId) -> ChatRow | None:
    return tx.one(ChatRow, "chats.of_dialog", dialog=dialog, pairing=row.id)


def _owe(tx: Tx, row: OwningRow, chat: ChatRow, name: str) -> None:
    """Owe it in place of what was owed before; an operator who is nobody there is not told."""
    from chatapp_cli.services import employees  # and all about links, which a desk without one need not have

    employee = employees.of(tx, row.link_id, name)
    waits = waits_since(tx, row.link_id, chat.dialog_id) is not None
    if employee and (waits or employee != chat.owner):
        crm_owed.owe_owner(tx, PairedRow(row.id, row.link_id, row.after), chat.dialog_id, employee)
    elif waits:
        tx.run("owners.withdraw", dialog=chat.dialog_id, link=row.link_id)


def waits_since(tx: Tx, link: LinkId, dialog: DialogId) -> Millis | None:
    """Since when the CRM is still to be told who answers; ``None`` if it knows."""
    found: Millis | None = tx.value("owners.waiting", dialog=dialog, link=link)
    return found
