"""How soon results are shown of a database with a million outputs.

`python -m benchmarks.results_bench URL` fills the empty database at URL and asks it.
"""

import hashlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, insert, literal, select, text, update
from sqlalchemy.orm import Session

from db import queries, schema
from db.appearance import Label, Swatch
from db.engine import open_engine, reading, writing
from db.models import (
    Asset,
    AssetState,
    CrawlRun,
    Derivatives,
    LicenceClaim,
    Output,
    Recipe,
    Sighting,
)

OUTPUTS, PER_ASSET, KEYWORDS, AT_ONCE, ROUNDS = 1_000_000, 10, 100, 10_000, 5
CLASSES = 1000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ASKED: dict[str, dict[str, Any]] = {
    "newest": {},
    "of a keyword": {"keywords": ["keyword 7"]},
    "of a recipe": {"recipe": "recipe 3"},
    "of both": {"keywords": ["keyword 7"], "recipe": "recipe 3"},
    "of neither": {"keywords": ["none"]},
    "of a common colour": {"colour": "blue"},
    "of a rare colour": {"colour": "pink"},
    "of a label": {"labels": ["class 7"]},
    "of label and colour": {"labels": ["class 8"], "colour": "blue"},
    "of keyword and colour": {"keywords": ["keyword 7"], "colour": "blue"},
    "of two that exclude each other": {"labels": ["class 4"], "colour": "green"},
}


def milliseconds(outputs: int = OUTPUTS, url: str | None = None) -> dict[str, float]:
    """The median time in ms of asking for 100 rows in several ways, on SQLite if not on
    the empty database at `url`.
    """
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(url or f"sqlite:///{folder}/data.sqlite")
        schema.upgrade(engine)
        fill(engine, outputs)
        with reading(engine) as session:
            found = {name: median_ms(session, asked) for name, asked in ASKED.items()}
        engine.dispose()
    return found


def median_ms(session: Session, asked: dict[str, Any]) -> float:
    def once() -> float:
        started = perf_counter()
        queries.results(session, limit=100, **asked)
        return 1000 * (perf_counter() - started)

    once()
    return statistics.median(once() for _ in range(ROUNDS))


def fill(engine: Engine, outputs: int) -> None:
    """So many outputs by ten recipes of pictures that a hundred keywords found.

    A tenth of the pictures are near-duplicates, of which nothing was made.
    """
    assets = outputs // PER_ASSET
    with writing(engine) as session:
        for model, rows in (
            (CrawlRun, _runs()),
            (Asset, _assets(assets)),
            (Sighting, _sightings(assets)),
            (LicenceClaim, _claims(assets)),
            (Recipe, _recipes()),
            (Swatch, _swatches(assets)),
            (Label, _labels(assets)),
        ):
            _insert(session, model, rows)
        _copies(session, assets)
        session.execute(_outputs())
        # As they would come: not one picture's after another's.
        session.execute(text(_SHUFFLE[engine.dialect.name]))
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("ANALYZE"))


_SHUFFLE = {
    "sqlite": "UPDATE output SET created_at = strftime('%Y-%m-%d %H:%M:%f', "
    "'2026-01-01', (id * 7919 % 1000003) || ' seconds') || '000'",
    "postgresql": "UPDATE output SET created_at = timestamptz '2026-01-01 00:00Z' + "
    "make_interval(secs => id * 7919 % 1000003)",
}


def _insert(session: Session, model: Any, rows: Iterator[dict[str, Any]]) -> None:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            session.execute(insert(model), some)
            some = []
    if some:
        session.execute(insert(model), some)


def _digest(what: str, number: int) -> str:
    return hashlib.sha256(f"{what} {number}".encode()).hexdigest()


def _runs() -> Iterator[dict[str, Any]]:
    for number in range(KEYWORDS):
        yield {
            "id": number + 1,
            "keyword": f"keyword {number}",
            "source": "commons",
            "started_at": NOW,
        }


def _assets(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "digest": _digest("asset", number),
            "size_bytes": 1000,
            "state": AssetState.ACCEPTED,
            "height": 480,
            "width": 640,
            "phash": number,
            "dhash": number,
            "thumbnail": bytes(1024),
            "is_flat": False,
            "stored_at": NOW,
            "compared_at": NOW,
        }


def _sightings(assets: int) -> Iterator[dict[str, Any]]:
    for number in range(assets):
        yield {
            "id": number + 1,
            "crawl_run_id": number % KEYWORDS + 1,
            "asset_digest": _digest("asset", number),
            "url": f"https://example.org/{number}.jpg",
            "keyword": f"keyword {number % KEYWORDS}",
            "title": f"Picture {number}",
            "score": 1.0,
            "matched": {},
            "seen_at": NOW + timedelta(seconds=number),
        }


def _claims(assets: int) -> Iterator[dict[str, Any]]:
    for number in range(assets):
        yield {
            "sighting_id": number + 1,
            "licence": "cc-by-4.0",
            "claimed_in": "rel=license",
            "derivatives": Derivatives.ALLOWED,
        }


def _swatches(assets: int) -> Iterator[dict[str, Any]]:
    """Half are grey and blue, half green and brown, and one in a thousand is pink."""
    for number in range(assets):
        names = ["green", "brown"] if number % 2 else ["grey", "blue"]
        for rank, name in enumerate(names + ["pink"] * (number % 1000 == 0)):
            yield {
                "asset_digest": _digest("asset", number),
                "rank": rank,
                "colour": "#808080",
                "name": name,
                "share": 0.5 - 0.2 * rank,
            }


def _labels(assets: int) -> Iterator[dict[str, Any]]:
    """Five of a thousand classes each."""
    for number in range(assets):
        for rank in range(5):
            yield {
                "asset_digest": _digest("asset", number),
                "weights_digest": "0" * 64,
                "rank": rank,
                "backbone": "vgg19",
                "name": f"class {(number + 100 * rank) % CLASSES}",
                "score": 0.5 / (rank + 1),
            }


def _recipes() -> Iterator[dict[str, Any]]:
    for number in range(PER_ASSET):
        yield {
            "digest": _digest("recipe", number),
            "name": f"recipe {number}",
            "version": 1,
            "algorithm": "style-transfer",
            "backbone": "vgg19",
            "size_px": 512,
            "body": {},
            "created_at": NOW,
        }


def _copies(session: Session, assets: int) -> None:
    """Every tenth picture is a near-duplicate of the one before it."""
    copies = [
        {
            "digest": _digest("asset", number),
            "near_duplicate_of": _digest("asset", number - 1),
        }
        for number in range(9, assets, 10)
    ]
    session.execute(update(Asset), copies)


def _outputs() -> Any:
    made = {
        "asset_digest": Asset.digest,
        "recipe_digest": Recipe.digest,
        "weights_digest": literal("0" * 64),
        "digest": Asset.digest,
        "path": literal("outputs/00/") + Asset.digest + Recipe.name,
        "media_type": literal("image/png"),
        "size_bytes": literal(1000),
        "height": Asset.height,
        "width": Asset.width,
        "seed": literal(0),
        "device": literal("cpu"),
        "dtype": literal("float32"),
        "seconds": literal(1.0),
        "batch_size": literal(8),
        "loss_history": literal([1.0, 0.5], Output.loss_history.type),
        "library_versions": literal({"torch": "2.14"}, Output.library_versions.type),
        "worker": literal("one"),
        "created_at": Asset.stored_at,
    }
    pairs = select(*made.values()).join(Recipe, literal(1) == literal(1))
    originals = pairs.where(Asset.near_duplicate_of.is_(None))
    return insert(Output).from_select(list(made), originals, include_defaults=False)


if __name__ == "__main__":
    print(milliseconds(int(sys.argv[1]), *sys.argv[2:]))
