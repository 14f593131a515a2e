"""New pictures against a million that are stored, in a database of their size.

`python -m benchmarks.dedupe_bench STORED NEW` prints seconds and the peak in MB; with
`features` behind it the vectors of all are compared as well.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from time import perf_counter

import numpy as np
from sqlalchemy import insert, select

from benchmarks.memory import own_peak_mb
from db import schema
from db.appearance import Feature
from db.engine import open_engine, reading, writing
from db.models import Asset, AssetState
from pipeline import dedupe
from pipeline.features import LENGTH, Descriptor
from pipeline.likeness import SURE_BITS, Hashes

STORED, NEW, COPIES = 1_000_000, 1_000, 500
AT_ONCE = 20_000
DESCRIPTOR = Descriptor("f" * 64, "motifs", 0.98)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Comparison:
    """How long it took, the peak of the process, and how many copies were found.

    `expected` is how many of the new pictures a plain loop finds within the distance.
    """

    seconds: float
    peak_mb: float
    found: int
    expected: int


def comparison(
    *, stored: int = STORED, new: int = NEW, features: bool = False
) -> Comparison:
    """One comparison on SQLite, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/data.sqlite"
        expected = fill(url, stored=stored, new=new)
        arguments = [sys.executable, "-m", "benchmarks.dedupe_bench", url]
        if features:
            describe(url, stored + new)
            arguments.append("features")
        done = subprocess.run(  # noqa: S603  # our own module
            arguments, check=True, capture_output=True, text=True
        )
        return Comparison(**json.loads(done.stdout), expected=expected)


def fill(url: str, *, stored: int, new: int) -> int:
    """A database with so many pictures; half of the new ones are copies of stored ones.

    Returns how many of the new ones are near to a stored or a better new one, as a
    plain loop over all pairs of hashes finds them.
    """
    generator = np.random.default_rng(0)
    hashes = generator.integers(-(2**63), 2**63, (stored + new, 2))
    copies = min(COPIES, new // 2)
    hashes[-copies:] = hashes[:copies] ^ (1 << generator.integers(0, 62, (copies, 2)))
    engine = open_engine(url)
    schema.upgrade(engine)
    with writing(engine) as session:
        for first in range(0, len(hashes), AT_ONCE):
            some = enumerate(hashes[first : first + AT_ONCE].tolist(), first)
            rows = [_row(number, *pair, stored) for number, pair in some]
            session.execute(insert(Asset), rows)
    engine.dispose()
    return _plainly(hashes.view(np.uint64), stored)


def describe(url: str, count: int) -> None:
    """Vectors for all pictures, each in another direction."""
    generator, engine = np.random.default_rng(1), open_engine(url)
    with writing(engine) as session:
        for first in range(0, count, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, count))
            drawn = generator.integers(-127, 128, (len(numbers), LENGTH), np.int8)
            rows = [
                {
                    "asset_digest": _name(number).hex(),
                    "descriptor_digest": DESCRIPTOR.digest,
                    "backbone": DESCRIPTOR.backbone,
                    "vector": vector.tobytes(),
                }
                for number, vector in zip(numbers, drawn, strict=True)
            ]
            session.execute(insert(Feature), rows)
    engine.dispose()


def _name(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def _row(number: int, phash: int, dhash: int, stored: int) -> dict[str, object]:
    name = _name(number)
    is_new = number >= stored
    return {
        "digest": name.hex(),
        "size_bytes": 1000,
        "state": AssetState.ACCEPTED,
        "height": 480 if is_new else 960,
        "width": 640 if is_new else 1280,
        "phash": phash,
        "dhash": dhash,
        "thumbnail": name * 32,
        "is_flat": False,
        "stored_at": NOW,
        "compared_at": None if is_new else NOW,
    }


def _plainly(hashes: Hashes, stored: int) -> int:
    """New pictures for which some picture is near in both hashes, one by one."""
    found = 0
    for number in range(stored, len(hashes)):
        bits = np.bitwise_count(hashes[:number] ^ hashes[number])
        found += bool((bits <= SURE_BITS).all(axis=1).any())
    return found


def compare(url: str, descriptor: Descriptor | None) -> None:
    """Compare what is new in a database, and print what it took as JSON."""
    engine = open_engine(url)
    started = perf_counter()
    with writing(engine) as session:
        dedupe.compare_new(session, now=NOW, descriptor=descriptor)
    seconds = perf_counter() - started
    with reading(engine) as session:
        linked = select(Asset.digest).where(Asset.near_duplicate_of.is_not(None))
        found = len(session.scalars(linked).all())
    print(json.dumps({"seconds": seconds, "peak_mb": own_peak_mb(), "found": found}))


if __name__ == "__main__":
    features = sys.argv[-1] == "features"
    if "://" in sys.argv[1]:
        compare(sys.argv[1], DESCRIPTOR if features else None)
    else:
        stored, new = int(sys.argv[1]), int(sys.argv[2])
        print(asdict(comparison(stored=stored, new=new, features=features)))
