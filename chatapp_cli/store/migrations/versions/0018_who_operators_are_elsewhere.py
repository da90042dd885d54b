"""Who operators are at providers by which they can log in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "operator_identity",
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator"], ["operator.name"], name="fk_operator_identity_operator", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("way", "realm", "person", name="pk_operator_identity"),
    )
    op.create_index("ux_operator_identity_operator", "operator_identity", ["operator", "way", "realm"], unique=True)
