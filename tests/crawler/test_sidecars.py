import pytest
from packets import xmp

from crawler.descriptions import Description, merged
from crawler.sidecars import Sidecars
from db.models import Derivatives


@pytest.fixture
def said(tmp_path):
    """What is said of `a.jpg` in a folder, once files were written beside it."""

    def said(**files):
        for name, content in files.items():
            file = tmp_path / name.replace("__", ".")
            encoded = content if isinstance(content, bytes) else content.encode()
            file.write_bytes(encoded)
        return Sidecars(tmp_path).of(tmp_path / "a.jpg")

    return said


@pytest.fixture
def claims(said):
    def claims(**files):
        found = said(**files)
        return [claim for one in found for claim in one.claims(merged(found))]

    return claims


@pytest.fixture
def claim(claims):
    """The one claim there is, or None."""

    def claim(**files):
        found = claims(**files)
        assert len(found) < 2
        return found[0] if found else None

    return claim


ND = "CC BY-ND 4.0"


@pytest.mark.parametrize(
    "table",
    [
        f"File,Licence\na.jpg,{ND}\n",
        f"FILE,License\na.jpg,{ND}\n",
        f"file,Licence name\na.jpg,{ND}\n",
        "file,Licence URL\na.jpg,https://creativecommons.org/licenses/by-nd/4.0/\n",
        f"file;title;licence\na.jpg;Sea, sun, sand;{ND}\nb.jpg;Sea, rain, mud;CC0\n",
        f"file\tlicence\na.jpg\t{ND}\n",
        f"file|licence\na.jpg|{ND}\n",
        f"sep=;\r\nfile;licence\r\na.jpg;{ND}\r\n",
        f"file;Lizenz\na.jpg;{ND}\n",
        f'"file","title","licence"\r\n"a.jpg","a ""low"" tide\r\nat dusk","{ND}"\r\n',
        f"file,licence\nA.JPG,{ND}\n",
        f"file,licence\n.\\a.jpg,{ND}\n",
        f"\ufefffile,licence\na.jpg,{ND}\n",
        f"file,author,licence\na.jpg,Saukonpää,{ND}\n".encode("cp1252"),
        f"file,title,licence\na.jpg,Sea,\na.jpg,,{ND}\n",
    ],
)
@pytest.mark.parametrize("name", ["photos__csv", "PHOTOS__CSV"])
def test_a_table_is_read_however_it_was_written(claim, table, name):
    said = claim(**{name: table})

    assert said.licence == "cc-by-nd-4.0"
    assert said.derivatives is Derivatives.FORBIDDEN


@pytest.mark.parametrize(
    "table",
    [
        f"file,licence\na.jpg,{ND}\n" + "x" * 2_000_001,
        b"file,author,licence\na.jpg,\x81,CC BY-ND",
        f"file,licence\na.jpg,{ND}\n".encode("utf-16"),
        f'file,title,licence\na.jpg,"Sea,{ND}\n',
        f"picture,licence\na.jpg,{ND}\n",
        f"sep=;\nDatei;Lizenz\na.jpg;{ND}\n",
    ],
    ids=["large", "bytes", "utf-16", "quote", "no-file", "german"],
)
def test_a_table_that_cannot_be_read_leaves_no_picture_without_a_claim(claim, table):
    said = claim(photos__csv=table)

    assert (said.licence, said.derivatives) == ("other", Derivatives.UNKNOWN)
    assert said.claimed_in == "photos.csv, which cannot be read"


@pytest.mark.parametrize("table", ["", "city,people\nOulu,200000\n", "a;b\n1;2\n"])
def test_a_table_about_something_else_is_ignored(claim, table):
    assert claim(cities__csv=table) is None


def test_a_row_counts_for_more_than_another_table_that_cannot_be_read(claim):
    said = claim(a__csv="name,licence\n", b__csv="file,licence\na.jpg,CC0\n")

    assert said.licence == "cc0-1.0"


@pytest.mark.parametrize(
    "files",
    [
        {"a__json": '{"title": "Sea"}', "photos__csv": f"file,licence\na.jpg,{ND}"},
        {"a__csv": "file,title\na.jpg,Sea", "b__csv": f"file,licence\na.jpg,{ND}"},
        {
            "a__csv": "file,title\na.jpg,Sea",
            "metadata__json": f'{{"KPlugin": {{"License": "{ND}"}}}}',
        },
    ],
    ids=["own-file", "two-tables", "metadata"],
)
def test_a_title_does_not_hide_a_licence_that_is_stated_elsewhere(claim, said, files):
    assert claim(**files).licence == "cc-by-nd-4.0"
    assert merged(said(**files)).title == "Sea"


@pytest.mark.parametrize(
    "metadata",
    [
        "{broken",
        "[]",
        f'{{"licence": "{ND}", "note": "{"x" * 2_000_001}"}}',
        '{"licence": {"short": "by-nd"}}',
        '{"licence_url": ["", 5, {"x": 1}]}',
    ],
    ids=["broken", "list", "large", "object", "numbers"],
)
def test_metadata_that_cannot_be_understood_names_a_licence_that_nobody_knows(
    claim, metadata
):
    said = claim(metadata__json=metadata)

    assert (said.licence, said.derivatives) == ("other", Derivatives.UNKNOWN)


def test_metadata_may_be_in_an_old_encoding(claim):
    metadata = f'{{"author": "Saukonpää", "licence": "{ND}"}}'

    said = claim(metadata__json=metadata.encode("cp1252"))

    assert (said.licence, said.author) == ("cc-by-nd-4.0", "Saukonpää")


@pytest.mark.parametrize("name", ["licence", "licence_url"])
def test_a_licence_that_is_no_address_is_dropped(claim, name):
    said = claim(photos__csv=f"file,{name}\na.jpg,http://[oops\n")

    assert (said.licence, said.url) == ("other", None)


def test_conflicting_claims_about_one_picture_are_all_kept(claims):
    found = claims(
        a__json='{"licence": "CC BY 4.0"}',
        a__xmp=xmp("<dc:rights>All rights reserved</dc:rights>"),
        photos__csv=f"file,licence\na.jpg,{ND}\n",
        metadata__json='{"licence": "CC0"}',
    )

    assert [(claim.licence, claim.claimed_in) for claim in found] == [
        ("cc-by-4.0", "a.json"),
        ("all-rights-reserved", "a.xmp dc:rights"),
        ("cc-by-nd-4.0", "photos.csv"),
    ]


@pytest.mark.parametrize("name", ["a__xmp", "a__XMP", "a__jpg__xmp"])
def test_an_xmp_sidecar_speaks_for_its_picture(said, claim, name):
    packet = xmp(
        "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Sea</rdf:li></rdf:Alt>"
        "</dc:title><cc:license rdf:resource="
        "'https://creativecommons.org/licenses/by-nd/4.0/'/>"
    )

    assert claim(**{name: packet}).licence == "cc-by-nd-4.0"
    assert merged(said()).title == "Sea"


@pytest.mark.parametrize("packet", ["", "no XMP", "<x/>", "x" * 2_000_001])
def test_an_xmp_sidecar_that_cannot_be_read_is_a_licence_that_nobody_knows(
    claim, packet
):
    said = claim(a__xmp=packet)

    assert (said.licence, said.claimed_in) == (
        "other",
        "a.xmp, which cannot be read",
    )


@pytest.mark.parametrize(
    ("name", "metadata", "expected"),
    [
        (
            "a__jpg__supplemental-metadata__json",
            '{"title": "IMG_1.jpg", "description": "Low tide", "people": '
            '[{"name": "Ada"}, {"name": "Bo"}]}',
            Description(title="IMG_1.jpg", caption="Low tide", tags="Ada; Bo"),
        ),
        (
            "a__json",
            '{"content": "Low tide", "tags": ["sea", "sand"], "author": '
            '{"username": "ada"}, "source": "https://example.org/1", "id": 7}',
            Description(
                caption="Low tide",
                tags="sea; sand",
                author="ada",
                source_url="https://example.org/1",
            ),
        ),
        (
            "a__json",
            '{"caption": "Low tide", "url": "https://example.org/a.jpg", '
            '"status": "success", "width": 640}',
            Description(caption="Low tide"),
        ),
    ],
    ids=["takeout", "gallery-dl", "img2dataset"],
)
def test_what_downloaders_write_is_understood(said, name, metadata, expected):
    assert said(**{name: metadata}) == [expected]


def test_a_picture_whose_name_leaves_no_room_for_a_sidecar_has_none(tmp_path):
    assert Sidecars(tmp_path).of(tmp_path / ("a" * 251 + ".jpg")) == []


def test_a_licence_by_number_counts_for_less_than_its_name(claim):
    said = claim(a__json='{"license": "4", "license_name": "Attribution License"}')

    assert said.licence == "cc-by"


def test_nested_metadata_is_no_way_to_stop_a_crawl(claim):
    nested = "[" * 900 + "]" * 900

    assert claim(a__json=f'{{"licence": "CC0", "tags": {nested}}}') is not None


def test_the_claim_carries_the_sentence_of_credit(claim):
    said = claim(
        a__json='{"title": "Low tide", "author": "Ada", "licence": "CC BY-NC-SA 4.0", '
        '"source": "https://example.org/1"}'
    )

    assert said.share_alike
    assert said.non_commercial
    assert said.attribution == (
        '"Low tide" by Ada (https://example.org/1), licensed under CC BY-NC-SA 4.0 '
        "(https://creativecommons.org/licenses/by-nc-sa/4.0/)"
    )
