"""`prefect deployment run crawl-and-dream …` typed as is, in a folder of no project."""

import re

import httpx
import pytest

LITERAL = ("deployment", "run", "crawl-and-dream")
LATER = ("--start-in", "1 hour")


def created_run(served, typed):
    uuid = re.search(r"UUID: (\S+)", typed.stdout).group(1)
    answer = httpx.get(f"{served.home.api_url}/flow_runs/{uuid}", trust_env=False)
    return answer.raise_for_status().json()


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        (["--keywords", "sunset beach"], {"keywords": "sunset beach"}),
        (
            ["--keywords", 'say "hi" = {42} ünï 日本'],
            {"keywords": 'say "hi" = {42} ünï 日本'},
        ),
        (
            ["--keywords=-dash", "--max-images", "2", "--review"],
            {"keywords": "-dash", "max_images": 2, "review": True},
        ),
        (
            ["--keywords", "42", "--source", "site:http://a/", "--source", "site:b"],
            {"keywords": "42", "source": ["site:http://a/", "site:b"]},
        ),
        (["--about", "some dunes, it's night"], {"about": "some dunes, it's night"}),
        (["-p", "keywords=dunes"], {"keywords": "dunes"}),
    ],
    ids=["phrase", "punctuation", "dash", "list", "sentence", "plugin-free"],
)
def test_what_is_typed_arrives_as_typed(served, options, parameters):
    typed = served.home.prefect(*LITERAL, *options, *LATER, "--tag", "typed")

    assert typed.returncode == 0, typed.stderr
    run = created_run(served, typed)
    assert run["parameters"] == parameters
    assert run["tags"] == ["typed"]


def test_the_run_is_watched_to_its_end(served):
    typed = served.home.prefect(*LITERAL, "--keywords", "evening glow", "--watch")

    assert typed.returncode == 0, typed.stderr
    assert created_run(served, typed)["state_name"] == "Completed"
    assert "got keywords='evening glow'" in served.said


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (LITERAL, "say what to look for"),
        ((*LITERAL, "--keywords", "a", "--max-images", "many"), "--max-images 'many'"),
        ((*LITERAL, "--keywords", "sunset", "beach"), "beach"),
        ((*LITERAL, "-p", "keywords=x", "--nope", "3"), "--nope"),
        (("deployment", "run", "other/other", "--keywords", "x"), "--keywords"),
    ],
    ids=["nothing", "no number", "unquoted", "unknown", "not ours"],
)
def test_misuse_is_said_without_a_traceback(served, typed, reason):
    answer = served.home.prefect(*typed)

    assert answer.returncode != 0
    assert reason in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stdout + answer.stderr


def test_a_dead_api_is_an_error(served):
    dead = {"PREFECT_API_URL": "http://127.0.0.1:9/api"}

    answer = served.home.prefect(*LITERAL, "--keywords", "a", **dead)

    assert answer.returncode != 0


def test_without_the_plugin_the_documented_form_still_works(served):
    answer = served.home.prefect(
        "deployment",
        "run",
        "crawl-and-dream/crawl-and-dream",
        "--param",
        "keywords=sunset beach",
        *LATER,
        PREFECT_PLUGINS_ENABLED="false",
    )

    assert created_run(served, answer)["parameters"] == {"keywords": "sunset beach"}
