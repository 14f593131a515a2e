"""Named queries over the tables and the `results` view."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db import looks
from db.filters import EVERYTHING, Filter
from db.models import Asset, CrawlRun, Output, Recipe, Sighting, original_of
from db.parts import LISTED, in_parts
from db.views import results_view


@dataclass(frozen=True)
class Sifting:
    """What became of every URL that matched; `found` is the sum of the others."""

    found: int
    rejected: dict[str, int]
    duplicates: int
    near_duplicates: int
    originals: int


def sift(session: Session, crawl_run_ids: Sequence[int]) -> Sifting:
    """Count the URLs that these crawl runs found, each once, by what became of them."""
    statement = (
        select(
            Sighting.url,
            Sighting.asset_digest,
            func.coalesce(Sighting.reason, Asset.reason),
            Asset.near_duplicate_of,
        )
        .outerjoin(Asset, Asset.digest == Sighting.asset_digest)
        .where(Sighting.crawl_run_id.in_(crawl_run_ids))
        .order_by(Sighting.id)
    )
    rejected: Counter[str] = Counter()
    others: Counter[str] = Counter()
    urls, digests = set(), set()
    for url, digest, reason, near_duplicate_of in session.execute(statement):
        if url in urls:
            continue
        urls.add(url)
        if digest in digests:
            others["duplicate"] += 1
        elif reason:
            rejected[reason] += 1
        else:
            others["near-duplicate" if near_duplicate_of else "original"] += 1
        digests |= {digest} - {None}
    return Sifting(
        found=len(urls),
        rejected=dict(rejected.most_common()),
        duplicates=others["duplicate"],
        near_duplicates=others["near-duplicate"],
        originals=others["original"],
    )


def refused_images(
    session: Session, *, keywords: Sequence[str] = (), limit: int | None = None
) -> list[dict[str, Any]]:
    """Images that matched and are not used, with the reason; the newest first.

    An image that was seen several times for a keyword at a source is told as it was
    seen last. No keywords means all of them.
    """
    statement = _refused_last(keywords).order_by(Sighting.id.desc()).limit(limit)
    return [dict(row) for row in session.execute(statement).mappings()]


def refusals(session: Session, *, keywords: Sequence[str] = ()) -> list[dict[str, Any]]:
    """How many images and pages were refused, by keyword, source and reason.

    Pages are those of the last crawl run of each keyword and source; of them no URL is
    kept, of the images `example` is one.
    """
    last = _refused_last(keywords).subquery()
    named = (last.c.keyword, last.c.source, last.c.reason)
    counted = (
        select(
            *named, func.count().label("count"), func.min(last.c.url).label("example")
        )
        .group_by(*named)
        .order_by(*named[:2], func.count().desc(), last.c.reason)
    )
    images = [{**row, "what": "image"} for row in session.execute(counted).mappings()]
    return images + _refused_pages(session, keywords)


def _refused_last(keywords: Sequence[str]) -> Select[*tuple[Any, ...]]:
    reason = func.coalesce(Sighting.reason, Asset.reason)
    last = (
        select(func.max(Sighting.id))
        .join(CrawlRun, CrawlRun.id == Sighting.crawl_run_id)
        .group_by(Sighting.keyword, CrawlRun.source, Sighting.url)
    )
    if keywords:
        last = last.where(Sighting.keyword.in_(keywords))
    return (
        select(
            Sighting.url,
            Sighting.page_url,
            CrawlRun.source,
            Sighting.keyword,
            reason.label("reason"),
            Sighting.seen_at,
        )
        .join(CrawlRun, CrawlRun.id == Sighting.crawl_run_id)
        .outerjoin(Asset, Asset.digest == Sighting.asset_digest)
        .where(Sighting.id.in_(last), reason.is_not(None))
    )


def _refused_pages(session: Session, keywords: Sequence[str]) -> list[dict[str, Any]]:
    last = select(func.max(CrawlRun.id)).group_by(CrawlRun.keyword, CrawlRun.source)
    runs = select(CrawlRun).where(CrawlRun.id.in_(last))
    if keywords:
        runs = runs.where(CrawlRun.keyword.in_(keywords))
    return [
        {
            "keyword": run.keyword,
            "source": run.source,
            "reason": reason,
            "count": count,
            "example": None,
            "what": "page",
        }
        for run in session.scalars(runs.order_by(CrawlRun.keyword, CrawlRun.source))
        for reason, count in Counter(run.stats.get("pages_refused", {})).most_common()
    ]


def results(
    session: Session,
    *,
    keywords: Sequence[str] = (),
    recipe: str | None = None,
    labels: Collection[str] = (),
    colour: str | None = None,
    wanted: Filter = EVERYTHING,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Rows of the `results` view, newest first; `chosen` says which."""
    where = chosen(session, keywords, recipe, labels=labels, colour=colour)
    parts = in_turn(session, where, keywords=keywords, wanted=wanted, limit=limit)
    return [row for part in parts for row in part]


def in_turn(
    session: Session,
    where: Sequence[ColumnElement[bool]],
    *,
    keywords: Sequence[str] = (),
    wanted: Filter = EVERYTHING,
    limit: int | None = None,
) -> Iterator[list[dict[str, Any]]]:
    """The same rows of the outputs of which `where` is true, some at a time.

    No more than the rows of a thousand outputs are in memory at once.
    """
    # Indexes tell which outputs are wanted, and the view is asked about these alone.
    newest = (Output.created_at.desc(), Output.id.desc())
    outputs = select(Output.id).where(*where, *wanted.of_outputs(session))
    of_rows = wanted.of_rows()
    outputs = outputs.order_by(*newest).limit(None if of_rows else limit)
    left = limit
    with session.scalars(outputs.execution_options(yield_per=LISTED)) as found:
        for some in found.partitions():
            rows = _rows_of(some, keywords).where(*of_rows).limit(left)
            part = [dict(row) for row in session.execute(rows).mappings()]
            yield part
            left = None if left is None else left - len(part)
            if left == 0:
                return


def with_rows(
    session: Session,
    outputs: Sequence[int],
    *,
    keywords: Sequence[str] = (),
    wanted: Filter = EVERYTHING,
) -> set[int]:
    """Which of a thousand outputs or fewer have rows that are wanted."""
    of_rows = wanted.of_rows()
    if not of_rows:
        return set(outputs)
    rows = _rows_of(outputs, keywords).where(*of_rows)
    return set(session.scalars(rows.with_only_columns(results_view.c.output_id)))


def _rows_of(outputs: Sequence[int], keywords: Sequence[str]) -> Select[Any]:
    newest = (results_view.c.created_at.desc(), results_view.c.output_id.desc())
    rows = select(results_view).where(results_view.c.output_id.in_(outputs))
    if keywords:  # the view would begin with the keyword if it was not hidden
        rows = rows.where(results_view.c.keyword.concat("").in_(keywords))
    return rows.order_by(*newest)


def chosen(
    session: Session,
    keywords: Sequence[str],
    recipe: str | None,
    *,
    labels: Collection[str] = (),
    colour: str | None = None,
) -> list[ColumnElement[bool]]:
    """What is true of outputs of pictures that these keywords found, by this recipe.

    The pictures have one of the labels, and the colour. No keywords mean all pictures,
    None all recipes, no labels and no colour whatever the pictures look like.
    """
    conditions: list[ColumnElement[bool]] = []
    if recipe is not None:
        named = session.scalars(select(Recipe.digest).where(Recipe.name == recipe))
        conditions.append(Output.recipe_digest.in_(named.all()))
    if keywords:
        # PostgreSQL would rather look through all outputs until enough are found.
        pictures = found_by(keywords).cte()
        pictures = pictures.prefix_with("MATERIALIZED", dialect="postgresql")
        conditions.append(Output.asset_digest.in_(select(pictures.c.digest)))
    return conditions + _looking(session, keywords, labels, colour)


def _looking(
    session: Session,
    keywords: Sequence[str],
    labels: Collection[str],
    colour: str | None,
) -> list[ColumnElement[bool]]:
    # What many pictures show is soon found among the newest outputs, what few show is
    # not: it is asked for by name. Keywords have made few of many already.
    if (labels or colour is not None) and not keywords:
        few = looks.few(session, labels, colour)
        if few is not None:
            return [Output.asset_digest.in_(few)]
    return looks.shows(Output.asset_digest, labels, colour)


def named(paths: Sequence[str], *, beginning: str | None = None) -> ColumnElement[bool]:
    """Which outputs lie at these paths of the store, or have a digest that begins so.

    Files are called by their digests: its index answers, that of the path is not there.
    """
    stems = [PurePosixPath(path).stem for path in paths]
    at_paths = and_(Output.digest.in_(stems), Output.path.in_(paths))
    if beginning is None:
        return at_paths
    return or_(at_paths, begins(Output.digest, beginning))


def begins(digest: InstrumentedAttribute[str], beginning: str) -> ColumnElement[bool]:
    """Whether a hexadecimal digest begins so, as an index can tell."""
    return and_(digest >= beginning, digest < f"{beginning}g")


def found_by(keywords: Sequence[str]) -> Select[str]:
    """The digests of assets that were seen for a keyword, or are the same picture."""
    original = original_of(Asset)
    seen = select(original).join(Sighting, Sighting.asset_digest == Asset.digest)
    seen = seen.where(Sighting.keyword.in_(keywords))
    return select(Asset.digest).where(original.in_(seen))


def output_count(
    session: Session, assets: Sequence[str], recipe_digests: Sequence[str]
) -> int:
    """How many outputs there are of these assets after these recipes."""
    counted = select(func.count(Output.id))
    counted = counted.where(Output.recipe_digest.in_(recipe_digests))
    return sum(
        session.scalar(counted.where(Output.asset_digest.in_(some))) or 0
        for some in in_parts(assets)
    )


def pace(session: Session) -> dict[str, tuple[float, float]]:
    """Per recipe digest: seconds and bytes per pixel that its outputs took so far."""
    pixels = func.sum(Output.height * Output.width)
    grouped = select(
        Output.recipe_digest,
        func.sum(Output.seconds) / pixels,
        func.sum(Output.size_bytes) / (1.0 * pixels),
    ).group_by(Output.recipe_digest)
    return {
        digest: (float(seconds), float(size_bytes))
        for digest, seconds, size_bytes in session.execute(grouped)
    }
