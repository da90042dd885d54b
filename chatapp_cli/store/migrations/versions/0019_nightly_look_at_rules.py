"""When a CRM was last asked whether it still has what the rules of its link name"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("crm_link", sa.Column("rules_seen_at", sa.BigInteger(), server_default="0", nullable=False))
