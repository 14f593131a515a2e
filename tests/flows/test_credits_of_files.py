"""What a file on the command line says of itself is carried into what is made of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from dreamt_pictures import Dreams
from packets import xmp as packet
from pictures import encoded, paint

from crawler import embedded, xmp
from crawler.credit import of_file
from crawler.descriptions import Description
from flows.verifying import verify
from flows.workspace import open_workspace
from pipeline import signing_key
from pipeline.encode import xmp_of
from pipeline.errors import CredentialsError
from pipeline.settings import load
from pipeline.signing import check

SA = "https://creativecommons.org/licenses/by-sa/4.0/"
CREDITED = packet(
    "<dc:title>Low tide</dc:title>"
    "<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li></rdf:Seq></dc:creator>"
    "<dc:source>https://example.org/tide</dc:source>"
    f"<cc:license rdf:resource='{SA}'/>"
)


@pytest.fixture
def folder(tmp_path: Path) -> Dreams:
    dreams = Dreams(tmp_path)
    dreams.put("photo.jpg", encoded(paint(1), xmp=CREDITED.encode()))
    return dreams


def said(folder: Dreams, name: str) -> dict[str, list[str]]:
    return xmp.properties(xmp_of((folder.path / name).read_bytes()))


@pytest.mark.parametrize("command", ["dream", "stylize"])
@pytest.mark.parametrize("out", ["out.png", "out.jpg", "out.webp"])
def test_author_source_and_licence_are_those_of_the_file(
    folder: Dreams, command: str, out: str
):
    getattr(folder, command)(out=out)

    told = said(folder, out)
    assert (told["dc:title"], told["dc:creator"]) == (["Low tide"], ["Ada"])
    assert told["dc:source"] == ["https://example.org/tide"]
    assert told["cc:license"] == [SA]
    inherited = "this output is under the same terms: CC BY-SA 4.0"
    assert told["dc:rights"][0].endswith(inherited)


def test_a_film_is_credited_as_its_picture_is(folder: Dreams):
    folder.film()

    told = said(folder, "film.webp")
    assert (told["dc:creator"], told["cc:license"]) == (["Ada"], [SA])
    assert folder.image("film.webp").n_frames == 3


def test_terms_pass_from_output_to_output_and_so_do_none(folder: Dreams):
    folder.dream(out="first.png")
    folder.dream("first.png", "second.png")
    folder.put("mute.jpg", encoded(paint(2)))
    folder.dream("mute.jpg", "third.png")
    folder.dream("third.png", "fourth.png")

    told = said(folder, "second.png")
    assert (told["dc:creator"], told["cc:license"]) == (["Ada"], [SA])
    assert "under the same terms: CC BY-SA 4.0" in told["dc:rights"][0]
    assert not {"dc:rights", "xmpRights:Marked"} & said(folder, "fourth.png").keys()


def test_a_file_that_names_its_author_alone_is_credited_to_them():
    found = of_file(Description(author="Ada", title="Tide"))

    assert (found.author, found.title, found.terms) == ("Ada", "Tide", None)


def test_a_hostile_packet_says_nothing_and_stops_nothing(folder: Dreams):
    bomb = CREDITED.replace("Ada", "&amp;</rdf:li><!-- " + "A" * 60_000)
    folder.put("photo.jpg", encoded(paint(1), "PNG"))
    folder.put("photo.webp", encoded(paint(1), "WEBP", xmp=bomb.encode()))

    account = folder.dream("photo.webp")

    assert len(account.outputs) == 1
    described = embedded.read(folder.path / "out.png", limit_bytes=10**7)
    assert len(described.author or "") < 300


def test_with_a_key_they_are_signed_and_a_broken_one_is_said_first(folder: Dreams):
    key = load(home=folder.path / "home").credentials_dir
    signing_key.create(key, "Ada", now=datetime.now(UTC))

    folder.dream(record=True)

    content = (folder.path / "out.png").read_bytes()
    assert check(content, signing_key.trusted(key)).state == "trusted"
    with open_workspace(load(home=folder.path / "home")) as workspace:
        [found] = verify(workspace, [folder.path / "out.png"])
    assert (found.verdict, found.manifest.state) == ("identical", "trusted")
    (key / signing_key.SIGNING).write_text("torn")
    with pytest.raises(CredentialsError, match="cannot be used"):
        folder.dream(out="other.png")
    assert not (folder.path / "other.png").exists()
