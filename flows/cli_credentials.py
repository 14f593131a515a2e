"""Commands about where outputs come from: attribution, verify, credentials."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import attributing, manifest, options, verifying
from flows.cli_provenance import reading_for
from flows.console import plain, show_rows, stderr, stdout, write_json
from flows.errors import UsageError
from flows.workspace import open_workspace
from pipeline import signing, signing_key
from pipeline.settings import load
from pipeline.signing_key import SigningKey

_SHOWN = (
    *("file", "verdict", "manifest", "output"),
    *("title", "author", "licence", "source_url"),
)

credentials = typer.Typer(
    no_args_is_help=True, help="The key that outputs are signed with."
)


def attribution(
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE", help="ends in .md or .csv"),
    ] = Path("ATTRIBUTION.md"),
    keywords: options.OfKeywords = "",
    recipe: options.OfRecipe = None,
    label: options.OfLabel = None,
    colour: options.OfColour = None,
    backbone: options.OfBackbone = None,
    source: options.OfSource = None,
    licence: options.OfLicence = None,
    title: options.OfTitle = None,
    since: options.Since = None,
    until: options.Until = None,
) -> None:
    """Write whom outputs are owed to: title, author, source, licence, what was changed.

    Examples:

    `crawl-and-dream attribution --keywords "sunset beach"`

    `crawl-and-dream attribution --recipe dream --out credits.csv`

    `crawl-and-dream attribution --licence cc-by-sa-4.0 --since 2026-05-17`
    """
    search = options.search(locals())
    if out.suffix.lower() not in attributing.SUFFIXES:
        endings = " or ".join(attributing.SUFFIXES)
        raise UsageError(f"--out {out}: the name has to end in {endings}")
    with reading_for(out) as (_, session):
        count = attributing.write(session, out, search)
    stderr.print(f"{out}: {count} outputs", markup=False, soft_wrap=True)


def verify(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="pictures of any name")
    ],
    as_json: options.AsJson = False,
) -> None:
    """Say what files that left the database tell of themselves, and find their outputs.

    By their bytes they are `identical`. A file that was saved again is `re-encoded`
    when it looks like the output that it names, or else like any other, and `changed`
    when it names one and looks like none.

    A C2PA manifest is `trusted` when it was signed by a key of this machine, and
    `invalid` when the file was changed since.

    Examples:

    `crawl-and-dream verify dreamt.png`

    `crawl-and-dream verify *.jpg --json`
    """
    with open_workspace(load()) as workspace:
        found = verifying.verify(workspace, files)
    if as_json:
        write_json([one.as_json() for one in found], sort_keys=True)
    else:
        show_rows([one.as_row() for one in found], _SHOWN)
        for one in found:
            for note in one.notes:
                stderr.print(plain(f"{one.file}: {note}"), markup=False, soft_wrap=True)
    if not all(one.is_genuine for one in found):
        raise typer.Exit(1)


@credentials.command("init")
def make_key(
    name: Annotated[
        str,
        typer.Option("--name", help="whom the certificate names, for all to see"),
    ] = "crawl-and-dream",
    replace: Annotated[
        bool, typer.Option("--replace", help="in the place of the key that is there")
    ] = False,
) -> None:
    """Make a key, with which every finished picture is signed from then on.

    The key stays in this machine's folder of credentials. It is certified by a CA of
    its own, which nobody else trusts before you give them `trusted.pem`.

    Examples:

    `crawl-and-dream credentials init --name "Ada Lovelace"`
    """
    manifest.check_installed()
    folder = load().credentials_dir
    path = folder / signing_key.SIGNING
    had_one = path.exists()
    if had_one and not replace:
        raise UsageError(f"{path} is there already: --replace makes another one")
    key = signing_key.create(folder, name, now=datetime.now(UTC))
    _say_key(key, folder)
    if had_one:
        note = "note: the key of before is gone; what it signed is still trusted"
        stderr.print(note, soft_wrap=True)


@credentials.command("show")
def show_key(as_json: options.AsJson = False) -> None:
    """Whether outputs are signed, as whom, and whose signatures are trusted.

    Examples:

    `crawl-and-dream credentials show`
    """
    folder = load().credentials_dir
    key = signing_key.load(folder, now=datetime.now(UTC))
    if as_json:
        write_json(_facts(key, folder))
    else:
        _say_key(key, folder)


def _say_key(key: SigningKey | None, folder: Path) -> None:
    for name, value in _facts(key, folder).items():
        stdout.print(plain(f"{name}: {value}"), markup=False, soft_wrap=True)


def _facts(key: SigningKey | None, folder: Path) -> dict[str, Any]:
    trusted = signing_key.trusted(folder)
    facts = {
        "signs": key is not None and signing.is_installed(),
        "installed": signing.is_installed(),
        "key": None if key is None else str(folder / signing_key.SIGNING),
        "trusted": str(folder / signing_key.TRUSTED),
        "trusted_certificates": trusted.count("BEGIN CERTIFICATE"),
    }
    if key is None:
        return facts
    return facts | {
        "name": signing_key.name_of(key.leaf),
        "ends_at": f"{key.leaf.not_valid_after_utc:%F}",
        "ca_sha256": signing_key.fingerprint(key.ca),
    }
