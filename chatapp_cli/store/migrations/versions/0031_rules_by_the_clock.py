"""Rules that run by the clock, and the stages of clients' cards"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "auto_clock",
        sa.Column("rule_id", BIG, nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["auto_rule.id"], name="fk_auto_clock_rule_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rule_id", name="pk_auto_clock"),
    )
    op.create_table(
        "auto_round",
        sa.Column("rule_id", BIG, nullable=False),
        sa.Column("line_id", BIG, nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("after", BIG, nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["auto_rule.id"], name="fk_auto_round_rule_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name="fk_auto_round_line_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rule_id", "line_id", name="pk_auto_round"),
    )
    op.create_index("ix_auto_round_line_id", "auto_round", ["line_id"])
    op.create_table(
        "crm_stage",
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("dialog_id", BIG, nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("pipeline_id", sa.String(), nullable=False),
        sa.Column("stage_id", sa.String(), nullable=False),
        sa.Column("pipeline", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_stage_link_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["dialog_id"], ["dialog.id"], name="fk_crm_stage_dialog_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_id", "dialog_id", "card", name="pk_crm_stage"),
    )
    op.create_index("ix_crm_stage_dialog_id", "crm_stage", ["dialog_id"])
    op.create_table(
        "crm_stage_name",
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("pipeline", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_stage_name_link_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_id", "pipeline", "stage", name="pk_crm_stage_name"),
    )
