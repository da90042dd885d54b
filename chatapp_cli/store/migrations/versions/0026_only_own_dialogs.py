"""Operators who see only the dialogs that are theirs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("operator", sa.Column("only_own", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_dialog_member_operator", "dialog_member", ["operator", "dialog_id"])
