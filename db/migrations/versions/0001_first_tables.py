"""Create the first tables and the `results` view."""

import sqlalchemy as sa
from alembic import op

from db.base import BigId, Json, UtcDateTime

revision = "0001"
down_revision = None
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
    licence_claim.derivatives AS derivatives
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
LEFT JOIN (
    SELECT sighting_id, MIN(id) AS id FROM licence_claim GROUP BY sighting_id
) AS first_claim ON first_claim.sighting_id = sighting.id
LEFT JOIN licence_claim ON licence_claim.id = first_claim.id
"""


def upgrade() -> None:
    op.create_table(
        "asset",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "stored",
                "accepted",
                "rejected",
                name="assetstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=True, comment="why it was rejected"),
        sa.Column("media_type", sa.String(), nullable=True),
        sa.Column(
            "height", sa.Integer(), nullable=True, comment="px, after EXIF orientation"
        ),
        sa.Column(
            "width", sa.Integer(), nullable=True, comment="px, after EXIF orientation"
        ),
        sa.Column(
            "phash",
            sa.BigInteger(),
            nullable=True,
            comment="64 bits as a signed integer",
        ),
        sa.Column(
            "dhash",
            sa.BigInteger(),
            nullable=True,
            comment="64 bits as a signed integer",
        ),
        sa.Column(
            "thumbnail", sa.LargeBinary(), nullable=True, comment="32 x 32 grey levels"
        ),
        sa.Column(
            "is_flat",
            sa.Boolean(),
            nullable=True,
            comment="too even for perceptual hashes to mean anything",
        ),
        sa.Column("near_duplicate_of", sa.String(length=64), nullable=True),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.Column("inspected_at", UtcDateTime(), nullable=True),
        sa.Column(
            "compared_at",
            UtcDateTime(),
            nullable=True,
            comment="when it was compared with all other assets",
        ),
        sa.ForeignKeyConstraint(
            ["near_duplicate_of"],
            ["asset.digest"],
            name=op.f("fk_asset_near_duplicate_of_asset"),
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_asset")),
    )
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_asset_near_duplicate_of"),
            ["near_duplicate_of"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_asset_state"), ["state"], unique=False)

    op.create_table(
        "crawl_run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("keyword", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running",
                "finished",
                "failed",
                "interrupted",
                name="crawlstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("settings", Json, nullable=False),
        sa.Column("stats", Json, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column(
            "flow_run_id", sa.String(), nullable=True, comment="Prefect's flow run"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl_run")),
    )
    with op.batch_alter_table("crawl_run", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_crawl_run_keyword"), ["keyword"], unique=False
        )

    op.create_table(
        "recipe",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("backbone", sa.String(), nullable=False),
        sa.Column(
            "size_px", sa.Integer(), nullable=False, comment="long side of the output"
        ),
        sa.Column("body", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recipe")),
    )
    with op.batch_alter_table("recipe", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recipe_name"), ["name"], unique=False)

    op.create_table(
        "takedown",
        sa.Column("value", sa.String(), nullable=False, comment="a URL or a digest"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("value", name=op.f("pk_takedown")),
    )
    op.create_table(
        "job",
        sa.Column("id", BigId, nullable=False),
        sa.Column("asset_digest", sa.String(length=64), nullable=False),
        sa.Column("recipe_digest", sa.String(length=64), nullable=False),
        sa.Column("weights_digest", sa.String(length=64), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False, comment="px, of the output"),
        sa.Column("width", sa.Integer(), nullable=False, comment="px, of the output"),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "leased",
                "done",
                "dead",
                name="jobstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_expires_at", UtcDateTime(), nullable=True),
        sa.Column(
            "error", sa.String(), nullable=True, comment="traceback of the last attempt"
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(state = 'leased') = (lease_token IS NOT NULL)",
            name=op.f("ck_job_leased_has_token"),
        ),
        sa.ForeignKeyConstraint(
            ["asset_digest"], ["asset.digest"], name=op.f("fk_job_asset_digest_asset")
        ),
        sa.ForeignKeyConstraint(
            ["recipe_digest"],
            ["recipe.digest"],
            name=op.f("fk_job_recipe_digest_recipe"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint(
            "asset_digest",
            "recipe_digest",
            "weights_digest",
            name=op.f("uq_job_asset_digest_recipe_digest_weights_digest"),
        ),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_open", ["state", "id"], unique=False)

    op.create_table(
        "output",
        sa.Column("id", BigId, nullable=False),
        sa.Column("asset_digest", sa.String(length=64), nullable=False),
        sa.Column("recipe_digest", sa.String(length=64), nullable=False),
        sa.Column("weights_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="of the finished file",
        ),
        sa.Column("path", sa.String(), nullable=False, comment="within the store"),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("dtype", sa.String(), nullable=False),
        sa.Column(
            "seconds",
            sa.Double(),
            nullable=False,
            comment="batch time / pictures in it",
        ),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("loss_history", Json, nullable=False, comment="at most 200 points"),
        sa.Column("library_versions", Json, nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("flow_run_id", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_digest"],
            ["asset.digest"],
            name=op.f("fk_output_asset_digest_asset"),
        ),
        sa.ForeignKeyConstraint(
            ["recipe_digest"],
            ["recipe.digest"],
            name=op.f("fk_output_recipe_digest_recipe"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output")),
        sa.UniqueConstraint(
            "asset_digest",
            "recipe_digest",
            "weights_digest",
            name=op.f("uq_output_asset_digest_recipe_digest_weights_digest"),
        ),
    )
    with op.batch_alter_table("output", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_output_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_output_digest"), ["digest"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_output_recipe_digest"), ["recipe_digest"], unique=False
        )

    op.create_table(
        "sighting",
        sa.Column("id", BigId, nullable=False),
        sa.Column("crawl_run_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_digest", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("page_url", sa.String(), nullable=True),
        sa.Column("keyword", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("alt", sa.String(), nullable=True),
        sa.Column("caption", sa.String(), nullable=True),
        sa.Column(
            "score", sa.Double(), nullable=False, comment="relevance to the keyword"
        ),
        sa.Column(
            "matched",
            Json,
            nullable=False,
            comment="field of the page -> words of the keyword found in it",
        ),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(asset_digest IS NULL) <> (reason IS NULL)",
            name=op.f("ck_sighting_kept_or_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["asset_digest"],
            ["asset.digest"],
            name=op.f("fk_sighting_asset_digest_asset"),
        ),
        sa.ForeignKeyConstraint(
            ["crawl_run_id"],
            ["crawl_run.id"],
            name=op.f("fk_sighting_crawl_run_id_crawl_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint(
            "crawl_run_id", "url", name=op.f("uq_sighting_crawl_run_id_url")
        ),
    )
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sighting_asset_digest"), ["asset_digest"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_sighting_keyword"), ["keyword"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_sighting_url"), ["url"], unique=False)

    op.create_table(
        "licence_claim",
        sa.Column("id", BigId, nullable=False),
        sa.Column("sighting_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "licence", sa.String(length=64), nullable=False, comment="cc-by-4.0, own, …"
        ),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column(
            "claimed_in", sa.String(), nullable=False, comment="rel=license, sidecar, …"
        ),
        sa.Column(
            "derivatives",
            sa.Enum(
                "allowed",
                "forbidden",
                "unstated",
                name="derivatives",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["sighting_id"],
            ["sighting.id"],
            name=op.f("fk_licence_claim_sighting_id_sighting"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_claim")),
    )
    with op.batch_alter_table("licence_claim", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_licence_claim_sighting_id"), ["sighting_id"], unique=False
        )

    op.execute(RESULTS)


def downgrade() -> None:
    op.execute("DROP VIEW results")
    op.drop_table("licence_claim")
    op.drop_table("sighting")
    op.drop_table("output")
    op.drop_table("job")
    op.drop_table("takedown")
    op.drop_table("recipe")
    op.drop_table("crawl_run")
    op.drop_table("asset")
