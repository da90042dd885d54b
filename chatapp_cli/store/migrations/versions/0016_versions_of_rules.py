"""Rules as they were when waiting messages came, and what a CRM has no longer that a rule names"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("crm_rule", sa.Column("trouble", sa.String(), server_default="", nullable=False))
    op.drop_column("crm_route", "turn")
    op.create_table(
        "crm_ruleset",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("last_entry", BIG, nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_ruleset_link_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_crm_ruleset"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_crm_ruleset_link", "crm_ruleset", ["link_id", "last_entry"])
