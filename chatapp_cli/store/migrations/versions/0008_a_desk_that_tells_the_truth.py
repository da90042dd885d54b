"""The lease of the daemon, alarms, packed raw arrivals, attempts to log in, and when a stopped channel looks again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this revision."""
    _lease()
    _alarms()
    _raw()
    _logins()
    op.add_column("channel", sa.Column("look_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("follower", sa.Column("moved_at", sa.BigInteger(), server_default="0", nullable=False))


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("wanted_by", sa.Text(), nullable=False),
        sa.Column("wanted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lease"),
    )
    op.add_column("outbox", sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False))


def _alarms() -> None:
    op.create_table(
        "alarm",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("channel_id", BIG, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("healed_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_alarm_channel_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kind", "ref", name="pk_alarm"),
    )


def _raw() -> None:
    op.create_table(
        "raw_dictionary",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_raw_dictionary"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_raw_dictionary_kind", "raw_dictionary", ["kind", "id"])
    op.add_column("arrived", sa.Column("packed", BIG, server_default="0", nullable=False))
    op.add_column("arrived", sa.Column("who", sa.Text(), server_default="", nullable=False))
    op.add_column("arrived", sa.Column("dialog_id", BIG, nullable=True))


def _logins() -> None:
    op.create_table(
        "login_attempt",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_attempt"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_login_attempt_recent", "login_attempt", ["kind", "value", "at"])
    op.add_column("operator_session", sa.Column("seen_at", sa.BigInteger(), server_default="0", nullable=False))
