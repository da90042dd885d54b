"""What a CRM can be told beside messages, and the conversations from before a pairing that are shown there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("crm_link", sa.Column("tells", sa.String(), server_default="", nullable=False))
    op.create_table(
        "crm_import",
        sa.Column("pairing_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pairing_id"], ["crm_pairing.id"], name="fk_crm_import_pairing_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pairing_id", name="pk_crm_import"),
    )
