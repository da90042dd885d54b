"""What operators need to work together: assignees, members, notes, quick replies"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("dialog", sa.Column("assignee", sa.Text(), server_default="", nullable=False))
    op.add_column("dialog", sa.Column("snoozed_until", sa.BigInteger(), nullable=True))
    _indexes_of_dialogs()
    _members_and_notes()
    _quick_replies()


def _indexes_of_dialogs() -> None:
    assigned, snoozed = sa.text("assignee <> ''"), sa.text("snoozed_until IS NOT NULL")
    order = [sa.text(f"{column} DESC") for column in ("pinned", "last_at", "id")]
    op.create_index(
        "ix_dialog_assignee", "dialog", ["assignee", *order], sqlite_where=assigned, postgresql_where=assigned
    )
    op.create_index(
        "ix_dialog_snoozed", "dialog", ["snoozed_until"], sqlite_where=snoozed, postgresql_where=snoozed
    )


def _members_and_notes() -> None:
    op.create_table(
        "dialog_member",
        sa.Column("dialog_id", BIG, nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dialog_id"], ["dialog.id"], name="fk_dialog_member_dialog_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dialog_id", "operator", name="pk_dialog_member"),
    )
    op.create_table(
        "note",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dialog_id", BIG, nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["dialog_id"], ["dialog.id"], name="fk_note_dialog_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_note_dialog_id", "note", ["dialog_id"], unique=False)


def _quick_replies() -> None:
    op.create_table(
        "reply_section",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reply_section"),
        sa.UniqueConstraint("name", name="uq_reply_section_name"),
    )
    op.create_table(
        "reply_editor",
        sa.Column("section_id", BIG, nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"], ["reply_section.id"], name="fk_reply_editor_section_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("section_id", "operator", name="pk_reply_editor"),
    )
    op.create_table(
        "quick_reply",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("section_id", BIG, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"], ["reply_section.id"], name="fk_quick_reply_section_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quick_reply"),
        sa.UniqueConstraint("section_id", "title", name="uq_quick_reply_section_id_title"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "quick_reply_file",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("reply_id", BIG, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["quick_reply.id"], name="fk_quick_reply_file_reply_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quick_reply_file"),
    )
    op.create_index("ix_quick_reply_file_reply_id", "quick_reply_file", ["reply_id"], unique=False)
