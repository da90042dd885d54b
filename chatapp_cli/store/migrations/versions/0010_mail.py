"""What a mail has beside its message, which mails are late, whom a report is about, and waits that answers ended"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "mail",
        sa.Column("message_id", BIG, autoincrement=False, nullable=False),
        sa.Column("whole", sa.Text(), nullable=False),
        sa.Column("folded_lines", sa.Integer(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("forwards", sa.Integer(), nullable=False),
        sa.Column("typed_subject", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("invitation", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_mail_message_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", name="pk_mail"),
    )
    events = sa.text("event <> ''")
    op.create_index("ix_mail_event", "mail", ["event"], sqlite_where=events, postgresql_where=events)
    op.add_column("early_news", sa.Column("about", sa.Text(), server_default="", nullable=False))
    op.add_column("message", sa.Column("ended_wait", sa.BigInteger(), nullable=True))
    op.add_column("dialog", sa.Column("waived_at", sa.BigInteger(), nullable=True))
    late = sa.text("state = 'sent' AND (code = 'delayed' OR code = 'copy_failed')")
    op.create_index("ix_message_late", "message", ["id"], sqlite_where=late, postgresql_where=late)
