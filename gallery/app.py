"""The pages over HTTP: read-only, each request a session of its own."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

from anyio import to_thread
from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from db.engine import reading
from db.models import Output
from gallery import duplicates, grid, recipes, runs
from gallery.darkroom import Darkroom
from gallery.errors import NoSuchPageError, QueryError
from gallery.facets import facets
from gallery.guarding import Guarded
from gallery.links import Links
from gallery.output import facts as facts_of_output
from gallery.site import Site, render
from gallery.thumbnails import SIDES_PX
from pipeline.errors import MissingBlobError, PipelineError, SearchError

Id = Annotated[int, Path(ge=0, lt=2**63)]
Before = Annotated[int | None, Query(ge=0, lt=2**63)]

_BLOB = re.compile(r"[0-9a-f]{64}")
_KEPT = {"Cache-Control": "private, max-age=3600"}  # what is forgotten goes soon
_THREADS = 12


def create_app(site: Site, *, hosts: frozenset[str] | None = None) -> ASGIApp:
    """The gallery as an ASGI application.

    Args:
        hosts: names by which browsers may call it; None for all.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan)
    app.mount("/web", StaticFiles(packages=[("gallery", "web")]))
    _add_grid(app, site)
    _add_runs(app, site)
    _add_outputs(app, site)
    _add_lists(app, site)
    _add_files(app, site)
    _add_errors(app)
    return Guarded(app, hosts)


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    # No more threads than there are connections to a database.
    to_thread.current_default_thread_limiter().total_tokens = _THREADS
    yield


def _add_grid(app: FastAPI, site: Site) -> None:
    @app.get("/")
    def index(request: Request) -> Response:
        return _grid(site, request, "grid.html")

    @app.get("/cards")
    def more_cards(request: Request) -> Response:
        return _grid(site, request, "cards.html")


def _grid(site: Site, request: Request, template: str) -> Response:
    values = request.query_params
    search, after = grid.read_query(values, values.getlist("keyword"))
    links = Links()
    with reading(site.engine) as session:
        try:
            part, complaint = grid.part(session, links, search, after), None
        except SearchError as exc:
            part, complaint = grid.Part([], None), str(exc)
        if template == "cards.html":
            facts = {"part": part}
        else:
            facts = grid.page(part, facets(session), search, complaint)
    return HTMLResponse(
        render(template, links, **facts), status_code=400 if complaint else 200
    )


def _add_runs(app: FastAPI, site: Site) -> None:
    @app.get("/runs")
    def all_runs(before: Before = None) -> Response:
        with reading(site.engine) as session:
            facts = runs.facts(session, Links(), before)
        return HTMLResponse(render("runs.html", Links(), **facts))

    @app.get("/runs/{run_id}")
    def one_run(run_id: Id) -> Response:
        return _run(site, run_id, "run.html")

    @app.get("/runs/{run_id}/now")
    def run_now(run_id: Id) -> Response:
        return _run(site, run_id, "run_now.html")


def _run(site: Site, run_id: int, template: str) -> Response:
    links = Links().within_folder()
    with reading(site.engine) as session:
        facts = runs.run_facts(session, links, run_id)
    state = {"X-Run-State": facts["run"]["state"]}
    return HTMLResponse(render(template, links, **facts), headers=state)


def _add_outputs(app: FastAPI, site: Site) -> None:
    @app.get("/outputs/{output_id}")
    def one_output(output_id: Id) -> Response:
        links = Links().within_folder()
        with reading(site.engine) as session:
            facts = facts_of_output(session, links, output_id)
        return HTMLResponse(render("output.html", links, **facts))


def _add_lists(app: FastAPI, site: Site) -> None:
    @app.get("/recipes")
    def all_recipes(after: str = "") -> Response:
        with reading(site.engine) as session:
            facts = recipes.facts(session, Links(), after)
        return HTMLResponse(render("recipes.html", Links(), **facts))

    @app.get("/duplicates")
    def all_duplicates(after: str = "") -> Response:
        with reading(site.engine) as session:
            facts = duplicates.facts(session, Links(), after)
        return HTMLResponse(render("duplicates.html", Links(), **facts))


def _add_files(app: FastAPI, site: Site) -> None:
    darkroom = Darkroom(site)

    @app.get("/store/thumbnails/{_folder}/{digest}-{side_px}.webp")
    async def thumbnail(digest: str, side_px: int) -> Response:
        if not _BLOB.fullmatch(digest) or side_px not in SIDES_PX:
            raise NoSuchPageError("there is no such thumbnail")
        content = await darkroom.thumbnail(digest, side_px)
        return Response(content, media_type="image/webp", headers=_KEPT)

    @app.get("/store/outputs/{_folder}/{name}")
    def file(name: str) -> Response:
        with reading(site.engine) as session:
            output = _output_called(session, name)
        local = site.store.local_path(output.path)
        if local is not None and local.is_file():
            return FileResponse(local, media_type=output.media_type, headers=_KEPT)
        content = site.store.get(output.path)
        return Response(content, media_type=output.media_type, headers=_KEPT)


def _output_called(session: Session, name: str) -> Output:
    outputs = select(Output).where(Output.digest == name[:64]).order_by(Output.id)
    for output in session.scalars(outputs):
        if output.path.endswith(f"/{name}"):
            return output
    raise NoSuchPageError("there is no such output")


def _add_errors(app: FastAPI) -> None:
    def complain(status: int, said: str | None = None) -> Callable[..., Response]:
        def answer(request: Request, exc: Exception) -> Response:
            up = "../" * (request.url.path.count("/") - 1)
            page = render("error.html", Links(up), status=status, said=said or str(exc))
            return HTMLResponse(page, status_code=status)

        return answer

    @app.exception_handler(HTTPException)
    def refused(request: Request, exc: HTTPException) -> Response:
        said = "there is no such page" if exc.status_code == 404 else exc.detail
        return complain(exc.status_code, said)(request, exc)

    app.add_exception_handler(
        RequestValidationError, complain(404, "there is no such page")
    )
    app.add_exception_handler(NoSuchPageError, complain(404))
    app.add_exception_handler(QueryError, complain(400))
    app.add_exception_handler(MissingBlobError, complain(404, "this file is gone"))
    app.add_exception_handler(
        PipelineError, complain(503, "the store does not answer: try again later")
    )
    app.add_exception_handler(
        SQLAlchemyError, complain(503, "the database does not answer: try again later")
    )
