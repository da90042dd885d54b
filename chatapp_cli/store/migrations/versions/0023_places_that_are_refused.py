"""Pairings of which the CRM refuses the place: what it is to be told of them waits"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "crm_hold",
        sa.Column("pairing_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["pairing_id"], ["crm_pairing.id"], name="fk_crm_hold_pairing_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pairing_id", name="pk_crm_hold"),
    )
