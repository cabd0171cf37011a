"""Alembic's entry; runs only inside `upgrade`, on the connection that it hands over."""

from alembic import context

from governance.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot change most of a table in place.
    render_as_batch=True,
)
context.run_migrations()
