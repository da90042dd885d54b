"""What has to be cleared away from time to time."""

from __future__ import annotations

from chatapp_cli.store.tx import Tx

DAY = 86_400_000


def forget_early_news(tx: Tx) -> None:
    """Drop news of messages that never became ours, after a day."""
    tx.run("early.forget", before=tx.now - DAY)
