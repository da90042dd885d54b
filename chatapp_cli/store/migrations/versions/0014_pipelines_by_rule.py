"""Rules that say in which pipeline a CRM's card is made, and what they said for each chat"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("crm_link", sa.Column("rules", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "crm_rule",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("forms", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_rule_link_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_crm_rule"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_crm_rule_link", "crm_rule", ["link_id", "position"])
    op.create_table(
        "crm_route",
        sa.Column("pairing_id", BIG, autoincrement=False, nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("rule_id", BIG, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pairing_id"], ["crm_pairing.id"], name="fk_crm_route_pairing_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pairing_id", "chat", name="pk_crm_route"),
    )
