"""What cannot be is one clear line and a non-zero exit, and nothing is half-written."""

import socket

import pytest

from db.engine import open_engine


@pytest.fixture
def nothing_listens() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-k", "x"], "source commons needs an e-mail address or a URL"),
        (["-k", ",", "-s", "folder:."], "name at least one keyword"),
        (["-k", "x", "-s", "ftp:a"], "unknown source 'ftp:a'"),
        (["-k", "x", "-s", "folder:/no/such"], "folder /no/such does not exist"),
        (["-k", "x", "-s", "folder:.", "-r", "flwo"], "did you mean 'flow'"),
        (["-k", "x", "-s", "folder:.", "-r", "style"], "name one with --style PICTURE"),
        (["-k", "x", "-s", "folder:.", "--style", "no.jpg"], "no.jpg: No such file"),
        (["-k", "x", "-s", "folder:.", "--device", "tpu"], "--device: "),
        (["-k", "x", "-s", "folder:.", "-n", "0"], "greater than or equal to 1"),
        (["-k", "x", "-s", "folder:.", "--licence-policy", "no"], "--licence-policy"),
    ],
    ids=[
        *("no-contact", "no-keyword", "unknown-source", "no-folder"),
        *("unknown-recipe", "no-style", "no-picture", "device", "count", "policy"),
    ],
)
def test_one_line_says_what_is_wrong(home, words: list[str], expected: str):
    typed = home.type("run", *words)

    assert typed.status != 0
    assert expected in typed.complaint
    assert "Traceback" not in typed.err + typed.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-s", "folder:."], "no image matched 'x' at folder:."),
        (["-s", "site:http://127.0.0.1/"], "allow it with --allow-host"),
    ],
    ids=["no-match", "private-address"],
)
def test_so_it_is_when_nothing_is_to_be_made(home, words: list[str], expected: str):
    typed = home.type("crawl", "-k", "x", *words)

    assert typed.status != 0
    assert expected in typed.complaint
    assert "Traceback" not in typed.err + typed.out


def test_a_command_without_its_option_shows_the_usage(home):
    typed = home.type("run")

    assert typed.status != 0
    assert "--keywords" in typed.err


def test_a_site_that_does_not_answer(home, nothing_listens: str):
    typed = home.type(
        *("crawl", "-k", "x", "-s", f"site:http://{nothing_listens}/"),
        *("--allow-host", nothing_listens),
    )

    assert typed.status == 1
    assert "does not answer" in typed.complaint


def test_a_database_that_is_not_migrated(home, photos):
    url = f"sqlite:///{home.folder}/old.sqlite"
    with open_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE something (id INTEGER)")
    wanted = ["crawl", "-k", "dunes", "-s", f"folder:{photos}"]

    typed = home.type(*wanted, CRAWL_AND_DREAM_DATABASE_URL=url)

    assert typed.status == 1
    assert "run `crawl-and-dream db upgrade`" in typed.complaint
    assert home.type("db", "upgrade", CRAWL_AND_DREAM_DATABASE_URL=url).status == 0
    assert home.type(*wanted, CRAWL_AND_DREAM_DATABASE_URL=url).status == 0


def test_a_store_that_cannot_be_written(home, wanted):
    # Root may write into a folder without rights; nobody may write into a file.
    (home.folder / "store").write_text("in the way")

    typed = home.type(*wanted, CRAWL_AND_DREAM_STORE_URL=str(home.folder / "store"))

    assert typed.status == 1
    assert "cannot be written" in typed.complaint
    assert not list((home.folder / "data").glob("gallery/*"))


def test_a_setting_that_is_wrong_is_named(home, wanted):
    typed = home.type(*wanted, CRAWL_AND_DREAM_BATCH_SIZE="many")

    assert typed.status == 1
    assert "CRAWL_AND_DREAM_BATCH_SIZE" in typed.complaint


def test_a_recipe_with_a_wrong_key_names_file_and_key(home, wanted, recipe):
    with open(recipe, "a") as file:  # noqa: PTH123  # appended to
        file.write("stepz = 3\n")

    typed = home.type(*wanted)

    assert typed.status == 1
    assert "quick.toml" in typed.complaint
    assert "stepz" in typed.complaint


def test_when_licences_forbid_everything_the_option_that_helps_is_named(home, photos):
    (photos / "dunes-east.json").write_text(
        '{"licence": "https://creativecommons.org/licenses/by-nd/4.0/"}'
    )
    words = ["crawl", "-k", "dunes east", "-s", f"folder:{photos}"]

    typed = home.type(*words)

    assert typed.status == 1
    assert "1 licence forbidden" in typed.complaint
    assert "--licence-policy any would queue 1" in typed.complaint
