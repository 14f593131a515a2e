"""`python -m crawler`: one crawl of one keyword at one source, in its own process.

Twisted's reactor cannot be started twice, and a crawl that is a process can be killed.
"""

import argparse
import signal
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from crawler import jobs, sources
from crawler.addresses import parse_host_port
from crawler.crawl import Ending, Order, crawl
from crawler.errors import CrawlerError
from crawler.events import emit
from crawler.proxy import parse_proxy
from crawler.reporting import BYTES, ENOUGH_IMAGES, MAY_GO_ON
from db import patience
from db.engine import open_engine
from db.errors import cause_of
from db.models import CrawlState
from db.schema import DatabaseError, check
from pipeline.errors import PipelineError, will_pass
from pipeline.ingest import finish_crawl_run, resume_crawl_run, start_crawl_run
from pipeline.settings import Settings, load
from pipeline.store import Store

EXIT_STATUS = {
    CrawlState.FINISHED: 0,
    CrawlState.FAILED: 1,
    CrawlState.INTERRUPTED: 130,
}
# Facts in a frontier.
_RUN_ID, _FLOW_RUN_ID, _ENDED = "crawl_run_id", "flow_run_id", "finish_reason"
_TOLD = {"max_images", "budget_bytes", "licence_policy", "allow_hosts", "max_depth"}
_TOLD |= {"max_pages", "max_image_bytes", "request_delay_s", "request_timeout_s"}
_TOLD |= {"opt_outs", "image_side_px"}


def main() -> int:
    options = _parse_options()
    try:
        settings = _settings(options)
        leaves_nothing = options.dry_run or options.explain
        run = _unrecorded if leaves_nothing else _recorded
        state, stats, error = run(options, settings)
    except (PipelineError, CrawlerError, DatabaseError, ValueError) as exc:
        state, stats, error = CrawlState.FAILED, {MAY_GO_ON: will_pass(exc)}, str(exc)
    except SQLAlchemyError as exc:
        error = f"database cannot be used: {cause_of(exc)}"
        state, stats = CrawlState.FAILED, {MAY_GO_ON: will_pass(exc)}
    except KeyboardInterrupt:  # before there was anything to stop
        state, stats, error = CrawlState.INTERRUPTED, {}, None
    emit("closed", state=state.value, stats=stats, error=error)
    return EXIT_STATUS[state]


def _settings(options: argparse.Namespace) -> Settings:
    settings = load(
        max_images=options.max_images,
        budget_bytes=options.budget_bytes,
        licence_policy=options.licence_policy,
        allow_hosts=tuple(options.allow_host) or None,
    )
    for host in settings.allow_hosts:
        parse_host_port(host)
    parse_proxy(settings.proxy)
    sources.check(options.source, settings)
    return settings


def _recorded(options: argparse.Namespace, settings: Settings) -> Ending:
    """A crawl with its rows, that goes on where one like it was stopped."""
    engine = open_engine(settings.database_url)
    patience.patiently(lambda: check(engine))
    Store(settings.store_url).check()
    identity = (options.keyword, options.source, settings.database_url)
    with jobs.job_folder(settings.home, *identity) as folder:
        options.go_on |= _is_tried_again(options, folder)
        run_id, resumed = _begin(engine, options, settings, folder)
        emit("started", crawl_run_id=run_id, resumed=resumed)
        if resumed and not options.go_on:
            settings = _with_a_new_budget(settings, folder)
        order = _order(options, settings, run_id, folder / jobs.FRONTIER)
        try:
            state, stats, error = crawl(order, settings)
        except KeyboardInterrupt:  # before Scrapy listens to signals itself
            state, stats, error = CrawlState.INTERRUPTED, {}, None
        finish = partial(finish_crawl_run, state=state, stats=stats, error=error)
        now = datetime.now(UTC)
        patience.write(engine, lambda session: finish(session, run_id, now=now))
        _end(folder, stats.get(_ENDED))
    return state, stats, error


def _is_tried_again(options: argparse.Namespace, folder: Path) -> bool:
    """Whether this flow run has begun the crawl before: it goes on then."""
    if options.flow_run_id is None:
        return False
    frontier = jobs.opened(folder)
    before = frontier.fact(_FLOW_RUN_ID)
    frontier.close()
    return bool(before == options.flow_run_id)


def _begin(
    engine: Engine, options: argparse.Namespace, settings: Settings, folder: Path
) -> tuple[int, bool]:
    """The crawl run, and whether it goes on from an earlier stop."""
    frontier = jobs.opened(folder)
    try:
        before = frontier.fact(_RUN_ID)
        # Whoever asks anew after there were enough wants to see what is new.
        is_over = frontier.fact(_ENDED) == ENOUGH_IMAGES and not options.go_on
        has_more = len(frontier) or options.go_on
        may_go_on = before is not None and has_more and not is_over
        if may_go_on and _resumes(engine, options, before):
            frontier.note(finish_reason=None, flow_run_id=options.flow_run_id)
            return before, True
        frontier.clear()
        run_id = _start(engine, options, settings, before)
        frontier.note(crawl_run_id=run_id, flow_run_id=options.flow_run_id)
    finally:
        frontier.close()
    return run_id, False


def _with_a_new_budget(settings: Settings, folder: Path) -> Settings:
    """Whoever starts a crawl once more gives it as many bytes once more."""
    if settings.budget_bytes is None:
        return settings
    frontier = jobs.opened(folder)
    spent = (frontier.fact("stats") or {}).get(BYTES, 0)
    frontier.close()
    return settings.model_copy(update={"budget_bytes": settings.budget_bytes + spent})


def _resumes(engine: Engine, options: argparse.Namespace, crawl_run_id: int) -> bool:
    return patience.write(
        engine,
        lambda session: resume_crawl_run(
            session,
            crawl_run_id,
            keyword=options.keyword,
            source=options.source,
            flow_run_id=options.flow_run_id,
        ),
    )


def _start(
    engine: Engine,
    options: argparse.Namespace,
    settings: Settings,
    instead_of: int | None,
) -> int:
    return patience.write(
        engine,
        lambda session: start_crawl_run(
            session,
            keyword=options.keyword,
            about=options.about,
            source=options.source,
            settings=settings.model_dump(mode="json", include=_TOLD),
            flow_run_id=options.flow_run_id,
            now=datetime.now(UTC),
            instead_of=instead_of,
        ),
    )


def _end(folder: Path, reason: str | None) -> None:
    """Keep the frontier of a crawl that can go on, and no other."""
    frontier = jobs.opened(folder)
    frontier.note(finish_reason=reason)
    is_through = len(frontier) == 0
    frontier.close()
    if is_through:
        jobs.remove_frontier(folder)


def _unrecorded(options: argparse.Namespace, settings: Settings) -> Ending:
    """A crawl that only tells; what is known already is looked up, if there is any."""
    if not _is_there(settings.database_url):
        settings = settings.model_copy(update={"database_url": ""})
    else:
        engine = open_engine(settings.database_url)
        check(engine)
        engine.dispose()
    order = _order(options, settings, run_id=0, frontier=None)
    try:
        return crawl(order, settings)
    except KeyboardInterrupt:
        return CrawlState.INTERRUPTED, {}, None


def _is_there(database_url: str) -> bool:
    url = make_url(database_url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def _order(
    options: argparse.Namespace,
    settings: Settings,
    run_id: int,
    frontier: Path | None,
) -> Order:
    return Order(
        keyword=options.keyword,
        source=options.source,
        crawl_run_id=run_id,
        frontier=frontier,
        explains=options.explain,
        watches_stdin=options.watch_stdin or options.ask_for_hosts,
        asks_for_hosts=options.ask_for_hosts,
    )


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m crawler", description=__doc__)
    add = parser.add_argument
    add("--keyword", type=_keyword, required=True)
    add("--source", type=_source, required=True)
    add("--about", help="the sentence that the keyword was taken from")
    add("--max-images", type=int)
    add("--budget-bytes", type=int)
    add("--allow-host", type=_host, action="append", default=[])
    add("--licence-policy", choices=("derivatives-allowed", "any"))
    add("--flow-run-id")
    add("--go-on", action="store_true", help="after there were enough images, too")
    add("--dry-run", action="store_true", help="tell what would be fetched")
    add("--explain", action="store_true", help="tell about the images of one page")
    add("--watch-stdin", action="store_true", help="stop when standard input ends")
    add(
        "--ask-for-hosts",
        action="store_true",
        help="ask no host before a line on standard input says `granted HOST`",
    )
    return parser.parse_args()


def _keyword(text: str) -> str:
    if not (keyword := " ".join(text.split())):
        raise argparse.ArgumentTypeError("a keyword is needed")
    return keyword


def _source(text: str) -> str:
    try:
        sources.parse(text)
    except CrawlerError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc
    return text


def _host(text: str) -> str:
    try:
        parse_host_port(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc
    return text


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
