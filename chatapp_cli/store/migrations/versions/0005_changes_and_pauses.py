"""Who wrote a message, what stands for another, changes that come before their message, why a channel rests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    _text("message", "sender")
    _flag("message", "placeholder")
    _flag("message_part", "bears_text")
    _flag("dialog", "early")
    _text("early_news", "dialog_key")
    _text("early_news", "change")
    _text("channel", "paused_code")
    _text("channel", "paused_detail")


def _text(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, sa.Text(), server_default="", nullable=False))


def _flag(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, sa.Integer(), server_default="0", nullable=False))
