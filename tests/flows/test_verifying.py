"""Files that left the database are found again, and nobody's word is taken for it."""

import json
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import torch
from pictures import encoded, paint
from PIL import Image
from queued import QUICK, queue_images
from sqlalchemy import Engine, select, update
from typer.testing import CliRunner

from db.engine import reading, writing
from db.models import Output
from flows.cli import app
from flows.processing import process_batch
from flows.verifying import Verified, verify
from flows.workspace import Workspace
from pipeline.encode import xmp_of
from pipeline.settings import load
from pipeline.store import Store

PICTURES = os.environ.get("CRAWL_AND_DREAM_TEST_PICTURES", "")
DREAM = """
algorithm = "deepdream"
size_px = 320
octaves = 3
steps = 6
"""


@pytest.fixture
def workspace(engine: Engine, tmp_path: Path) -> Workspace:
    url = engine.url.render_as_string(hide_password=False)
    settings = load(home=tmp_path, database_url=url, device="cpu")
    return Workspace(settings, engine, Store(settings.store_url))


def make_outputs(
    workspace: Workspace, folder: Path, toml: str, images: list[Image.Image]
) -> list[Output]:
    """One of each picture, in their order."""
    digests = queue_images(workspace, folder, toml, images)
    for _ in images:
        process_batch(
            workspace,
            device=torch.device("cpu"),
            flow_run_id=None,
            on_progress=lambda _batch, _progress: None,
        )
    with reading(workspace.engine) as session:
        made = {one.asset_digest: one for one in session.scalars(select(Output))}
        session.expunge_all()
    return [made[digest] for digest in digests]


@pytest.fixture
def output(workspace: Workspace, tmp_path: Path) -> Output:
    [made] = make_outputs(workspace, tmp_path, QUICK, [paint(0)])
    return made


@pytest.fixture
def content(workspace: Workspace, output: Output) -> bytes:
    return workspace.store.get(output.path)


@pytest.fixture
def verified(workspace: Workspace, tmp_path: Path) -> Callable[[bytes], Verified]:
    def of(content: bytes) -> Verified:
        (tmp_path / "sent").write_bytes(content)
        [found] = verify(workspace, [tmp_path / "sent"])
        return found

    return of


def saved_again(
    content: bytes, output_format: str = "JPEG", side: float = 1.0
) -> bytes:
    """As other programs save it: in another format and size, the XMP kept."""
    image = Image.open(BytesIO(content)).convert("RGB")
    smaller = image.resize((round(image.width * side), round(image.height * side)))
    return encoded(smaller, output_format, quality=70, xmp=xmp_of(content))


def test_a_copy_is_identical(output: Output, content: bytes, verified):
    found = verified(content)

    assert (found.verdict, found.output) == ("identical", output.path)
    assert found.said["original"] == output.asset_digest
    kind = "compositeWithTrainedAlgorithmicMedia"
    assert found.said["source_type"].endswith(f"/{kind}")


def test_each_file_is_judged_by_its_looks_and_by_what_it_names(
    workspace: Workspace, output: Output, content: bytes, tmp_path: Path
):
    image, about = Image.open(BytesIO(content)).convert("RGB"), xmp_of(content)
    no_digest = about.replace(b"<cad:original>", b"<cad:original>x")
    no_xmp = about.replace(b"rdf:RDF", b"rdf:Nothing")
    files = {
        "saved.jpg": (saved_again(content), "re-encoded"),
        "smaller.webp": (saved_again(content, "WEBP", 0.8), "re-encoded"),
        "saved.avif": (saved_again(content, "AVIF"), "re-encoded"),
        "forged.jpg": (encoded(paint(5, (96, 72)), xmp=about), "changed"),
        "mute.jpg": (encoded(image), "re-encoded"),
        "no-digest.jpg": (encoded(image, xmp=no_digest), "re-encoded"),
        "no-xmp.jpg": (encoded(image, xmp=no_xmp), "re-encoded"),
        "other.jpg": (encoded(paint(6, (96, 72))), "not found"),
        "flat.jpg": (encoded(Image.new("RGB", (96, 72), "grey")), "not found"),
        "empty.jpg": (b"", "unreadable"),
        "page.jpg": (b"<html>", "unreadable"),
        "torn.png": (content[:200], "unreadable"),
    }
    for name, (of, _) in files.items():
        (tmp_path / name).write_bytes(of)

    found = verify(workspace, [tmp_path / name for name in files])

    verdicts = [(Path(one.file).name, one.verdict) for one in found]
    assert verdicts == [(name, expected) for name, (_, expected) in files.items()]
    named = [
        output.path if v in ("re-encoded", "changed") else None for _, v in verdicts
    ]
    assert [one.output for one in found] == named
    assert all(one.note for one in found)


def worn(image: Image.Image) -> bytes:
    """As it comes back from a website: half the size, saved with loss, stripped."""
    half = image.resize((image.width // 2, image.height // 2))
    return encoded(half, quality=60)


@pytest.mark.skipif(not PICTURES, reason="CRAWL_AND_DREAM_TEST_PICTURES is not set")
def test_worn_outputs_of_real_pictures_are_told_from_each_other_and_from_others(
    workspace: Workspace, tmp_path: Path
):
    photos = sorted(Path(PICTURES, "photos").glob("*.jpg"))
    originals = [Image.open(path).convert("RGB") for path in photos]
    for image in originals:
        image.thumbnail((320, 320))
    made = make_outputs(workspace, tmp_path, DREAM, originals[:6])
    images = [Image.open(BytesIO(workspace.store.get(one.path))) for one in made]
    files = [tmp_path / f"{number}.jpg" for number in range(len(photos))]
    for file, image in zip(files, [*images, *originals[6:]], strict=True):
        file.write_bytes(worn(image.convert("RGB")))

    found = verify(workspace, files)

    assert [one.output for one in found[:6]] == [one.path for one in made]
    assert {one.verdict for one in found[:6]} == {"re-encoded"}
    assert "its XMP names no output" in found[0].note
    assert {one.verdict for one in found[6:]} == {"not found"}


def test_an_output_without_hashes_is_found_by_its_xmp_alone(
    workspace: Workspace, output: Output, content: bytes, verified
):
    with writing(workspace.engine) as session:
        session.execute(update(Output).values(phash=None, dhash=None))

    assert verified(saved_again(content)).verdict == "re-encoded"
    image = Image.open(BytesIO(content)).convert("RGB")
    assert verified(worn(image)).verdict == "not found"


def test_the_file_decides_and_not_the_hashes_in_the_row(
    workspace: Workspace, output: Output, content: bytes, verified
):
    image = Image.open(BytesIO(content)).convert("RGB")
    other = encoded(paint(5, image.size), "PNG")
    Path(workspace.store.local_path(output.path)).write_bytes(other)

    assert verified(worn(image)).verdict == "not found"


def test_an_output_whose_file_is_gone_cannot_be_compared(
    workspace: Workspace, output: Output, content: bytes, verified
):
    workspace.store.delete(output.path)

    assert verified(content).verdict == "identical"
    found = verified(saved_again(content))
    assert (found.verdict, found.output) == ("not found", output.path)
    assert found.note.startswith("no output has these bytes or looks like it; its XMP")
    assert f"names {output.path}, which is gone: " in found.note


def test_a_picture_is_found_by_its_looks_when_its_xmp_does_not_lead_to_it(
    workspace: Workspace, tmp_path: Path, verified
):
    images = [paint(seed, (96, 72)) for seed in (0, 5)]
    shown, named = make_outputs(workspace, tmp_path, QUICK, images)
    picture, other = (workspace.store.get(one.path) for one in (shown, named))
    image = Image.open(BytesIO(picture)).convert("RGB")
    mixed = encoded(image, quality=70, xmp=xmp_of(other))

    of_another = verified(mixed)
    workspace.store.delete(named.path)
    of_none = verified(mixed)

    for found, why in ((of_another, "is another picture"), (of_none, "is gone")):
        assert (found.verdict, found.output) == ("re-encoded", shown.path)
        assert f"to the eye; its XMP names {named.path}, which {why}" in found.note


def test_the_command_fails_when_a_file_is_not_as_it_was(
    output: Output, content: bytes, database_url: str, tmp_path: Path, monkeypatch
):
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path))
    same, other = tmp_path / "same.png", tmp_path / "other.jpg"
    same.write_bytes(content)
    other.write_bytes(saved_again(content))

    def typed(*words: object):
        return CliRunner().invoke(app, ["verify", *map(str, words)])

    [good, bad, gone] = [typed(same), typed(same, other), typed(tmp_path / "none")]
    told = json.loads(typed(same, other, "--json").stdout)

    assert [one.exit_code for one in (good, bad, gone)] == [0, 1, 1]
    assert "identical" in good.stdout
    assert "re-encoded" in bad.stdout
    assert "none: cannot be read" in gone.stderr
    assert [one["verdict"] for one in told] == ["identical", "re-encoded"]
    assert told[0]["output"] == output.path
