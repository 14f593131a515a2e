"""The page of recipes: settings that people read, and samples."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from gallery_site import add_outputs
from lxml import html
from output_pages import output_of
from postgres import on_both
from rows import NOW, Rows
from sqlalchemy.orm import Session

from db import recipes as queries
from db.engine import writing
from gallery import recipes
from gallery.links import Links
from gallery.recipes import facts
from gallery.site import Site, render

pytestmark = on_both

HOSTILE = '"><script>alert(1)</script>'
BODY = {"seed": 0, "steps": 10, "octaves": 5, "smoothing": 1.0, "step_size": 0.02}


def text(page: str, path: str = "//main") -> str:
    return " ".join("".join(html.fromstring(page).xpath(f"string({path})")).split())


def page_of(session: Session, links: Links | None = None, **asked: Any) -> str:
    links = links or Links()
    return render("recipes.html", links, **facts(session, links, **asked))


def summaries(page: str) -> list[str]:
    count = len(html.fromstring(page).xpath("//summary"))
    return [text(page, f"(//summary)[{place + 1}]") for place in range(count)]


def test_an_empty_database_says_how_to_begin(session: Session):
    assert "No recipes yet" in page_of(session)


def test_a_recipe_has_its_settings_and_its_newest_outputs(url: str, site: Site):
    ids = add_outputs(site, 10)

    page = httpx.get(f"{url}/recipes").text

    shown = html.fromstring(page).xpath("//section//li/a/@href")
    assert shown == [f"outputs/{one}" for one in ids[:8]]
    assert "patch-transfer on pyramid 256 px 10 outputs" in text(page)
    assert html.fromstring(page).xpath("//section//p/a/@href") == ["./?recipe=flow"]


def test_a_recipe_that_made_nothing_yet_is_there(session: Session, make: Rows):
    make.job()

    page = page_of(session)

    assert "no outputs" in text(page)
    assert html.fromstring(page).xpath("//section//a") == []


def test_one_recipe_is_told_by_what_matters(session: Session, make: Rows):
    make.recipe(body=BODY)

    assert summaries(page_of(session)) == ["Version 1 octaves 5 steps 10"]


def test_recipes_of_one_name_are_told_by_what_differs(session: Session, make: Rows):
    make.recipe(body=BODY)
    later = {"created_at": NOW + timedelta(days=1), "version": 2, "backbone": "vgg16"}
    make.recipe(body=BODY | {"step_size": 0.5, "seed": 7}, **later)

    assert summaries(page_of(session)) == [
        "Version 2 since 2026-05-18 21:04 seed 7 step size 0.5 no outputs",
        "Version 1 since 2026-05-17 21:04 on pyramid seed 0 step size 0.02 no outputs",
    ]


def test_a_dream_is_told_by_what_it_is_to_see(session: Session, make: Rows):
    goals = [{"kind": "class", "name": "eye"}, {"kind": "layer", "layer": "relu3_1"}]
    make.recipe(body={"objectives": {"pyramid": goals, "vgg16": []}})

    assert summaries(page_of(session)) == ["Version 1 more of eye, relu3_1"]


def test_a_style_is_shown(session: Session, make: Rows):
    make.recipe(body={"style": "a" * 64})

    [image] = html.fromstring(page_of(session)).xpath("//details//img")

    assert image.get("src") == f"store/thumbnails/aa/{'a' * 64}-640.webp"
    assert image.get("alt") == "The picture that the recipe flow has as style"


def test_many_outputs_are_not_counted(
    session: Session, make: Rows, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queries, "MOST_COUNTED", 2)
    made = [output_of(make, session, asset={"digest": f"{n}" * 64}) for n in (1, 2, 3)]
    for output in made:
        output.recipe_digest = made[0].recipe_digest
    session.flush()

    assert "more than 2 outputs" in text(page_of(session))


def test_of_many_with_one_name_the_newest_are_told(session: Session, make: Rows):
    for _ in range(recipes.MOST_VERSIONS + 2):
        make.recipe()

    page = page_of(session)

    assert len(summaries(page)) == recipes.MOST_VERSIONS
    assert "And 2 older with other settings." in text(page)


def test_all_come_part_by_part(site: Site, url: str):
    names = sorted(f"recipe & {number}" for number in range(recipes.AT_ONCE + 3))
    with writing(site.engine) as session:
        for name in names:
            Rows(session).recipe(name=name, digest=f"{names.index(name):064x}")

    first = html.fromstring(httpx.get(f"{url}/recipes").text)
    [more] = first.xpath("//p[@class='more']/a/@href")
    rest = html.fromstring(httpx.get(f"{url}/{more}").text)

    assert [*first.xpath("//h2/text()"), *rest.xpath("//h2/text()")] == names
    assert rest.xpath("//p[@class='more']") == []


@pytest.mark.parametrize("after", ["x" * 101, "a\0b"])
def test_a_place_that_means_nothing_is_told_in_a_line(url: str, after: str):
    answer = httpx.get(f"{url}/recipes", params={"after": after})

    assert answer.status_code == 400
    assert "No recipe can have such a name" in answer.text


def test_words_of_strangers_are_words(session: Session, make: Rows):
    recipe = {"name": HOSTILE, "body": {"start": HOSTILE}}
    output_of(make, session, recipe=recipe, seen={"title": HOSTILE})

    page = page_of(session)

    assert "<script>alert" not in page
    assert text(page, "//h2") == HOSTILE


def test_only_outputs_with_a_page_are_samples(session: Session, make: Rows):
    outputs = [output_of(make, session) for _ in range(2)]
    chosen = Links(is_static=True, outputs=frozenset({outputs[0].id}))

    shown = html.fromstring(page_of(session, chosen)).xpath("//section//li/a/@href")

    assert shown == [f"outputs/{outputs[0].id}.html"]
