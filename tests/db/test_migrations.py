"""Databases of every released revision keep what they have when they are upgraded."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from rows import NOW
from sqlalchemy import Connection, Engine, MetaData, inspect, select, text

from db import schema, views
from db.base import Base, Json
from db.engine import open_engine
from db.models import AssetState, CrawlState, Derivatives, JobState

ORIGINAL, COPY, RECIPE, MADE = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
ROWS: dict[str, list[dict[str, Any]]] = {
    "crawl_run": [{"id": 1, "keyword": "dunes", "source": "folder:x", "settings": {}}],
    "asset": [
        {"digest": ORIGINAL, "state": "accepted", "height": 9, "width": 9},
        {"digest": COPY, "state": "accepted", "near_duplicate_of": ORIGINAL},
    ],
    "sighting": [
        {"id": 1, "asset_digest": COPY, "title": "The copy"},
        {"id": 2, "asset_digest": ORIGINAL, "title": "The original"},
        {"id": 3, "reason": "robots", "title": "Refused"},
    ],
    "licence_claim": [{"id": 1, "sighting_id": 2, "licence": "cc-by-4.0"}],
    "recipe": [{"digest": RECIPE, "name": "flow", "algorithm": "patch-transfer"}],
    "job": [{"id": 1, "state": "dead", "error": "Traceback …"}],
    "output": [{"id": 1, "path": "outputs/dd/d.png", "digest": MADE}],
}
# What a column is given that has to have a value, and is not named above.
USUAL: dict[str, Any] = {
    "asset_digest": ORIGINAL,
    "recipe_digest": RECIPE,
    "weights_digest": "0" * 64,
    "crawl_run_id": 1,
    "keyword": "dunes",
    "state": "finished",
    "media_type": "image/png",
    "derivatives": "allowed",
    "claimed_in": "rel=license",
    "backbone": "pyramid",
    "device": "cpu",
    "dtype": "float32",
    "worker": "one",
    "loss_history": [2.0, 1.0],
    "body": {"name": "flow"},
    "settings": {},
    "stats": {},
    "matched": {},
    "opt_outs": [],
    "library_versions": {},
}
# SQLAlchemy cannot read this kind of index back from SQLite.
UNREFLECTED = pytest.mark.filterwarnings("ignore:.*expression-based index")
ENUMS = {"crawl_run": CrawlState, "asset": AssetState, "job": JobState}


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


def migrate(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), revision)


def fill(connection: Connection) -> None:
    """A row or more in each of the tables that there are, as that time wrote them."""
    there = MetaData()
    there.reflect(connection)
    for name, rows in ROWS.items():
        table, model = there.tables[name], Base.metadata.tables[name]
        for number, row in enumerate(rows, 1):
            values = {}
            for column in table.columns:
                if column.name in row or not column.nullable:
                    column.type = model.columns[column.name].type
                    values[column.name] = row.get(
                        column.name, usual(column.name, column.type, number)
                    )
            if name in ENUMS and "state" in values:
                values["state"] = ENUMS[name](values["state"])
            if "derivatives" in values:
                values["derivatives"] = Derivatives(values["derivatives"])
            if name == "sighting" and "reason" in row:
                values["asset_digest"] = None
            connection.execute(table.insert().values(values))


def usual(name: str, kind: Any, number: int) -> Any:
    if name in USUAL:
        return USUAL[name]
    if name.endswith("_at"):
        return NOW
    if kind.python_type is str:
        return f"{name} {number}"
    return kind.python_type(1)


def contents(connection: Connection) -> dict[str, list[Any]]:
    """All rows of the tables of today, in the columns that `fill` named."""
    found = {}
    for name, rows in ROWS.items():
        table = Base.metadata.tables[name]
        columns = [table.c[column] for column in rows[0] if column != "state"]
        found[name] = list(connection.execute(select(*columns).order_by(columns[0])))
    return found


@UNREFLECTED
@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
def test_rows_of_a_released_revision_are_there_after_the_upgrade(
    empty: Engine, revision: str
):
    migrate(empty, revision)
    with empty.begin() as connection:
        fill(connection)

    assert schema.upgrade(empty) == schema.newest()

    with empty.connect() as connection:
        found = contents(connection)
        shown = connection.execute(text("SELECT * FROM results")).mappings().all()
    assert {name: len(rows) for name, rows in found.items()} == {
        name: len(rows) for name, rows in ROWS.items()
    }
    assert found["licence_claim"] == [(1, 2, "cc-by-4.0")]
    assert [row[:2] for row in found["sighting"]] == [
        (1, COPY),
        (2, ORIGINAL),
        (3, None),
    ]
    [row] = shown
    assert (row["path"], row["title"], row["licence"], row["keyword"]) == (
        "outputs/dd/d.png",
        "The original",
        "cc-by-4.0",
        "dunes",
    )


@UNREFLECTED
def test_palettes_move_into_their_table_and_back(empty: Engine):
    palette = [
        {"colour": colour, "share": 0.12}
        for colour in (
            *("#e02020", "#f08020", "#f0e020", "#20a040", "#2040c0", "#802090"),
            *("#000000", "#ffffff", "#808080", "#6b4423"),
        )
    ]
    migrate(empty, "0003")
    with empty.begin() as connection:
        fill(connection)
        table = MetaData()
        table.reflect(connection, only=["asset"])
        asset = table.tables["asset"]
        asset.c.palette.type = Json
        of_original = asset.c.digest == ORIGINAL
        connection.execute(asset.update().where(of_original).values(palette=palette))

    schema.upgrade(empty)

    with empty.begin() as connection:
        swatches = connection.execute(
            text("SELECT asset_digest, colour, share, name FROM swatch ORDER BY rank")
        ).all()
        command.downgrade(schema._config(connection), "0003")
        back = connection.execute(select(asset.c.palette).order_by(asset.c.digest))
        assert [row.palette for row in back] == [palette, None]
    assert {row.asset_digest for row in swatches} == {ORIGINAL}
    moved = [{"colour": row.colour, "share": row.share} for row in swatches]
    assert moved == palette
    assert " ".join(row.name for row in swatches) == (
        "red orange yellow green blue purple black white grey brown"
    )


@UNREFLECTED
@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
def test_an_upgraded_database_is_as_a_new_one(empty: Engine, revision: str):
    migrate(empty, revision)
    schema.upgrade(empty)

    with empty.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_the_checks_are_those_of_the_models(engine: Engine):
    found = {
        name: {each["name"] for each in inspect(engine).get_check_constraints(name)}
        for name in ROWS
    }

    assert found == {
        name: {str(each.name) for each in Base.metadata.tables[name].constraints}
        & found[name]
        for name in ROWS
    }
    assert "ck_sighting_kept_or_reason" in found["sighting"]
    assert "ck_job_leased_has_token" in found["job"]


def test_the_view_is_the_one_that_the_code_knows(engine: Engine):
    again = views.RESULTS.replace("VIEW results", "VIEW again")
    with engine.begin() as connection:
        connection.execute(text(again))
        stored, made = (definition(connection, name) for name in ("results", "again"))

    assert stored == made


def definition(connection: Connection, view: str) -> str:
    if connection.dialect.name == "sqlite":
        asked = "SELECT sql FROM sqlite_master WHERE name = :view"
    else:
        asked = "SELECT pg_get_viewdef(CAST(:view AS regclass))"
    said = connection.execute(text(asked), {"view": view}).scalar_one()
    return str(said).replace(f"VIEW {view}", "VIEW")
