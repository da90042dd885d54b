"""Operators with accounts, their unread, drafts and views; one person behind several contacts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    _accounts()
    _sessions()
    _of_each_operator()
    _people()


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _when(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _goes_with(table: str, column: str, whose: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{whose}.{key}"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _index(name: str, table: str, column: str | sa.TextClause, *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, [column], sqlite_where=condition, postgresql_where=condition)


def _accounts() -> None:
    op.create_table(
        "operator",
        _text("name"),
        _text("password"),
        _text("role"),
        sa.Column("every_line", sa.Integer(), nullable=False),
        sa.Column("disabled", sa.Integer(), nullable=False),
        _when("created_at"),
        sa.PrimaryKeyConstraint("name", name="pk_operator"),
    )
    op.create_table(
        "operator_line",
        _text("operator"),
        sa.Column("line_id", BIG, nullable=False),
        _goes_with("operator_line", "operator", "operator", "name"),
        _goes_with("operator_line", "line_id", "line"),
        sa.PrimaryKeyConstraint("operator", "line_id", name="pk_operator_line"),
    )


def _sessions() -> None:
    op.create_table(
        "operator_session",
        _text("token_sha256"),
        _text("operator"),
        _when("created_at"),
        _when("until"),
        _goes_with("operator_session", "operator", "operator", "name"),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_operator_session"),
    )
    op.create_table(
        "presence",
        _text("id"),
        _text("operator"),
        sa.Column("dialog_id", BIG, nullable=True),
        _when("typing_until"),
        _when("until"),
        _goes_with("presence", "dialog_id", "dialog"),
        sa.PrimaryKeyConstraint("id", name="pk_presence"),
    )
    op.create_index("ix_presence_dialog_id", "presence", ["dialog_id"], unique=False)


def _of_each_operator() -> None:
    op.create_table(
        "dialog_unread",
        _text("operator"),
        sa.Column("dialog_id", BIG, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        _goes_with("dialog_unread", "operator", "operator", "name"),
        _goes_with("dialog_unread", "dialog_id", "dialog"),
        sa.PrimaryKeyConstraint("operator", "dialog_id", name="pk_dialog_unread"),
    )
    op.create_index("ix_dialog_unread_dialog_id", "dialog_unread", ["dialog_id"], unique=False)
    op.create_table(
        "draft",
        _text("operator"),
        sa.Column("dialog_id", BIG, nullable=False),
        _text("sheet"),
        _when("at"),
        _goes_with("draft", "dialog_id", "dialog"),
        sa.PrimaryKeyConstraint("operator", "dialog_id", name="pk_draft"),
    )
    op.create_index("ix_draft_dialog_id", "draft", ["dialog_id"], unique=False)
    op.create_table(
        "saved_view",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        _text("operator"),
        _text("name"),
        _text("wanted"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_view"),
        sa.UniqueConstraint("operator", "name", name="uq_saved_view_operator_name"),
        sqlite_autoincrement=True,
    )


def _people() -> None:
    op.add_column("contact", sa.Column("merged_into", BIG, nullable=True))
    _index("ix_contact_merged", "contact", "merged_into", where="merged_into IS NOT NULL")
    _index("ix_contact_username", "contact", sa.text("LOWER(username)"), where="username <> ''")
    _index("ix_contact_name", "contact", "name", where="name <> ''")
    op.create_table(
        "contact_merge",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kept_id", BIG, nullable=False),
        sa.Column("gone_id", BIG, nullable=False),
        _text("actor"),
        _when("at"),
        _when("undone_at", null=True),
        _goes_with("contact_merge", "kept_id", "contact"),
        _goes_with("contact_merge", "gone_id", "contact"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_merge"),
        sqlite_autoincrement=True,
    )
    _index("ix_contact_merge_kept", "contact_merge", "kept_id", where="undone_at IS NULL")
    _index("ix_contact_merge_gone", "contact_merge", "gone_id", where="undone_at IS NULL")
    op.create_table(
        "contact_apart",
        sa.Column("one_id", BIG, nullable=False),
        sa.Column("other_id", BIG, nullable=False),
        _goes_with("contact_apart", "one_id", "contact"),
        _goes_with("contact_apart", "other_id", "contact"),
        sa.PrimaryKeyConstraint("one_id", "other_id", name="pk_contact_apart"),
    )
    op.create_index("ix_contact_apart_other_id", "contact_apart", ["other_id"], unique=False)
