"""Tell of every run what was asked, what came of it, and how long it took."""

import sqlalchemy as sa
from alembic import op

from db.base import BigId, Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    states = sa.Enum(
        *("running", "finished", "failed", "interrupted"),
        name="runstate",
        native_enum=False,
        length=16,
    )
    op.create_table(
        "run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("command", sa.String(16), nullable=False),
        sa.Column("keywords", Json, nullable=False),
        sa.Column("recipes", Json, nullable=False),
        sa.Column(
            "flow_run_id",
            sa.String(),
            comment="Prefect's, or its own; crawl runs, jobs and outputs have it",
        ),
        sa.Column("state", states, nullable=False),
        sa.Column("error", sa.String()),
        sa.Column("stage", sa.String(), comment="that is under way"),
        sa.Column("done", sa.Double(), nullable=False, comment="steps of that stage"),
        sa.Column("total", sa.Double(), comment="steps, if that is known"),
        sa.Column(
            "summary",
            Json,
            nullable=False,
            comment="counts, notes, and seconds of each stage",
        ),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column(
            "seen_at",
            UtcDateTime(),
            nullable=False,
            comment="last sign of life, by the database's clock",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_crawl_run_flow_run_id"), "crawl_run", ["flow_run_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_crawl_run_flow_run_id"), "crawl_run")
    op.drop_table("run")
