"""What `crawl-and-dream serve` writes into the Prefect profile, and takes back."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prefect.context import get_settings_context
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_PLUGINS_ALLOW,
    PREFECT_PLUGINS_ENABLED,
    get_current_settings,
    load_profiles,
    save_profiles,
)
from prefect.settings.legacy import Setting

from flows.prefect_api import Say, configured_api

_PLUGIN = "crawl-and-dream"
_LEFT_ALONE = (
    "PREFECT_API_URL is set in the environment, so the Prefect profile is left alone: "
    f"where `prefect` is typed, set PREFECT_PLUGINS_ENABLED=true and "
    f"PREFECT_PLUGINS_ALLOW={_PLUGIN} too"
)


@contextmanager
def api_url_in_profile(url: str, say: Say) -> Iterator[None]:
    """The profile names this API inside the block, so that other terminals find it.

    A URL that the person set, in the profile or in the environment, stays as it is. A
    file beside Prefect's database remembers that the URL is ours, for the start after a
    kill.
    """
    if not _may_set():
        yield
        return
    _marker().parent.mkdir(parents=True, exist_ok=True)
    _marker().write_text(url)
    _update({PREFECT_API_URL: url})
    say(f"Prefect profile '{_name()}': PREFECT_API_URL is {url} until this ends")
    try:
        yield
    finally:
        _take_back(url, say)


def is_ours(url: str) -> bool:
    """Whether an earlier `crawl-and-dream serve` wrote this URL into the profile."""
    return _marker().exists() and _marker().read_text() == url


def in_profile(url: str) -> bool:
    """Whether the URL comes from the profile and not from the environment or a file."""
    return _stored().get("PREFECT_API_URL") == url


def switch_plugin_on(say: Say) -> None:
    """From now on every `prefect` command knows ours, from any folder. Idempotent.

    Where the environment names the API, the profile is left alone and `say` told so.
    """
    if "PREFECT_API_URL" in os.environ:
        say(_LEFT_ALONE)
        return
    stored = _stored()
    allowed = {
        name for name in stored.get("PREFECT_PLUGINS_ALLOW", "").split(",") if name
    }
    enabled = stored.get("PREFECT_PLUGINS_ENABLED", "").lower() in {"true", "1"}
    if enabled and (not allowed or _PLUGIN in allowed):
        return
    allow = ",".join(sorted(allowed | {_PLUGIN}))
    _update({PREFECT_PLUGINS_ENABLED: "true", PREFECT_PLUGINS_ALLOW: allow})
    say(f"Prefect profile '{_name()}': plugin {_PLUGIN} is switched on")


def _may_set() -> bool:
    configured = configured_api()
    return configured is None or (in_profile(configured) and is_ours(configured))


def _take_back(url: str, say: Say) -> None:
    if in_profile(url):
        _update({PREFECT_API_URL: None})
        say(f"Prefect profile '{_name()}': PREFECT_API_URL is unset again")
    _marker().unlink(missing_ok=True)


def _stored() -> dict[str, str]:
    profiles = load_profiles()
    name = _name()
    return profiles[name].to_environment_variables() if name in profiles.names else {}


def _update(settings: Mapping[Setting, str | None]) -> None:
    # Not `update_current_profile`: that restores what this process read at its start.
    profiles = load_profiles()
    profiles.update_profile(_name(), dict(settings))
    save_profiles(profiles)


def _name() -> str:
    return get_settings_context().profile.name


def _marker() -> Path:
    return get_current_settings().home / "crawl-and-dream-api-url"
