"""Find outputs by what they look like, whatever became of their files."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INDEX = "ix_output_hashes"


def upgrade() -> None:
    for name in ("phash", "dhash"):
        comment = "64 bits as a signed integer; none of what is too even"
        op.add_column(
            "output", sa.Column(name, sa.BigInteger(), nullable=True, comment=comment)
        )
    only = sa.text("phash IS NOT NULL")
    op.create_index(
        _INDEX,
        "output",
        ["phash", "dhash", "id"],
        sqlite_where=only,
        postgresql_where=only,
    )


def downgrade() -> None:
    op.drop_index(_INDEX, "output")
    for name in ("phash", "dhash"):
        op.drop_column("output", name)
