"""Runs the revisions on the connection that `store.migrate` hands over. There is no other way to call them."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite", transactional_ddl=True)
context.run_migrations()
