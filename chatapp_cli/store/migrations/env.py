"""Runs migrations in one transaction on the caller's engine; if it is killed halfway, nothing has changed."""

from __future__ import annotations

from alembic import context

from chatapp_cli.store.tables import metadata

with context.config.attributes["engine"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        on_version_apply=context.config.attributes.get("applied"),
    )
    with context.begin_transaction():
        context.run_migrations()
