"""Results in a Parquet file are what the database has, of the same types."""

import json
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet as arrow
from rows import NOW, Rows
from sqlalchemy.orm import Session

from db import looks, queries
from db.appearance import Swatch
from db.models import Derivatives
from db.views import results_view
from flows import cli_results, parquet
from flows.errors import UsageError
from flows.formats import Format, Target

NAMES = [*(one.name for one in results_view.columns), *looks.NAMES]


@pytest.fixture
def made(make: Rows, session: Session) -> Session:
    asset = make.asset()
    sighting = make.sighting(
        asset,
        make.crawl_run(),
        Derivatives.ALLOWED,
        title="=HYPERLINK(dünes)",
        opt_outs=[{"directive": "noai"}],
    )
    sighting.claims[0].share_alike = True
    job = make.job(asset_digest=asset.digest)
    make.output(job, size_bytes=2**40)
    swatch = Swatch(
        asset_digest=asset.digest, rank=0, colour="#102030", name="blue", share=0.5
    )
    session.add(swatch)
    session.flush()
    return session


def rows_of(session: Session) -> list[dict[str, Any]]:
    rows = queries.results(session)
    told = looks.told(session, [row["asset_digest"] for row in rows])
    return [row | told[row["asset_digest"]] for row in rows]


def test_what_was_written_is_read_again(made: Session, tmp_path: Path):
    rows = rows_of(made)

    assert parquet.write(tmp_path / "made.parquet", [rows], NAMES) == 1

    [read] = arrow.read_table(tmp_path / "made.parquet").to_pylist()
    assert list(read) == NAMES
    assert read["title"] == "=HYPERLINK(dünes)"
    assert read["size_bytes"] == 2**40
    assert read["share_alike"] is True
    assert read["page_url"] is None
    assert read["loss_history"] == [1.0, 0.5]
    assert read["opt_outs"] == '[{"directive": "noai"}]'
    assert read["colours"] == [{"colour": "#102030", "name": "blue", "share": 0.5}]


def test_times_are_in_utc_with_microseconds(made: Session, tmp_path: Path):
    parquet.write(tmp_path / "made.parquet", [rows_of(made)], NAMES)

    table = arrow.read_table(tmp_path / "made.parquet")
    assert str(table.schema.field("created_at").type) == "timestamp[us, tz=UTC]"
    assert (
        table["created_at"][0].as_py()
        == NOW
        == datetime(2026, 5, 17, 21, 4, 5, 678901, tzinfo=UTC)
    )


def test_a_file_is_there_whole_or_as_before(tmp_path: Path):
    path = tmp_path / "made.parquet"
    path.write_text("before")

    with pytest.raises(UsageError, match="stopped"):
        parquet.write(path, stopping_after({"path": "a"}), ["path"])

    assert [one.name for one in tmp_path.iterdir()] == ["made.parquet"]
    assert path.read_text() == "before"


def stopping_after(row: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    yield [row]
    raise UsageError("stopped")


def test_no_more_than_a_part_is_in_memory(tmp_path: Path):
    parts = ([{"path": f"{n} {m}" * 50} for m in range(1000)] for n in range(100))

    tracemalloc.start()
    count = parquet.write(tmp_path / "made.parquet", parts, ["path"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 100_000
    assert peak < 3_000_000  # of 30 MB


def test_the_command_writes_what_the_database_has(
    made: Session, at_home: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    rows = rows_of(made)
    made.commit()
    file = tmp_path / "made.parquet"

    cli_results.results(None, output_format=Format.PARQUET, out=file)

    for row in rows:
        row |= {one: json.dumps(row[one]) for one in ("opt_outs", "library_versions")}
    assert arrow.read_table(file).to_pylist() == rows
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "missed", [{"until": NOW - timedelta(days=1)}, {"since": NOW + timedelta(days=1)}]
)
def test_days_of_the_command_are_whole_days_in_utc(
    made: Session,
    at_home: None,
    capsys: pytest.CaptureFixture[str],
    missed: dict[str, datetime],
):
    made.commit()
    day = NOW.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    others = {name: datetime.combine(at, time.min) for name, at in missed.items()}

    cli_results.results(None, since=day, until=day, output_format=Format.JSON)

    assert len(json.loads(capsys.readouterr().out)) == 1
    with pytest.raises(UsageError, match="no results"):
        cli_results.results(None, **others)


@pytest.fixture
def at_home(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands use the test's database."""
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)


def test_a_file_is_named_for_parquet_alone():
    with pytest.raises(UsageError, match="add --out FILE"):
        Target(Format.PARQUET)
    with pytest.raises(UsageError, match="--out is for --format parquet"):
        Target(Format.CSV, Path("made.csv"))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "pyarrow.parquet")

    with pytest.raises(UsageError, match=r"pip install 'crawl-and-dream\[parquet\]'"):
        Target(Format.PARQUET, Path("made.parquet"))
