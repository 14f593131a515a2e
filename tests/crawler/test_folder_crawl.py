"""Crawling a folder: names, sidecars and links, through the same process as sites."""

import json

import pytest
from crawls import last_run, sightings
from packets import xmp
from pictures import encoded, paint
from PIL import Image
from website import JPEG, PNG

from db.models import CrawlState, Derivatives


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def crawl_folder(folder, crawl):
    def crawl_folder(*options, **kwargs):
        kwargs.setdefault("keyword", "evening glow")
        return crawl(f"folder:{folder}", *options, **kwargs)

    return crawl_folder


def names(session):
    return {path.rpartition("/")[2]: row for path, row in sightings(session).items()}


def claims(session):
    return {
        name: [(c.licence, c.author, c.claimed_in) for c in row.claims]
        for name, row in names(session).items()
    }


def test_pictures_match_by_name_folder_title_and_not_by_chance(
    folder, crawl_folder, session
):
    (folder / "glow").mkdir()
    (folder / ".hidden").mkdir()
    (folder / "EveningGlow.jpg").write_bytes(JPEG)
    (folder / "glow" / "evening_2.PNG").write_bytes(PNG)
    (folder / "evening-glow").write_bytes(JPEG)
    (folder / "IMG_1.jpg").write_bytes(JPEG + b"1")
    (folder / "IMG_1.json").write_text('{"title": "An evening, all aglow"}')
    (folder / "IMG_2.jpg").write_bytes(JPEG + b"2")
    (folder / "IMG_2.jpg.json").write_text('{"title": "Evening glow"}')
    (folder / "evening glow.txt").write_text("no picture")
    (folder / ".hidden" / "evening glow.jpg").write_bytes(JPEG)

    crawled = crawl_folder()

    assert crawled.exit_status == 0, crawled.stderr
    found = {"EveningGlow.jpg", "evening_2.PNG", "evening-glow", "IMG_2.jpg"}
    assert set(names(session)) == found
    assert crawled.stats["images_seen"] == 5
    assert crawled.stats["not_matching"] == 1
    assert names(session)["EveningGlow.jpg"].matched == {
        "file_name": ["evening", "glow"]
    }
    assert last_run(session).state is CrawlState.FINISHED


def test_claims_come_from_sidecars_and_the_person_vouches_for_the_rest(
    folder, crawl_folder, session
):
    kde = folder / "Glow" / "contents"
    kde.mkdir(parents=True)
    metadata = {
        "KPlugin": {
            "Authors": [{"Name": "Ada"}, {"Name": "Bo"}],
            "License": "LGPLv3",
            "Name": "Evening Glow",
        }
    }
    (kde.parent / "metadata.json").write_text(json.dumps(metadata))
    (folder / "photos.csv").write_text(
        "file,title,author,licence,note\n"
        "a.jpg,Evening glow,Risto Saukonpää,CC BY-ND 4.0,x\n"
    )
    (folder / "evening glow 2.jpg.json").write_text(
        '{"license": "CC0", "artist": "Cy"}'
    )
    (folder / "evening glow 3.json").write_text("{broken")
    picture = [
        "a.jpg",
        "evening glow 2.jpg",
        "evening glow 3.jpg",
        "evening glow 4.jpg",
    ]
    for name in (*picture, "Glow/contents/1920x1080.jpg"):
        (folder / name).write_bytes(JPEG + name.encode())

    crawl_folder()

    assert claims(session) == {
        "a.jpg": [("cc-by-nd-4.0", "Risto Saukonpää", "photos.csv")],
        "evening%20glow%202.jpg": [("cc0-1.0", "Cy", "evening glow 2.jpg.json")],
        "evening%20glow%203.jpg": [
            ("other", None, "evening glow 3.json, which cannot be read")
        ],
        "evening%20glow%204.jpg": [("own", None, "folder")],
        "1920x1080.jpg": [("lgpl-3.0", "Ada; Bo", "metadata.json")],
    }
    assert names(session)["1920x1080.jpg"].title == "Evening Glow"
    own = names(session)["evening%20glow%204.jpg"].claims[0]
    assert own.derivatives is Derivatives.ALLOWED


def test_files_speak_for_themselves_and_sidecars_do_not_outvote_them(
    folder, crawl_folder, session
):
    titled = xmp(
        "<dc:title>Evening glow</dc:title><dc:creator>Ada</dc:creator>"
        "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>"
        "<cc:license rdf:resource='https://creativecommons.org/licenses/by-sa/4.0/'/>"
    )
    noticed = Image.Exif()
    noticed[0x8298] = "(c) 2020 Bo"
    clouds = [paint(seed, (32, 32)) for seed in range(3)]
    (folder / "1.jpg").write_bytes(encoded(clouds[0], xmp=titled.encode()))
    (folder / "evening glow 2.png").write_bytes(
        encoded(clouds[1], "PNG", exif=noticed.tobytes())
    )
    (folder / "evening glow 2.json").write_text('{"licence": "CC BY 4.0"}')
    (folder / "evening glow 3.webp").write_bytes(encoded(clouds[2], "WEBP"))
    (folder / "evening glow 3.json").write_text('{"author": "Cy"}')

    crawled = crawl_folder("--max-images", "9")

    assert crawled.exit_status == 0, crawled.stderr
    assert claims(session) == {
        "1.jpg": [("cc-by-sa-4.0", "Ada", "XMP cc:license")],
        "evening%20glow%202.png": [
            ("cc-by-4.0", None, "evening glow 2.json"),
            ("all-rights-reserved", None, "EXIF Copyright"),
        ],
        "evening%20glow%203.webp": [("own", "Cy", "folder")],
    }
    [claim] = names(session)["1.jpg"].claims
    assert claim.share_alike
    assert claim.attribution == (
        '"Evening glow" by Ada, licensed under CC BY-SA 4.0 '
        "(https://creativecommons.org/licenses/by-sa/4.0/)"
    )
    [own] = names(session)["evening%20glow%203.webp"].claims
    assert own.attribution == "Image by Cy"
    usable = [event["usable"] for event in crawled.events if event["event"] == "image"]
    assert sorted(usable) == [False, True, True]


def test_links_do_not_lead_out_of_the_folder(folder, crawl_folder, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "evening glow.jpg").write_bytes(JPEG)
    (folder / "evening glow link.jpg").symlink_to(secret / "evening glow.jpg")
    (folder / "linked").symlink_to(secret)
    (folder / "evening glow loop").symlink_to(folder)

    crawled = crawl_folder()

    assert crawled.outcomes == {}
    assert crawled.stats["images_seen"] == 0


def test_files_that_are_no_pictures_or_too_large_are_refused(folder, crawl_folder):
    (folder / "evening glow 1.jpg").write_text("<html>")
    (folder / "evening glow 2.jpg").write_bytes(JPEG + bytes(2000))

    crawled = crawl_folder(CRAWL_AND_DREAM_MAX_IMAGE_BYTES="1000")

    assert crawled.stats["refused"] == {"not-an-image": 1, "too-large": 1}


def test_a_changed_file_is_kept_anew_and_an_unchanged_one_is_known(
    folder, crawl_folder, session
):
    (folder / "evening glow 1.jpg").write_bytes(JPEG + b"1")
    (folder / "evening glow 2.jpg").write_bytes(JPEG + b"2")
    crawl_folder()
    (folder / "evening glow 2.jpg").write_bytes(JPEG + b"changed")

    crawled = crawl_folder()

    assert list(crawled.outcomes.values()) == ["known", "kept"]


def test_a_home_folder_and_limits(folder, crawl, session):
    for number in range(5):
        (folder / f"evening glow {number}.jpg").write_bytes(JPEG + bytes([number]))

    crawled = crawl(
        "folder:~/pictures",
        *("--max-images", "2"),
        keyword="evening glow",
        HOME=str(folder.parent),
    )

    assert crawled.stats["kept"] == 2
    assert crawled.stats["finish_reason"] == "max-images"


def test_a_crawl_that_has_enough_ends_while_the_folder_is_still_read(
    folder, crawl_folder, session
):
    for number in range(200):
        (folder / f"evening glow {number}.png").write_bytes(PNG)

    for _ in range(2):
        crawled = crawl_folder(CRAWL_AND_DREAM_MAX_IMAGES="1")

        assert crawled.exit_status == 0, crawled.stderr
        assert last_run(session).state == CrawlState.FINISHED
