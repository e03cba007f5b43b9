"""Alembic's way in: the connection is handed over by `results.database.migration`, with its transaction."""

from __future__ import annotations

from alembic import context

from results.database.schema import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
