"""What made acts of rules due, and which answers time alone made due"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("auto_act", sa.Column("cause", sa.String(), server_default="event", nullable=False))
    op.add_column("auto_answer", sa.Column("timed", sa.Integer(), server_default="0", nullable=False))
