"""Questions that commands and windows put to the daemon's session of a CRM"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "crm_question",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("arguments", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_question_link_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_crm_question"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_crm_question_waiting", "crm_question", ["link_id", "state", "id"])
