"""What a CRM makes of new clients in the place of a pairing, and in which pipeline"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("crm_pairing", sa.Column("makes", sa.String(), server_default="", nullable=False))
    op.add_column("crm_pairing", sa.Column("pipeline", sa.String(), server_default="", nullable=False))
