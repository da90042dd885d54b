"""Robots of automations: what each was asked, and how it fared with each recipient; steps of bots are kept so too"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RUNS = (
    "INSERT INTO robot_run (link_id, key, robot, arguments, card, remote, actor, final, comment, entry_id, "
    "until, state, reason, created_at) SELECT link_id, 'entry ' || id, 'step', '{}', '', remote, '', 1, 0, id, "
    "not_before, 'open', reason, created_at FROM crm_entry WHERE act = 'continue' AND state <> 'dead'"
)
PARTS = (
    "INSERT INTO robot_part (run_id, position, address, channel_id, message_id, verdict, code, detail, reason, facts) "
    "SELECT r.id, t.message_id, '', m.channel_id, t.message_id, '', '', '', '', '{}' FROM crm_text t "
    "JOIN robot_run r ON r.entry_id = t.entry_id JOIN message m ON m.id = t.message_id"
)


def upgrade() -> None:
    """Go to this revision."""
    _make_runs()
    _make_parts()
    op.execute(RUNS)
    op.execute(PARTS)
    op.execute("DELETE FROM crm_text WHERE entry_id IS NOT NULL")
    op.drop_index("ix_crm_text_entry", "crm_text")
    op.drop_column("crm_text", "entry_id")


def _make_runs() -> None:
    op.create_table(
        "robot_run",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("link_id", BIG, nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("robot", sa.String(), nullable=False),
        sa.Column("arguments", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("remote", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("final", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Integer(), nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["crm_link.id"], name="fk_robot_run_link_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_robot_run"),
        sa.UniqueConstraint("key", name="uq_robot_run_key"),
        sqlite_autoincrement=True,
    )
    where = sa.text("entry_id IS NOT NULL")
    op.create_index("ix_robot_run_entry", "robot_run", ["entry_id"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_robot_run_link_id", "robot_run", ["link_id"])


def _make_parts() -> None:
    op.create_table(
        "robot_part",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("channel_id", BIG, nullable=True),
        sa.Column("message_id", BIG, nullable=True),
        sa.Column("request_id", BIG, nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["robot_run.id"], name="fk_robot_part_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_robot_part"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_robot_part_run", "robot_part", ["run_id", "position"])
    where = sa.text("message_id IS NOT NULL")
    op.create_index("ix_robot_part_message", "robot_part", ["message_id"], sqlite_where=where, postgresql_where=where)
    where = sa.text("request_id IS NOT NULL")
    op.create_index("ix_robot_part_request", "robot_part", ["request_id"], sqlite_where=where, postgresql_where=where)
