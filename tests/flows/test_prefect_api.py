import signal
import socket
import subprocess
import sys

import pytest

from flows.prefect_api import answers, free_port, is_loopback

RUN = """
import asyncio, sys
from flows.prefect_api import api_for_run, configured_api, quiet_environment
quiet_environment()
with api_for_run(print) as wait_for_api:
    from standin_flow import crawl_and_dream
    wait_for_api()
    print(configured_api(), flush=True)
    asyncio.run(crawl_and_dream(sys.argv[1]))
"""


@pytest.fixture
def running(warm_home):
    """A run with an API of its own that takes its time."""
    command = [sys.executable, "-c", RUN, "take your time"]
    with subprocess.Popen(
        command, env=warm_home.environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def test_a_run_without_an_api_brings_its_own_and_leaves_nothing(warm_home):
    ran = warm_home.python("-c", RUN, "dunes")

    assert ran.returncode == 0, ran.stderr
    assert not answers(ran.stdout.strip())
    assert ran.stderr == ""


def test_the_api_ends_with_a_run_that_was_killed(running, wait_until):
    url = running.stdout.readline().strip()
    assert answers(url)

    running.send_signal(signal.SIGKILL)

    wait_until(lambda: not answers(url))


def test_a_run_uses_the_api_that_is_there(home, served):
    ran = home.python("-c", RUN, "dunes", PREFECT_API_URL=served.home.api_url)

    assert ran.stdout.strip() == served.home.api_url
    assert answers(served.home.api_url)


def test_a_remote_api_that_is_gone_is_an_error_of_one_line(home):
    asked = home.python(
        "-c",
        "from flows.prefect_api import usable_api; usable_api(print)",
        PREFECT_API_URL="http://prefect.invalid/api",
    )

    assert "PrefectApiError: Prefect's API at http://prefect.invalid" in asked.stderr


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4200/api", True),
        ("http://localhost:4200/api", True),
        ("http://[::1]:4200/api", True),
        ("https://api.prefect.cloud/api", False),
        ("http://127.0.0.1.example.org/api", False),
    ],
)
def test_loopback_is_this_machine_only(url, expected):
    assert is_loopback(url) is expected


def test_a_taken_port_is_not_picked():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        assert free_port(taken.getsockname()[1]) != taken.getsockname()[1]
