import pytest

from crawler.sidecars import Sidecars
from db.models import Derivatives


@pytest.fixture
def claim(tmp_path):
    """What `a.jpg` in a folder claims, once files were written beside it."""

    def claim(picture="a.jpg", **files):
        for name, content in files.items():
            file = tmp_path / name.replace("__", ".")
            encoded = content if isinstance(content, bytes) else content.encode()
            file.write_bytes(encoded)
        said = Sidecars(tmp_path).of(tmp_path / picture)
        return said and said.claim

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

    assert said.licence == "unstated"
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
def test_a_title_does_not_hide_a_licence_that_is_stated_elsewhere(
    claim, tmp_path, files
):
    assert claim(**files).licence == "cc-by-nd-4.0"
    assert Sidecars(tmp_path).of(tmp_path / "a.jpg").title == "Sea"


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
def test_metadata_that_cannot_be_understood_leaves_the_licence_unstated(
    claim, metadata
):
    assert claim(metadata__json=metadata).licence == "unstated"


def test_metadata_may_be_in_an_old_encoding(claim):
    metadata = f'{{"author": "Saukonpää", "licence": "{ND}"}}'

    said = claim(metadata__json=metadata.encode("cp1252"))

    assert (said.licence, said.author) == ("cc-by-nd-4.0", "Saukonpää")


@pytest.mark.parametrize("name", ["licence", "licence_url"])
def test_a_licence_that_is_no_address_is_dropped(claim, name):
    said = claim(photos__csv=f"file,{name}\na.jpg,http://[oops\n")

    assert (said.licence, said.url) == ("unstated", None)
