"""What files say of themselves, in every format of the closed list."""

import io
import random
import struct
import warnings
import zlib

import pytest
from packets import iptc, xmp
from PIL import Image, PngImagePlugin, TiffImagePlugin

from crawler.embedded import read
from db.models import Derivatives

LIMIT = 1_000_000
CC = "https://creativecommons.org/licenses"
COPYRIGHT, ARTIST, CAPTION, XP_TITLE, XP_KEYWORDS = (
    0x8298,
    0x013B,
    0x010E,
    0x9C9B,
    0x9C9E,
)
TIFF_XMP, TIFF_IPTC = 700, 33723


def exif(**tags):
    made = Image.Exif()
    for name, value in tags.items():
        made[globals()[name.upper()]] = value
    return made


def encoded(kind, size=(8, 8), **options):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg_with(*segments):
    """A JPEG with segments of these markers and contents after its start."""
    made = b"".join(
        struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
        for marker, content in segments
    )
    plain = encoded("JPEG")
    return plain[:2] + made + plain[2:]


def photoshop(content):
    padded = content + b"\0" * (len(content) % 2)
    return (
        b"Photoshop 3.0\0"
        + b"8BIM\x04\x04\0\0"
        + struct.pack(">I", len(content))
        + padded
    )


def png_with(name, content, *, after_pixels=False):
    plain = encoded("PNG")
    at = plain.index(b"IEND" if after_pixels else b"IDAT") - 4
    chunk = struct.pack(">I", len(content)) + name + content
    return (
        plain[:at] + chunk + struct.pack(">I", zlib.crc32(name + content)) + plain[at:]
    )


def gif_with(packet):
    plain = encoded("GIF")
    at = plain.index(b"!") if b"!" in plain else plain.index(b",")
    trailer = bytes([1, *range(255, -1, -1), 0])
    return plain[:at] + b"!\xff\x0bXMP DataXMP" + packet.encode() + trailer + plain[at:]


def tiff_with(**tags):
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for name, value in tags.items():
        info[globals()[name.upper()]] = value
    return encoded("TIFF", tiffinfo=info)


def raw_profile(name, content):
    lines = ["", name, f"{len(content):8}", content.hex(), ""]
    return (
        f"Raw profile type {name}".encode()
        + b"\0\0"
        + zlib.compress("\n".join(lines).encode())
    )


@pytest.fixture
def said(tmp_path):
    def said(content):
        file = tmp_path / "picture"
        file.write_bytes(content)
        return read(file, limit_bytes=LIMIT)

    return said


@pytest.fixture
def claimed(said):
    def claimed(content):
        found = said(content)
        return [(claim.claimed_in, claim.licence) for claim in found.claims(found)]

    return claimed


LICENSED = xmp(f"<cc:license rdf:resource='{CC}/by-nd/4.0/'/>")
COPYRIGHTED = exif(copyright="CC BY-SA 4.0", artist="Ada")


@pytest.mark.parametrize(
    "content",
    [
        encoded("JPEG", xmp=LICENSED.encode()),
        png_with(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + LICENSED.encode()),
        png_with(
            b"iTXt",
            b"XML:com.adobe.xmp\0\0\0\0\0" + LICENSED.encode(),
            after_pixels=True,
        ),
        png_with(b"zTXt", raw_profile("xmp", LICENSED.encode())),
        encoded("WEBP", xmp=LICENSED.encode()),
        encoded("AVIF", xmp=LICENSED.encode()),
        gif_with(LICENSED),
        tiff_with(tiff_xmp=LICENSED.encode()),
    ],
    ids=["jpeg", "png", "png-after", "png-raw", "webp", "avif", "gif", "tiff"],
)
def test_xmp_is_read_from_every_format(claimed, content):
    assert claimed(content) == [("XMP cc:license", "cc-by-nd-4.0")]


@pytest.mark.parametrize(
    "content",
    [
        encoded("JPEG", exif=COPYRIGHTED),
        encoded("PNG", exif=COPYRIGHTED),
        encoded("WEBP", exif=COPYRIGHTED),
        encoded("AVIF", exif=COPYRIGHTED),
        tiff_with(copyright="CC BY-SA 4.0", artist="Ada"),
    ],
    ids=["jpeg", "png", "webp", "avif", "tiff"],
)
def test_exif_is_read_from_every_format_that_has_it(said, claimed, content):
    assert claimed(content) == [("EXIF Copyright", "cc-by-sa-4.0")]
    assert said(content).author == "Ada"


IPTC = iptc(
    *((5, "Low tide"), (25, "sea"), (25, "sand"), (80, "Ada")),
    *((110, "Getty Images"), (116, "© Ada"), (120, "The sea, far away")),
)


@pytest.mark.parametrize(
    "content",
    [
        jpeg_with((0xED, photoshop(IPTC))),
        tiff_with(tiff_iptc=IPTC),
        png_with(b"zTXt", raw_profile("iptc", photoshop(IPTC)[14:])),
    ],
    ids=["jpeg", "tiff", "png"],
)
def test_iptc_is_read_from_every_format_that_has_it(said, claimed, content):
    found = said(content)

    assert (found.title, found.tags, found.author) == ("Low tide", "sea; sand", "Ada")
    assert found.caption == "The sea, far away"
    assert claimed(content) == [("IPTC credit", "all-rights-reserved")]


def test_texts_of_a_png_are_read(said, claimed):
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "Low tide")
    texts.add_text("Author", "Ada")
    texts.add_itxt("Copyright", "© Ada, CC BY 4.0")

    content = encoded("PNG", pnginfo=texts)

    assert (said(content).title, said(content).author) == ("Low tide", "Ada")
    assert claimed(content) == [("PNG Copyright", "cc-by-4.0")]


def test_the_fields_that_windows_writes_are_read(said):
    tags = exif(
        xp_title="Évening".encode("utf-16-le") + b"\0\0",
        xp_keywords="sea;sand".encode("utf-16-le"),
        caption="naïve".encode(),
    )

    found = said(encoded("JPEG", exif=tags))

    assert (found.title, found.tags, found.caption) == ("Évening", "sea;sand", "naïve")


def test_a_camera_that_signs_its_pictures_describes_nothing(said):
    assert (
        said(encoded("JPEG", exif=exif(caption="OLYMPUS DIGITAL CAMERA"))).caption
        is None
    )


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("", []),
        ("<dc:rights>© 2020 Ada</dc:rights>", [("dc:rights", "all-rights-reserved")]),
        ("<dc:rights>Ada</dc:rights>", [("dc:rights", "all-rights-reserved")]),
        (
            "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>x-default</rdf:li>"
            "</rdf:Alt></dc:rights>",
            [],
        ),
        (
            f"<dc:rights>© Ada</dc:rights><cc:license>{CC}/by/4.0/</cc:license>",
            [("cc:license", "cc-by-4.0")],
        ),
        (
            "<dc:rights>All rights reserved</dc:rights>"
            f"<cc:license>{CC}/by/4.0/</cc:license>",
            [("cc:license", "cc-by-4.0"), ("dc:rights", "all-rights-reserved")],
        ),
        (
            "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>CC BY 4.0</rdf:li>"
            "<rdf:li xml:lang='de'>Alle Rechte vorbehalten</rdf:li>"
            "</rdf:Alt></dc:rights>",
            [("dc:rights", "cc-by-4.0"), ("dc:rights", "all-rights-reserved")],
        ),
        (
            f"<xmpRights:WebStatement>{CC}/by-nc/4.0/</xmpRights:WebStatement>",
            [("xmpRights:WebStatement", "cc-by-nc-4.0")],
        ),
        (
            "<xmpRights:UsageTerms>Terms of ours</xmpRights:UsageTerms>",
            [("xmpRights:UsageTerms", "other")],
        ),
        (
            "<xmpRights:UsageTerms>Editorial use only</xmpRights:UsageTerms>"
            f"<cc:license>{CC}/by/4.0/</cc:license>",
            [("cc:license", "cc-by-4.0"), ("xmpRights:UsageTerms", "other")],
        ),
        (
            "<xmpRights:WebStatement>https://example.org/terms</xmpRights:WebStatement>",
            [("xmpRights:WebStatement", "other")],
        ),
        (
            "<plus:Licensor><rdf:Seq><rdf:li rdf:parseType='Resource'>"
            "<plus:LicensorURL>https://example.org/buy</plus:LicensorURL>"
            "</rdf:li></rdf:Seq></plus:Licensor>",
            [("plus:LicensorURL", "other")],
        ),
        (
            "<xmpRights:Marked>True</xmpRights:Marked>",
            [("xmpRights:Marked", "all-rights-reserved")],
        ),
        ("<xmpRights:Marked>False</xmpRights:Marked>", []),
        ("<photoshop:Credit>Pexels</photoshop:Credit>", []),
        (
            "<photoshop:Credit>Ada / Getty Images</photoshop:Credit>",
            [("photoshop:Credit", "all-rights-reserved")],
        ),
        (
            "<xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description>"
            "<dc:rights>© Bo</dc:rights>"
            "</rdf:Description></rdf:li></rdf:Bag></xmpMM:Pantry>",
            [],
        ),
    ],
)
def test_the_properties_of_xmp_are_claims_by_what_they_are_for(
    claimed, properties, expected
):
    found = claimed(encoded("JPEG", xmp=xmp(properties).encode()))

    assert found == [(f"XMP {name}", licence) for name, licence in expected]


def test_xmp_may_be_written_as_attributes_and_in_utf_16(said, claimed):
    packet = xmp("", f"xmpRights:WebStatement='{CC}/by/4.0/' dc:title='Été'")

    content = encoded("JPEG", xmp=packet.encode("utf-16"))

    assert claimed(content) == [("XMP xmpRights:WebStatement", "cc-by-4.0")]
    assert said(content).title == "Été"


def test_titles_authors_and_keywords_of_xmp_are_read(said):
    packet = xmp(
        "<dc:title><rdf:Alt><rdf:li xml:lang='de'>Ebbe</rdf:li>"
        "<rdf:li xml:lang='x-default'>Low tide</rdf:li></rdf:Alt></dc:title>"
        "<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Bo</rdf:li></rdf:Seq></dc:creator>"
        "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>sand</rdf:li></rdf:Bag>"
        "</dc:subject><dc:description>Far away</dc:description>"
    )

    found = said(encoded("JPEG", xmp=packet.encode()))

    assert (found.title, found.author, found.tags, found.caption) == (
        "Low tide",
        "Ada; Bo",
        "sea; sand",
        "Far away",
    )


def test_what_several_places_of_a_file_say_is_a_claim_each(claimed):
    content = encoded(
        "JPEG", exif=exif(copyright="CC BY-ND 4.0"), xmp=LICENSED.encode()
    )

    assert claimed(content) == [
        ("XMP cc:license", "cc-by-nd-4.0"),
        ("EXIF Copyright", "cc-by-nd-4.0"),
    ]


def test_one_damaged_packet_does_not_silence_the_others(claimed):
    content = jpeg_with(
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x"), (0xED, photoshop(IPTC))
    )

    assert claimed(content) == [("IPTC credit", "all-rights-reserved")]


def test_the_pixels_are_neither_counted_nor_decoded(claimed):
    huge = png_with(b"tEXt", b"Copyright\0All rights reserved").replace(
        struct.pack(">II", 8, 8), struct.pack(">II", 60_000, 60_000), 1
    )
    at = huge.index(b"IHDR")
    huge = (
        huge[: at + 17]
        + struct.pack(">I", zlib.crc32(huge[at : at + 17]))
        + huge[at + 21 :]
    )

    assert claimed(huge) == [("PNG Copyright", "all-rights-reserved")]


ENTITIES = (
    "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
    "<!ENTITY c SYSTEM 'file:///etc/passwd'>]>"
    + xmp("<dc:title>&b;&c;</dc:title>").partition("?>")[2]
)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"II*\x00\xff\xff\xff\xff",
        b"RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\xff",
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT",
        png_with(b"zTXt", b"Copyright\0\0" + zlib.compress(bytes(5_000_000))),
        jpeg_with((0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xff" * 100)),
        jpeg_with((0xED, photoshop(b"\x1c\x02\x74\xff\xff"))),
        encoded("JPEG", xmp=b"<" * 10_000),
        encoded("JPEG", xmp=ENTITIES.encode()),
        encoded("JPEG", xmp=xmp("<dc:title>" * 5000).encode()),
        encoded("JPEG", xmp=LICENSED.encode()) + bytes(LIMIT),
    ],
)
def test_hostile_files_say_nothing_and_warn_nobody(said, claimed, content):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert claimed(content) == []
        assert said(content).title in (None, "&b; &c;")


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_never_raise(said, seed):
    chance = random.Random(seed)
    for whole in (
        encoded("JPEG", exif=COPYRIGHTED, xmp=LICENSED.encode()),
        png_with(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + LICENSED.encode()),
        encoded("WEBP", exif=COPYRIGHTED, xmp=LICENSED.encode()),
        encoded("AVIF", exif=COPYRIGHTED, xmp=LICENSED.encode()),
        tiff_with(copyright="CC0", tiff_xmp=LICENSED.encode(), tiff_iptc=IPTC),
        gif_with(LICENSED),
    ):
        damaged = bytearray(whole[: chance.randrange(20, len(whole))])
        for _ in range(20):
            damaged[chance.randrange(16, len(damaged))] = chance.randrange(256)

        for claim in said(bytes(damaged)).claims(said(bytes(damaged))):
            assert claim.derivatives is not Derivatives.UNSTATED


def test_a_file_that_is_gone_says_nothing(tmp_path):
    assert read(tmp_path / "gone.jpg", limit_bytes=LIMIT).statements == ()
