"""Keep opt-out signals, validators, what licences ask for, and main colours."""

import sqlalchemy as sa
from alembic import op

from db.base import Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RESULTS = """
CREATE VIEW results AS
SELECT
    output.id AS output_id,
    sighting.keyword AS keyword,
    output.path AS path,
    output.digest AS digest,
    output.media_type AS media_type,
    output.height AS height,
    output.width AS width,
    output.size_bytes AS size_bytes,
    recipe.name AS recipe,
    recipe.algorithm AS algorithm,
    recipe.backbone AS backbone,
    output.recipe_digest AS recipe_digest,
    output.weights_digest AS weights_digest,
    output.seed AS seed,
    output.device AS device,
    output.dtype AS dtype,
    output.seconds AS seconds,
    output.loss_history AS loss_history,
    output.library_versions AS library_versions,
    output.flow_run_id AS flow_run_id,
    output.worker AS worker,
    output.created_at AS created_at,
    output.asset_digest AS asset_digest,
    asset.height AS asset_height,
    asset.width AS asset_width,
    crawl_run.source AS source,
    sighting.url AS source_url,
    sighting.page_url AS page_url,
    sighting.title AS title,
    sighting.alt AS alt,
    sighting.caption AS caption,
    sighting.score AS score,
    sighting.seen_at AS seen_at,
    licence_claim.licence AS licence,
    licence_claim.url AS licence_url,
    licence_claim.author AS author,
    licence_claim.claimed_in AS licence_claimed_in,
    licence_claim.derivatives AS derivatives,
    licence_claim.share_alike AS share_alike,
    licence_claim.non_commercial AS non_commercial,
    licence_claim.attribution AS attribution,
    sighting.opt_outs AS opt_outs
FROM output
JOIN recipe ON recipe.digest = output.recipe_digest
JOIN asset ON asset.digest = output.asset_digest
JOIN (
    SELECT
        COALESCE(seen.near_duplicate_of, seen.digest) AS asset_digest,
        sighting.keyword AS keyword,
        COALESCE(
            MIN(CASE WHEN seen.near_duplicate_of IS NULL THEN sighting.id END),
            MIN(sighting.id)
        ) AS id
    FROM sighting JOIN asset AS seen ON seen.digest = sighting.asset_digest
    GROUP BY COALESCE(seen.near_duplicate_of, seen.digest), sighting.keyword
) AS first_sighting ON first_sighting.asset_digest = output.asset_digest
JOIN sighting ON sighting.id = first_sighting.id
JOIN crawl_run ON crawl_run.id = sighting.crawl_run_id
LEFT JOIN licence_claim ON licence_claim.id = (
    SELECT claim.id FROM licence_claim AS claim
    WHERE claim.sighting_id = sighting.id
    ORDER BY
        CASE claim.derivatives
            WHEN 'forbidden' THEN 0 WHEN 'unknown' THEN 1
            WHEN 'allowed' THEN 2 ELSE 3
        END,
        claim.id
    LIMIT 1
)
"""

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
