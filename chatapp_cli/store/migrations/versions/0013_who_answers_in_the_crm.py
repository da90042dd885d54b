"""Who is responsible in a CRM for the cards of a chat, and since when"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("crm_dialog", sa.Column("owner", sa.String(), server_default="", nullable=False))
    op.add_column("crm_dialog", sa.Column("owner_at", sa.BigInteger(), server_default="0", nullable=False))
