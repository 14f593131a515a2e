"""The command that shows results in a browser: gallery."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from flows import options, presenting
from flows.console import at_terminal, stderr
from flows.errors import UsageError
from flows.workspace import Workspace, open_workspace
from gallery.links import query_of
from gallery.server import serve
from pipeline.search import Search
from pipeline.settings import load


def gallery(
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", help="where it listens: else on this machine alone")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, help="0 for any free one")
    ] = 8765,
    open_it: Annotated[
        bool, typer.Option("--open", help="open it in the browser as well")
    ] = False,
    static: Annotated[
        Path | None,
        typer.Option(
            "--static", metavar="FOLDER", help="write it as files that open from disk"
        ),
    ] = None,
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
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="only the newest of them")
    ] = None,
) -> None:
    """Show results in a browser, until Ctrl-C; or write pages that need no server.

    Examples:

    `crawl-and-dream gallery --open`

    `crawl-and-dream gallery --colour orange --since 2026-05-17`

    `crawl-and-dream gallery --static beach --keywords "sunset beach"`
    """
    search = options.search(locals())
    if static is None and limit is not None:
        raise UsageError("--limit is for --static: the server shows all of them")
    if static is not None:
        why = "is for the server: --static writes files that need none"
        options.refuse(context, why, "host", "port")
    with open_workspace(load()) as workspace:
        if static is None:
            show(workspace, search, host, port, open_it=open_it)
            return
        with at_terminal():
            page = presenting.write_site(workspace, static, search, limit)
    stderr.print(f"gallery: {page}", markup=False, soft_wrap=True)
    if open_it:
        webbrowser.open(page.absolute().as_uri())


def show(
    workspace: Workspace, search: Search, host: str, port: int, *, open_it: bool
) -> None:
    """Serve the pages until Ctrl-C; the browser begins with what is searched for.

    Raises:
        ServerError: it cannot listen there.
    """

    def say(url: str) -> None:
        begin = f"{url}?{query_of(search)}" if query_of(search) else url
        stderr.print(f"gallery: {begin} (Ctrl-C ends it)", markup=False, soft_wrap=True)
        if open_it:
            webbrowser.open(begin)

    serve(presenting.site(workspace), host, port, say)
