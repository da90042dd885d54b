"""By what an operator is an employee of a CRM, who left there, and how a dialog and its cards were last brought together"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("operator", sa.Column("email", sa.String(), server_default="", nullable=False))
    op.add_column("crm_employee", sa.Column("way", sa.String(), server_default="hand", nullable=False))
    op.add_column("crm_employee", sa.Column("left_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("crm_dialog", sa.Column("owner_card", sa.String(), server_default="", nullable=False))
    op.add_column("crm_dialog", sa.Column("owner_way", sa.String(), server_default="", nullable=False))
    op.add_column("crm_dialog", sa.Column("owner_synced", sa.BigInteger(), server_default="0", nullable=False))
