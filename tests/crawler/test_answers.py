"""Texts of an API's answer as a person reads them."""

import pytest

from crawler.answers import marked_up


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('on the <a href="//w/K">beach</a>, <b>Ke</b>rala', "on the beach, Kerala"),
        ("<p>Sunset</p><p>beach</p>one<br>two", "Sunset beach one two"),
        ("A &amp; B &lt;C&gt;", "A & B <C>"),
        (
            'Unknown<span style="display: none;">Unknown</span> author',
            "Unknown author",
        ),
        ("<style>.a {color: red}</style><script>x()</script>Ada", "Ada"),
        ("<!-- nobody --> Ada", "Ada"),
        ('<html style="display:none"><body>Ada', "Ada"),
        ("Ada \ud800<b>\u202eB</b>", "Ada B"),
        ("<", "<"),
        ("<!---->", None),
        ("", None),
        (None, None),
        (1.2, None),
        ({"en": "Ada", "_type": "lang"}, None),
    ],
)
def test_markup_becomes_what_a_reader_sees(html: object, text: str | None) -> None:
    assert marked_up(html) == text


@pytest.mark.parametrize(
    "piece", ["<b>", "<b>x", "&lt;", "x ", "<p style='display:none'>"]
)
def test_markup_without_end_is_cut(piece: str) -> None:
    text = marked_up("Ada " + piece * 1_000_000)

    assert text is not None
    assert text.startswith("Ada")
    assert len(text) <= 500
