"""Keep opt-out signals, validators, what licences ask for, and main colours."""

import sqlalchemy as sa
from alembic import op

from db.base import Json
from db.views import RESULTS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ADDED = {
    "crawl_run": ["about"],
    "asset": ["palette"],
    "sighting": ["opt_outs", "original_sha1", "etag", "last_modified"],
    "licence_claim": ["share_alike", "non_commercial", "attribution"],
}


def upgrade() -> None:
    op.execute("DROP VIEW results")
    op.add_column(
        "crawl_run",
        sa.Column(
            "about",
            sa.String(),
            comment="the sentence that the keyword was taken from",
        ),
    )
    op.add_column(
        "asset",
        sa.Column("palette", Json, comment="main colours, the largest share first"),
    )
    for column in (
        sa.Column(
            "opt_outs",
            Json,
            nullable=False,
            server_default="[]",
            comment="signals of page and image that ask to be left alone",
        ),
        sa.Column(
            "original_sha1",
            sa.String(length=40),
            comment="of the original, as its source states it",
        ),
        sa.Column("etag", sa.String()),
        sa.Column("last_modified", sa.String()),
    ):
        op.add_column("sighting", column)
    op.create_index("ix_sighting_original_sha1", "sighting", ["original_sha1"])
    for name in ("share_alike", "non_commercial"):
        flag: sa.Column[bool] = sa.Column(
            name, sa.Boolean(), nullable=False, server_default=sa.false()
        )
        op.add_column("licence_claim", flag)
    op.add_column(
        "licence_claim",
        sa.Column(
            "attribution",
            sa.String(),
            comment="sentence that credits title, author, source and licence",
        ),
    )
    op.execute(RESULTS)


def downgrade() -> None:
    op.execute("DROP VIEW results")
    op.drop_index("ix_sighting_original_sha1", "sighting")
    for table, columns in _ADDED.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)
    op.execute(_first_results())


def _first_results() -> str:
    from importlib import import_module

    first = import_module("db.migrations.versions.0001_first_tables")
    return str(first.RESULTS)
