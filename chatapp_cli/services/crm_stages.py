"""At which stages the cards of clients stand, as CRMs tell it: kept for conditions, and told when it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.crm.events import CardChanged
from chatapp_cli.domain.crm.stages import CardStage, StageName
from chatapp_cli.domain.ids import DialogId, LinkId
from chatapp_cli.domain.journal.links import CardStageChanged
from chatapp_cli.services import dialogs
from chatapp_cli.store.rows.crm import ChatRow, PairingRow, StageRow
from chatapp_cli.store.tx import Tx

BETWEEN: Final = "/"
"""Between a pipeline and a stage, where people name both."""
AGAIN: Final = 50
"""Cards that are read again after a gap, those first that changed last."""


def record(tx: Tx, link: LinkId, found: Sequence[CardStage]) -> None:
    """Keep where cards stand. One that is seen for the first time only says so: nobody knows where it stood before."""
    changed: dict[str, dict[DialogId, CardStageChanged]] = defaultdict(dict)
    for one in found:
        dialog = _dialog(tx, link, one)
        before = None if dialog is None else tx.one(StageRow, "stages.one", link=link, dialog=dialog, card=one.card)
        if dialog is None or (before is not None and before.named == (one.pipeline_id, one.stage_id, *one.called)):
            continue
        _keep(tx, link, dialog, one)
        if before is not None and before.named[:2] != (one.pipeline_id, one.stage_id):
            changed[one.card][dialog] = CardStageChanged(
                dialog=dialog, link=link, card=one.card, pipeline=one.called.pipeline, stage=one.called.stage,
                before=before.stage,
            )  # fmt: skip
    for events in changed.values():
        for dialog in _latest(tx, list(events)):
            tx.emit(events[dialog], actor=PROGRAM)


def _dialog(tx: Tx, link: LinkId, one: CardStage) -> DialogId | None:
    pairing = tx.one(PairingRow, "pairings.at", link=link, kind=one.kind, spot=one.place)
    if pairing is None or not pairing.active:
        return None
    chat = tx.one(ChatRow, "chats.find", pairing=pairing.id, chat=one.chat)
    chat = chat or tx.one(ChatRow, "chats.by_remote", pairing=pairing.id, remote=one.remote_chat)
    return None if chat is None else chat.dialog_id


def _keep(tx: Tx, link: LinkId, dialog: DialogId, one: CardStage) -> None:
    values = {"pipeline_id": one.pipeline_id, "stage_id": one.stage_id, **one.called._asdict()}
    tx.run("stages.keep", link=link, dialog=dialog, card=one.card, now=tx.now, **values)


def _latest(tx: Tx, found: Sequence[DialogId]) -> Sequence[DialogId]:
    """The dialog with the newest message on each line, as the rules act once for a card and not for each chat."""
    cards = sorted((dialogs.card(tx, one) for one in found), key=lambda card: (card.last_at, card.id))
    return sorted({card.line_id: card.id for card in cards}.values())


def of_dialog(tx: Tx, dialog: DialogId) -> AbstractSet[str]:
    """The stages at which the cards of a dialog stand, as people write them: with and without the pipeline."""
    rows = tx.all(StageName, "stages.of_dialog", dialog=dialog)
    return frozenset(written for row in rows for written in spelled(row))


def spelled(one: StageName) -> tuple[str, ...]:
    """The ways in which people write a stage."""
    return (one.stage, f"{one.pipeline}{BETWEEN}{one.stage}") if one.pipeline else (one.stage,)


def learn_names(tx: Tx, link: LinkId, names: Sequence[StageName]) -> None:
    """Keep which stages a CRM has, in place of those before."""
    if set(names) == set(tx.all(StageName, "stages.names_of", link=link)):
        return
    tx.run("stages.forget_names", link=link)
    for one in dict.fromkeys(names):
        tx.run("stages.name", link=link, **one._asdict())


def there(tx: Tx) -> Sequence[StageName]:
    """The stages of all CRMs that tell them; empty: none does."""
    return tx.all(StageName, "stages.names")


def known_cards(tx: Tx, link: LinkId) -> Sequence[CardChanged]:
    """The cards to read again after a gap."""
    cards = (one.partition(":") for one in tx.all(str, "stages.cards", link=link, n=AGAIN))
    return [CardChanged(card=kind, id=number) for kind, _colon, number in cards]
