"""What an idempotency key was used for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("message", sa.Column("asked", sa.Text(), server_default="", nullable=False))
