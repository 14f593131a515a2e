"""Settings come from the environment; what is wrong is named."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from pipeline.errors import SettingsError
from pipeline.settings import Settings, load


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path))
    return tmp_path


def test_everything_lies_in_the_home_by_default(home: Path):
    settings = load()

    assert settings.database_url == f"sqlite:///{home}/crawl-and-dream.sqlite"
    assert settings.store_url == str(home / "store")


def test_a_home_may_hold_what_means_something_in_a_url(home: Path):
    odd = home / "what?#"

    url = make_url(load(home=odd).database_url)

    assert url.database == str(odd / "crawl-and-dream.sqlite")


def test_a_variable_moves_one_thing(monkeypatch: pytest.MonkeyPatch, home: Path):
    monkeypatch.setenv("CRAWL_AND_DREAM_STORE_URL", "memory://x")

    settings = load()

    assert settings.store_url == "memory://x"
    assert settings.gallery_dir == home / "gallery"


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CRAWL_AND_DREAM_SOURCES", "site:http://a/, folder:/b ,")

    assert load().sources == ("site:http://a/", "folder:/b")


def test_what_is_asked_for_goes_above_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CRAWL_AND_DREAM_MAX_IMAGES", "7")

    assert load(max_images=3).max_images == 3
    assert load(max_images=None).max_images == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [("MAX_IMAGES", "many"), ("LICENCE_POLICY", "whatever"), ("LEASE_S", "0")],
)
def test_a_wrong_value_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(f"CRAWL_AND_DREAM_{name}", value)

    with pytest.raises(SettingsError, match=f"CRAWL_AND_DREAM_{name}.*{value}"):
        load()


def test_a_child_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch):
    settings = load(sources=("folder:/a", "folder:/b"), budget_bytes=5)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)

    assert load() == settings
    assert isinstance(settings, Settings)
