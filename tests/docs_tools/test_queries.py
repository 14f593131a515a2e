"""The examples of the page about queries do what it says."""

import re
from pathlib import Path
from typing import Any

import pytest
from rows import Rows
from sqlalchemy import Engine

from db.engine import writing
from db.models import Derivatives

PAGE = Path(__file__).parents[2] / "docs" / "queries.md"


@pytest.fixture
def at_home(
    engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database with a picture that was found and one that was refused."""
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)
    with writing(engine) as session:
        make = Rows(session)
        run = make.crawl_run(source="commons")
        asset = make.asset()
        sighting = make.sighting(asset, run, Derivatives.ALLOWED)
        sighting.claims[0].attribution = "Dune by A. Painter"
        make.sighting(None, run, reason="too-small")
        make.output(make.job(asset_digest=asset.digest), path="outputs/1.png")


def test_the_three_examples_print_what_the_database_has(
    at_home: None, capsys: pytest.CaptureFixture[str]
):
    blocks = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    names: dict[str, Any] = {}

    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102  # our own page

    assert len(blocks) == 3
    assert capsys.readouterr().out.splitlines() == [
        "outputs/1.png flow allowed Dune by A. Painter",
        "flow on cpu: 1 in 1.50 s each",
        "2 found, 1 kept, {'too-small': 1}",
        "commons too-small 1",
    ]
