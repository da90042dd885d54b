"""Names of quick replies and of their sections as they are compared, for imports of thousands"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chatapp_cli.domain.finding import fold

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    _folded("reply_section", "name")
    _folded("quick_reply", "title")
    op.create_index("ix_reply_section_folded", "reply_section", ["folded"])
    op.create_index("ix_quick_reply_folded_section_id", "quick_reply", ["folded", "section_id"])


def _folded(table: str, column: str) -> None:
    op.add_column(table, sa.Column("folded", sa.Text(), server_default="", nullable=False))
    connection = op.get_bind()
    rows = connection.execute(sa.text(f"SELECT id, {column} FROM {table}")).all()  # noqa: S608 - our own names
    if rows:
        change = sa.text(f"UPDATE {table} SET folded = :folded WHERE id = :id")  # noqa: S608
        connection.execute(change, [{"id": number, "folded": fold(name)} for number, name in rows])
