import inspect
import re

import pytest

from flows.main import crawl_and_dream
from flows.parameters import Parameters
from flows.prefect_plugin import translate

OURS = "crawl-and-dream/crawl-and-dream"
RUN = ["deployment", "run", "crawl-and-dream"]


def param(text):
    return ["--param", text]


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


@pytest.fixture
def our_help(capsys):
    with pytest.raises(SystemExit) as exit_:
        translate([*RUN, "--help"])
    assert exit_.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "translated"),
    [
        (["--keywords", "sunset beach"], param('keywords="sunset beach"')),
        (["--keywords", "42"], param('keywords="42"')),
        (["--keywords=-dash"], param('keywords="-dash"')),
        (["--keywords", 'a "b" = {1}'], param(r'keywords="a \"b\" = {1}"')),
        (
            ["--keywords", "a", "--max-images", "2"],
            [*param('keywords="a"'), *param("max_images=2")],
        ),
        (
            ["--keywords", "a", "--recipe", "flow", "--recipe", "dream"],
            [*param('keywords="a"'), *param('recipe=["flow", "dream"]')],
        ),
        (
            ["--keywords", "a", "--no-review"],
            [*param('keywords="a"'), *param("review=false")],
        ),
        (
            ["--keywords", "a", "--watch", "--tag", "nightly"],
            [*param('keywords="a"'), "--watch", "--tag", "nightly"],
        ),
        (["--about", "dunes at night"], param('about="dunes at night"')),
        (["-p", "keywords=x"], ["-p", "keywords=x"]),
        (["--params", '{"keywords": "x"}'], ["--params", '{"keywords": "x"}']),
    ],
    ids=" ".join,
)
def test_our_options_become_parameters(typed, translated):
    assert translate([*RUN, *typed]) == ["deployment", "run", OURS, *translated]


@pytest.mark.parametrize(
    "before",
    [
        ["deployments", "run", OURS],
        ["deployment", "run", "--watch", "crawl-and-dream"],
        ["--profile", "deployment", "--no-prompt", "deployment", "run", OURS],
    ],
    ids=" ".join,
)
def test_the_name_is_found_where_prefect_would_find_it(before):
    translated = translate([*before, "--keywords", "a"])

    assert translated == [*before[:-1], OURS, *param('keywords="a"')]


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["version"],
        ["deployment", "ls"],
        ["deployment", "run"],
        ["deployment", "run", "other", "--keywords", "x"],
        ["deployment", "run", "other", "--tag", "crawl-and-dream"],
        ["flow", "serve", "crawl-and-dream", "--keywords", "x"],
    ],
    ids=" ".join,
)
def test_every_other_command_is_left_alone(typed):
    assert translate(typed) == typed


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ([], "say what to look for"),
        (["--watch"], "say what to look for"),
        (["--keywords"], "expected one argument"),
        (["--keywords", ""], "--keywords ''"),
        (["--keywords", " , "], "name at least one keyword"),
        (["--keywords", "a", "--max-images", "many"], "--max-images 'many'"),
        (["--keywords", "a", "--licence-policy", "some"], "'derivatives-allowed'"),
        (["--keywords", "a", "--about", "b"], "give either --keywords or --about"),
        (["--about", "pictures please"], "no word of it says what to look for"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_misuse_is_one_line_with_the_reason(typed, reason, capsys):
    with pytest.raises(SystemExit) as exit_:
        translate([*RUN, *typed])

    said = capsys.readouterr().err
    assert exit_.value.code != 0
    assert reason in said
    assert said.count("\n") == 1


def test_the_keywords_of_a_sentence_are_shown_where_it_is_typed(capsys):
    translate([*RUN, "--about", "some dunes at night"])

    assert capsys.readouterr().err == "looking for: dunes, night\n"


def test_paths_are_meant_from_where_they_are_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/person")
    typed = ["--style", "a.jpg", "--recipe", "b.toml", "--source", "folder:~/c"]

    translated = translate([*RUN, "--keywords", "a", *typed])

    assert f'style=["{tmp_path}/a.jpg"]' in translated
    assert f'recipe=["{tmp_path}/b.toml"]' in translated
    assert 'source=["folder:/home/person/c"]' in translated


def test_every_parameter_is_an_option(our_help):
    fields = {"--" + name.replace("_", "-") for name in Parameters.model_fields}

    assert fields <= options_in(our_help)


def test_every_parameter_is_one_of_the_flow():
    taken = inspect.signature(crawl_and_dream.fn).parameters

    assert list(taken) == list(Parameters.model_fields)


def test_help_points_to_the_options_of_prefect(our_help):
    assert "prefect deployment run --help" in " ".join(our_help.split())


def test_no_option_is_named_like_one_of_prefect(our_help, home):
    theirs = options_in(home.prefect("deployment", "run", "--help").stdout)
    mentioned = options_in(our_help.partition("Prefect's own options")[2])

    ours = options_in(our_help) - mentioned - {"--help"}

    assert {"--watch", "--param"} <= theirs
    assert ours & theirs == set()
