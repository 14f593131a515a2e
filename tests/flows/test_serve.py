import os
import re
import signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from flows import automations
from flows.prefect_api import answers
from flows.serve import Nightly, ScheduleError, serve


@pytest.fixture
def something_else():
    """The URL of a program that is not Prefect."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_api_and_the_plugin_are_in_the_profile_while_it_serves(
    warm_home, start_serving
):
    serving = start_serving(warm_home)
    serving.wait_for()
    url = warm_home.api_url

    assert answers(url)
    assert 'PREFECT_PLUGINS_ALLOW = "crawl-and-dream"' in warm_home.profiles.read_text()

    second = start_serving(warm_home)
    second.wait_for()
    assert second.process.returncode == 1
    assert f"is being served already, at {url}" in second.said

    assert serving.end(signal.SIGINT) == 0
    assert warm_home.api_url is None
    assert not answers(url)


def test_after_a_kill_runs_go_on_and_the_next_start_tidies_up(
    warm_home, start_serving, wait_until
):
    killed = start_serving(warm_home)
    killed.wait_for()
    url = warm_home.api_url
    killed.end(signal.SIGKILL)

    wait_until(lambda: not answers(url))
    asked = warm_home.python(
        "-c", "from flows.prefect_api import usable_api; print(usable_api(print))"
    )
    assert asked.stdout.splitlines() == [
        f"Prefect's API at {url} is gone; this run uses one of its own",
        "None",
    ]

    again = start_serving(warm_home)
    again.wait_for()
    assert again.end() == 0
    assert warm_home.api_url is None


def test_a_run_under_way_ends_with_it(warm_home, start_serving, wait_until):
    serving = start_serving(warm_home)
    serving.wait_for()
    warm_home.prefect(
        "deployment", "run", "crawl-and-dream", "--keywords", "take your time"
    )
    serving.wait_for("got keywords='take your time'")
    pid = int(re.search(r"in process (\d+)", serving.said).group(1))

    assert serving.end() == 0
    wait_until(lambda: not is_alive(pid))


def test_somebody_elses_api_is_not_replaced(home, start_serving):
    home.set_profile("http://prefect.invalid/api")
    before = home.profiles.read_text()

    serving = start_serving(home)
    serving.wait_for()

    assert serving.process.returncode == 1
    assert serving.said.startswith("error: Prefect's API at http://prefect.invalid/api")
    assert serving.said.count("\n") == 1
    assert home.profiles.read_text() == before


def test_a_port_that_is_not_prefects_is_left_alone(home, start_serving, something_else):
    home.set_profile(something_else)

    serving = start_serving(home)
    serving.wait_for()

    assert serving.process.returncode == 1
    assert "its port is taken" in serving.said
    assert home.api_url == something_else


def test_an_api_of_the_environment_wins_and_the_profile_is_left_alone(
    home, served, start_serving
):
    serving = start_serving(home, PREFECT_API_URL=served.home.api_url)
    serving.wait_for()

    assert f"at {served.home.api_url}" in serving.said
    assert "the Prefect profile is left alone" in serving.said
    assert serving.end() == 0
    assert not home.profiles.exists()


@pytest.mark.parametrize(
    ("nightly", "reason"),
    [
        (Nightly(cron="at night"), "'at night' is no cron expression"),
        (Nightly(timezone="Mars/Base"), "there is no time zone 'Mars/Base'"),
    ],
    ids=["cron", "timezone"],
)
def test_a_schedule_that_cannot_be_is_refused(nightly, reason):
    with pytest.raises(ScheduleError, match=reason):
        serve(None, nightly=nightly, say=print)


def test_what_the_night_leaves_open_is_not_a_parameter():
    nightly = Nightly(keywords="dunes", budget_bytes=10**9)

    assert nightly.parameters() == {"keywords": "dunes", "budget_bytes": 10**9}


def test_the_automation_is_applied_once(served):
    url = served.home.api_url
    again = served.home.python(
        "-c", "import asyncio, flows.automations as a; asyncio.run(a.apply())"
    )

    assert again.returncode == 0, again.stderr
    found = httpx.post(f"{url}/automations/filter", json={}).json()
    assert [each["name"] for each in found] == [automations.NAME]
    [crash] = found[0]["actions"]
    assert (crash["type"], crash["state"]) == ("change-flow-run-state", "CRASHED")
    assert found[0]["trigger"]["within"] == automations.SILENCE_S
