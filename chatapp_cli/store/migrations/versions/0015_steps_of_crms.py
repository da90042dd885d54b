"""Steps of automations of CRMs: entries of the ledger without a channel, which several messages settle together"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS = (
    "id, link_id, pairing_id, dialog_id, chat, message_id, remote, employee, reason, act, rank, state, doubtful, "
    "not_before, tries, claims, epoch, code, detail, created_at"
)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("crm_text", sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    where = sa.text("entry_id IS NOT NULL")
    op.create_index("ix_crm_text_entry", "crm_text", ["entry_id"], sqlite_where=where, postgresql_where=where)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("crm_entry", "pairing_id", existing_type=BIG, nullable=True)
    else:
        _rebuild_entries()


def _rebuild_entries() -> None:
    """SQLite cannot change a column: the table is made anew, and goes on with the numbers of the old one."""
    op.create_table(
        "crm_entry_new",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("pairing_id", BIG, nullable=True),
        sa.Column("dialog_id", BIG, nullable=True),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("message_id", BIG, nullable=True),
        sa.Column("remote", sa.String(), nullable=False),
        sa.Column("employee", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("doubtful", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["dialog_id"], ["dialog.id"], name="fk_crm_entry_dialog_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_entry_link_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_crm_entry_message_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pairing_id"], ["crm_pairing.id"], name="fk_crm_entry_pairing_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_crm_entry"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO sqlite_sequence (name, seq) "
        "SELECT 'crm_entry_new', seq FROM sqlite_sequence WHERE name = 'crm_entry'"
    )
    op.execute(f"INSERT INTO crm_entry_new ({COLUMNS}) SELECT {COLUMNS} FROM crm_entry")
    op.drop_table("crm_entry")
    op.rename_table("crm_entry_new", "crm_entry")
    where = sa.text("state = 'dead'")
    op.create_index("ix_crm_entry_dead", "crm_entry", ["link_id", "id"], sqlite_where=where)
    op.create_index("ix_crm_entry_dialog", "crm_entry", ["dialog_id", "link_id", "id"])
    where = sa.text("state <> 'dead'")
    op.create_index("ix_crm_entry_due", "crm_entry", ["link_id", "rank", "id"], sqlite_where=where)
    op.create_index("ix_crm_entry_message", "crm_entry", ["message_id"])
