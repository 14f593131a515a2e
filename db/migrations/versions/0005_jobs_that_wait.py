"""Have the jobs that wait at hand, however many are done."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_job_waiting": ["id"],
    "ix_job_waiting_shape": ["height", "width", "created_at", "id"],
}


def upgrade() -> None:
    only = sa.text("state = 'queued'")
    for name, columns in _INDEXES.items():
        op.create_index(name, "job", columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "job")
