"""Named queries: what became of the findings, and the `results` view."""

from operator import itemgetter

import pytest
from sqlalchemy.orm import Session

from db import looks, queries
from db.appearance import Label, Measurement, Swatch
from db.models import AssetState, Derivatives


def test_sift_puts_every_url_in_exactly_one_class(session: Session, make):
    run = make.crawl_run()
    original = make.asset()
    copy = make.asset(near_duplicate_of=original.digest)
    broken = make.asset(state=AssetState.REJECTED, reason="undecodable")
    make.sighting(original, run)
    make.sighting(original, run)
    make.sighting(copy, run)
    make.sighting(broken, run)
    make.sighting(None, run, reason="opted-out")

    sifted = queries.sift(session, [run.id])

    assert sifted == queries.Sifting(
        found=5,
        rejected={"undecodable": 1, "opted-out": 1},
        duplicates=1,
        near_duplicates=1,
        originals=1,
    )


def test_sift_counts_a_url_once_over_several_crawl_runs(session: Session, make):
    asset, first, second = make.asset(), make.crawl_run(), make.crawl_run()
    make.sighting(asset, first, url="https://example.org/a.jpg")
    make.sighting(asset, second, url="https://example.org/a.jpg")

    sifted = queries.sift(session, [first.id, second.id])

    assert (sifted.found, sifted.duplicates, sifted.originals) == (1, 0, 1)


def test_outputs_of_more_pictures_than_a_statement_may_name_are_counted(
    session: Session, make
):
    job = make.job()
    make.output(job)
    many = [f"x{number:063d}" for number in range(70_000)]

    counted = queries.output_count(
        session, [*many, job.asset_digest], [job.recipe_digest]
    )

    assert counted == 1


def test_results_tell_where_a_picture_is_from_and_how_it_was_made(
    session: Session, make
):
    run, asset = make.crawl_run(), make.asset()
    make.sighting(asset, run, Derivatives.ALLOWED, title="A dune", url="https://x/a")
    job = make.job(asset_digest=asset.digest)
    make.output(job, seconds=2.5)

    [row] = queries.results(session, keywords=["dunes"])

    assert row["title"] == "A dune"
    assert row["source_url"] == "https://x/a"
    assert row["licence"] == "allowed"
    assert row["recipe"] == "flow"
    assert row["seconds"] == 2.5
    assert row["loss_history"] == [1.0, 0.5]
    assert row["created_at"].tzinfo is not None


def test_results_are_filtered_by_keyword_and_recipe(session: Session, make):
    run, asset = make.crawl_run(), make.asset()
    make.sighting(asset, run)
    make.output(make.job(asset_digest=asset.digest))

    assert queries.results(session, keywords=["dunes"], recipe="flow")
    assert not queries.results(session, keywords=["forest"])
    assert not queries.results(session, recipe="dream")


def test_one_output_of_a_picture_seen_twice_is_one_result(session: Session, make):
    asset = make.asset()
    make.sighting(asset, make.crawl_run(), Derivatives.ALLOWED, Derivatives.ALLOWED)
    make.sighting(asset, make.crawl_run())
    make.output(make.job(asset_digest=asset.digest))

    assert len(queries.results(session)) == 1


def test_a_keyword_that_only_a_near_duplicate_was_seen_for_has_results(
    session: Session, make
):
    original, run = make.asset(), make.crawl_run(keyword="beach")
    copy = make.asset(near_duplicate_of=original.digest)
    make.sighting(original, make.crawl_run(), title="The original")
    make.sighting(copy, run, title="The copy")
    make.output(make.job(asset_digest=original.digest))

    [row] = queries.results(session, keywords=["beach"])

    assert row["title"] == "The copy"
    assert [r["title"] for r in queries.results(session, keywords=["dunes"])] == [
        "The original"
    ]


def test_what_was_made_before_a_better_picture_came_stays(session: Session, make):
    before, run = make.asset(), make.crawl_run()
    make.sighting(before, run, title="The small one")
    make.output(make.job(asset_digest=before.digest))
    better = make.asset()
    make.sighting(better, run, title="The large one")
    before.near_duplicate_of = better.digest
    session.flush()

    [row] = queries.results(session)

    assert row["asset_digest"] == before.digest
    assert row["title"] == "The large one"
    assert queries.results(session, keywords=["dunes"]) == [row]
    found = session.scalars(queries.found_by(["dunes"]))
    assert sorted(found) == [before.digest, better.digest]


def test_pace_is_seconds_and_bytes_per_pixel(session: Session, make):
    job = make.job(height=100, width=100)
    make.output(job, seconds=5.0, size_bytes=20_000)

    assert queries.pace(session) == {job.recipe_digest: (5.0 / 10_000, 2.0)}


def test_refusals_are_counted_by_keyword_source_and_reason(session: Session, make):
    dunes = make.crawl_run(stats={"pages_refused": {"robots": 2, "timeout": 5}})
    beach = make.crawl_run(keyword="beach", source="commons", stats={})
    broken = make.asset(state=AssetState.REJECTED, reason="undecodable")
    make.sighting(broken, dunes, url="https://x/broken")
    make.sighting(None, dunes, reason="opted-out", url="https://x/b")
    make.sighting(None, dunes, reason="opted-out", url="https://x/a")
    make.sighting(make.asset(), dunes)
    make.sighting(None, beach, reason="licence", url="https://x/c")

    told = itemgetter("keyword", "source", "what", "reason", "count", "example")
    counted = [told(row) for row in queries.refusals(session)]

    assert counted == [
        ("beach", "commons", "image", "licence", 1, "https://x/c"),
        ("dunes", "folder:x", "image", "opted-out", 2, "https://x/a"),
        ("dunes", "folder:x", "image", "undecodable", 1, "https://x/broken"),
        ("dunes", "folder:x", "page", "timeout", 5, None),
        ("dunes", "folder:x", "page", "robots", 2, None),
    ]


def test_a_refusal_is_told_as_it_was_last(session: Session, make):
    first = make.crawl_run(stats={"pages_refused": {"robots": 9}})
    last = make.crawl_run(stats={"pages_refused": {"robots": 1}})
    make.sighting(None, first, reason="timeout", url="https://x/came-later")
    make.sighting(make.asset(), last, url="https://x/came-later")
    make.sighting(None, first, reason="timeout", url="https://x/never-came")
    make.sighting(None, last, reason="http-error", url="https://x/never-came")

    [image, pages] = queries.refusals(session)

    assert (image["reason"], image["count"]) == ("http-error", 1)
    assert (pages["reason"], pages["count"]) == ("robots", 1)


def test_every_refused_image_is_a_row_that_says_where_it_was_seen(
    session: Session, make
):
    run = make.crawl_run(keyword="beach", source="site:https://x/")
    make.sighting(
        None, run, reason="robots", url="https://x/a", page_url="https://x/page"
    )
    make.sighting(None, make.crawl_run(), reason="robots")

    [row] = queries.refused_images(session, keywords=["beach"])

    assert row.pop("seen_at").tzinfo is not None
    assert row == {
        "url": "https://x/a",
        "page_url": "https://x/page",
        "source": "site:https://x/",
        "keyword": "beach",
        "reason": "robots",
    }
    assert len(queries.refused_images(session, limit=1)) == 1


@pytest.fixture
def shown(session: Session, make):
    """Outputs of three pictures by what they show: sunset, sea and wagon."""
    shows = {
        "sunset": ({"orange": 0.3, "black": 0.6}, {"seashore": 0.6, "sandbar": 0.2}),
        "sea": ({"blue": 0.9, "orange": 0.02}, {"seashore": 0.05, "sandbar": 0.7}),
        "wagon": ({"orange": 0.5}, {"beach wagon": 0.9}),
    }
    run = make.crawl_run()
    for title, (colours, labels) in shows.items():
        asset = make.asset()
        make.sighting(asset, run, title=title)
        make.output(make.job(asset_digest=asset.digest))
        for rank, (name, share) in enumerate(colours.items()):
            facts = {"colour": "#808080", "name": name, "share": share}
            session.add(Swatch(asset_digest=asset.digest, rank=rank, **facts))
        for rank, (name, score) in enumerate(labels.items()):
            of = {"weights_digest": "0" * 64, "backbone": "vgg19", "rank": rank}
            of |= {"name": name, "score": score}
            session.add(Label(asset_digest=asset.digest, **of))
    session.flush()


@pytest.mark.parametrize("listed", [1000, 0], ids=["few", "many"])
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"colour": "orange"}, ["wagon", "sunset"]),
        ({"colour": "pink"}, []),
        ({"labels": ["seashore"]}, ["sunset"]),
        ({"labels": ["seashore", "sandbar"]}, ["sea", "sunset"]),
        ({"labels": ["seashore", "sandbar"], "colour": "orange"}, ["sunset"]),
        ({"labels": ["beach wagon"], "keywords": ["dunes"]}, ["wagon"]),
        ({"labels": ["beach wagon"], "keywords": ["forest"]}, []),
        ({"colour": "orange", "recipe": "flow", "limit": 1}, ["wagon"]),
        ({"colour": "orange", "recipe": "dream"}, []),
    ],
)
def test_results_are_of_pictures_that_show_a_colour_and_a_thing(
    session: Session, shown, monkeypatch, listed: int, asked, expected: list[str]
):
    monkeypatch.setattr(looks, "LISTED", listed)

    found = queries.results(session, **asked)

    assert [row["title"] for row in found] == expected


@pytest.mark.parametrize(("limit", "sizes"), [(None, [1, 1, 1]), (2, [1, 1])])
def test_results_come_in_parts_until_the_limit(
    session: Session, shown, monkeypatch, limit: int | None, sizes: list[int]
):
    whole = queries.results(session, limit=limit)
    monkeypatch.setattr(queries, "LISTED", 1)

    found = list(queries.in_turn(session, [], limit=limit))

    assert [len(part) for part in found] == sizes
    assert [row for part in found for row in part] == whole


def test_label_names_are_told_once_each(session: Session, shown):
    assert looks.label_names(session) == ["beach wagon", "sandbar", "seashore"]


def test_no_labels_have_no_names(session: Session):
    assert looks.label_names(session) == []


def test_all_that_is_known_of_how_a_picture_looks_is_told(session: Session, shown):
    rows = queries.results(session)
    digest = rows[-1]["asset_digest"]
    numbers = {"brightness": 0.4, "sharpness": 0.1, "aspect": 1.5}
    session.add(Measurement(asset_digest=digest, **numbers))

    told = looks.told(session, [row["asset_digest"] for row in rows] + ["f" * 64])

    assert told[digest] == numbers | {
        "colours": [
            {"colour": "#808080", "name": "orange", "share": 0.3},
            {"colour": "#808080", "name": "black", "share": 0.6},
        ],
        "labels": [
            {"backbone": "vgg19", "name": "seashore", "score": 0.6},
            {"backbone": "vgg19", "name": "sandbar", "score": 0.2},
        ],
        "camera": None,
        "taken_at": None,
        "latitude": None,
        "longitude": None,
    }
    assert len(told) == 4
    assert told["f" * 64]["colours"] == []
    assert all(set(one) == set(looks.NAMES) for one in told.values())
