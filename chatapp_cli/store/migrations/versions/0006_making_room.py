"""Rights of operators, what is due at a time, how far those who follow the journal got, and stored options"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("operator", sa.Column("rights", sa.Text(), server_default="", nullable=False))
    _timers()
    _followers()
    _effects()
    _options()


def _timers() -> None:
    op.create_table(
        "timer",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("keeps_hour", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("kind", "ref", name="pk_timer"),
    )
    op.create_index("ix_timer_at", "timer", ["at"])


def _followers() -> None:
    op.create_table(
        "follower",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_follower"),
    )


def _effects() -> None:
    op.create_table(
        "broken_effect",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_broken_effect"),
    )


_OF_CHANNELS = {
    "api": ("url",),
    "email": ("sender_name", "group_by_subject", "remove_links", "newsletters_wait"),
    "max": ("ca_file",),
    "sms": ("sender", "price"),
    "vk": ("private_refused",),
    "vk_notify": ("notices_email", "sender", "delivery_policy", "validity"),
}
"""What could be changed of a channel by ``line configure``; another package's options move when it is bound again."""


def _options() -> None:
    stored = op.create_table(
        "stored_option",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ref", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "ref", "name", name="pk_stored_option"),
    )
    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT id, kind, settings FROM channel ORDER BY id")).all()
    for number, kind, text in found:
        settings = json.loads(text)
        moved = {name: settings.pop(name) for name in _OF_CHANNELS.get(kind, ()) if name in settings}
        rows = [{"subject": "channel", "ref": number, "name": name, "value": said} for name, said in moved.items()]
        if rows:
            connection.execute(sa.insert(stored), rows)
            left = {"id": number, "settings": json.dumps(settings, ensure_ascii=False)}
            connection.execute(sa.text("UPDATE channel SET settings = :settings WHERE id = :id"), left)
