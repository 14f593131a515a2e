import pytest
from lxml.html import fromstring

from crawler.text import absolute, clean, normalise_url, plain, text_of

PAGE = "https://example.org/gallery/"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  one\n two\u00a0three ", "one two three"),
        ("a\x00b\x1b[31m\u202ec", "ab[31mc"),
        ("x" * 9000, "x" * 500),
        (" \u200b ", None),
        (None, None),
    ],
)
def test_texts_come_on_one_line_and_short(text, shown):
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("Foam &amp; <b>sand</b>", "Foam & sand"),
        ("&lt;p&gt;Foam&lt;/p&gt;", "Foam"),
        ("3 < 4 & 5", "3 < 4 & 5"),
        ("", None),
    ],
)
def test_markup_within_texts_is_read_as_people_see_it(html, shown):
    assert plain(html) == shown


def test_an_element_says_what_a_reader_sees():
    shown = fromstring(
        "<div>one<!-- no --> two<script>no</script> <p>three<small>four</small></p>"
        "<style>no</style> five</div>"
    )

    assert text_of(shown) == "one two three four five"
    assert text_of(shown, ("small",)) == "one two three five"
    assert text_of(shown.find("p")) == "three four"


def test_addresses_without_a_host_are_none():
    assert absolute("mailto:a@example.org", PAGE) is None


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://example.org/a b/ä.jpg#top", "https://example.org/a%20b/%C3%A4.jpg"),
        ("https://example.org/a%20b.jpg?x=1", "https://example.org/a%20b.jpg?x=1"),
        ("file:///home/ada/a%23b.jpg", "file:///home/ada/a%23b.jpg"),
        ("http://[oops", "http://[oops"),
        ("0123456789ab", "0123456789ab"),
    ],
)
def test_an_address_is_normalised_as_crawls_record_it(url, normal):
    assert normalise_url(url) == normal
    assert absolute(url, "") in (normal, None)
