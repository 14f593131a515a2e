"""Two runs for the same keywords at once: both end well and share the work."""

import json
from pathlib import Path

import pytest
from pictures import encoded, paint
from postgres import on_both
from sqlalchemy import select

from db.engine import open_engine, reading
from db.models import Asset, CrawlRun, CrawlState, Output
from pipeline.store import Store

pytestmark = on_both

PICTURES = 16


@pytest.mark.soak
def test_two_runs_at_once_make_everything_once(home, wanted, photos):
    for seed in range(10, 10 + PICTURES - 3):
        (photos / f"dunes-{seed}.jpg").write_bytes(encoded(paint(seed)))
    engine = open_engine(home.database)
    few = {"CRAWL_AND_DREAM_BATCH_SIZE": "2"}

    runs = [home.start(*wanted, "--json", **few) for _ in range(2)]
    said = [run.communicate(timeout=240) for run in runs]

    for run, (_, err) in zip(runs, said, strict=True):
        assert run.returncode == 0, err
    summaries = [json.loads(out) for out, _ in said]
    assert sum(summary["new_outputs"] for summary in summaries) == PICTURES
    assert {summary["outputs"] for summary in summaries} == {PICTURES}
    with reading(engine) as session:
        made = session.execute(select(Output.asset_digest, Output.digest)).all()
        assert len(made) == len({asset for asset, _ in made}) == PICTURES
        assert set(session.scalars(select(CrawlRun.state))) == {CrawlState.FINISHED}
        assert set(session.scalars(select(Asset.near_duplicate_of))) == {None}
    engine.dispose()
    stored = Store(str(home.folder / "data" / "store")).paths("outputs")
    assert {Path(path).stem for path in stored} == {digest for _, digest in made}
    [gallery] = {summary["gallery"] for summary in summaries}
    assert Path(gallery).read_text().count("<img") >= PICTURES
