"""What is recorded of an output is enough to make it again, pixel for pixel."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from queued import QUICK, queue_pictures
from rows import Rows
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from crawler import xmp
from db.engine import reading, writing
from db.models import Asset, Derivatives, LicenceClaim, Output
from flows.cli import app
from flows.processing import process_batch
from flows.reproducing import Difference, reproduce
from flows.workspace import Workspace
from pipeline.encode import encode, xmp_of
from pipeline.errors import MissingBlobError
from pipeline.settings import load
from pipeline.store import ORIGINALS, Store, blob_path, digest_of

FLOW = """
algorithm = "patch-transfer"
size_px = 96
style = "style.png"
"""
TRANSFER = """
algorithm = "style-transfer"
backbone = "pyramid"
style = "style.png"
size_px = 96
coarsest_steps = 3
finest_steps = 3
[layers.pyramid]
style = { octave1 = 1 }
content = { octave2 = 1 }
"""


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def workspace(engine: Engine, tmp_path: Path) -> Workspace:
    url = engine.url.render_as_string(hide_password=False)
    settings = load(home=tmp_path, database_url=url, batch_size=4, device="cpu")
    return Workspace(settings, engine, Store(settings.store_url))


@pytest.fixture
def make(workspace: Workspace, tmp_path: Path) -> Callable[..., list[Output]]:
    """Outputs of so many pictures, rendered at once."""

    def make(toml: str, count: int = 1, **settings: object) -> list[Output]:
        here = replace(
            workspace, settings=workspace.settings.model_copy(update=settings)
        )
        queue_pictures(here, tmp_path, toml, count)
        process_batch(
            here,
            device=torch.device("cpu"),
            flow_run_id=None,
            on_progress=lambda _batch, _progress: None,
        )
        return outputs(here)

    return make


def outputs(workspace: Workspace) -> list[Output]:
    with reading(workspace.engine) as session:
        found = list(session.scalars(select(Output).order_by(Output.id)))
        session.expunge_all()
    return found


@pytest.mark.parametrize(
    ("toml", "settings"),
    [
        (QUICK, {}),
        (FLOW, {}),
        (TRANSFER, {}),
        (QUICK, {"output_format": "jpeg", "output_quality": 60}),
        (QUICK, {"output_format": "webp", "output_quality": 70}),
    ],
    ids=["dream", "flow", "transfer", "jpeg", "webp"],
)
def test_each_of_a_batch_is_made_again_to_the_byte(
    workspace: Workspace, make, toml: str, settings: dict[str, object]
):
    made = make(toml, 3, **settings)

    again = [reproduce(workspace, output) for output in made]

    assert [output.batch_size for output in made] == [3, 3, 3]
    assert [one.changes for one in again] == [[], [], []]
    assert all(one.is_identical and one.is_same_file for one in again)
    assert [digest_of(one.file.content) for one in again] == [o.digest for o in made]


def claim(workspace: Workspace, digest: str, author: str, licence: str) -> None:
    """A crawl sees the original and this claim about it."""
    answer = Derivatives.FORBIDDEN if "-nd" in licence else Derivatives.ALLOWED
    with writing(workspace.engine) as session:
        rows = Rows(session)
        asset, run = session.get_one(Asset, digest), rows.crawl_run()
        seen = rows.sighting(asset, run, title="]]>\x1b & tide")
        seen.claims.append(
            LicenceClaim(
                licence=licence, author=author, claimed_in="x", derivatives=answer
            )
        )


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_the_credit_of_then_is_in_the_file_whatever_is_claimed_later(
    workspace: Workspace, make, tmp_path: Path, output_format: str
):
    [digest] = queue_pictures(workspace, tmp_path, QUICK, 1)
    claim(workspace, digest, "Ada", "cc-by-sa-4.0")
    [output] = make(QUICK, 0, output_format=output_format)
    claim(workspace, digest, "Bob", "cc-by-nd-4.0")

    again = reproduce(workspace, output)

    assert again.is_same_file
    said = xmp.described(xmp_of(again.file.content), "XMP")
    assert (said.title, said.author) == ("]]> & tide", "Ada")


@pytest.mark.usefixtures("one_thread")
def test_as_many_threads_are_taken_as_then(workspace: Workspace, make):
    torch.set_num_threads(3)
    [output] = make(FLOW)
    torch.set_num_threads(1)

    again = reproduce(workspace, output)

    assert output.threads == 3
    assert again.is_identical
    assert torch.get_num_threads() == 1


def test_how_it_was_made_is_recorded(make):
    first, second = make(QUICK, 2, output_format="jpeg", output_quality=61)

    assert first.batch == second.batch
    assert first.started_at < first.created_at
    assert first.quality == 61
    assert first.device.startswith("cpu ")
    # Torch and its networks alone take more than a hundred megabytes.
    assert 100e6 < first.peak_memory_bytes < 30e9
    assert first.code_version.startswith(first.library_versions["crawl-and-dream"])


def test_what_is_not_as_it_was_is_said(workspace: Workspace, make):
    [output] = make(QUICK)
    output.device = "cuda:7 Some Card"
    output.library_versions |= {"numpy": "0.1"}
    output.dtype = "float32" if output.dtype == "bfloat16" else "bfloat16"

    again = reproduce(workspace, output)

    assert any(change.startswith("device cpu") for change in again.changes)
    assert f"numpy {np.__version__} instead of 0.1" in again.changes
    assert not again.is_identical
    assert 20 < again.difference.psnr_db < 100


def test_a_lost_original_is_said(workspace: Workspace, make):
    [output] = make(QUICK)
    workspace.store.delete(blob_path(ORIGINALS, output.asset_digest))

    with pytest.raises(MissingBlobError, match=output.asset_digest):
        reproduce(workspace, output)


def test_how_far_pictures_are_apart():
    grey = np.full((10, 10, 3), 100, np.uint8)
    other = grey.copy()
    other[0, :, 1] = 105

    found = Difference.between(grey, other)

    assert found.largest == 5
    assert found.share == pytest.approx(0.1)
    assert found.psnr_db == pytest.approx(10 * math.log10(255**2 / (25 / 30)))
    assert math.isinf(Difference.between(grey, grey).psnr_db)


@pytest.fixture
def type_line(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., object]:
    for name, value in workspace.settings.environment().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(app, words)


def test_the_command_says_identical(make, type_line, tmp_path: Path):
    [output] = make(QUICK)
    out = tmp_path / "again.png"

    typed = type_line("reproduce", output.digest[:12], "--out", str(out))

    assert typed.exit_code == 0, typed.output
    assert f"identical to {output.path}: every pixel" in typed.stdout
    assert digest_of(out.read_bytes()) == output.digest


def test_the_command_that_show_prints_is_this_one(make, type_line):
    [output] = make(QUICK)

    told = json.loads(type_line("show", output.digest[:12], "--json").stdout)
    typed = type_line(*told["reproduce"].split()[1:], "--json")

    assert json.loads(typed.stdout)["identical"] is True


def test_other_pixels_made_in_the_same_way_are_a_failure(
    workspace: Workspace, make, type_line
):
    [output] = make(QUICK)
    pixels = np.zeros((output.height, output.width, 3), np.uint8)
    black = encode(pixels, output_format="png", quality=1).content
    Path(workspace.store.local_path(output.path)).write_bytes(black)

    typed = type_line("reproduce", output.path)

    assert typed.exit_code == 1
    assert "PSNR" in typed.stdout
    assert "the pixels differ" in typed.output


def test_an_output_that_nobody_knows_is_said(type_line):
    typed = type_line("reproduce", "0123456789ab")

    assert "no output is called" in str(typed.exception)


def test_a_device_that_is_not_there_is_said(make, type_line):
    [output] = make(QUICK)

    typed = type_line("reproduce", output.digest[:12], "--device", "cuda:99")

    assert "cuda:99 is not available" in str(typed.exception)
