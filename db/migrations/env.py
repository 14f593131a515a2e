"""Alembic's entry: migrates over the connection that `db.schema` hands in."""

from alembic import context

import db.appearance  # fills Base.metadata
import db.models  # noqa: F401
from db.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
