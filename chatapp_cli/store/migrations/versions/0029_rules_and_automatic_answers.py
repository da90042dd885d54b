"""Rules, what they plan, and automatic answers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'waiting' OR state = 'planned'")
SENT = sa.text("result IS NOT NULL")


def upgrade() -> None:
    """Go to this revision."""
    _make_rules()
    _make_acts()
    _make_answers()


def _make_rules() -> None:
    op.create_table(
        "auto_rule",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("line_id", BIG, nullable=True),
        sa.Column("position", BIG, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("enabled", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("forms", sa.String(), nullable=False),
        sa.Column("acts", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("halted", sa.String(), nullable=False),
        sa.Column("overruns", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name="fk_auto_rule_line_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_auto_rule"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_auto_rule_line_id", "auto_rule", ["line_id"])


def _make_acts() -> None:
    op.create_table(
        "auto_act",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("rule_id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event", BIG, nullable=False),
        sa.Column("act", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dialog_id", BIG, nullable=False),
        sa.Column("message_id", BIG, nullable=True),
        sa.Column("waits_since", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("result", BIG, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["dialog_id"], ["dialog.id"], name="fk_auto_act_dialog_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_auto_act"),
        sa.UniqueConstraint("rule_id", "version", "event", "act", name="uq_auto_act_rule_id_version_event_act"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_auto_act_open", "auto_act", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_auto_act_result", "auto_act", ["result"], sqlite_where=SENT, postgresql_where=SENT)
    op.create_index("ix_auto_act_ended", "auto_act", ["rule_id", "ended_at"])
    op.create_index("ix_auto_act_dialog_id", "auto_act", ["dialog_id"])


def _make_answers() -> None:
    op.create_table(
        "auto_answer",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("message_id", BIG, nullable=True),
        sa.Column("dialog_id", BIG, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("wanted_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dialog_id"], ["dialog.id"], name="fk_auto_answer_dialog_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_auto_answer_channel_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_auto_answer"),
        sa.UniqueConstraint("message_id", name="uq_auto_answer_message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_auto_answer_dialog", "auto_answer", ["dialog_id", "at"])
    op.create_index("ix_auto_answer_channel", "auto_answer", ["channel_id", "at"])
    for name, of in (("auto_stop", "channel"), ("auto_quiet", "dialog")):
        op.create_table(
            name,
            sa.Column(f"{of}_id", BIG, nullable=False),
            sa.Column("at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint([f"{of}_id"], [f"{of}.id"], name=f"fk_{name}_{of}_id", ondelete="CASCADE"),
            sa.PrimaryKeyConstraint(f"{of}_id", name=f"pk_{name}"),
        )
