"""The command that shows results in a browser: gallery."""

import webbrowser
from typing import Annotated

import typer

from flows.console import stderr
from flows.workspace import Workspace, open_workspace
from gallery.server import serve
from gallery.site import Site
from gallery.thumbnails import Thumbnails
from pipeline.settings import load


def gallery(
    host: Annotated[
        str, typer.Option("--host", help="whom it listens to; this machine alone")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, help="0 for any free one")
    ] = 8765,
    open_it: Annotated[
        bool, typer.Option("--open", help="open it in the browser as well")
    ] = False,
) -> None:
    """Show results in a browser, until Ctrl-C.

    Example:

    `crawl-and-dream gallery --open`
    """
    with open_workspace(load()) as workspace:
        serve(site(workspace), host, port, lambda url: _say(url, open_it=open_it))


def site(workspace: Workspace) -> Site:
    """What the pages show of a workspace."""
    thumbnails = Thumbnails(workspace.store, workspace.bounds)
    return Site(workspace.engine, workspace.store, thumbnails)


def _say(url: str, *, open_it: bool) -> None:
    stderr.print(f"gallery: {url} (Ctrl-C ends it)", markup=False, soft_wrap=True)
    if open_it:
        webbrowser.open(url)
