"""Results are asked for so that indexes answer, however many there are."""

from typing import Any

import explained
import pytest
from sqlalchemy import Engine, event, select, text, update

from benchmarks import results_bench
from db import filters, looks, queries
from db.engine import reading, writing
from db.filters import Filter
from db.models import Asset, Job, JobState, Output, Recipe
from pipeline import queue

OUTPUTS, EVERY = 5_000, 10


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A database whose statistics are those of many outputs."""
    results_bench.fill(engine, OUTPUTS)
    return engine


def plan(engine: Engine, *, statement: int = -2, **asked: Any) -> str:
    """How the database goes about finding which outputs are wanted, the last but one
    question (the last is about these outputs alone); or another."""
    return explained.plan(
        engine,
        lambda session: queries.results(session, limit=EVERY, **asked),
        statement=statement,
    )


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "ix_output_made"),
        ({"recipe": "recipe 3"}, "ix_output_recipe_made"),
        ({"keywords": ["keyword 7"]}, "ix_sighting_keyword"),
        ({"wanted": Filter(since=results_bench.NOW)}, "ix_output_made"),
        ({"wanted": Filter(backbone="vgg19")}, "ix_output_"),
        ({"wanted": Filter(title="Picture 77")}, "asset_digest"),
    ],
    ids=["newest", "of a recipe", "of a keyword", "of days", "of a net", "by title"],
)
def test_an_index_tells_which_outputs_are_wanted(
    filled: Engine, asked: dict[str, Any], index: str
):
    found = plan(filled, **asked)

    assert index in found
    assert not any(
        table in line
        for line in found.splitlines()
        for table in ("Seq Scan on output", "SCAN output\n", "SCAN sighting")
    )


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"colour": "blue"}, "ix_swatch_found"),
        ({"labels": ["class 8"]}, "ix_label_found"),
        ({"labels": ["class 8"], "colour": "blue"}, "ix_label_found"),
    ],
    ids=["colour", "label", "both"],
)
def test_indexes_tell_what_pictures_show(
    filled: Engine, asked: dict[str, Any], index: str, monkeypatch: pytest.MonkeyPatch
):
    few, of_few = plan(filled, statement=-3, **asked), plan(filled, **asked)
    monkeypatch.setattr(looks, "LISTED", 0)  # as if they were many
    many = plan(filled, **asked)

    assert index in few
    assert "ix_output_made" in many or index in many
    assert not any(
        table in line
        for line in (few + of_few + many).splitlines()
        for table in ("Seq Scan on", "SCAN output\n", "SCAN swatch\n", "SCAN label\n")
    )


# PostgreSQL joins all at once while they are as few as here.
@pytest.mark.parametrize("database_kind", ["sqlite"], scope="module")
def test_what_many_pictures_have_is_looked_for_among_the_newest(
    filled: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(filters, "LISTED", 0)  # as if they were many

    found = plan(filled, wanted=Filter(source="commons", licence="cc-by-4.0"))

    assert "ix_output_made" in found
    assert "ix_sighting_asset_digest" in found
    assert "SCAN sighting" not in found


def test_the_names_of_labels_are_read_from_the_index_by_leaps(filled: Engine):
    seen: list[str] = []
    with reading(filled) as session:
        event.listen(
            filled, "before_cursor_execute", lambda *told: seen.append(told[2])
        )
        found = looks.label_names(session)
        asked = seen[-1]
        if filled.dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
        kind = "QUERY PLAN" if filled.dialect.name == "sqlite" else ""
        explained = session.execute(text(f"EXPLAIN {kind} {asked}")).all()

    assert len(set(found)) == len(found) == 900
    assert "ix_label_found" in str(explained)


def test_the_newest_are_the_newest(filled: Engine):
    with reading(filled) as session:
        found = queries.results(session, limit=EVERY)
        newest = session.execute(
            text("SELECT path FROM output ORDER BY created_at DESC, id DESC LIMIT 10")
        )

    paths = list(dict.fromkeys(row["path"] for row in found))
    assert paths == list(newest.scalars())[: len(paths)]
    assert len(paths) > EVERY / 2


@pytest.mark.parametrize("is_done", [False, True], ids=["all wait", "most are done"])
def test_a_lease_looks_at_the_jobs_it_takes_alone(filled: Engine, is_done: bool):
    queue_all(filled)
    with writing(filled) as session:  # statistics are as before
        done = update(Job).where(Job.id < 4000).values(state=JobState.DONE)
        session.execute(done if is_done else text("SELECT 1"))
    seen: list[tuple[str, Any]] = []
    with writing(filled) as session:
        event.listen(
            filled, "before_cursor_execute", lambda *told: seen.append(told[2:4])
        )
        assert len(queue.lease(session, limit=8, ttl_s=60, max_attempts=3).jobs) == 8
        kind = "QUERY PLAN" if filled.dialect.name == "sqlite" else ""
        wanted, given = seen[-1]
        explained = session.connection().exec_driver_sql(
            f"EXPLAIN {kind} {wanted}", given
        )
        found = "\n".join(str(row[-1]) for row in explained)

    assert "ix_job_waiting_shape" in found
    assert not any(slow in found for slow in ("Sort", "TEMP B-TREE", "Seq Scan"))


def test_what_was_refused_for_a_keyword_is_read_of_its_sightings_alone(filled: Engine):
    wanted = queries._refused_last(["keyword 7"]).compile(
        filled, compile_kwargs={"literal_binds": True}
    )
    with reading(filled) as session:
        if filled.dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
        kind = "QUERY PLAN" if filled.dialect.name == "sqlite" else ""
        explained = session.execute(text(f"EXPLAIN {kind} {wanted}")).all()

    assert "ix_sighting_keyword" in str(explained)
    assert "SCAN sighting" not in str(explained)
    assert "Seq Scan on sighting" not in str(explained)


@pytest.mark.parametrize("beginning", [None, "a" * 12], ids=["path", "digest"])
def test_an_output_is_found_by_its_name(filled: Engine, beginning: str | None):
    named = queries.named([f"outputs/aa/{'a' * 64}.png"], beginning=beginning)
    with reading(filled) as session:
        wanted = (
            select(Output.id)
            .where(named)
            .compile(filled, compile_kwargs={"literal_binds": True})
        )
        if filled.dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
        kind = "QUERY PLAN" if filled.dialect.name == "sqlite" else ""
        explained = session.execute(text(f"EXPLAIN {kind} {wanted}")).all()

    assert "ix_output_digest" in str(explained)
    assert not any(slow in str(explained) for slow in ("SCAN output", "Seq Scan"))


def queue_all(engine: Engine) -> None:
    """A job for each picture and recipe, of ten recipes, under other weights."""
    with writing(engine) as session:
        works = [
            queue.Work(digest, "1" * 64, 512)
            for digest in session.scalars(select(Recipe.digest))
        ]
        assets = session.scalars(select(Asset)).all()
        queue.enqueue(session, assets, works, now=results_bench.NOW)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("ANALYZE job"))
