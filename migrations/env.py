"""Run the migrations on the connection that `fleetfeed migrate` holds, locked, open."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="schema_version",
    version_table_schema="tickets",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
