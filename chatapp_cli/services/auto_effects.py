"""What other changes mean for rules."""

from __future__ import annotations

from chatapp_cli.domain.journal.dialogs import AnswerTyped
from chatapp_cli.domain.journal.lines import LineRemoved
from chatapp_cli.services import auto_presence
from chatapp_cli.store.tx import Tx


def on_typed(tx: Tx, event: AnswerTyped) -> None:
    """Remember who is at work where: from this moment nothing is answered there automatically."""
    if auto_presence.has_rules(tx):
        tx.run("autoquiet.put", dialog=event.dialog, at=tx.now)


def on_line_removed(tx: Tx, event: LineRemoved) -> None:
    """Forget the follower if the last rules went with their line: nobody would move it."""
    del event
    if not auto_presence.has_rules(tx):
        from chatapp_cli.domain.automation import FOLLOWER  # a store without rules does without it
        from chatapp_cli.services import following

        following.end(tx, FOLLOWER)
