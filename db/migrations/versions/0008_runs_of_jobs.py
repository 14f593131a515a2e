"""Tell of every job which run had it last, so that a run can tell what failed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_DEAD = sa.text("state = 'dead'")


def upgrade() -> None:
    of_run = sa.Column(
        "flow_run_id", sa.String(), comment="of the run that had it last"
    )
    op.add_column("job", of_run)
    op.create_index(
        "ix_job_dead",
        "job",
        ["flow_run_id", "id"],
        sqlite_where=_DEAD,
        postgresql_where=_DEAD,
    )


def downgrade() -> None:
    op.drop_index("ix_job_dead", "job")
    op.drop_column("job", "flow_run_id")
