"""The command line as a person types it, with everything in temporary folders."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from nights import Night, night_on
from pictures import encoded, paint
from postgres import Databases
from terminal import Home

QUICK_RECIPE = """
algorithm = "deepdream"
size_px = 96
octaves = 2
steps = 2
"""


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Prefect home whose database is made already, which takes a while."""
    folder = tmp_path_factory.mktemp("prefect")
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
    environment = os.environ | {
        "PREFECT_HOME": str(folder),
        "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def api_url(prefect_home: Path) -> Iterator[str]:
    """A Prefect API that is there already, so that commands need not start one."""
    from flows.prefect_api import loopback_api

    with pytest.MonkeyPatch.context() as environment:
        for name, value in Home(prefect_home, prefect_home).environment().items():
            environment.setenv(name, value)
        with loopback_api("run") as api:
            api.wait()
            yield api.url


@pytest.fixture(scope="module")
def database_kind() -> str:
    """Modules that say `on_both` are run on PostgreSQL as well."""
    return "sqlite"


@pytest.fixture
def own_database(
    database_kind: str, request: pytest.FixtureRequest
) -> Iterator[str | None]:
    """What a home is told to use: nothing, or a PostgreSQL database with its tables."""
    with _own_database(database_kind, request) as url:
        yield url


@pytest.fixture(scope="module")
def shared_database(
    database_kind: str, request: pytest.FixtureRequest
) -> Iterator[str | None]:
    """The same for a home that the tests of a module share."""
    with _own_database(database_kind, request) as url:
        yield url


def _own_database(
    kind: str, request: pytest.FixtureRequest
) -> AbstractContextManager[str | None]:
    if kind == "sqlite":
        return nullcontext()
    postgres: Databases = request.getfixturevalue("postgres")
    return postgres.migrated()


@pytest.fixture
def home(
    tmp_path: Path, prefect_home: Path, api_url: str, own_database: str | None
) -> Home:
    return Home(tmp_path, prefect_home, api_url, own_database)


@pytest.fixture
def lonely_home(tmp_path: Path, prefect_home: Path, own_database: str | None) -> Home:
    """A home where no Prefect API is set: a run starts one of its own."""
    prefect = tmp_path / "prefect"
    shutil.copytree(prefect_home, prefect)
    return Home(tmp_path, prefect, database_url=own_database)


def fill(folder: Path) -> list[str]:
    """Put photographs and a recipe there; the words of a run that makes three outputs.

    Three pictures are of dunes and one is of something else; the recipe takes a
    fraction of a second a picture.
    """
    photos = folder / "photos"
    photos.mkdir()
    for seed, name in enumerate(["dunes-east", "dunes-west", "dunes-north", "forest"]):
        (photos / f"{name}.jpg").write_bytes(encoded(paint(seed)))
    recipe = folder / "quick.toml"
    recipe.write_text(QUICK_RECIPE)
    return ["run", "-k", "dunes", "-s", f"folder:{photos}", "-r", str(recipe)]


@pytest.fixture
def wanted(tmp_path: Path) -> list[str]:
    """The words of a run that makes three outputs."""
    return fill(tmp_path)


@pytest.fixture
def photos(wanted: list[str], tmp_path: Path) -> Path:
    return tmp_path / "photos"


@pytest.fixture
def recipe(wanted: list[str]) -> str:
    return wanted[-1]


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory,
    prefect_home: Path,
    api_url: str,
    shared_database: str | None,
) -> Home:
    """A home where a run has made three outputs; for tests that change nothing."""
    folder = tmp_path_factory.mktemp("made")
    home = Home(folder, prefect_home, api_url, shared_database)
    typed = home.type(*fill(home.folder))
    assert typed.status == 0, typed.err
    return home


@pytest.fixture
def night(postgres: Databases, tmp_path: Path) -> Iterator[Night]:
    with (
        postgres.migrated() as results,
        postgres.empty() as prefect,
        night_on(results, prefect, tmp_path) as night,
    ):
        night.start_server()
        yield night
