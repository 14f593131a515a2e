import pytest

from crawler.relevance import OWN_WEIGHTS, PAGE_WEIGHTS, link_relevance, relevance


@pytest.mark.parametrize(
    ("keyword", "alt"),
    [
        ("sunset beach", "Sunset beach"),
        ("sunset beach", "Beaches at SUNSET"),
        ("sunset at the beach", "beach, sunset"),
        ("cafe", "Un café à Paris"),
        ("café", "CAFE"),
        ("Straße", "strasse"),
        ("smorrebrod", "Smørrebrød"),
        ("istanbul", "İSTANBUL"),
        ("\uff33\uff35\uff2e", "sun"),
        ("夕日", "夕日 の 海"),
        ("夕日", "海辺の夕日"),
        ("夕日 海", "海辺の夕日"),
        ("ガラス", "色ｶﾞﾗｽの窓"),
        ("ชายหาด", "พระอาทิตย์ตกที่ชายหาด"),
        ("सूर्यास्त", "समुद्र पर सूर्यास्त"),
        ("заход солнца", "Заход СОЛНЦА"),
    ],
)
def test_words_match_without_case_accents_and_endings(keyword, alt):
    assert relevance(keyword, {"alt": alt}).matches


@pytest.mark.parametrize(
    ("keyword", "alt"),
    [("ガラス", "カラス"), ("夕日", "朝日"), ("सूर्य", "सूर्यास्त"), ("sun", "sunset")],
)
def test_other_words_that_look_alike_do_not_match(keyword, alt):
    assert not relevance(keyword, {"alt": alt}).matches


@pytest.mark.parametrize(
    ("language", "matches"),
    [(None, True), ("en", True), ("EN-gb", True), ("de", False), ("fr-CA", False)],
)
def test_endings_are_those_of_english_unless_the_page_is_not(language, matches):
    fields = {"alt": "Beaches"}

    assert relevance("beach", fields, language=language).matches == matches
    assert relevance("beaches", fields, language=language).matches


@pytest.mark.parametrize(
    "fields",
    [
        {"alt": "A forest", "page_title": "Sunset beach and other places"},
        {"alt": "A forest", "heading": "Sunset beach"},
        {"file_name": "img 1", "url": "sunset beach", "page_tags": "sunset, beach"},
        {"alt": "A city at sunset", "page_title": "Cities"},
        {"alt": "sunsetbeach"},
        {"alt": ""},
        {},
    ],
)
def test_what_does_not_name_the_keyword_does_not_match(fields):
    assert not relevance("sunset beach", fields).matches


@pytest.mark.parametrize("name", PAGE_WEIGHTS)
def test_the_page_completes_what_the_image_says(name):
    found = relevance("sunset beach", {"alt": "At sunset", name: "The beach"})

    assert found.matches
    assert found.matched == {"alt": ["sunset"], name: ["beach"]}


@pytest.mark.parametrize("name", OWN_WEIGHTS)
def test_words_may_be_spread_over_the_images_own_fields(name):
    assert relevance("sunset beach", {name: "sunset", "heading": "a beach"}).matches
    assert relevance("sunset beach", {"alt": "sunset", name: "a sunset beach"}).matches


@pytest.mark.parametrize(
    ("keyword", "phrase", "words"),
    [
        ("sunset beach", "a sunset beach", "a beach at sunset"),
        ("海辺の 夕日", "海辺の夕日", "夕日と海辺の町"),
    ],
)
def test_a_phrase_counts_more_than_its_words(keyword, phrase, words):
    together, apart = (relevance(keyword, {"alt": alt}) for alt in (phrase, words))

    assert together.matches
    assert apart.matches
    assert together.score > apart.score


def test_every_field_that_fits_adds_to_the_score_which_stays_below_one():
    one = relevance("dune", {"alt": "dune"})
    two = relevance("dune", {"alt": "dune", "caption": "dune"})
    all_of_them = relevance(
        "dune", dict.fromkeys([*OWN_WEIGHTS, *PAGE_WEIGHTS], "dune")
    )

    assert one.score == 0.6
    assert two.score == pytest.approx(1 - 0.4 * 0.4)
    assert two.score < all_of_them.score < 1


def test_fields_weigh_by_how_near_they_are_to_the_image():
    scores = [
        relevance("dune", {name: "dune"}).score
        for name in ("alt", "title", "file_name", "heading", "url")
    ]

    assert scores == sorted(set(scores), reverse=True)


@pytest.mark.parametrize(
    ("text", "url", "worth"),
    [
        ("Sunsets at the beach", "/p/1", 1),
        ("More", "https://example.org/sunset/beaches.html", 1),
        ("Beach", "/sunset", 1),
        ("Beach", "/p/1", 0.5),
        (None, "https://sunset.example.org/imprint", 0),
        ("More", "http://[sunset", 0),
        ("", "/%E6%B5%B7", 0),
    ],
)
def test_a_link_is_worth_the_share_of_the_keyword_that_it_names(text, url, worth):
    assert link_relevance("sunset beach", text, url) == worth


def test_a_keyword_without_words_matches_nothing():
    assert not relevance("?!", {"alt": "?!"}).matches
    assert link_relevance("?!", "?!", "/") == 0
