"""What the other channels need: memory, errands, templates, applications"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    _widen()
    _remember()
    _ask()
    _keep_papers()


def _widen() -> None:
    for table, column in (
        ("contact", "first_name"),
        ("contact", "last_name"),
        ("contact", "chain"),
        ("message", "template"),
        ("message", "chain"),
        ("file", "words"),
        ("attempt", "address"),
    ):
        op.add_column(table, sa.Column(column, sa.Text(), server_default="", nullable=False))
    op.add_column("attempt", sa.Column("stranger", sa.Integer(), server_default="0", nullable=False))
    op.add_column("channel", sa.Column("strangers_until", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("dialog", sa.Column("heard_at", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE dialog SET heard_at = "
        "(SELECT MAX(m.at) FROM message m WHERE m.dialog_id = dialog.id AND m.direction = 'in')"
    )
    chained = sa.text("chain <> '' AND state = 'failed'")
    op.create_index("ix_message_chain", "message", ["id"], sqlite_where=chained, postgresql_where=chained)
    op.create_index("ix_dialog_contact", "dialog", ["contact_id"])
    unheard = sa.text("kind = 'voice' AND state = 'here' AND words = '' AND code = ''")
    op.create_index("ix_file_unheard", "file", ["next_at"], sqlite_where=unheard, postgresql_where=unheard)
    for column in ("phone", "email"):
        known = sa.text(f"{column} <> ''")
        op.create_index(f"ix_contact_{column}", "contact", [column], sqlite_where=known, postgresql_where=known)


def _remember() -> None:
    op.create_table(
        "channel_memory",
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name="fk_channel_memory_channel_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel_id", "name", name="pk_channel_memory"),
    )


def _ask() -> None:
    op.create_table(
        "errand",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_errand_channel_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_errand"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_errand_waiting", "errand", ["channel_id", "state", "id"], unique=False)


def _keep_papers() -> None:
    op.create_table(
        "template",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_template_channel_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_template"),
        sa.UniqueConstraint("channel_id", "name", "language", name="uq_template_channel_id_name_language"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "application",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("line_id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("document_sha256", sa.Text(), nullable=False),
        sa.Column("document_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name="fk_application_line_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_application"),
        sqlite_autoincrement=True,
    )
