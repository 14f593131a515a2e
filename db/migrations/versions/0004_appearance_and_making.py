"""Keep what pictures tell in tables of their own, and more of how outputs were made."""

from colorsys import rgb_to_hls
from importlib import import_module
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from alembic import op

from db.base import Json

revision = "0004"
down_revision = "0003"
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
    output.batch_size AS batch_size,
    output.peak_memory_bytes AS peak_memory_bytes,
    output.quality AS quality,
    output.code_version AS code_version,
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


def upgrade() -> None:
    op.execute("DROP VIEW results")
    for column in _of_outputs():
        op.add_column("output", column)
    for table, columns in _tables().items():
        _create(table, columns)
    for name, (table, indexed) in _INDEXES.items():
        op.create_index(name, table, indexed)
    _move_palettes()
    op.drop_column("asset", "palette")
    op.execute(RESULTS)


def downgrade() -> None:
    op.execute("DROP VIEW results")
    op.add_column(
        "asset",
        sa.Column("palette", Json, comment="main colours, the largest share first"),
    )
    _move_back()
    for table in reversed(_tables()):
        op.drop_table(table)
    for column in _of_outputs():
        op.drop_column("output", column.name)
    op.execute(import_module("db.migrations.versions.0003_hashes_at_hand").RESULTS)


_ASSET = sa.table("asset", sa.column("digest"), sa.column("palette", Json))
_SWATCH = sa.table(
    "swatch",
    *map(sa.column, ("asset_digest", "rank", "colour", "name", "share")),
)
_AT_ONCE = 1000


def _move_palettes() -> None:
    """Every colour of `asset.palette` has a row in `swatch` after this."""
    connection = op.get_bind()
    before = ""
    while page := connection.execute(
        sa.select(_ASSET.c.digest, _ASSET.c.palette)
        .where(_ASSET.c.digest > before)
        .order_by(_ASSET.c.digest)
        .limit(_AT_ONCE)
    ).all():
        before = page[-1].digest
        rows = [
            one | {"asset_digest": digest, "rank": rank, "name": _name(one["colour"])}
            for digest, palette in page
            for rank, one in enumerate(palette or [])
        ]
        if rows:
            connection.execute(_SWATCH.insert(), rows)


def _move_back() -> None:
    connection = op.get_bind()
    kept = sa.select(_SWATCH).order_by(_SWATCH.c.asset_digest, _SWATCH.c.rank)
    for digest, rows in groupby(connection.execute(kept).all(), itemgetter(0)):
        palette = [{"colour": row.colour, "share": row.share} for row in rows]
        connection.execute(
            _ASSET.update().where(_ASSET.c.digest == digest).values(palette=palette)
        )


def _name(colour: str) -> str:
    """What `#rrggbb` is called, roughly: pictures are looked at again anyway."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    hue, lightness, saturation = rgb_to_hls(*channels)
    if lightness < 0.12:
        return "black"
    if saturation * (1 - abs(2 * lightness - 1)) < 0.12:
        return "white" if lightness > 0.88 else "grey"
    if hue < 0.13 and lightness < 0.4:
        return "brown" if hue > 0.03 else "red"
    ends = {"red": 0.03, "orange": 0.12, "yellow": 0.18, "green": 0.48, "blue": 0.7}
    ends |= {"purple": 0.87, "pink": 0.95, "red again": 1.0}
    found = next(name for name, end in ends.items() if hue <= end)
    return "red" if found == "red again" else found


_INDEXES = {
    "ix_swatch_found": ("swatch", ["name", "asset_digest", "share"]),
    "ix_exif_camera": ("exif", ["camera"]),
    "ix_exif_taken_at": ("exif", ["taken_at"]),
    "ix_label_found": ("label", ["name", "asset_digest", "score"]),
}
_POSITION = "degrees, {} is positive; kept only on request"


def _of_outputs() -> list[sa.Column[Any]]:
    return [
        _column(
            "batch",
            sa.String(32),
            "the same for all that were rendered at once",
        ),
        _column(
            "peak_memory_bytes",
            sa.BigInteger(),
            "most that the batch held: of the device's memory, or of the process",
        ),
        _column("threads", sa.Integer(), "of a CPU's computations"),
        _column("quality", sa.Integer(), "of JPEG and WebP"),
        _column(
            "code_version", sa.String(), "0.1.0, or 0.1.0+g1a2b3c4 from a checkout"
        ),
        _column("started_at", sa.DateTime(timezone=True)),
    ]


def _tables() -> dict[str, list[sa.Column[Any]]]:
    """Columns of each new table, without the asset's digest, which begins them all."""
    rank = sa.Column("rank", sa.Integer(), primary_key=True, autoincrement=False)
    return {
        "swatch": [
            rank,
            _needed("colour", sa.String(7), "#rrggbb, their mean"),
            _needed("name", sa.String(16), "orange, blue, …"),
            _needed("share", sa.Double(), "of the picture, up to 1"),
        ],
        "measurement": [
            _needed("brightness", sa.Double(), "mean grey level, 0 to 1"),
            _needed(
                "sharpness", sa.Double(), "of edges at 512 px, 0 where there are none"
            ),
            _needed("aspect", sa.Double(), "width / height, upright"),
        ],
        "exif": [
            _column("camera", sa.String(), "make and model"),
            _column(
                "taken_at", sa.String(19), "the camera's own time, 2026-05-17T21:04:05"
            ),
            _column("latitude", sa.Double(), _POSITION.format("north")),
            _column("longitude", sa.Double(), _POSITION.format("east")),
        ],
        "label": [
            sa.Column("weights_digest", sa.String(64), primary_key=True),
            sa.Column("rank", sa.Integer(), primary_key=True, autoincrement=False),
            _needed("backbone", sa.String()),
            _needed("name", sa.String()),
            _needed("score", sa.Double(), "probability, 0 to 1"),
        ],
        "feature": [
            sa.Column(
                "descriptor_digest",
                sa.String(64),
                primary_key=True,
                comment="of the weights and of how their features are pooled",
            ),
            _needed("backbone", sa.String()),
            _needed(
                "vector",
                sa.LargeBinary(),
                "a direction, in numbers of 8 bits; empty where there is none",
            ),
        ],
    }


def _column(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True, comment=comment)


def _needed(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def _create(name: str, columns: list[sa.Column[Any]]) -> None:
    asset = sa.Column("asset_digest", sa.String(64), primary_key=True)
    keys = [column.name for column in (asset, *columns) if column.primary_key]
    op.create_table(
        name,
        asset,
        *columns,
        sa.ForeignKeyConstraint(
            ["asset_digest"],
            ["asset.digest"],
            name=op.f(f"fk_{name}_asset_digest_asset"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")),
    )
