"""Commands that make pictures: demo, run, process, serve."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.errors import SourceError
from flows import options
from flows.cli_ending import show, through
from flows.console import at_terminal, stderr
from flows.errors import UsageError
from flows.parameters import Parameters
from flows.prefect_api import api_for_run, quiet_environment
from flows.summary import Summary
from pipeline.settings import PREFIX, Settings, load

DEMO_KEYWORD = "sunset beach"
DEMO_PORT = 8723


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="folder for everything it makes")
    ] = Path("demo"),
    device: options.Device = None,
    as_json: options.AsJson = False,
) -> None:
    """Try the whole thing on a small website of our own, on this machine only.

    Example: `crawl-and-dream demo --out /tmp/demo`
    """
    from flows import demo_site

    os.environ |= {PREFIX + "HOME": str(out.absolute())}
    for name in ("DATABASE_URL", "STORE_URL", "GALLERY_DIR"):
        os.environ.pop(PREFIX + name, None)
    with stderr.status("painting the demo's website …"):
        website = demo_site.build()
    with demo_site.serve(website, port=DEMO_PORT) as site:
        parameters = Parameters(
            keywords=DEMO_KEYWORD,
            source=(f"site:{site.url}",),
            recipe=("flow", "mosaic", "dream"),
            max_images=50,
            licence_policy="derivatives-allowed",
            allow_host=(site.url.split("/")[2],),
            device=device,
        )
        _run_flow(parameters, as_json=as_json)


def run(
    keywords: options.Keywords = None,
    about: options.About = None,
    source: options.Sources = [],  # noqa: B006  # Typer copies it
    recipe: options.Recipes = [],  # noqa: B006
    style: options.Styles = [],  # noqa: B006
    allow_host: options.AllowHosts = [],  # noqa: B006
    max_images: options.MaxImages = None,
    licence_policy: options.Policy = None,
    dedupe: options.Dedupe = None,
    runner: options.Runner = None,
    device: options.Device = None,
    output_format: options.Format = None,
    output_quality: options.Quality = None,
    budget_minutes: options.Minutes = None,
    budget_bytes: options.Bytes = None,
    review: options.Review = False,
    as_json: options.AsJson = False,
) -> None:
    """Find images for the keywords and make them into art; go on where it stopped.

    Examples:

    `crawl-and-dream run -k "evening glow" -s folder:~/Pictures --style painting.jpg`

    `crawl-and-dream run -k "sunset beach" -s site:https://example.org/ -r dream`

    `crawl-and-dream run --about "warm pictures of a beach when the sun goes down"`
    """
    given = {name: value for name, value in locals().items() if name in options.FIELDS}
    _run_flow(options.parameters(given), as_json=as_json)


def _run_flow(parameters: Parameters, *, as_json: bool) -> None:
    from flows.gathering import check_sources

    check_sources(load(**parameters.overrides()))  # before what takes long to import
    quiet_environment()
    with at_terminal() as onlooker, api_for_run(onlooker.say) as wait_for_api:
        onlooker.begin("start")
        from flows.main import crawl_and_dream
        from flows.run import check

        check(parameters)
        wait_for_api()
        onlooker.end()
        summary = through(_flow_summary(parameters, crawl_and_dream))
    show(summary, as_json=as_json)


async def _flow_summary(parameters: Parameters, flow: Callable[..., Any]) -> Summary:
    state = await flow(**parameters.model_dump(mode="json"), return_state=True)
    if state.is_cancelled():
        return Summary(interrupted=True)
    return Summary(**await state.aresult())


def process(
    keywords: Annotated[
        str,
        typer.Option(
            "--keywords", "-k", help="first queue what was kept for these keywords"
        ),
    ] = "",
    recipe: options.Recipes = [],  # noqa: B006  # Typer copies it
    style: options.Styles = [],  # noqa: B006
    max_images: options.MaxImages = None,
    licence_policy: options.Policy = None,
    device: options.Device = None,
    output_format: options.Format = None,
    output_quality: options.Quality = None,
    budget_minutes: options.Minutes = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="try failed jobs again as well")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Make what is queued, and go on where a run stopped.

    Examples:

    `crawl-and-dream process`

    `crawl-and-dream process --keywords "dunes" --recipe dream`
    """
    given = {name: value for name, value in locals().items() if name in options.FIELDS}
    if not keywords and any((recipe, style, max_images, licence_policy)):
        raise UsageError(
            "--recipe, --style, --max-images and --licence-policy say what to queue, "
            "and that needs --keywords"
        )
    parameters = Parameters.model_validate(given | {"keywords": keywords or "-"})
    with at_terminal():
        from flows import run as stages

        work = stages.process(
            keywords, parameters.style, parameters.overrides(), retry=retry
        )
        summary = through(work)
    show(summary, as_json=as_json)


def serve(
    keywords: Annotated[
        str | None, typer.Option("--keywords", "-k", help="what the nightly run is for")
    ] = None,
    cron: Annotated[
        str | None, typer.Option("--cron", help="when the nightly run starts")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="of the cron expression")
    ] = None,
    budget_minutes: options.Minutes = None,
    budget_bytes: options.Bytes = None,
) -> None:
    """Serve the deployment, with a nightly run, until Ctrl-C.

    In another terminal: `prefect deployment run crawl-and-dream --keywords "dunes"`

    Example: `crawl-and-dream serve -k "sunset beach" --timezone Europe/Paris`
    """
    quiet_environment(console_level="INFO")
    from flows.main import crawl_and_dream
    from flows.serve import Nightly
    from flows.serve import serve as serve_flow

    settings = load(
        nightly_keywords=keywords,
        nightly_cron=cron,
        nightly_timezone=timezone,
        nightly_budget_minutes=budget_minutes,
        nightly_budget_bytes=budget_bytes,
    )
    nightly = Nightly(
        cron=settings.nightly_cron,
        timezone=settings.nightly_timezone,
        keywords=settings.nightly_keywords or None,
        budget_minutes=settings.nightly_budget_minutes,
        budget_bytes=settings.nightly_budget_bytes,
    )
    _warn_of_sources(settings)
    serve_flow(crawl_and_dream, nightly=nightly, say=_say)


def _warn_of_sources(settings: Settings) -> None:
    from flows.gathering import check_sources

    try:
        check_sources(settings)
    except (SourceError, UsageError) as exc:
        _say(f"runs need --source, or else: {exc}")


def _say(line: str) -> None:
    stderr.print(line, markup=False, soft_wrap=True)
