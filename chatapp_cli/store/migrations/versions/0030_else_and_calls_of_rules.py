"""What a rule does when nobody is there, and its calls to other programs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("auto_rule", sa.Column("otherwise", sa.String(), server_default="[]", nullable=False))
    op.create_table(
        "auto_secret",
        sa.Column("rule_id", BIG, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["auto_rule.id"], name="fk_auto_secret_rule_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rule_id", name="pk_auto_secret"),
    )
    op.create_table(
        "auto_call",
        sa.Column("act_id", BIG, nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["auto_act.id"], name="fk_auto_call_act_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("act_id", name="pk_auto_call"),
    )
