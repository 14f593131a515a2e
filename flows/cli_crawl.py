"""The command that finds pictures and makes nothing of them yet: crawl."""

import json
from typing import Annotated, Any

import typer

from flows import options
from flows.cli_ending import INTERRUPTED, show, through
from flows.console import at_terminal, plain, show_rows, stderr, stdout
from flows.errors import UsageError
from flows.parameters import Parameters

_COLUMNS = ("score", "source", "title", "licence", "url")


def crawl(
    keywords: options.Keywords = None,
    about: options.About = None,
    source: options.Sources = [],  # noqa: B006  # Typer copies it
    allow_host: options.AllowHosts = [],  # noqa: B006
    max_images: options.MaxImages = None,
    licence_policy: options.Policy = None,
    dedupe: options.Dedupe = None,
    budget_bytes: options.Bytes = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="list what would be fetched, and stop")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="show how the images of this page are seen, and stop",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Find images for the keywords, keep, inspect and compare them; make nothing yet.

    Examples:

    `crawl-and-dream crawl --keywords "dunes" --source folder:~/Pictures`

    `crawl-and-dream crawl --keywords "dunes" --dry-run`

    `crawl-and-dream crawl --keywords "dunes" --explain https://example.org/desert`
    """
    given = {name: value for name, value in locals().items() if name in options.FIELDS}
    parameters = options.parameters(given)
    if explain is not None:
        if source or dry_run:
            raise UsageError("--explain URL looks at that page and nothing else")
        _explain(explain, parameters, as_json=as_json)
    elif dry_run:
        _list(parameters, as_json=as_json)
    else:
        _crawl(parameters, as_json=as_json)


def _crawl(parameters: Parameters, *, as_json: bool) -> None:
    from flows.gathering import gather_only

    with at_terminal():
        summary = through(gather_only(parameters))
    show(summary, as_json=as_json)


def _list(parameters: Parameters, *, as_json: bool) -> None:
    from flows.listing import list_images

    with at_terminal() as onlooker:
        listing = through(list_images(parameters))
    if as_json:
        stdout.print_json(json.dumps(listing.as_json()))
    else:
        show_rows([_readable(image) for image in listing.images], _COLUMNS)
        if listing.refused:
            refused = [vars(each) for each in listing.refused]
            show_rows(refused, ("reason", "what", "count"))
    if listing.kept_already:
        stderr.print(f"{listing.kept_already} more are kept already")
    if onlooker.stopping.is_set():
        raise typer.Exit(INTERRUPTED)


def _readable(image: dict[str, Any]) -> dict[str, Any]:
    return image | {"score": f"{image['score']:.2f}"}


def _explain(url: str, parameters: Parameters, *, as_json: bool) -> None:
    from flows.listing import explain_page

    with at_terminal() as onlooker:
        images = through(explain_page(url, parameters))
    if as_json:
        stdout.print_json(json.dumps(images))
    else:
        for image in images:
            _show_explained(image)
    if onlooker.stopping.is_set():
        raise typer.Exit(INTERRUPTED)


def _show_explained(image: dict[str, Any]) -> None:
    from crawler.relevance import OWN_WEIGHTS, PAGE_WEIGHTS

    verb = "matches" if image["matches"] else "does not match"
    _say(f"{image['score']:.2f} {image['url']} {verb} {image['keyword']!r}")
    for name, words in image["matched"].items():
        weight = (OWN_WEIGHTS | PAGE_WEIGHTS)[name]
        said = image["fields"].get(name, "")
        _say(f"  {name} (weight {weight}): {', '.join(words)} in {said!r}")
    for claim in image["claims"]:
        _say(f"  licence: {_claimed(claim)}")
    for signal in image["opt_outs"]:
        _say(f"  opt-out: {signal['directive']}, {signal['seen_in']}")


def _claimed(claim: dict[str, Any]) -> str:
    author = f", by {claim['author']}" if claim["author"] else ""
    derivatives = f"derivatives {claim['derivatives']}"
    return f"{claim['licence']}, {derivatives}, {claim['claimed_in']}{author}"


def _say(line: str) -> None:
    stdout.print(plain(line), markup=False, soft_wrap=True)
