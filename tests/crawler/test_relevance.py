import pytest

from crawler.relevance import relevance, spaced, stems


@pytest.mark.parametrize(
    ("keyword", "alt"),
    [
        ("sunset beach", "Sunset beach"),
        ("sunset beach", "Beaches at SUNSET"),
        ("sunset at the beach", "beach, sunset"),
        ("cafe", "Un café à Paris"),
        ("café", "CAFE"),
        ("Straße", "strasse"),
        ("\uff33\uff35\uff2e", "sun"),
        ("夕日", "夕日 の 海"),
    ],
)
def test_words_match_without_case_accents_and_endings(keyword, alt):
    assert relevance(keyword, {"alt": alt}).matches


@pytest.mark.parametrize(
    "fields",
    [
        {"alt": "A forest", "page_title": "Sunset beach and other places"},
        {"alt": "A forest", "heading": "Sunset beach"},
        {"alt": "A city at sunset", "page_title": "Cities"},
        {"alt": "sunsetbeach"},
        {"alt": ""},
        {},
    ],
)
def test_what_does_not_name_the_keyword_does_not_match(fields):
    assert not relevance("sunset beach", fields).matches


def test_the_page_completes_what_the_image_says():
    found = relevance("sunset beach", {"alt": "At sunset", "heading": "The beach"})

    assert found.matches
    assert found.matched == {"alt": ["sunset"], "heading": ["beach"]}


def test_words_may_be_spread_over_the_images_own_fields():
    assert relevance("sunset beach", {"alt": "sunset", "caption": "a beach"}).matches


def test_a_phrase_counts_more_than_its_words():
    phrase = relevance("sunset beach", {"alt": "a sunset beach"})
    words = relevance("sunset beach", {"alt": "a beach at sunset"})

    assert phrase.score > words.score


def test_every_field_that_fits_adds_to_the_score_which_stays_below_one():
    one = relevance("dune", {"alt": "dune"})
    two = relevance("dune", {"alt": "dune", "caption": "dune"})

    assert one.score == 0.6
    assert two.score == pytest.approx(1 - 0.4 * 0.4)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("EveningGlow", "Evening Glow"),
        ("sunset-beach_01", "sunset beach 01"),
        ("HTMLPage", "HTML Page"),
    ],
)
def test_file_names_are_read_as_words(name, words):
    assert spaced(name) == words


def test_stems_keep_the_order_of_words():
    assert stems("Glowing beaches, cities") == ["glow", "beach", "citi"]
