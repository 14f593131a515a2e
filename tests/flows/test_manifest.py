"""Outputs are signed where there is a key, and everything else goes on as without."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import c2pa
import pytest
import torch
from pictures import encoded, paint
from queued import QUICK, queue_pictures
from rows import Rows
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from crawler import xmp
from crawler.credit import Credit
from db.engine import reading, writing
from db.models import Asset, Derivatives, Job, JobState, LicenceClaim, Output
from flows import attributing
from flows.cli import app
from flows.manifest import MAKING, definition, key_of
from flows.processing import process_batch
from flows.provenance import Provenance
from flows.reproducing import reproduce
from flows.verifying import verify
from flows.workspace import Workspace
from pipeline import signing, signing_key
from pipeline.encode import Encoded, parameters_of, xmp_of
from pipeline.errors import CredentialsError
from pipeline.settings import load
from pipeline.signing import check, sign
from pipeline.store import Store, digest_of

SA = "https://creativecommons.org/licenses/by-sa/4.0/"


@pytest.fixture
def workspace(engine: Engine, tmp_path: Path) -> Workspace:
    url = engine.url.render_as_string(hide_password=False)
    settings = load(home=tmp_path, database_url=url, device="cpu")
    return Workspace(settings, engine, Store(settings.store_url))


@pytest.fixture
def folder(workspace: Workspace) -> Path:
    """Of credentials, with a key."""
    folder = workspace.settings.credentials_dir
    signing_key.create(folder, "Ada", now=datetime.now(UTC))
    return folder


@pytest.fixture
def make(workspace: Workspace, tmp_path: Path) -> Callable[..., Output]:
    def make(output_format: str = "png", before: Callable = lambda _digest: None):
        settings = workspace.settings.model_copy(
            update={"output_format": output_format}
        )
        here = Workspace(settings, workspace.engine, workspace.store)
        [digest] = queue_pictures(here, tmp_path, QUICK, 1)
        before(digest)
        process_batch(
            here,
            device=torch.device("cpu"),
            flow_run_id=None,
            on_progress=lambda _batch, _progress: None,
        )
        with reading(workspace.engine) as session:
            output = session.scalars(select(Output)).one()
            session.expunge(output)
        return output

    return make


def manifest(content: bytes) -> dict:
    with c2pa.Reader(None, io.BytesIO(content)) as reader:
        return reader.get_active_manifest()


def assertion(content: bytes, label: str) -> dict:
    said = manifest(content)["assertions"]
    return next(one["data"] for one in said if one["label"] == label)


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_every_output_is_signed_and_recorded_as_signed(
    workspace: Workspace, folder: Path, make, output_format: str
):
    output = make(output_format)
    content = workspace.store.get(output.path)

    found = check(content, signing_key.trusted(folder))

    assert (found.state, found.signed_by) == ("trusted", "Ada")
    assert digest_of(content) == output.digest
    assert output.size_bytes == len(content)
    assert parameters_of(content)["recipe_digest"] == output.recipe_digest
    assert xmp.properties(xmp_of(content))["cad:original"] == [output.asset_digest]


def test_the_manifest_says_what_was_made_of_what(
    workspace: Workspace, folder: Path, make
):
    output = make()
    content = workspace.store.get(output.path)
    said = manifest(content)

    [parent] = said["ingredients"]
    assert parent["relationship"] == "parentOf"
    assert parent["instance_id"] == f"sha256:{output.asset_digest}"
    opened, edited = assertion(content, "c2pa.actions.v2")["actions"]
    assert (opened["action"], edited["action"]) == ("c2pa.opened", "c2pa.edited")
    kind = "compositeWithTrainedAlgorithmicMedia"
    assert edited["digitalSourceType"].endswith(f"/{kind}")
    making = assertion(content, MAKING)
    assert making["recipe_digest"] == output.recipe_digest
    assert json.loads(making["recipe"])["octaves"] == 2


def test_nothing_of_this_machine_and_no_thumbnail_is_in_it(
    workspace: Workspace, folder: Path, make, tmp_path: Path
):
    content = workspace.store.get(make().path)
    store = json.dumps(manifest(content))
    at = content.index(b"caBX")
    length = int.from_bytes(content[at - 4 : at])

    assert str(tmp_path) not in store
    assert str(tmp_path).encode() not in content
    assert "thumbnail" not in store
    assert length < 10_000


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_made_again_it_is_the_same_but_for_the_manifest(
    workspace: Workspace, folder: Path, make, output_format: str
):
    again = reproduce(workspace, make(output_format))

    assert again.is_identical
    assert again.is_same_file
    assert check(again.file.content, "").state == "none"


def test_the_command_to_reproduce_still_says_identical(
    workspace: Workspace, folder: Path, make, monkeypatch: pytest.MonkeyPatch
):
    output = make()
    for name, value in workspace.settings.environment().items():
        monkeypatch.setenv(name, value)

    typed = CliRunner().invoke(app, ["reproduce", output.digest[:12]])

    assert typed.exit_code == 0
    assert "every pixel, and the file is the same" in typed.stdout


def test_without_a_key_or_without_the_extra_outputs_are_as_before(
    workspace: Workspace, make, monkeypatch: pytest.MonkeyPatch
):
    assert key_of(workspace.settings) is None
    signing_key.create(workspace.settings.credentials_dir, "Ada", now=datetime.now(UTC))
    monkeypatch.setattr(signing, "find_spec", lambda _name: None)

    assert key_of(workspace.settings) is None
    content = workspace.store.get(make().path)
    assert signing.without_manifest(content) == content


def test_a_broken_key_ends_a_batch_before_it_begins_and_its_jobs_wait(
    workspace: Workspace, folder: Path, make
):
    (folder / signing_key.SIGNING).write_text("torn")

    with pytest.raises(CredentialsError, match=r"signing\.pem cannot be used"):
        make()

    with reading(workspace.engine) as session:
        [job] = session.scalars(select(Job))
        assert (job.state, job.attempts) == (JobState.QUEUED, 0)


@pytest.mark.parametrize(
    "words", [["run", "-k", "dunes", "-s", "folder:."], ["process"], ["verify", "x"]]
)
def test_a_broken_key_is_said_before_anything_begins(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
):
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path))
    monkeypatch.setenv("CRAWL_AND_DREAM_RECIPES", "mosaic")
    (tmp_path / "credentials").mkdir()
    for name in (signing_key.SIGNING, signing_key.TRUSTED):
        (tmp_path / "credentials" / name).write_text("torn")

    typed = CliRunner().invoke(app, words)

    assert isinstance(typed.exception, CredentialsError)
    assert not list(tmp_path.glob("crawls/*"))


def test_verify_tells_signatures_apart(
    workspace: Workspace, folder: Path, make, tmp_path: Path
):
    output = make()
    content = workspace.store.get(output.path)
    torn, middle = bytearray(content), content.index(b"IDAT") + 40
    torn[middle] ^= 1
    stranger = signing_key.create(
        tmp_path / "other", "Eve\x1b[31m", now=datetime.now(UTC)
    )
    plain = reproduce(workspace, output).file
    said = Provenance.read(parameters_of(plain.content))
    theirs = sign(plain, stranger, definition(said, Credit()))
    files = {
        "own.png": (content, "identical", "trusted"),
        "torn.png": (bytes(torn), None, "invalid"),
        "theirs.png": (theirs.content, "re-encoded", "untrusted"),
        "bare.png": (plain.content, "re-encoded", "none"),
        "page.png": (b"<html>", "unreadable", "none"),
        "gone.png": (None, "unreadable", "none"),
    }
    for name, (of, _, _) in files.items():
        if of is not None:
            (tmp_path / name).write_bytes(of)

    found = verify(workspace, [tmp_path / name for name in files])

    for one, (_, verdict, state) in zip(found, files.values(), strict=True):
        assert one.manifest.state == state, one.file
        assert verdict in (None, one.verdict)
        assert one.is_genuine == (state == "trusted")
        assert "\x1b" not in " ".join(one.notes)
    assert "signed by Eve[31m, who is not trusted" in found[2].notes[-1]


def test_the_command_fails_for_a_changed_file_and_says_why(
    workspace: Workspace, folder: Path, make, tmp_path: Path, monkeypatch
):
    for name, value in workspace.settings.environment().items():
        monkeypatch.setenv(name, value)
    content = workspace.store.get(make("jpeg").path)
    (tmp_path / "own.jpg").write_bytes(content)
    (tmp_path / "torn.jpg").write_bytes(content[:-40] + b"\0" + content[-39:])

    own, torn = (
        CliRunner().invoke(app, ["verify", str(tmp_path / name)])
        for name in ("own.jpg", "torn.jpg")
    )
    told = CliRunner().invoke(app, ["verify", str(tmp_path / "torn.jpg"), "--json"])

    assert (own.exit_code, torn.exit_code, told.exit_code) == (0, 1, 1)
    assert "trusted" in own.stdout
    assert "does not hold: assertion.dataHash.mismatch" in torn.stderr
    assert json.loads(told.stdout)[0]["manifest"]["state"] == "invalid"


def test_share_alike_is_inherited_wherever_the_output_is_credited(
    workspace: Workspace, folder: Path, make, tmp_path: Path
):
    def claim(digest: str) -> None:
        with writing(workspace.engine) as session:
            rows = Rows(session)
            asset, run = session.get_one(Asset, digest), rows.crawl_run()
            seen = rows.sighting(asset, run, title="Tide")
            seen.claims.append(
                LicenceClaim(
                    licence="cc-by-sa-4.0",
                    author="Ada",
                    claimed_in="x",
                    derivatives=Derivatives.ALLOWED,
                    share_alike=True,
                )
            )

    output = make(before=claim)
    content = workspace.store.get(output.path)
    with reading(workspace.engine) as session:
        attributing.write(session, tmp_path / "credits.csv")
    table = (tmp_path / "credits.csv").read_text()
    [credited] = csv.DictReader(io.StringIO(table))
    metadata = assertion(content, "cawg.metadata")
    said = xmp.properties(xmp_of(content))

    inherited = "this output is under the same terms: CC BY-SA 4.0"
    assert credited["share_alike"] == inherited
    assert said["dc:rights"] == [metadata["dc:rights"]]
    assert metadata["dc:rights"].endswith(inherited)
    assert metadata["xmpRights:WebStatement"] == said["cc:license"][0] == SA
    assert (metadata["dc:title"], metadata["dc:creator"]) == ("Tide", ["Ada"])


def test_hostile_texts_stay_texts_and_a_picture_of_nothing_is_created(tmp_path: Path):
    key = signing_key.create(tmp_path, "Ada", now=datetime.now(UTC))
    said = Provenance(
        recipe={
            "name": "\ud800\x00 <b>",
            "algorithm": "deepdream",
            "backbone": "vgg19",
        },
        recipe_digest="1" * 64,
        weights_digest="2" * 64,
        seed=0,
        height=8,
        width=8,
        device="cpu",
        dtype="float32",
        library_versions={},
    )
    owed = Credit(title='"}]</script>', author="\u202e\\", sentence="{{}}")
    file = Encoded(encoded(paint(1), "PNG"), "image/png", ".png")

    content = sign(file, key, definition(said, owed)).content

    assert check(content, signing_key.trusted(tmp_path)).state == "trusted"
    [created] = assertion(content, "c2pa.actions.v2")["actions"]
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert assertion(content, "cawg.metadata")["dc:title"] == '"}]</script>'
    assert re.search(r"\\ud800", assertion(content, MAKING)["recipe"])
