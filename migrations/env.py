"""Alembic's way in: the connection comes from bot.storage.migrate, never from a file."""

from __future__ import annotations

from alembic import context

from bot.storage.schema import whole_metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=whole_metadata(), render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
