"""Rights of operators, what is due at a time, and how far those who follow the journal got"""

from __future__ import annotations

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
