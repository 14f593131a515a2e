"""What Prefect shows of a run: small, and harmless whatever a title says."""

import html
import io
import re

import numpy as np
import pytest
from markdown_it import MarkdownIt
from pictures import paint
from PIL import Image

from flows.artifacts import MOST_BYTES, MOST_PICTURES, credits_of, sheet


class Row(dict[str, str]):
    """A row of results about which nobody said anything else."""

    def __missing__(self, name: str) -> str | None:
        return {"source_url": "https://example.org/a/dunes.jpg"}.get(name)


def rendered(title: str, author: str = "Ana") -> str:
    row = Row(title=title, author=author, licence="CC-BY-4.0")
    return MarkdownIt("commonmark", {"html": True}).render(credits_of([row]))


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "![x](http://127.0.0.1/track.png)",
        "[click](javascript:alert(1))",
        "] (a) **b** _c_ `d` ~~e~~ | f",
        "http://evil.example www.evil.example a@evil.example",
        "&lt;b&gt; &#60;",
        "# heading",
        "$$x^2$$ \\ :::",
    ],
)
def test_a_hostile_title_is_the_text_it_is(hostile: str):
    shown = rendered(hostile, author=hostile)

    tags = set(re.findall(r"<[^>]*>", shown))
    assert tags <= {"<ol>", "<li>", "<strong>", "</strong>", "</li>", "</ol>"}
    text = html.unescape(re.sub(r"<[^>]*>", "", shown)).strip()
    assert text == f"{hostile} by {hostile}, CC-BY-4.0"


def test_addresses_are_none_that_a_reader_makes_a_link_of():
    row = Row(title="see http://evil.example", author="a@b.example")

    assert not {":", "@", "."} & set(credits_of([row]).removeprefix("1."))


def test_a_title_stays_on_its_line_and_is_cut():
    shown = rendered("a\n\n---\n- b\x00\u202e\r    " + "long " * 100)

    assert "a --- - b long" in html.unescape(shown)
    assert "<hr" not in shown
    assert len(html.unescape(shown)) < 160


def test_what_nobody_said_is_told():
    assert html.unescape(credits_of([Row()])) == (
        "1. **dunes.jpg** by nobody named, no licence stated"
    )


def noise(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("make", [noise, lambda seed: paint(seed, (128, 85))])
def test_a_sheet_is_small_whatever_is_on_it(make):
    made = sheet([make(seed) for seed in range(MOST_PICTURES)])

    assert len(made) <= MOST_BYTES
    assert Image.open(io.BytesIO(made)).format == "JPEG"


def test_a_sheet_shows_the_pictures_in_their_order():
    made = sheet([paint(0, (128, 128)), paint(1, (128, 128))])

    shown = np.asarray(Image.open(io.BytesIO(made))).astype(float)
    second = shown[6 : 6 + 128, 6 + 134 : 6 + 134 + 128]
    assert np.abs(second - np.asarray(paint(1, (128, 128)))).mean() < 8
