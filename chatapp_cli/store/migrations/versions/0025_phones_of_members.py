"""The phone of a group's member who wrote"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("message", sa.Column("author_phone", sa.String(), server_default="", nullable=False))
