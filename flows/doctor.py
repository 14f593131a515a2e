"""`crawl-and-dream doctor`: what is there, what is missing, and how to get it."""

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import SecretStr
from rich.table import Table
from rich.text import Text
from sqlalchemy import make_url

from crawler import sources
from crawler.errors import SourceError
from db.schema import DatabaseError, newest
from flows.console import stdout
from flows.errors import UsageError
from flows.manifest import key_of
from flows.prefect_api import answers, configured_api, quiet_environment
from flows.workspace import open_workspace
from pipeline import store
from pipeline.errors import PipelineError
from pipeline.settings import PREFIX, Settings, load
from pipeline.signing_key import name_of
from pipeline.store import Store
from stylize.errors import StylizeError

_LIBRARIES = (
    *("torch", "torchvision", "prefect", "scrapy"),
    *("sqlalchemy", "pillow", "fastapi", "pydantic"),
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `cure` says what to do when it is not well."""

    what: str
    well: bool
    told: str
    cure: str = ""


@dataclass(frozen=True)
class Report:
    """All findings and the effective settings."""

    findings: list[Finding]
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        return all(finding.well for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "well": self.well,
            "findings": [vars(finding) for finding in self.findings],
            "settings": self.settings,
        }

    def show(self) -> None:
        grid = _columns(3)
        for finding in self.findings:
            mark = "ok" if finding.well else "!!"
            grid.add_row(mark, finding.what, Text(finding.told))
        stdout.print(grid)
        stdout.print()
        values = _columns(2)
        for name, value in self.settings.items():
            values.add_row(name, Text(value))
        stdout.print(values)
        for finding in self.findings:
            if finding.cure:
                stdout.print(
                    f"\n{finding.what}: {finding.cure}", markup=False, soft_wrap=True
                )


def _columns(count: int) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    for _ in range(count):
        table.add_column(overflow="fold")
    return table


def examine() -> Report:
    """Look at everything a run needs; nothing is changed but a missing database."""
    quiet_environment()
    settings = load()
    findings = [
        _python(),
        *(_library(name) for name in _LIBRARIES),
        _device(settings),
        _weights(settings),
        _database(settings),
        _store(settings),
        _credentials(settings),
        _sources(settings),
        _prefect(),
        _plugin(),
    ]
    return Report(findings, _shown(settings))


def _shown(settings: Settings) -> dict[str, str]:
    shown = settings.environment()
    url = make_url(settings.database_url)
    shown[PREFIX + "DATABASE_URL"] = url.render_as_string(hide_password=True)
    shown[PREFIX + "STORE_URL"] = store.shown(settings.store_url)
    for name, value in settings:
        if isinstance(value, SecretStr) and value:
            shown[PREFIX + name.upper()] = "(set)"
    return shown


def _python() -> Finding:
    told = platform.python_version()
    well = (3, 11) <= tuple(map(int, platform.python_version_tuple()[:2])) < (3, 14)
    return Finding("Python", well, told, "" if well else "install Python 3.11 to 3.13")


def _library(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", "run `make setup`")


def _tried(what: str, look: Callable[[], str], cure: str) -> Finding:
    try:
        return Finding(what, True, look())
    except (StylizeError, PipelineError, DatabaseError, UsageError) as exc:
        return Finding(what, False, str(exc), cure)


def _device(settings: Settings) -> Finding:
    from flows import slots
    from stylize import devices

    def look() -> str:
        slots.check(settings)
        if settings.runner == "ray":
            return f"Ray at {settings.ray_address or 'this machine'}"
        found = devices.resolve_all(settings.device)
        dtype = str(devices.convolution_dtype(found[0])).removeprefix("torch.")
        return f"{', '.join(map(str, found))}, convolutions in {dtype}"

    return _tried("device", look, "set CRAWL_AND_DREAM_DEVICE to auto or cpu")


def _weights(settings: Settings) -> Finding:
    """Which tuned backbones have weights; those that have none are no fault."""
    from stylize import networks, weights

    def look() -> str:
        there, missing = [], []
        for backbone in networks.tuned():
            path = weights.locate(backbone, settings.weights_dir)
            if path is None:
                missing.append(backbone)
            else:
                there.append(str(weights.checked(path).path))
        return (
            f"{', '.join(there) or 'none'} (`crawl-and-dream weights fetch` gets "
            f"{', '.join(missing) or 'more'}); the embedded recipes need none"
        )

    return _tried("weights", look, "delete that file, and fetch it again")


def _database(settings: Settings) -> Finding:
    def look() -> str:
        with open_workspace(settings) as workspace:
            shown = workspace.engine.url.render_as_string(hide_password=True)
            return f"{shown}, schema {newest()}"

    return _tried(
        "database",
        look,
        "run `crawl-and-dream db upgrade`, or correct CRAWL_AND_DREAM_DATABASE_URL",
    )


def _store(settings: Settings) -> Finding:
    def look() -> str:
        opened = Store(settings.store_url)
        opened.check()
        return f"{opened.shown}, can be written"

    return _tried("store", look, "correct CRAWL_AND_DREAM_STORE_URL, or its rights")


def _credentials(settings: Settings) -> Finding:
    """Whether outputs are signed; that they are not is no fault."""

    def look() -> str:
        key = key_of(settings)
        if key is None:
            return "outputs are not signed"
        return f"outputs are signed by {name_of(key.leaf)}"

    return _tried("credentials", look, "see `crawl-and-dream credentials --help`")


def _sources(settings: Settings) -> Finding:
    """Which sources can be crawled; what the others need is no fault but a cure."""
    ready, needs = [], []
    for kind in sources.SOURCES:
        try:
            sources.check(f"{kind}:-", settings)
        except SourceError as exc:
            needs.append(str(exc).removeprefix("source "))
        else:
            ready.append(kind)
    told = f"can be crawled: {', '.join(ready)}"
    return Finding("sources", True, told, "; ".join(needs))


def _prefect() -> Finding:
    url = configured_api()
    if url is None:
        return Finding("Prefect API", True, "none set: a run starts one for itself")
    if answers(url):
        return Finding("Prefect API", True, f"{url} answers")
    cure = "start it, or `prefect config unset PREFECT_API_URL`"
    return Finding("Prefect API", False, f"{url} does not answer", cure)


def _plugin() -> Finding:
    from prefect.settings import get_current_settings

    if get_current_settings().plugins.enabled:
        return Finding("Prefect plugin", True, "switched on")
    return Finding(
        "Prefect plugin",
        True,
        "switched off",
        "`prefect deployment run crawl-and-dream --keywords …` works after "
        "`crawl-and-dream serve`, which switches the plugin on, or after "
        "`prefect config set PREFECT_PLUGINS_ENABLED=true`",
    )
