"""The page of an output: complete, and harmless whatever the web wrote."""

import pytest
from lxml import html
from output_pages import BY_SA, PAGE, Made, Page, links_of, text_of
from postgres import on_both
from rows import Rows
from sqlalchemy.orm import Session

from db.appearance import Exif, Label, Swatch
from gallery.errors import NoSuchPageError
from gallery.links import Links
from gallery.output import facts

pytestmark = on_both

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7 * 7 }}"
HOME = "/home/ada/pictures"


def test_what_strangers_wrote_is_no_markup(made: Made, page: Page, session: Session):
    words = dict.fromkeys(("title", "alt", "caption"), HOSTILE)
    output = made(
        run={"keyword": HOSTILE, "about": HOSTILE, "source": f"site:{HOSTILE}"},
        seen=words | {"page_url": f"https://example.org/{HOSTILE}"},
        claim={"author": HOSTILE, "claimed_in": HOSTILE, "attribution": HOSTILE},
        recipe={
            "name": HOSTILE[:100],
            "body": {HOSTILE: HOSTILE, "n": [{"k": HOSTILE}]},
        },
        device=HOSTILE,
        library_versions={HOSTILE: HOSTILE},
    )
    digest = output.asset_digest
    session.add(
        Label(
            asset_digest=digest,
            weights_digest="0" * 64,
            rank=0,
            backbone="x",
            name=HOSTILE,
            score=0.9,
        )
    )
    session.add(Exif(asset_digest=digest, camera=HOSTILE))

    root = html.fromstring(page(output))

    assert [one.get("src") for one in root.iter("script")] == ["../web/output.js"]
    assert not root.xpath(
        "//@style | //@*[starts-with(name(), 'on')] | //img[@src='x']"
    )
    assert root.text_content().count("<script>alert(1)</script>") > 8
    assert "49" not in root.xpath("string(//h1)")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "http://[oops", "//evil.example"]
)
def test_only_web_addresses_are_links(made: Made, page: Page, url: str):
    output = made(
        seen={"page_url": url, "url": url}, claim={"licence": "other", "url": url}
    )

    assert url not in links_of(page(output))


def test_no_path_of_this_machine_is_told(made: Made, page: Page):
    output = made(
        run={"source": f"folder:{HOME}", "settings": {"root": HOME}},
        seen={"url": f"file://{HOME}/low%20tide.jpg", "page_url": None},
        claim={"licence": "own", "url": f"file://{HOME}/licence.txt"},
        worker="adas-laptop/4711",
    )

    text = page(output)

    assert "Seen in a folder" in text_of(text, "//*[@class='tree']")
    assert not any(secret in text for secret in (HOME, "file:", "adas-laptop", "4711"))


def test_names_and_passwords_of_a_source_are_not_told(made: Made, page: Page):
    secret = "https://ada:secret@example.org/"
    output = made(run={"source": f"site:{secret}"}, seen={"page_url": secret})

    text = page(output)

    assert "secret" not in text
    assert "site:https://example.org/" in text


def test_where_a_picture_was_taken_and_who_opted_out_is_not_told(
    made: Made, page: Page, session: Session
):
    output = made(seen={"opt_outs": [{"signal": "noai"}]})
    session.add(
        Exif(
            asset_digest=output.asset_digest,
            camera="Box",
            latitude=51.5,
            longitude=7.25,
        )
    )

    text = page(output)

    assert "Box" in text
    assert not any(secret in text for secret in ("51.5", "7.25", "noai"))


def test_the_original_is_credited_as_its_licence_demands(made: Made, page: Page):
    output = made(claim={"share_alike": True})

    text = page(output)

    about = text_of(text, "//*[@class='about']")
    assert "by Ada · CC BY-SA 4.0 · " in about
    assert "Changed: stylized by crawl-and-dream with recipe flow." in about
    assert "This output is under the same terms: CC BY-SA 4.0." in about
    assert {PAGE, BY_SA} <= set(links_of(text))


def test_a_picture_without_a_licence_is_said_to_have_none(made: Made, page: Page):
    text = page(made(claim={"licence": "unstated", "url": None, "author": None}))

    assert "No licence is known" in text_of(text, "//*[@class='about']")


def test_original_and_output_have_words_for_who_does_not_see_them(
    made: Made, page: Page
):
    root = html.fromstring(page(made(seen={"alt": "Wet sand at dusk"})))

    assert root.xpath("//*[@class='compare']//img/@alt") == [
        "The original: Wet sand at dusk",
        "Low tide, after the recipe flow",
    ]


def test_an_original_that_cannot_be_decoded_is_not_shown(made: Made, page: Page):
    root = html.fromstring(page(made(asset={"height": None, "width": None})))

    assert len(root.xpath("//*[@class='compare']//img")) == 1


@pytest.mark.parametrize("losses", [[], [1.0]])
def test_without_a_history_there_is_no_plot(
    made: Made, page: Page, losses: list[float]
):
    assert "polyline" not in page(made(loss_history=losses))


def test_the_plot_says_where_the_loss_begins_and_ends(made: Made, page: Page):
    root = html.fromstring(page(made(loss_history=[8.0, 2.5, 4.0])))

    [label] = root.xpath("//svg[.//polyline]/@aria-label")
    assert label == "The loss, from 8 at the start to 4 at the end"
    assert root.xpath("//polyline/@points") == ["0.0,4.0 300.0,156.0 600.0,114.5"]


def test_every_setting_of_the_recipe_is_told(made: Made, page: Page):
    body = {
        "coarsest_px": 96,
        "layers": {"vgg19": {"style": {"relu1_1": 0.5}}},
        "x": None,
    }
    body |= {"objectives": [{"kind": "class", "name": "eye", "weight": 1.0}]}

    root = html.fromstring(page(made(recipe={"body": body})))
    table = " ".join(" ".join(root.xpath("//table//text()")).split())

    assert "coarsest (px) 96" in table
    assert "layers vgg19 style relu1 1 0.5" in table
    assert "kind class, name eye, weight 1" in table
    assert "None" not in table


def test_pictures_that_the_recipe_names_are_shown(made: Made, page: Page):
    root = html.fromstring(page(made(recipe={"body": {"style": "ab" * 32}})))

    [src] = root.xpath("//table//img/@src")
    assert src == f"../store/thumbnails/ab/{'ab' * 32}-640.webp"


def test_only_a_colour_paints_a_swatch(made: Made, page: Page, session: Session):
    output = made()
    for rank, colour in enumerate(["#aabbcc", "url(#)", "#12345"]):
        session.add(
            Swatch(
                asset_digest=output.asset_digest,
                rank=rank,
                colour=colour,
                name="blue",
                share=0.5,
            )
        )

    assert html.fromstring(page(output)).xpath("//rect/@fill") == ["#aabbcc"]


def test_the_tree_leads_to_whoever_saw_the_original(
    made: Made, page: Page, make: Rows, session: Session
):
    output = made(run={"about": "dunes at dusk", "flow_run_id": "flow-1"})
    copy = make.asset(near_duplicate_of=output.asset_digest)
    make.sighting(copy, make.crawl_run(), page_url="https://example.net/copy")

    tree = text_of(page(output), "//*[@class='tree']")

    known = "This output", "Made alone", "Recipe flow, version 1", "Weights of pyramid"
    known += "Original", "Seen at example.org", "Licence CC BY-SA 4.0", "Crawl run"
    known += "dunes at dusk", "flow-1", "Near-duplicate", "example.net"
    assert [one for one in known if one not in tree] == []


def test_of_many_sightings_the_first_are_told(
    made: Made, page: Page, make: Rows, session: Session
):
    output = made()
    original = session.get_one(type(make.asset()), output.asset_digest)
    for _ in range(24):
        make.sighting(original, make.crawl_run())

    assert "And 5 more sightings" in text_of(page(output), "//*[@class='tree']")


def test_the_commands_that_make_it_again_are_told(made: Made, page: Page):
    output = made(batch_size=4)

    told = text_of(page(output), "//*[@class='again']")

    assert f"crawl-and-dream reproduce {output.digest[:12]}" in told
    assert f"crawl-and-dream show {output.digest[:12]} --parts again-" in told
    assert "--recipe again-" in told
    assert "made in a batch of 4" in told


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Été à la plage!", "ete-a-la-plage-flow"),
        ("../../etc/passwd", "etc-passwd-flow"),
        ("砂丘", "flow"),
        ("a" * 500, f"{'a' * 60}-flow"),
    ],
)
def test_a_download_has_a_name_that_every_disk_takes(
    made: Made, page: Page, title: str, name: str
):
    output = made(seen={"title": title})
    [link] = html.fromstring(page(output)).xpath("//a[@download]")

    assert link.get("download") == f"{name}-{output.digest[:12]}.png"
    assert link.get("href") == f"../store/{output.path}"


@pytest.mark.parametrize("number", [0, -1, 999, 10**30])
def test_of_a_number_that_no_output_has_there_is_no_page(session: Session, number: int):
    with pytest.raises(NoSuchPageError):
        facts(session, Links(), number)


def test_an_output_whose_original_nobody_saw_has_a_page(make: Rows, page: Page):
    output = make.output(make.job())

    assert text_of(page(output), "//h1") == f"Output {output.digest[:12]}"
