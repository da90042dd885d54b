"""Links to CRMs, what is paired with them, and the ledger of what they have to be told"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    _links()
    _pairings()
    _entries()
    _arrivals()


def _links() -> None:
    op.create_table(
        "crm_link",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("hook_key", sa.String(), nullable=False),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("state_since", sa.BigInteger(), nullable=False),
        sa.Column("look_at", sa.BigInteger(), nullable=False),
        sa.Column("proof_at", sa.BigInteger(), nullable=True),
        sa.Column("gap_from", sa.BigInteger(), nullable=True),
        sa.Column("gap_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_crm_link"),
        sa.UniqueConstraint("hook_key", name="uq_crm_link_hook_key"),
        sa.UniqueConstraint("kind", "account", name="uq_crm_link_kind_account"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "crm_memory",
        sa.Column("link_id", BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_memory_link_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_id", "name", name="pk_crm_memory"),
    )
    op.create_table(
        "crm_employee",
        sa.Column("link_id", BIG, autoincrement=False, nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("employee", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_employee_link_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_id", "operator", name="pk_crm_employee"),
    )


def _pairings() -> None:
    op.create_table(
        "crm_pairing",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("place_name", sa.String(), nullable=False),
        sa.Column("options", sa.String(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("after", BIG, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_crm_pairing_channel_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_pairing_link_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_crm_pairing"),
        sa.UniqueConstraint("link_id", "channel_id", name="uq_crm_pairing_link_id_channel_id"),
        sa.UniqueConstraint("link_id", "kind", "place", name="uq_crm_pairing_link_id_kind_place"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_crm_pairing_channel", "crm_pairing", ["channel_id"])
    op.create_table(
        "crm_dialog",
        sa.Column("pairing_id", BIG, autoincrement=False, nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("dialog_id", BIG, nullable=False),
        sa.Column("remote", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["dialog_id"], ["dialog.id"], name="fk_crm_dialog_dialog_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pairing_id"], ["crm_pairing.id"], name="fk_crm_dialog_pairing_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pairing_id", "chat", name="pk_crm_dialog"),
    )
    op.create_index("ix_crm_dialog_dialog", "crm_dialog", ["dialog_id", "pairing_id"])
    op.create_table(
        "crm_message",
        sa.Column("link_id", BIG, autoincrement=False, nullable=False),
        sa.Column("message_id", BIG, autoincrement=False, nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("remote", sa.String(), nullable=False),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.Column("employee", sa.String(), nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_message_link_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_crm_message_message_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_id", "message_id", name="pk_crm_message"),
    )
    op.create_index("ix_crm_message_message", "crm_message", ["message_id"])
    where = sa.text("remote <> ''")
    op.create_index("ix_crm_message_remote", "crm_message", ["link_id", "remote"], sqlite_where=where, postgresql_where=where)


def _entries() -> None:
    op.create_table(
        "crm_entry",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("pairing_id", BIG, nullable=False),
        sa.Column("dialog_id", BIG, nullable=False),
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
    where = sa.text("state = 'dead'")
    op.create_index("ix_crm_entry_dead", "crm_entry", ["link_id", "id"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_crm_entry_dialog", "crm_entry", ["dialog_id", "link_id", "id"])
    where = sa.text("state <> 'dead'")
    op.create_index("ix_crm_entry_due", "crm_entry", ["link_id", "rank", "id"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_crm_entry_message", "crm_entry", ["message_id"])


def _arrivals() -> None:
    op.create_table(
        "crm_arrived",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_crm_arrived_link_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_crm_arrived"),
        sa.UniqueConstraint("link_id", "provider_id", name="uq_crm_arrived_link_id_provider_id"),
    )
    where = sa.text("state <> 'done'")
    op.create_index("ix_crm_arrived_open", "crm_arrived", ["link_id", "id"], sqlite_where=where, postgresql_where=where)
