"""When a message of a CRM was last changed there: an older edit that comes late changes nothing"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("crm_message", sa.Column("changed_at", BIG, nullable=False, server_default="0"))
