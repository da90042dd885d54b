"""Messages that CRMs had us send to phones, and entries of the ledger about none that has a dialog"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PARTS = (
    ("ix_crm_entry_dead", ["link_id", "id"], sa.text("state = 'dead'")),
    ("ix_crm_entry_due", ["link_id", "rank", "id"], sa.text("state <> 'dead'")),
)


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "crm_text",
        sa.Column("link_id", BIG, autoincrement=False, nullable=False),
        sa.Column("remote", sa.String(), nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("employee", sa.String(), nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_text_link_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_crm_text_message_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_id", "remote", name="pk_crm_text"),
    )
    op.create_index("ix_crm_text_message", "crm_text", ["message_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("crm_entry", "dialog_id", existing_type=BIG, nullable=True)
    else:
        _rebuild_entries()


def _rebuild_entries() -> None:
    """SQLite cannot change a column: the table is copied, its partial indexes are made anew."""
    for name, _, _ in PARTS:
        op.drop_index(name, "crm_entry")
    with op.batch_alter_table("crm_entry", recreate="always", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column("dialog_id", existing_type=BIG, nullable=True)
    for name, columns, where in PARTS:
        op.create_index(name, "crm_entry", columns, sqlite_where=where, postgresql_where=where)
