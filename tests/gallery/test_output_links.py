"""What the page of an output leads to, on a server and on a disk."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from output_pages import Made, Page, links_of
from pictures import encoded, paint
from postgres import on_both
from rows import NOW, Rows
from sqlalchemy.orm import Session

from db.engine import writing
from gallery.links import Links
from gallery.output import facts
from gallery.site import Site
from gallery.static import StaticSite
from gallery.thumbnails import GRID_PX, thumbnail_path
from pipeline.search import Search
from pipeline.store import PICTURES, blob_path, digest_of

pytestmark = on_both


def test_other_recipes_of_the_picture_and_of_its_copies_are_beside_it(
    made: Made, make: Rows, session: Session
):
    output = made()
    other = make.output(
        make.job(make.recipe(name="mosaic"), asset_digest=output.asset_digest)
    )
    copy = make.asset(near_duplicate_of=output.asset_digest)
    of_copy = make.output(make.job(make.recipe(name="old"), asset_digest=copy.digest))

    found = facts(session, Links(), output.id)["of_same_picture"]

    assert {card.output_id for card in found} == {other.id, of_copy.id}


def test_at_most_twelve_other_pictures_of_the_recipe_are_beside_it(
    made: Made, make: Rows, session: Session
):
    output = made(seen={"keyword": "sand"})
    run = make.crawl_run()
    for _ in range(14):
        job = make.job(asset_digest=make.asset().digest)
        job.recipe_digest = output.recipe_digest
        make.sighting(session.get(type(make.asset()), job.asset_digest), run)
        make.output(job)

    told = facts(session, Links(), output.id)

    assert len(told["of_same_recipe"]) == 12
    assert output.id not in {card.output_id for card in told["of_same_recipe"]}


def test_outputs_without_a_page_are_not_linked(made: Made, session: Session):
    first, hidden, last = (
        made(created_at=NOW + timedelta(hours=at)) for at in range(3)
    )
    links = Links(up="../", is_static=True, outputs=frozenset({first.id, last.id}))

    told = facts(session, links, last.id)

    assert told["older"] == f"../outputs/{first.id}.html"
    assert str(hidden.id) not in {card.output_id for card in told["of_same_recipe"]}


def test_newer_and_older_outputs_are_one_step_away(made: Made, session: Session):
    old, output, new = (made(created_at=NOW + timedelta(hours=at)) for at in range(3))

    told = facts(session, Links(up="../"), output.id)

    assert told["newer"] == f"../outputs/{new.id}"
    assert told["older"] == f"../outputs/{old.id}"
    assert facts(session, Links(), new.id)["newer"] is None


def test_the_grid_is_linked_with_all_that_is_of_the_same_kind(made: Made, page: Page):
    found = links_of(page(made(run={"keyword": "low tide"}, recipe={"name": "a&b"})))

    assert "../?recipe=a%26b" in found
    assert "../?keyword=low+tide" in found
    assert "../?licence=cc-by-sa-4.0" in found


def test_the_grid_is_linked_with_all_of_the_title(made: Made, make: Rows, page: Page):
    output = made(seen={"title": "Low & calm"})
    make.output(make.job(asset_digest=output.asset_digest))

    assert "../?title=Low+%26+calm" in links_of(page(output))


@pytest.mark.parametrize("number", ["x", "1x", "-1", "0", "9" * 30, "9" * 5000])
def test_what_is_no_output_has_no_page(url: str, number: str):
    answer = httpx.get(f"{url}/outputs/{number}")

    assert answer.status_code == 404
    assert "There is no such" in answer.text


@pytest.fixture
def style(site: Site) -> str:
    """The digest of a picture in the recipe of the site's one output."""
    picture = encoded(paint(7))
    digest = digest_of(picture)
    site.store.put(blob_path(PICTURES, digest), picture)
    with writing(site.engine) as session:
        make = Rows(session)
        asset = make.asset()
        make.sighting(asset, make.crawl_run())
        recipe = make.recipe(body={"style": digest})
        make.output(make.job(recipe, asset_digest=asset.digest))
    return digest


def test_pictures_of_recipes_are_served(url: str, style: str):
    path = thumbnail_path(style, GRID_PX)

    answer = httpx.get(f"{url}/store/{path}")

    assert answer.headers["content-type"] == "image/webp"
    assert httpx.get(f"{url}/store/{path.replace(style, 'f' * 64)}").status_code == 404


def test_pictures_of_recipes_are_written(site: Site, folder: Path, style: str):
    StaticSite(site, folder).write(Search())

    assert (folder / "store" / thumbnail_path(style, GRID_PX)).is_file()
