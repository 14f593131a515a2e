"""Have hashes at hand for comparing, and show what worse copies were made into."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
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
JOIN asset AS seen
    ON COALESCE(seen.near_duplicate_of, seen.digest)
    = COALESCE(asset.near_duplicate_of, asset.digest)
JOIN sighting ON sighting.asset_digest = seen.digest AND NOT EXISTS (
    SELECT 1
    FROM asset AS other JOIN sighting AS before ON before.asset_digest = other.digest
    WHERE COALESCE(other.near_duplicate_of, other.digest)
        = COALESCE(asset.near_duplicate_of, asset.digest)
    AND before.keyword || '' = sighting.keyword
    AND (CASE WHEN other.near_duplicate_of IS NULL THEN 0 ELSE 1 END, before.id)
        < (CASE WHEN seen.near_duplicate_of IS NULL THEN 0 ELSE 1 END, sighting.id)
)
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

_INDEXES = {
    "ix_asset_kept_hashes": (
        ["phash", "dhash"],
        "near_duplicate_of IS NULL AND compared_at IS NOT NULL AND NOT is_flat",
    ),
    "ix_asset_new": (["state"], "compared_at IS NULL"),
    "ix_asset_near_duplicate_of": (
        ["near_duplicate_of"],
        "near_duplicate_of IS NOT NULL",
    ),
}


_ORDERED: dict[str, tuple[str, list[str | sa.TextClause]]] = {
    "ix_asset_original": ("asset", [sa.text("COALESCE(near_duplicate_of, digest)")]),
    "ix_output_made": ("output", ["created_at", "id"]),
    "ix_output_recipe_made": ("output", ["recipe_digest", "created_at", "id"]),
}
_REPLACED = {
    "ix_asset_near_duplicate_of": "asset",
    "ix_output_created_at": "output",
    "ix_output_recipe_digest": "output",
}


def upgrade() -> None:
    op.execute("DROP VIEW results")
    op.execute(RESULTS)
    for name, table in _REPLACED.items():
        op.drop_index(name, table)
    for name, (table, columns) in _ORDERED.items():
        op.create_index(name, table, columns)
    for name, (kept, where) in _INDEXES.items():
        only = sa.text(where)
        op.create_index(name, "asset", kept, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "asset")
    for name, (table, _) in _ORDERED.items():
        op.drop_index(name, table)
    for name, table in _REPLACED.items():
        op.create_index(name, table, [name.removeprefix(f"ix_{table}_")])
    op.execute("DROP VIEW results")
    op.execute(_results_before())


def _results_before() -> str:
    from importlib import import_module

    before = import_module("db.migrations.versions.0002_claims_and_signals")
    return str(before.RESULTS)
