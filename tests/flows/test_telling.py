"""What `show` says of an output, and that what it says makes the output again."""

import io
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import encoded, paint
from PIL import Image
from rich.console import Console
from rows import NOW, Rows
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from db import appearance
from db.engine import writing
from db.models import Derivatives, LicenceClaim, Output
from db.telling import Told, pictures, tell
from flows import cookbook, telling
from flows.cli import app
from flows.cli_provenance import again, write_parts
from flows.errors import UsageError
from flows.processing import process_batch
from flows.workspace import open_workspace
from pipeline import queue
from pipeline.settings import load
from pipeline.store import ORIGINALS, PICTURES, Store, blob_path, digest_of
from stylize import recipes
from stylize.recipes import LoadedRecipe

A, B = "a" * 12 + "0" * 52, "a" * 12 + "1" * 52


def path_of(digest: str) -> str:
    return f"outputs/{digest[:2]}/{digest}.png"


@pytest.fixture
def output(make: Rows) -> Output:
    return make.output(make.job(), digest=A, path=path_of(A))


@pytest.mark.parametrize(
    "named", [A[:12], A[:12].upper(), A, path_of(A), f"store/{path_of(A)}"]
)
def test_an_output_has_several_names(
    session: Session, store: Store, output: Output, named: str, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)

    assert telling.find(session, store, named) is output


def test_a_file_is_known_by_its_bytes_wherever_it_lies(
    session: Session, store: Store, make: Rows, tmp_path: Path
):
    output = make.output(make.job(), digest=digest_of(b"picture"))
    copy = tmp_path / "copy.png"
    copy.write_bytes(b"picture")

    assert telling.find(session, store, str(copy)) is output


def test_in_a_store_elsewhere_an_output_has_an_address(session: Session, make: Rows):
    output = make.output(make.job(), digest=A, path=path_of(A))

    named = f"memory://pictures/{path_of(A)}"
    assert telling.find(session, Store("memory://pictures"), named) is output


def test_a_beginning_of_several_digests_names_none_of_them(
    session: Session, store: Store, output: Output, make: Rows
):
    make.output(make.job(), digest=B)

    with pytest.raises(UsageError, match=f"names 2 outputs.*{A}, {B}"):
        telling.find(session, store, A[:12])
    assert telling.find(session, store, A[:12] + "0") is output


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        (A[:11], "too short: give 12"),
        ("f" * 12, "no output is called"),
        ("%", "no output is called"),
        ("", "no output is called"),
    ],
)
def test_what_names_no_output_is_refused(
    session: Session, store: Store, output: Output, named: str, complaint: str
):
    with pytest.raises(UsageError, match=complaint):
        telling.find(session, store, named)


def test_all_sightings_of_the_picture_are_told_with_all_claims(
    session: Session, make: Rows
):
    original = make.asset()
    copy = make.asset(near_duplicate_of=original.digest)
    run, other = make.crawl_run(), make.crawl_run(keyword="sea", source="commons")
    make.sighting(copy, run, Derivatives.UNKNOWN)
    make.sighting(original, other, Derivatives.ALLOWED, Derivatives.FORBIDDEN)
    make.sighting(make.asset(), run, Derivatives.ALLOWED)
    output = make.output(make.job(asset_digest=original.digest))

    [told] = tell(session, [output])

    assert told["asset"]["near_duplicates"] == [copy.digest]
    assert [
        (seen["asset_digest"], seen["keyword"], seen["source"])
        for seen in told["sightings"]
    ] == [(original.digest, "sea", "commons"), (copy.digest, "dunes", "folder:x")]
    claims = [[c["derivatives"] for c in s["claims"]] for s in told["sightings"]]
    assert claims == [["allowed", "forbidden"], ["unknown"]]


def test_what_is_told_is_json_with_times_in_utc(session: Session, make: Rows):
    output = make.output(make.job())
    session.expire_all()

    told = json.loads(json.dumps(tell(session, [output])))

    assert told[0]["output"]["created_at"] == "2026-05-17T21:04:05.678901+00:00"
    assert "thumbnail" not in told[0]["asset"]
    activity = told[0]["activity"]
    assert (activity["seed"], activity["device"], activity["dtype"]) == (
        *(0, "cpu", "float32"),
    )
    assert (activity["batch_size"], activity["loss_history"]) == (1, [1.0, 0.5])


def test_outputs_are_told_in_the_order_they_are_given(session: Session, make: Rows):
    outputs = [make.output(make.job()) for _ in range(3)]

    told = tell(session, outputs[::-1])

    assert [t["output"]["digest"] for t in told] == [o.digest for o in outputs[::-1]]


def test_pictures_of_a_recipe_are_told_by_digest(session: Session, make: Rows):
    recipe = make.recipe(body={"style": ["1" * 64, "2" * 64], "guide": None})

    [told] = tell(session, [make.output(make.job(recipe))])

    assert [(p["as"], p["digest"][0]) for p in told["pictures"]] == [
        ("style", "1"),
        ("style", "2"),
    ]


def shown(session: Session, output: Output) -> str:
    [told] = tell(session, [output])
    terminal = Console(file=io.StringIO(), force_terminal=True, width=200)
    terminal.print(telling.tree(told))
    return terminal.file.getvalue()


def test_the_tree_says_what_by_what_of_what_and_whose(session: Session, make: Rows):
    asset, run = make.asset(), make.crawl_run()
    seen = make.sighting(asset, run, opt_outs=[{"signal": "noai", "where": "meta"}])
    session.add(
        LicenceClaim(
            sighting_id=seen.id,
            licence="cc-by-4.0",
            author="Ada",
            claimed_in="sidecar",
            derivatives=Derivatives.ALLOWED,
        )
    )
    recipe = make.recipe(body={"steps": 12, "style": "5" * 64})
    output = make.output(make.job(recipe, asset_digest=asset.digest))

    lines = [line.lstrip("│├└─ ") for line in shown(session, output).splitlines()]

    assert lines[0] == f"output {output.path}"
    for line in (
        *("was generated by test/1", "loss: 1 -> 0.5", "made with: torch 2"),
        *("used recipe flow, version 1", "settings: steps 12"),
        f"used weights of pyramid: {'0' * 64}",
        f"used picture as style: {'5' * 64}",
        *("was derived from original", f"digest: {asset.digest}"),
        *("size: 640x480 px, 1,000 bytes", f"seen at {seen.url}", "keyword: dunes"),
        *("licence cc-by-4.0, says sidecar", "attributed to: Ada"),
        "opt-out: signal noai, where meta",
    ):
        assert line in lines


def test_the_tree_says_what_the_original_looks_like(session: Session, make: Rows):
    asset = make.asset()
    of = {"asset_digest": asset.digest}
    swatches = {"orange": 0.4, "blue": 0.25}
    for rank, (name, share) in enumerate(swatches.items()):
        colour = {"colour": "#e08020", "name": name, "share": share}
        session.add(appearance.Swatch(rank=rank, **of, **colour))
    network = {"weights_digest": "0" * 64, "backbone": "vgg19"}
    label = network | {"name": "seashore", "score": 0.625}
    session.add(appearance.Label(rank=0, **of, **label))
    numbers = {"brightness": 0.5, "sharpness": 0.08, "aspect": 1.5}
    session.add(appearance.Measurement(**of, **numbers))
    session.add(appearance.Exif(**of, camera="Canon", taken_at="2015-10-29T15:44:44"))
    output = make.output(make.job(asset_digest=asset.digest))

    lines = [line.lstrip("│├└─ ") for line in shown(session, output).splitlines()]
    [told] = tell(session, [output])

    for line in (
        *("colours: orange 40%, blue 25%", "labels: seashore 62%"),
        "measures: brightness 0.5, sharpness 0.08, aspect 1.5",
        *("camera: Canon", "taken at: 2015-10-29T15:44:44"),
    ):
        assert line in lines
    assert told["asset"]["labels"] == [
        {"backbone": "vgg19", "name": "seashore", "score": 0.625}
    ]


def test_words_of_the_web_do_nothing_to_the_terminal(session: Session, make: Rows):
    asset = make.asset()
    hostile = "[red]bold[/red]\x1b[2J\u202e\n"
    make.sighting(asset, make.crawl_run(), title=hostile, url=f"http://x/{hostile}")
    output = make.output(make.job(asset_digest=asset.digest))

    text = shown(session, output)

    assert "\x1b[2J" not in text
    assert "\u202e" not in text
    assert r"title: [red]bold[/red]\x1b[2J\u202e\n" in text


def told_of(loaded: LoadedRecipe, store: Store) -> Told:
    """An output of this recipe whose original and pictures are in the store."""
    original = encoded(paint())
    store.put(blob_path(ORIGINALS, digest_of(original)), original)
    for digest, picture in loaded.pictures.items():
        store.put(blob_path(PICTURES, digest), picture)
    body = json.loads(recipes.canonical_json(loaded.recipe))
    return {
        "output": {
            "digest": A,
            "path": path_of(A),
            "media_type": "image/png",
            "height": 240,
            "width": 320,
        },
        "activity": {
            "seed": 0,
            "device": "cpu",
            "dtype": "float32",
            "batch_size": 1,
            "library_versions": {},
        },
        "recipe": {
            "name": loaded.recipe.name,
            "digest": recipes.digest(loaded.recipe),
            "algorithm": loaded.recipe.algorithm,
            "size_px": loaded.recipe.size_px,
            "body": body,
        },
        "weights": {"backbone": loaded.recipe.backbone, "digest": "0" * 64},
        "pictures": pictures(body),
        "asset": {
            "digest": digest_of(original),
            "media_type": "image/jpeg",
            "height": 240,
            "width": 320,
        },
        "sightings": [],
    }


@pytest.mark.parametrize("name", recipes.packaged())
def test_a_recipe_file_is_the_recipe(name: str, store: Store, tmp_path: Path):
    loaded = recipes.load(name)

    write_parts(told_of(loaded, store), store, tmp_path / "parts")

    written = recipes.load(tmp_path / "parts" / "recipe.toml")
    assert recipes.digest(written.recipe) == recipes.digest(loaded.recipe)
    assert written.pictures == loaded.pictures
    assert (tmp_path / "parts" / "original.jpg").read_bytes() == encoded(paint())


def test_a_name_of_any_letters_goes_into_a_recipe_file(store: Store, tmp_path: Path):
    flow = recipes.load("flow")
    name = 'a "b" \\ \x7f \u00e9 \U0001f30a'
    odd = LoadedRecipe(recipes.with_settings(flow.recipe, name=name), flow.pictures)

    write_parts(told_of(odd, store), store, tmp_path)

    written = recipes.load(tmp_path / "recipe.toml")
    assert recipes.digest(written.recipe) == recipes.digest(odd.recipe)


def test_of_a_store_elsewhere_the_parts_are_fetched_first(tmp_path: Path):
    store = Store(f"memory://{tmp_path.name}")
    told = told_of(recipes.load("flow"), store)

    lines = again(told, store, None).lines

    assert shlex.split(lines[0]) == [
        *("crawl-and-dream", "show", A[:12], "--parts", f"again-{A[:12]}")
    ]
    assert f"again-{A[:12]}/original.jpg" in lines[1]


def test_what_may_make_it_differ_is_said(store: Store):
    told = told_of(recipes.load("gatys"), store)
    told["activity"] |= {"batch_size": 3, "library_versions": {"numpy": "0.1"}}
    told["output"] |= {"media_type": "image/webp"}

    notes = "\n".join(again(told, store, None).notes)

    assert "batch of 3" in notes
    assert "weights of vgg19" in notes
    assert "quality is not known" in notes
    assert "instead of 0.1" in notes


QUICK = """
algorithm = "deepdream"
size_px = 128
octaves = 2
steps = 2
"""
TRANSFER = """
algorithm = "style-transfer"
backbone = "pyramid"
size_px = 64
coarsest_steps = 2
finest_steps = 2
content_weight = 0.0
[layers.pyramid]
style = { octave1 = 1 }
"""


class Terminal:
    """Commands, typed in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.photo = folder, folder / "photo.jpg"
        self.photo.write_bytes(encoded(paint(1, (96, 72))))
        (folder / "wood.jpg").write_bytes(encoded(paint(2)))
        (folder / "quick.toml").write_text(QUICK)
        (folder / "transfer.toml").write_text(TRANSFER)

    def type(self, line: str) -> str:
        # The processes that decode may have been started in another folder.
        here = line.replace("again-", f"{self.folder}/again-")
        command, *words = shlex.split(here.replace("photo.jpg", f"{self.photo}"))
        assert command == "crawl-and-dream"
        typed = CliRunner().invoke(app, words, catch_exceptions=False)
        assert typed.exit_code == 0, typed.output
        return typed.stdout


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CRAWL_AND_DREAM_DEVICE", "cpu")
    return Terminal(tmp_path)


@pytest.mark.parametrize(
    ("line", "made", "count"),
    [
        ("dream photo.jpg -r dream -o out.png", "out.png", 1),
        ("dream photo.jpg -r dream --size 128 -o out.png", "out.png", 2),
        ("dream photo.jpg -r quick.toml -o out.jpg", "out.jpg", 2),
        ("dream photo.jpg -r quick.toml --size 128 -o out.png", "out.png", 2),
        (
            "dream photo.jpg -r quick.toml --output-quality 60 -o out.webp",
            *("out.webp", 2),
        ),
        (
            "stylize photo.jpg -r transfer.toml --style wood.jpg --precision bf16 "
            "-o out.png",
            *("out.png", 2),
        ),
    ],
    ids=["packaged", "changed", "file", "enlarged", "quality", "style"],
)
def test_the_commands_that_are_shown_make_the_same_pixels(
    terminal: Terminal, line: str, made: str, count: int
):
    terminal.type(f"crawl-and-dream {line} --record")
    told = json.loads(terminal.type(f"crawl-and-dream show {made} --json"))

    for command in told["again"]:
        terminal.type(command)

    assert len(told["again"]) == count
    again = shlex.split(told["again"][-1])[-1]
    assert Path(again) != Path(made)
    assert np.array_equal(Image.open(again), Image.open(made))


def test_show_prints_the_tree_and_the_command(terminal: Terminal):
    terminal.type("crawl-and-dream dream photo.jpg -r quick.toml -o out.png --record")

    said = terminal.type("crawl-and-dream show out.png --parts here")

    assert said.startswith("output outputs/")
    assert "  crawl-and-dream dream here/original.jpg --recipe here/recipe.toml" in said
    assert {p.name for p in Path("here").iterdir()} == {"original.jpg", "recipe.toml"}


def test_what_the_queue_made_alone_is_made_again(terminal: Terminal):
    settings = load(batch_size=1)
    original = terminal.photo.read_bytes()
    store, digest = Store(settings.store_url), digest_of(original)
    store.put(blob_path(ORIGINALS, digest), original)
    [page] = cookbook.look_up(["quick.toml"], [], settings=settings)
    with open_workspace(settings) as workspace:
        with writing(workspace.engine) as session:
            cookbook.save(session, store, page, now=NOW)
            asset = Rows(session).asset(digest, height=72, width=96)
            queue.enqueue(session, [asset], [page.work], now=NOW)
        process_batch(
            workspace,
            device=torch.device("cpu"),
            flow_run_id=None,
            on_progress=lambda _batch, _progress: None,
        )
    [made] = store.paths("outputs")
    told = json.loads(terminal.type(f"crawl-and-dream show {made} --json"))

    for command in told["again"]:
        terminal.type(command)

    again = Image.open(shlex.split(told["again"][-1])[-1])
    assert np.array_equal(again, Image.open(io.BytesIO(store.get(made))))
