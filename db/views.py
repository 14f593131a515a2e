"""The `results` view: one row per output and keyword, for people who ask by hand.

Where a picture came from is told by its first sighting for the keyword; by that of a
near-duplicate only when the original itself was not seen for it. What was made of a
picture before a better one of it came is shown with that one's sightings. Of several
licence claims the strictest is shown. Keywords are compared as `keyword || ''` so that
no database begins with all sightings of a keyword to tell of one picture.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, String, column, table
from sqlalchemy.types import TypeEngine

from db.base import Json, UtcDateTime

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

_COLUMNS = (
    "output_id keyword path digest media_type height width size_bytes recipe "
    "algorithm backbone recipe_digest weights_digest seed device dtype seconds "
    "batch_size peak_memory_bytes quality code_version "
    "flow_run_id worker asset_digest asset_height asset_width source source_url "
    "page_url title alt caption score licence licence_url author licence_claimed_in "
    "derivatives share_alike non_commercial attribution "
    "loss_history library_versions opt_outs created_at seen_at"
)
_INTEGERS = (
    "output_id height width size_bytes seed batch_size peak_memory_bytes quality "
    "asset_height asset_width"
)
_TYPES: dict[str, TypeEngine[Any]] = {
    **dict.fromkeys(_INTEGERS.split(), BigInteger()),
    **dict.fromkeys(["seconds", "score"], Float()),
    **dict.fromkeys(["share_alike", "non_commercial"], Boolean()),
    **dict.fromkeys(["loss_history", "library_versions", "opt_outs"], Json),
    **dict.fromkeys(["created_at", "seen_at"], UtcDateTime()),
}
# All other columns are text.
results_view = table(
    "results",
    *(column(name, _TYPES.get(name, String())) for name in _COLUMNS.split()),
)
