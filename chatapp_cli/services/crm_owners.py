"""Who answers a dialog, here and in the CRMs (K-04).

What a CRM told is not told back to it, and what we told it changes nothing when it comes back: both sides then have the
same person. If both change at the same time, the later change holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.access import PROGRAM, Right, system
from chatapp_cli.domain.crm.owner import ChatOwner, heeds_cards, tells_cards
from chatapp_cli.domain.finding import by_name
from chatapp_cli.domain.ids import DialogId, LineId, LinkId, Millis, PairingId
from chatapp_cli.services import crm_owner_effects, dialogs, duties, employees, operators, pairings
from chatapp_cli.store.rows.crm import ChatRow, CrmArrivedRow, PairingRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm_manifest import CrmManifest

AGAIN: Final[Millis] = 2000
"""After how many milliseconds a card is looked at again that changed while its CRM was to be told of somebody else."""


def apply(tx: Tx, link: LinkId, rows: Sequence[CrmArrivedRow], found: Sequence[ChatOwner]) -> Mapping[str, str]:
    """Assign dialogs as the CRM's cards say, and forget the events: each only said that something changed.

    While the CRM is still to be told of a later operator the events stay: it may have read a card before that changed.
    Returns the operators who do not see a line whose dialog they would get, with the line's name.
    """
    news = [(chat, one) for one in found if (chat := _shown_chat(tx, link, one)) and _is_news(chat, one)]
    overtaken = [one for chat, one in news if _is_overtaken(tx, link, chat, one)]
    for row in rows:
        if overtaken:
            tx.run("crmevents.later", id=row.id, next_at=tx.now + AGAIN, problem="")
        else:
            tx.run("crmevents.forget", id=row.id)
    blind: dict[str, str] = {}
    for chat, one in news:
        blind |= {} if one in overtaken else _heed(tx, link, chat, one)
    return blind


def _heed(tx: Tx, link: LinkId, chat: ChatRow, one: ChatOwner) -> Mapping[str, str]:
    tx.run("owners.withdraw", dialog=chat.dialog_id, link=link)
    heard = {"owner": one.employee, "at": one.at, "card": one.card}
    tx.run("owners.heard", pairing=chat.pairing_id, chat=chat.chat, now=tx.now, **heard)
    return _assign(tx, link, chat.dialog_id, one.employee)


def _shown_chat(tx: Tx, link: LinkId, one: ChatOwner) -> ChatRow | None:
    pairing = tx.one(PairingRow, "pairings.at", link=link, kind=one.kind, spot=one.place)
    if pairing is None or not pairing.active:
        return None
    found = tx.one(ChatRow, "chats.find", pairing=pairing.id, chat=one.chat)
    return found or tx.one(ChatRow, "chats.by_remote", pairing=pairing.id, remote=one.remote_chat)


def _is_news(chat: ChatRow, one: ChatOwner) -> bool:
    """Whether the card changed after the change that decided last; the CRM's times are whole seconds."""
    later = one.at > chat.owner_at or (one.at == chat.owner_at and one.employee != chat.owner)
    return bool(one.employee) and later


def _is_overtaken(tx: Tx, link: LinkId, chat: ChatRow, one: ChatOwner) -> bool:
    """Whether the CRM is still to be told of an operator who came after the change of the card."""
    since = crm_owner_effects.waits_since(tx, link, chat.dialog_id)
    return since is not None and (one.at <= since or one.employee == chat.owner)


def _assign(tx: Tx, link: LinkId, dialog: DialogId, employee: str) -> Mapping[str, str]:
    """Assign a dialog to the operator who is an employee; without one, or if they left, it stays as it is."""
    card = dialogs.card(tx, dialog)
    if card.assignee and employees.of(tx, link, card.assignee) == employee:
        return {}
    operator = employees.at_work(tx, link, employee)
    if operator and not _sees(tx, operator, card.line_id):
        return {operator: card.line}
    if operator:
        duties.assign(tx.by(system(PROGRAM, Right.ASSIGN)), dialog, operator)
    return {}


def _sees(tx: Tx, name: str, line: LineId) -> bool:
    """Whether an operator may answer on a line; one without an account is the owner of the store."""
    who = operators.known(tx, name)
    if who is None:
        return True
    seen = operators.lines(tx, who)
    return not who.disabled and (seen is None or any(one.id == line for one in seen))


def unknown_employees(tx: Tx, manifest: CrmManifest, link: LinkId) -> Sequence[str]:
    """Employees who are responsible for chats and are no operators here: those dialogs stay as they are."""
    heeding = {row.id for row in pairings.of_link(tx, link) if heeds_cards(pairings.options(manifest, row))}
    return _strangers(tx, "owners.employees", link, heeding)


def unknown_operators(tx: Tx, manifest: CrmManifest, link: LinkId) -> Sequence[str]:
    """Operators who answer dialogs and are no employees of the CRM: it is not told of them."""
    telling = {row.id for row in pairings.of_link(tx, link) if tells_cards(pairings.options(manifest, row))}
    return _strangers(tx, "owners.operators", link, telling)


def synchronises(tx: Tx, manifest: CrmManifest, link: LinkId) -> bool:
    """Whether a pairing of a link brings operators and employees together in any way."""
    found = [pairings.options(manifest, row) for row in pairings.of_link(tx, link)]
    return any(heeds_cards(one) or tells_cards(one) for one in found)


def _strangers(tx: Tx, statement: str, link: LinkId, wanted: set[PairingId]) -> Sequence[str]:
    found = tx.all(lambda pairing, name: (PairingId(pairing), str(name)), statement, link=link)
    return sorted({name for pairing, name in found if pairing in wanted}, key=by_name)
