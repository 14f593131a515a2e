"""What a person's own SQL finds is shown in every form."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet as arrow
from rows import NOW, Rows
from sqlalchemy import Engine

from db.engine import writing
from db.errors import DatabaseError
from flows import cli_results
from flows.errors import UsageError
from flows.formats import Format

ASKED = "SELECT name, 0.5 AS half, version, NULL AS none FROM recipe ORDER BY name"

Shown = Callable[..., tuple[str, str]]


@pytest.fixture
def shown(
    engine: Engine,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shown:
    """Two recipes; `results --sql` prints this on standard output and error."""
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)
    with writing(engine) as session:
        Rows(session).recipe(name="dream")
        Rows(session).recipe(name="=1+1", digest="f" * 64)

    def show(statement: str, **options: Any) -> tuple[str, str]:
        cli_results.results(None, sql=statement, **{"limit": 100} | options)
        return capsys.readouterr()

    return show


def test_a_table_has_the_names_that_were_asked_for(shown: Shown):
    out, err = shown('SELECT name AS "[red]name[/x]", version FROM recipe', limit=1)

    assert "[red]name[/x]" in out
    assert "more than these 1 rows" in err


def test_json_has_numbers_and_null(shown: Shown):
    out, err = shown(ASKED, output_format=Format.JSON)

    assert json.loads(out)[1] == {
        "name": "dream",
        "half": 0.5,
        "version": 1,
        "none": None,
    }
    assert not err


def test_a_spreadsheet_runs_nothing(shown: Shown):
    out, _ = shown(ASKED, output_format=Format.CSV)

    assert [row["name"] for row in csv.DictReader(io.StringIO(out))] == [
        "'=1+1",
        "dream",
    ]


def test_parquet_has_the_types_of_the_values(shown: Shown, tmp_path: Path):
    shown(ASKED, output_format=Format.PARQUET, out=tmp_path / "a.parquet")

    table = arrow.read_table(tmp_path / "a.parquet")
    assert [str(one.type) for one in table.schema] == [
        *("string", "double", "int64", "null"),
    ]
    assert table["name"].to_pylist() == ["=1+1", "dream"]


@pytest.mark.parametrize("database_kind", ["sqlite"], scope="module")
def test_values_of_several_types_are_no_column_of_parquet(shown: Shown, tmp_path: Path):
    mixed = "SELECT 1 AS one UNION ALL SELECT 'a'"

    with pytest.raises(UsageError, match="the column 'one' has values of several"):
        shown(mixed, output_format=Format.PARQUET, out=tmp_path / "a.parquet")

    assert not (tmp_path / "a.parquet").exists()


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"], scope="module")
def test_times_of_postgresql_are_in_utc(shown: Shown, tmp_path: Path):
    asked = "SELECT created_at, body FROM recipe LIMIT 1"

    shown(asked, output_format=Format.PARQUET, out=tmp_path / "a.parquet")

    [row] = arrow.read_table(tmp_path / "a.parquet").to_pylist()
    assert row == {"created_at": NOW, "body": "{}"}
    assert row["created_at"].utcoffset() == datetime.now(UTC).utcoffset()


def test_two_columns_of_one_name_are_one_line(shown: Shown):
    with pytest.raises(UsageError, match="2 columns are called 'a': name them with AS"):
        shown("SELECT 1 AS a, 2 AS a")


def test_what_the_database_does_not_understand_is_one_line(shown: Shown):
    with pytest.raises(DatabaseError, match=r"^the statement failed: .*nowhere"):
        shown("SELECT 1 FROM nowhere")


@pytest.mark.parametrize(
    "filters",
    [
        *({"keywords": "dunes"}, {"recipe": "flow"}, {"colour": "red"}),
        *({"rejected": True}, {"source": "commons"}, {"since": NOW}),
    ],
    ids=str,
)
def test_sql_goes_with_no_filter(filters: dict[str, Any]):
    with pytest.raises(UsageError, match="use no other filter"):
        cli_results.results(None, sql="SELECT 1", **filters)
