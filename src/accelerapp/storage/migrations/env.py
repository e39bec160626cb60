"""Runs the migrations on the connection that `engine.migrate` hands over."""

from alembic import context

from accelerapp.storage import tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=tables.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
