"""The steps alone, and what a person asks afterwards."""

import csv
import io
import json
from pathlib import Path

from postgres import on_both
from random_weights import random_weights
from sqlalchemy import select, update

from db.appearance import Label
from db.engine import open_engine, reading, writing
from db.models import Takedown

pytestmark = on_both


def results(home, *words: str) -> list[dict]:
    return json.loads(home.type("results", *words, "--format", "json").out)


def test_crawl_then_process_makes_what_run_makes(home, photos, recipe):
    crawled = home.type("crawl", "-k", "dunes", "-s", f"folder:{photos}", "--json")
    processed = home.type("process", "-k", "dunes", "-r", recipe, "--json")

    assert json.loads(crawled.out)["usable"] == 3
    assert json.loads(crawled.out)["new_outputs"] == 0
    assert json.loads(processed.out)["new_outputs"] == 3


def test_review_stops_before_any_picture_and_process_goes_on(home, wanted):
    reviewed = home.type(*wanted, "--review")

    assert reviewed.status == 0, reviewed.err
    assert "3 jobs wait, about" in reviewed.err
    page = (home.folder / "data" / "gallery" / "review.html").read_text()
    assert page.count("<img") == 3
    assert not (home.folder / "data" / "store" / "outputs").exists()

    processed = home.type("process", "--json")
    assert json.loads(processed.out)["new_outputs"] == 3


def test_results_tell_everything_about_an_output(made):
    rows = results(made, "-k", "dunes")

    assert len(rows) == 3
    row = rows[0]
    assert row["source"] == f"folder:{made.folder / 'photos'}"
    assert row["source_url"].startswith("file://")
    assert row["licence"] == "own"
    assert row["recipe"] == "quick"
    assert row["library_versions"]["torch"]
    assert 0 < len(row["loss_history"]) <= 200
    assert (Path(made.folder) / "data" / "store" / row["path"]).exists()
    unanswered = {name for name, value in row.items() if value in (None, "")}
    unasked = {"page_url", "title", "alt", "caption", "author", "licence_url"}
    unasked |= {"attribution", "quality"}
    unasked |= {"camera", "taken_at", "latitude", "longitude"}
    assert unanswered <= unasked


def test_results_are_of_pictures_of_a_colour(made):
    rows = results(made)
    assert all(row["labels"] == [] and 0 < row["brightness"] < 1 for row in rows)
    shares = [{c["name"]: c["share"] for c in row["colours"]} for row in rows]
    commonest = max(shares[0], key=lambda name: shares[0][name])

    found = results(made, "--colour", commonest.upper())

    assert {row["path"] for row in found} == {
        row["path"]
        for row, share in zip(rows, shares, strict=True)
        if share.get(commonest, 0) >= 0.03
    }


def test_colours_and_labels_that_there_are_not_are_one_line(made):
    colour = made.type("results", "--colour", "mauve")
    label = made.type("results", "--label", "beach")
    with_refused = made.type("results", "--rejected", "--color", "gray")

    assert [typed.status for typed in (colour, label, with_refused)] == [1, 1, 1]
    assert "error: no colour is called 'mauve': use black, white, grey" in colour.err
    assert "no picture has a label yet" in label.err
    assert "--rejected is about images" in with_refused.err


def test_what_a_network_saw_is_a_way_to_results(home, wanted):
    weights = home.folder / "data" / "weights"
    weights.mkdir(parents=True)
    random_weights(weights, "squeezenet1_1", ["logits"])

    ran = home.type(*wanted, "--json")

    assert json.loads(ran.out)["seconds"]["label"] >= 0
    rows = results(home)
    assert [len(row["labels"]) for row in rows] == [5] * len(rows)
    engine = open_engine(home.database)
    with writing(engine) as session:
        session.execute(update(Label).where(Label.rank == 0).values(score=0.9))
    engine.dispose()
    best = rows[0]["labels"][0]["name"]
    found = results(home, "--label", best.upper())
    assert rows[0]["path"] in {row["path"] for row in found}
    unknown = home.type("results", "--label", f"{best[:-1]}x")
    assert unknown.status == 1
    assert f"did you mean {best}" in unknown.err.replace("\n", " ")


def test_results_as_csv_have_a_header_and_a_row_each(made):
    typed = made.type("results", "-k", "dunes", "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(typed.out)))
    assert len(rows) == 3
    assert rows[0]["keyword"] == "dunes"


def test_results_as_table_name_the_recipe(made):
    assert made.type("results").out.count("quick") == 3


def test_no_results_is_an_answer_and_not_a_success(made):
    typed = made.type("results", "-k", "nothing")

    assert typed.status == 1
    assert "no results" in typed.complaint


def test_what_is_forgotten_goes_and_never_comes_back(home, wanted):
    assert home.type(*wanted).status == 0
    row = results(home)[0]
    output = home.folder / "data" / "store" / row["path"]

    assert home.type("forget", row["digest"], "--yes").status == 0

    assert not output.exists()
    again = home.type("crawl", *wanted[1:5], "--json")
    assert json.loads(again.out)["rejected"] == {"forgotten": 1}
    assert len(results(home)) == 2


def test_a_url_is_forgotten_as_crawls_write_it(home):
    said = home.type("forget", "https://example.org/a beach.jpg#top", "--yes")

    assert said.status == 0
    engine = open_engine(home.database)
    with reading(engine) as session:
        values = session.scalars(select(Takedown.value)).all()
    engine.dispose()
    assert values == ["https://example.org/a%20beach.jpg"]


def test_forget_tells_what_would_go_and_asks_first(made):
    row = results(made)[0]

    tried = made.type("forget", row["digest"], "--dry-run")
    unanswered = made.type("forget", row["digest"][:12])

    assert row["asset_digest"] in tried.out
    assert row["path"] in unanswered.out
    assert unanswered.status != 0
    assert len(results(made)) == 3


def test_a_second_run_finds_nothing_new(made):
    words = ["-s", f"folder:{made.folder / 'photos'}", "-r", "quick.toml"]

    typed = made.type("run", "-k", "dunes", *words)

    assert typed.status == 0
    assert "nothing new to do: all 3 outputs are there" in typed.err


def test_a_style_picture_makes_jobs_of_its_own(home, photos):
    typed = home.type(
        *("run", "-k", "dunes east", "-s", f"folder:{photos}"),
        *("--style", str(photos / "forest.jpg")),
    )

    assert typed.status == 0, typed.err
    assert [row["recipe"] for row in results(home)] == ["style-forest"]


def test_the_output_format_is_an_option(home, wanted):
    typed = home.type(*wanted, "-n", "1", "--output-format", "webp")

    assert typed.status == 0, typed.err
    [row] = results(home)
    assert row["path"].endswith(".webp")
    assert row["media_type"] == "image/webp"


def test_recipes_are_listed_and_shown(home):
    listed = json.loads(home.type("recipes", "list", "--json").out)
    shown = json.loads(home.type("recipes", "show", "dream").out)

    assert {"dream", "flow", "gram", "shallow"} <= {one["name"] for one in listed}
    assert shown["algorithm"] == "deepdream"
    assert len(shown["digest"]) == 64


def test_doctor_finds_everything_well(made):
    typed = made.type("doctor", "--json")

    report = json.loads(typed.out)
    assert report["well"], report
    assert typed.status == 0
    assert report["settings"]["CRAWL_AND_DREAM_HOME"] == f"{made.folder}/data"


def test_doctor_says_which_sources_can_be_crawled_and_keeps_secrets(made):
    typed = made.type("doctor", "--json", CRAWL_AND_DREAM_FLICKR_KEY="se-cr-et")

    report = json.loads(typed.out)
    [sources] = [one for one in report["findings"] if one["what"] == "sources"]
    assert sources["told"] == "can be crawled: flickr, site, folder"
    assert "set CRAWL_AND_DREAM_CONTACT" in sources["cure"]
    assert report["settings"]["CRAWL_AND_DREAM_FLICKR_KEY"] == "(set)"
    assert "se-cr-et" not in typed.out


def test_doctor_says_what_is_wrong_and_how_to_mend_it(home):
    (home.folder / "store").write_text("in the way")

    typed = home.type("doctor", CRAWL_AND_DREAM_STORE_URL=str(home.folder / "store"))

    assert typed.status == 1
    assert "CRAWL_AND_DREAM_STORE_URL" in typed.out


def test_the_version_is_told(home):
    assert home.type("--version").out.startswith("crawl-and-dream 0.")
