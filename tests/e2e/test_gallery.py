"""`crawl-and-dream gallery` as a person uses it."""

import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from terminal import Home


@contextmanager
def looked_at(home: Home, *words: str) -> Iterator[tuple[str, object]]:
    """The address that the command names, and its process."""
    process = home.start("gallery", "--port", "0", *words)
    said = process.stderr.readline()
    try:
        yield re.search(r"http://\S+", said)[0], process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(home: Home, stop: signal.Signals):
    with looked_at(home) as (url, process):
        assert "No outputs yet" in httpx.get(url).text
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)

    assert process.returncode in (-stop, 128 + stop)
    assert (out, err) == ("", "")


def test_it_begins_with_what_is_searched_for(home: Home):
    with looked_at(home, "--recipe", "flow", "--keywords", "evening glow") as (url, _):
        assert url.endswith("/?keyword=evening+glow&recipe=flow")
        assert httpx.get(url).status_code == 200


def test_a_port_that_is_taken_is_a_line(home: Home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        typed = home.type("gallery", "--port", str(taken.getsockname()[1]))

    assert typed.status == 1
    assert "--port 0 takes any that is free" in typed.err
    assert "Traceback" not in typed.err


def test_pages_of_nothing_are_not_written(home: Home):
    typed = home.type("gallery", "--static", "pages")

    assert typed.status == 1
    assert "no results" in typed.err
    assert not (home.folder / "pages").exists()


def test_a_folder_of_others_is_left_alone(made: Home):
    (made.folder / "website").mkdir()
    (made.folder / "website" / "index.html").write_text("mine")

    typed = made.type("gallery", "--static", "website")

    assert typed.status == 1
    assert "has files of others" in typed.err
    assert (made.folder / "website" / "index.html").read_text() == "mine"


def test_pages_open_from_disk(made: Home):
    typed = made.type("gallery", "--static", "pages", "--recipe", "quick")

    assert typed.status == 0, typed.err
    assert (made.folder / "pages" / "index.html").read_text().count("<img") == 3


def test_runs_are_told(made: Home):
    typed = made.type("runs")

    assert typed.status == 0, typed.err
    assert "finished" in typed.out


def test_without_runs_it_is_said_how_to_begin(home: Home):
    typed = home.type("runs")

    assert typed.status == 1
    assert "no runs yet" in typed.err
