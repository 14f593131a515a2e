"""Commands about where outputs come from: show and export."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from db.engine import reading
from db.telling import Told, tell
from flows import album, exporting, options, telling
from flows.console import at_terminal, plain, stderr, stdout, write_json
from flows.parameters import split_keywords
from flows.versions import differences
from flows.workspace import Workspace, open_workspace
from pipeline.again import (
    RECIPE_FILE,
    fetching,
    making,
    original_name,
    parts_folder,
    reproducing,
)
from pipeline.encode import parameters_of
from pipeline.errors import StoreError
from pipeline.settings import load
from pipeline.store import ORIGINALS, PICTURES, Store, blob_path
from stylize import recipes


@dataclass(frozen=True)
class Again:
    """Command lines that make an output again, and what to know before."""

    lines: Sequence[str]
    notes: Sequence[str]


def show(
    output: options.Output,
    parts: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="have there the original, the recipe and the pictures it names",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what an output was made of, by what, from where; and how to make it again.

    Examples:

    `crawl-and-dream show made/photo.png`

    `crawl-and-dream show 3b1f0c5d9a77 --json`

    `crawl-and-dream show 3b1f0c5d9a77 --parts again`
    """
    with open_workspace(load()) as workspace:
        with reading(workspace.engine) as session:
            found = telling.find(session, workspace.store, output)
            [told] = tell(session, [found])
        if parts is not None:
            write_parts(told, workspace.store, parts)
        made_again = again(told, workspace.store, parts)
    whole = reproducing(told)
    if as_json:
        shown = told | {
            "reproduce": whole,
            "again": made_again.lines,
            "notes": made_again.notes,
        }
        write_json(shown, sort_keys=True)
        return
    stdout.print(telling.tree(told))
    stdout.print("made again, and compared, by:")
    stdout.print(f"  {whole}", markup=False, soft_wrap=True)
    stdout.print("made again without this database by:")
    for line in made_again.lines:
        stdout.print(f"  {plain(line)}", markup=False, soft_wrap=True)
    for note in made_again.notes:
        stdout.print(f"note: {plain(note)}", markup=False, soft_wrap=True)


@contextmanager
def reading_for(out: Path) -> Iterator[tuple[Workspace, Session]]:
    """What a file that can be written is to tell of, as it is at one moment."""
    album.check_folder(out.parent)
    with (
        open_workspace(load()) as workspace,
        at_terminal(),
        reading(exporting.of_one_moment(workspace.engine)) as session,
    ):
        yield workspace, session


def export(
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE", help="is written whole or not"),
    ],
    form: Annotated[
        exporting.Form,
        typer.Option(
            "--format",
            "-f",
            help="W3C PROV-JSON, or a tar of pictures with all that is known of them",
        ),
    ],
    keywords: options.OfKeywords = "",
    recipe: options.OfRecipe = None,
) -> None:
    """Write what was made, and of what, into one file for other programs.

    Examples:

    `crawl-and-dream export --format prov-json --out made.json`

    `crawl-and-dream export --format webdataset -k "sunset beach" --out made.tar`
    """
    with reading_for(out) as (workspace, session):
        done = exporting.export(
            session,
            workspace.store,
            out,
            form,
            keywords=split_keywords(keywords),
            recipe=recipe,
        )
    for path in done.missing:
        stderr.print(f"error: the store has no {path}", markup=False, soft_wrap=True)
    stderr.print(f"{out}: {done.outputs} outputs", markup=False, soft_wrap=True)
    if done.missing:
        raise typer.Exit(1)


def again(told: Told, store: Store, parts: Path | None) -> Again:
    """How to make an output again with the commands there are.

    Recipe and original come from the package and the store if they are there, else
    from a folder that `show --parts` fills.
    """
    lines = []
    name, original = told["recipe"]["name"], _original(told, store)
    if parts is None and (not _is_packaged(told) or original is None):
        parts = parts_folder(told)
        lines.append(fetching(told, parts))
    if parts is not None:
        name, original = str(parts / RECIPE_FILE), parts / original_name(told)
    said = _said(told, store)
    into = parts or Path()
    lines.append(making(told, str(original), name, into, said.get("quality")))
    return Again(lines, _notes(told, said))


def _notes(told: Told, said: Mapping[str, Any]) -> list[str]:
    activity, weights, notes = told["activity"], told["weights"], []
    if activity["batch_size"] > 1:
        notes.append(
            f"it was made in a batch of {activity['batch_size']}: made alone, it may "
            "differ by rounding"
        )
    if weights["backbone"] not in recipes.EMBEDDED:
        notes.append(
            f"the weights of {weights['backbone']} have to be here, SHA-256 "
            f"{weights['digest']}; --weights FILE names them"
        )
    quality = activity.get("quality") or said.get("quality")
    if told["output"]["media_type"] != "image/png" and not quality:
        notes.append("its quality is not known: --output-quality, if it was not 92")
    others = differences(activity["library_versions"])
    return [*notes, *([f"here is {', '.join(others)}"] if others else [])]


def _said(told: Told, store: Store) -> dict[str, Any]:
    """What the file says of itself, if it is there and says anything."""
    try:
        return parameters_of(store.get(told["output"]["path"])) or {}
    except StoreError:
        return {}


def _is_packaged(told: Told) -> bool:
    name = told["recipe"]["name"]
    if name not in recipes.packaged():
        return False
    digest: str = told["recipe"]["digest"]
    return recipes.digest(recipes.load(name).recipe) == digest


def _original(told: Told, store: Store) -> Path | None:
    path = store.local_path(blob_path(ORIGINALS, told["asset"]["digest"]))
    return None if path is None else path.absolute()


def write_parts(told: Told, store: Store, folder: Path) -> None:
    """Have the original, the recipe as TOML and the pictures it names in a folder.

    Raises:
        StoreError: the store has one of them no more.
        UsageError: they cannot be written.
    """
    digest = told["asset"]["digest"]
    original = store.get(blob_path(ORIGINALS, digest))
    named = {one["digest"] for one in told["pictures"]}
    pictures = {one: store.get(blob_path(PICTURES, one)) for one in sorted(named)}
    album.check_folder(folder)
    album.write(folder / original_name(told), original)
    for name, picture in pictures.items():
        album.write(folder / name, picture)
    album.write(folder / RECIPE_FILE, _toml(told["recipe"]["body"]).encode())


def _toml(settings: Mapping[str, Any]) -> str:
    """A recipe as TOML; its pictures have their digests for file names."""
    known = {name: value for name, value in settings.items() if value is not None}
    return "".join(f"{name} = {_inline(known[name])}\n" for name in sorted(known))


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        known = {key: one for key, one in value.items() if one is not None}
        pairs = (f"{_inline(key)} = {_inline(one)}" for key, one in known.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    # What JSON says of numbers, truth and text is TOML, but for this character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
